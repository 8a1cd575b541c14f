"""A/B tests of segments: whether the customers of a segment changed by more than the others of the shop did."""

from __future__ import annotations

from ca_platform.catalogue.ab_calibration import CALIBRATED_BY
from ca_platform.catalogue.ab_opened import opened_reports
from ca_platform.catalogue.ab_tests import METRICS, comparison_columns
from ca_platform.catalogue.columns import count, day, text
from ca_platform.catalogue.spec import ReportSpec

_WINDOWS = {
    "daily": ("day by day", "the day", "the same weekday of the last four weeks"),
    "weekly": ("week by week", "the latest complete week", "the four weeks before"),
    "monthly": ("month by month", "the latest complete month", "the four months before"),
}

_ITEM = text("item", "The segment.")
_KIND = text("item_kind", "segment_daily, segment_weekly or segment_monthly, by the length of the windows.")
_FACTS = ("dimension_values", *CALIBRATED_BY)
_PAGE = "/ab-tests/segments"


def kind_of(word: str) -> str:
    """``item_kind`` of the segments that are compared day by day, week by week or month by month.

    >>> kind_of("daily")
    'segment_daily'
    """
    return f"segment_{word}"


def _changes(word: str, metric: str) -> ReportSpec:
    title, after, before = _WINDOWS[word]
    return ReportSpec(
        name=f"segments_change_{word}_before_after_{metric}",
        family="ab_tests",
        title=f"Segments {title}: {METRICS[metric]}",
        grain="segment",
        description=(
            f"{METRICS[metric].capitalize()} of each segment: {after}, against the mean of {before}. A customer belongs to "
            "the segment at the start of the oldest window, and nobody is left out who has moved since. The difference is "
            "the change beyond that of all other customers, in proportion: if they ordered half as much, because of a "
            "holiday, half is what the segment would have ordered, too. One window against the mean of four is skewed: the "
            "test is a t test with its skewness taken out, and the interval ends where the test does. A segment is "
            "compared where it and the others have 30 customers and, in the mean of the five windows, 10 with an order. "
            "Not observed: the oldest window begins before the shop's first day. 1,000 resamples of customers; of more "
            "than 20,000 customers with an order the share is told that these would tend to."
        ),
        columns=(
            *comparison_columns(_ITEM, _KIND),
            count("moved_customers", "Customers who were in another segment at the end of the latest window."),
            day("segments_as_of", "The day at whose end customers were put into segments."),
            day("after_first", "First day of the latest window."),
            day("after_last", "Last day of the latest window."),
        ),
        key=("item",),
        facts=_FACTS,
        page=_PAGE,
    )


SEGMENT_CHANGES = (
    *(_changes(word, metric) for metric in METRICS for word in _WINDOWS),
    *opened_reports("segments_change", "segments", (_KIND, _ITEM), facts=_FACTS, page=_PAGE),
)
