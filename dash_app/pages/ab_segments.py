"""``/ab-tests/segments``: what segments of customers order now, against the weeks or months before."""

from __future__ import annotations

from functools import partial

from ca_platform.catalogue.ab_calibration import SEGMENT_TEST
from ca_platform.catalogue.ab_segments import kind_of
from dash_app.figures import effects as figures
from dash_app.figures.effects import Drawn
from dash_app.filters import ChangeGrain, EffectMetric, Filters, SegmentTestFilters
from dash_app.pages.ab_tests import calibrated, opened_cards
from dash_app.records import LISTED, Card, Page, no_comparison
from dash_app.words import effect_segments as words
from dash_app.words import effects
from dash_app.words.effect_subjects import MEASURES, segments

_GRAINS: dict[ChangeGrain, str] = {"day": "daily", "week": "weekly", "month": "monthly"}
_FEW = "No segment has enough customers for an interval yet, or its four earlier periods are not over."


def _is_chosen(filters: Filters, grain: ChangeGrain, metric: EffectMetric) -> bool:
    chosen = SegmentTestFilters.of(filters)
    return (chosen.by, chosen.metric) == (grain, metric)


def _is_by(filters: Filters, grain: ChangeGrain) -> bool:
    return SegmentTestFilters.of(filters).by == grain


def _cards(grain: ChangeGrain, metric: EffectMetric) -> tuple[Card, ...]:
    """The chart, the table and the opened segment of one report."""
    subject = segments(grain)
    report = f"segments_change_{_GRAINS[grain]}_before_after_{metric}"
    is_shown = partial(_is_chosen, grain=grain, metric=metric)
    title = f"{MEASURES[metric].capitalize()} by segment, {_GRAINS[grain]}"
    return (
        Card(
            id=f"ab-segments-{grain}-{metric}",
            report=report,
            title=title,
            reading=partial(effects.summary, subject=subject),
            figure=partial(figures.effects, kind=Drawn(subject)),
            width="full",
            empty=_FEW,
            is_empty=figures.without_effects,
            is_shown=is_shown,
        ),
        Card(
            id=f"ab-segments-{grain}-{metric}-all",
            report=report,
            title=f"{title}: all figures",
            reading=words.moved,
            listing=partial(words.listed, subject=subject),
            kind="list",
            height=LISTED,
            width="full",
            empty=_FEW,
            is_shown=is_shown,
        ),
        *opened_cards(
            f"ab-segments-{grain}-{metric}",
            report,
            "segments_change",
            kind_of(_GRAINS[grain]),
            metric,
            subject,
            is_shown,
        ),
    )


AB_SEGMENTS = Page(
    "/ab-tests/segments",
    (
        *(
            calibrated(f"ab-segments-{grain}-calibration", (SEGMENT_TEST[word],), is_shown=partial(_is_by, grain=grain))
            for grain, word in _GRAINS.items()
        ),
        *(card for grain in _GRAINS for metric in MEASURES for card in _cards(grain, metric)),
    ),
    SegmentTestFilters,
    no_comparison,
)
