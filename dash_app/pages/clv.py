"""``/clv``: what customers are expected to bring, and how good such forecasts were."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ca_platform.catalogue.customers import CUSTOMERS
from dash_app.figures import value_classes as class_figures
from dash_app.figures import value_course as course_figures
from dash_app.figures import value_models as model_figures
from dash_app.figures import value_segments as segment_figures
from dash_app.figures.opening import X, bars
from dash_app.figures.value_models import Measure
from dash_app.records import LISTED, Card, Page, without_rows
from dash_app.words import value_classes
from dash_app.words import value_course as course
from dash_app.words import value_customers as customers
from dash_app.words import value_models as models
from dash_app.words import value_segments as segments

_LISTED = (
    "client",
    "expected_revenue",
    "revenue_low",
    "revenue_high",
    "expected_orders",
    "next_expected_purchase",
    "probability_alive",
    "churn_probability",
    "value_class",
    "segment",
    "orders",
    "revenue",
)
_BY_VALUE = replace(
    CUSTOMERS,
    title="Customers by expected revenue",
    description=f"{CUSTOMERS.description} Those of whom most is expected come first.",
    columns=tuple(column for name in _LISTED for column in CUSTOMERS.columns if column.name == name),
)


def _calibration(measure: Measure, identity: str, title: str) -> Card:
    return Card(
        id=identity,
        report="clv_backtest",
        title=title,
        reading=partial(models.calibration, measure=measure),
        figure=partial(model_figures.calibration, measure=measure),
        height=360,
        empty=models.TOO_SHORT,
        is_empty=partial(model_figures.without_deciles, measure=measure),
        why_empty=partial(models.why_untested, measure=measure),
    )


CLV = Page(
    "/clv",
    (
        Card(
            id="clv-course",
            report="daily_clv",
            title="Revenue, past and expected",
            reading=course.expected,
            figure=course_figures.course,
            height=course_figures.HEIGHT_OF_COURSE,
            width="full",
            empty=course.NO_DATA,
            is_empty=course_figures.without_money,
            why_empty=course.why_empty,
            also="clv_backtest",
        ),
        Card(
            id="clv-sums",
            report="daily_clv",
            title="Expected in all",
            reading=course.in_all,
            figure=course_figures.sums,
            height=segment_figures.HEIGHT_OF_SEGMENTS,
            empty=course.NO_DATA,
            is_empty=course_figures.without_forecast,
            why_empty=course.why_empty,
        ),
        Card(
            id="clv-segments",
            report="clvsegments_amount",
            title="Expected revenue by segment",
            reading=segments.expected,
            figure=segment_figures.segments,
            height=segment_figures.HEIGHT_OF_SEGMENTS,
            empty=course.NO_DATA,
            is_empty=course_figures.without_money,
            why_empty=course.why_empty,
        ),
        Card(
            id="clv-segments-weekly",
            report="clvsegments_weekly",
            title="Expected revenue by segment, week by week",
            reading=segments.by_week,
            figure=segment_figures.weekly,
            height=segment_figures.HEIGHT_OF_SEGMENTS,
            width="full",
            empty=course.NO_DATA,
            is_empty=course_figures.without_money,
            why_empty=course.why_empty,
        ),
        Card(
            id="clv-customers",
            report="client_kpis",
            title="Customers by expected revenue",
            reading=customers.best,
            kind="table",
            height=460,
            width="full",
            empty="There are no customers yet.",
            shows=_BY_VALUE,
        ),
        _calibration("revenue", "clv-calibration", "Lifetime value: forecast and outcome"),
        _calibration("orders", "clv-calibration-orders", "Orders: forecast and outcome"),
        Card(
            id="clv-models",
            report="clv_backtest",
            title="Lifetime value: models",
            reading=models.models,
            listing=models.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=models.TOO_SHORT,
            is_empty=without_rows,
        ),
        Card(
            id="clv-classes",
            report="clv_segments_distribution",
            title="Value classes",
            reading=value_classes.classes,
            figure=class_figures.distribution,
            drill=bars("customers", class_index=X),
            empty=value_classes.TOO_SHORT,
            why_empty=value_classes.why_empty,
            is_empty=value_classes.alike,
        ),
        Card(
            id="clv-confusion",
            report="clv_segments_backtest",
            title="Value classes: forecast and outcome",
            reading=value_classes.confusion,
            figure=class_figures.confusion,
            empty=value_classes.TOO_SHORT,
            is_empty=class_figures.without_test,
        ),
        Card(
            id="clv-class-models",
            report="clv_segments_backtest",
            title="Value classes: models",
            reading=value_classes.models,
            listing=value_classes.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=value_classes.TOO_SHORT,
            is_empty=without_rows,
        ),
    ),
)
