"""``/ab-tests/promotions`` and ``/ab-tests/products``: what customers do after a first use, against before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import polars as pl

from ca_platform.catalogue.ab_opened import MOST_OPENED
from ca_platform.catalogue.ab_tests import FREQUENT_ITEMS
from dash_app.figures import effect_opened as opened_figures
from dash_app.figures import effects as figures
from dash_app.figures.effects import Drawn
from dash_app.filters import EffectMetric, Filters, ProductTestFilters, PromotionTestFilters
from dash_app.records import LISTED, Card, Look, Page, Tile, always, no_comparison
from dash_app.words import ab_calibration as calibration
from dash_app.words import effect_both as both
from dash_app.words import effect_opened as opened
from dash_app.words import effect_pair as pair
from dash_app.words import effect_pairs as pairs
from dash_app.words import effect_series as series
from dash_app.words import effects as words
from dash_app.words.effect_subjects import MEASURES, PAIRS, PRODUCTS, PROMOTIONS
from dash_app.words.effects import Subject

_METRICS: tuple[EffectMetric, ...] = ("amount", "orders")


@dataclass(frozen=True, slots=True)
class Told:
    """The first card of an item that is opened.

    Attributes:
        id: of the card; a choice of the page leads to the card whose name ends with it.
        sides: what both sides are.
    """

    id: str
    reading: Callable[[pl.DataFrame, Look], str]
    tiles: Callable[[pl.DataFrame, Look], tuple[Tile, ...]]
    sides: str = "Before and after"


def metric_is(metric: EffectMetric) -> Callable[[Filters], bool]:
    """Whether a page shows this metric."""
    return lambda filters: filters.value("metric") == metric


def calibrated(
    identity: str,
    tests: Collection[str],
    metrics: Collection[str] = MEASURES,
    is_shown: Callable[[Filters], bool] = always,
) -> Card:
    """How often the tests of a page are wrong in this shop: its first card."""
    names, shown = tuple(tests), tuple(metrics)
    return Card(
        id=identity,
        report="ab_calibration",
        title="How far these tests are right in this shop",
        reading=calibration.measured,
        tiles=calibration.tiles,
        kind="tiles",
        height=96,
        width="full",
        empty=calibration.TOO_FEW,
        is_empty=partial(calibration.without_tests, tests=names, metrics=shown),
        is_shown=is_shown,
        rows=partial(calibration.of_tests, tests=names, metrics=shown),
    )


def opened_cards(
    prefix: str,
    report: str,
    kept: str,
    kind: str,
    metric: EffectMetric,
    subject: Subject,
    is_shown: Callable[[Filters], bool],
    *,
    told: Told | None = None,
) -> tuple[Card, ...]:
    """Everything about the item that is opened.

    Args:
        prefix: what the names of the cards begin with.
        told: what its first card says; None: what is said of a change over time.
        report: the comparison.
        kept: what the reports of fitted families and of distributions begin with.
        kind: of the items in these; empty: they have no kinds.
        is_shown: whether the page shows them.
    """
    told = told or Told(
        f"{prefix}-opened", partial(opened.sentence, subject=subject), partial(opened.tiles, subject=subject)
    )
    few = f"There is no {subject.noun} with enough customers yet."
    not_kept = (
        f"These are kept of {subject.nouns} with enough customers alone, and of them of the {MOST_OPENED} clearest."
    )
    return (
        Card(
            id=told.id,
            report=report,
            title=f"One {subject.noun}: {MEASURES[metric]}",
            reading=told.reading,
            tiles=told.tiles,
            kind="tiles",
            height=110,
            width="full",
            empty=few,
            is_shown=is_shown,
            rows=opened.item,
        ),
        Card(
            id=f"{prefix}-required",
            report=report,
            title="What would have to be true",
            reading=opened.required,
            listing=partial(opened.requirements, subject=subject),
            kind="list",
            height=LISTED,
            empty=few,
            is_shown=is_shown,
            rows=opened.item,
        ),
        Card(
            id=f"{prefix}-resamples",
            report=f"{kept}_distributions",
            title="Resampled differences",
            reading=series.doubt,
            figure=opened_figures.resamples,
            also=report,
            empty=few,
            none_left=not_kept,
            is_empty=partial(opened_figures.without_resamples, kind=kind),
            is_shown=is_shown,
            rows=partial(series.of_item, series=(series.BOOTSTRAP,)),
        ),
        Card(
            id=f"{prefix}-sides",
            report=f"{kept}_distributions",
            title=f"{told.sides}, customer by customer",
            reading=series.sides,
            figure=opened_figures.distributions,
            also=report,
            empty=few,
            none_left=not_kept,
            is_empty=partial(opened_figures.without_sides, kind=kind),
            is_shown=is_shown,
            rows=partial(series.of_item, series=series.DISTRIBUTIONS),
        ),
        Card(
            id=f"{prefix}-families",
            report=f"{kept}_families",
            title="Fitted families",
            reading=series.families,
            listing=series.listed_families,
            kind="list",
            height=LISTED,
            also=report,
            empty=few,
            none_left=not_kept,
            is_empty=partial(series.without_families, kind=kind),
            is_shown=is_shown,
            rows=series.of_item,
        ),
    )


def _before_after(prefix: str, kind: str, metric: EffectMetric, subject: Subject) -> tuple[Card, ...]:
    """All items of a page with one metric: the chart, and what survives in each direction."""
    report = f"{kind}_usage_before_after_{metric}"
    few = f"No {subject.noun} has enough customers for an interval yet."
    is_shown = metric_is(metric)
    return (
        Card(
            id=f"{prefix}-{metric}",
            report=report,
            title=f"{MEASURES[metric].capitalize()} after first use against before",
            reading=partial(words.summary, subject=subject),
            figure=partial(figures.effects, kind=Drawn(subject)),
            width="full",
            empty=few,
            is_empty=figures.without_effects,
            is_shown=is_shown,
        ),
        *(
            Card(
                id=f"{prefix}-{metric}-{verdict}",
                report=f"{report}_{verdict}",
                title=title,
                reading=partial(words.accepted, subject=subject, more=more),
                listing=partial(words.listed, subject=subject),
                kind="list",
                height=LISTED,
                empty=f"No {subject.noun} has {way} that survives the correction.",
                is_shown=is_shown,
            )
            for verdict, more, title, way in (
                ("accept", True, "Accepted: increases", "an increase"),
                ("reject", False, "Rejected: decreases", "a decrease"),
            )
        ),
        *opened_cards(f"{prefix}-{metric}", report, "ab", kind, metric, subject, is_shown),
    )


AB_PROMOTIONS = Page(
    "/ab-tests/promotions",
    (
        calibrated("ab-promotions-calibration", ("sign_flip", "welch_skewed")),
        *(card for metric in _METRICS for card in _before_after("ab-promotions", "promotion", metric, PROMOTIONS)),
        Card(
            id="ab-promotions-pairs",
            report="promotion_comparison",
            title="Promotions against each other",
            reading=partial(words.summary, subject=PAIRS),
            figure=partial(figures.effects, kind=Drawn(PAIRS)),
            width="full",
            empty="No two promotions have enough customers of their own yet.",
            is_empty=figures.without_effects,
            rows=pairs.of_promotion,
        ),
        *opened_cards(
            "ab-promotions-pairs",
            "promotion_comparison",
            "promotion_comparison",
            "",
            "amount",
            PAIRS,
            always,
            told=Told("ab-promotions-pair", pair.sentence, pair.tiles, "Both promotions"),
        ),
        Card(
            id="ab-promotions-wins",
            report="promotion_comparison_summary",
            title="Wins and losses",
            reading=pairs.champion,
            listing=pairs.ranking,
            kind="list",
            height=LISTED,
            empty="There are no two promotions to compare.",
        ),
        Card(
            id="ab-promotions-differences",
            report="order_and_payment_amount_differences",
            title="Orders and revenue as one family of tests",
            reading=partial(both.found, subject=PROMOTIONS),
            listing=partial(both.listed, subject=PROMOTIONS),
            kind="list",
            height=LISTED,
            width="full",
            empty="No promotion has been used yet.",
        ),
    ),
    PromotionTestFilters,
    no_comparison,
)

AB_PRODUCTS = Page(
    "/ab-tests/products",
    (
        calibrated("ab-products-calibration", ("item_permutation", FREQUENT_ITEMS)),
        *(card for metric in _METRICS for card in _before_after("ab-products", "product", metric, PRODUCTS)),
    ),
    ProductTestFilters,
    no_comparison,
)
