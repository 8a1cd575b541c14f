"""Rows of the reports about scores and segments, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

from ca_platform.settings.segments import SEGMENTS
from ca_platform_tests.dash_app.days_of_shop import Row

Maker = Callable[[date, date], list[Row]]


def _size(day: date, place: int) -> int:
    """Customers of a segment; nobody has ever been a champion here."""
    return 0 if place == 0 else 40 + (place * 37 + day.toordinal()) % 160


def _segmentation(day: date, _: date) -> list[Row]:
    sizes = [_size(day, place) for place in range(len(SEGMENTS))]
    money = [size * (90.5 - 7 * place) for place, size in enumerate(sizes)]
    return [
        {
            "segment": segment,
            "customers": size,
            "share": size / sum(sizes),
            "revenue": paid,
            "revenue_share": paid / sum(money),
        }
        for segment, size, paid in zip(SEGMENTS, sizes, money, strict=True)
    ]


def _transitions(day: date, _: date) -> list[Row]:
    pairs = [(name, name) for name in SEGMENTS[1:]] + list(pairwise(SEGMENTS[1:]))
    rows: list[Row] = [
        {"segment_before": old, "segment": new, "customers": 3 + (place * 13 + day.toordinal()) % 60}
        for place, (old, new) in enumerate(pairs)
    ]
    rows.append({"segment_before": None, "segment": "newcomers", "customers": 25})
    whole = {row["segment_before"]: 0 for row in rows}
    for row in rows:
        whole[row["segment_before"]] += row["customers"]
    return [row | {"share_of_before": row["customers"] / whole[row["segment_before"]]} for row in rows]


def _bins(day: date, _: date) -> list[Row]:
    return [
        {
            "segment": segment,
            "recency_bin": place,
            "frequency_bin": None if place % 3 == 0 else place,
            "monetary_bin": 15 - place,
            "recency_start": 200.0 * place,
            "recency_end": 200.0 * (place + 1),
            "frequency_start": None if place % 3 == 0 else 20.0 * 2**place,
            "frequency_end": None if place % 3 == 0 else 20.0 * 2 ** (place + 1),
            "monetary_start": 0.0 if place == 10 else 3.0 * place,
            "monetary_end": 3.0 * place + 3,
            "customers": _size(day, place) + 1,
        }
        for place, segment in enumerate(SEGMENTS)
    ]


def _view(first: str, second: str, *, is_binned: bool) -> Maker:
    width = 12.0 if is_binned else 0.0

    def make(day: date, _: date) -> list[Row]:
        rows: list[Row] = []
        for place in range(60):
            values = {
                "recency_hours": 24.0 * place + 3,
                "frequency_hours": None if place % 7 == 0 else 30.0 + place**2,
                "monetary": 0.0 if place == 5 else 4.0 + 3 * place,
            }
            row: Row = {"customers": 1 + (place + day.toordinal()) % 3, "is_binned": is_binned}
            for name in (first, second):
                value = values[name]
                row[name], row[f"{name}_to"] = value, None if value is None else value + width
            rows.append(row)
        return rows

    return make


def _clusters(start: float, *, has_alone: bool = False, fewer_is_better: bool = True) -> Maker:
    def make(day: date, _: date) -> list[Row]:
        rows: list[Row] = []
        for place in range(5):
            low, width = start * 3**place, start * 3**place / 10
            heights = [(place * 7 + bar * 3 + day.toordinal()) % 11 for bar in range(10)]
            whole = {
                "score": 5 - place if fewer_is_better else place + 1,
                "customers": sum(heights),
                "min": low,
                "max": low + 10 * width,
                "mean": low + 4 * width,
                "center": low + 5 * width,
            }
            for bar, height in enumerate(heights):
                own = {"bin_start": low + bar * width, "bin_end": low + (bar + 1) * width, "bin_customers": height}
                rows.append(whole | own | {"bin_index": bar})
        alone = {"score": 1, "customers": 44, "bin_customers": 44}
        return [*rows, alone] if has_alone else rows

    return make


RFM_REPORTS: dict[str, Maker] = {
    "segmentation": _segmentation,
    "segment_transitions": _transitions,
    "rfm_bins": _bins,
    "frequency_recency": _view("frequency_hours", "recency_hours", is_binned=False),
    "monetary_frequency": _view("monetary", "frequency_hours", is_binned=True),
    "recency_monetary": _view("recency_hours", "monetary", is_binned=False),
    "recency_clusters": _clusters(3.0),
    "frequency_clusters": _clusters(40.0, has_alone=True),
    "monetary_clusters": _clusters(2.5, fewer_is_better=False),
}
