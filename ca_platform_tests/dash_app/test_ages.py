"""Sums over cohorts by age, held against cases computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform_tests.dash_app import frames
from dash_app.words import ages

MONDAY = date(2026, 11, 2)
Cells = Sequence[int | None]


def weeks(*cohorts: tuple[int, Cells], is_running: bool = False) -> pl.DataFrame:
    """Consecutive cohorts: size, and customers by offset; the last known cell may be running."""
    rows = []
    for index, (size, cells) in enumerate(cohorts):
        known = [cell for cell in cells if cell is not None]
        for offset, cell in enumerate(cells):
            is_partial = None if cell is None else is_running and offset == len(known) - 1
            come = sum(known[: offset + 1])
            rows.append(
                {
                    "cohort": MONDAY + timedelta(weeks=index),
                    "offset": offset,
                    "customers": cell,
                    "cohort_size": size,
                    "rate": cell / size if cell is not None and size else None,
                    "cumulative_rate": come / size if cell is not None and size else None,
                    "is_partial": is_partial,
                }
            )
    return frames.table("weekly_cohort_downloads", rows)


def test_mean_is_weighted_by_size_and_leaves_out_what_is_not_over() -> None:
    frame = weeks((100, [10, 5]), (300, [60, None]), (50, [50, None]))
    means = ages.mean_rates(frame)
    assert means["rate"].to_list() == [120 / 450, 5 / 100]
    assert means["cohort_size"].to_list() == [450, 100]


def test_running_period_is_left_out_of_the_mean() -> None:
    frame = weeks((100, [10, 5]), (100, [90, None]), is_running=True)
    assert ages.mean_rates(frame)["rate"].to_list() == [0.1]


def test_first_cell_of_a_shop_that_began_within_its_week_is_over() -> None:
    frame = weeks((100, [10, 5])).with_columns(is_partial=pl.Series([True, False]))
    assert ages.mean_rates(frame)["rate"].to_list() == [0.1, 0.05]


def test_cohort_without_customers_counts_for_nothing() -> None:
    assert ages.mean_rates(weeks((0, [0, 0]))).is_empty()
    assert ages.come(weeks((0, [0, 0]))).is_empty()
    assert ages.last_offset(weeks((0, [0, 0])), 4) is None


def test_part_that_has_come_grows_by_those_who_had_not_come_before() -> None:
    # 100 old customers: 50 come in week 0, 25 of the other 50 in week 1. 100 new ones: all come in week 0.
    curve = ages.come(weeks((100, [50, 25]), (100, [100, None])))
    assert curve["rate"].to_list() == pytest.approx([0.75, 0.875])
    assert curve["cohort_size"].to_list() == [200, 100]


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=8))
def test_part_that_has_come_never_falls_and_never_exceeds_all(cohorts: list[list[int]]) -> None:
    last = max(map(len, cohorts))
    cells: list[tuple[int, Cells]] = [(sum(came) + 3, [*came, *[None] * (last - len(came))]) for came in cohorts]
    rates = ages.come(weeks(*cells))["rate"].to_list()
    assert all(before <= after + 1e-12 for before, after in pairwise(rates))
    assert all(0 <= rate <= 1 for rate in rates)


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=8))
def test_part_that_has_come_is_the_plain_share_where_all_cohorts_are_old_enough(cohorts: list[list[int]]) -> None:
    cells: list[tuple[int, Cells]] = [(sum(came) + 1, list(came)) for came in cohorts]
    total = sum(size for size, _ in cells)
    plain = [sum(sum(came[: offset + 1]) for came in cohorts) / total for offset in range(4)]
    assert ages.come(weeks(*cells))["rate"].to_list() == pytest.approx(plain)


def test_newest_cohorts_are_those_whose_cell_is_over() -> None:
    frame = weeks((10, [1, 1]), (20, [1, 1]), (30, [1, 1]), (40, [1, None]))
    late, early = ages.newest(frame, 1, 2)
    assert late["cohort_size"].unique().sort().to_list() == [20, 30]
    assert early["cohort_size"].unique().to_list() == [10]


def test_last_offset_is_that_of_the_oldest_cohort_at_most() -> None:
    frame = weeks((10, [1, 1, None]), (20, [1, None, None]))
    assert [ages.last_offset(frame, wanted) for wanted in (0, 1, 4)] == [0, 1, 1]
    assert ages.last_offset(frame, 4, first=2) is None


def test_pooled_is_the_mean_by_size() -> None:
    frame = weeks((100, [10]), (300, [90]))
    assert ages.pooled(frame, 0) == (400, 0.25)
    assert ages.pooled(frame, 3) == (0, 0.0)


def test_revenue_of_a_customer_is_the_running_sum_of_the_means() -> None:
    rows = [
        {"cohort": date(2026, month, 1), "offset": offset, "cohort_size": size, "revenue": revenue}
        | {"is_partial": None if revenue is None else False}
        for month, size, revenues in ((9, 10, (100.0, 50.0)), (10, 30, (700.0, None)))
        for offset, revenue in enumerate(revenues)
    ]
    frame = frames.table("cohort_revenue", rows)
    assert ages.revenue_per_customer(frame)["rate"].to_list() == [20.0, 25.0]
