"""Windows of segments, who belongs to them, and which segments are large enough for a verdict."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.experiments.ab_windows import BEFORE, WORDS, Windows, Word
from ca_platform.reports.ab_segments import Segmented, compared_segments
from ca_platform.settings.segments import SEGMENTS

LAST = date(2024, 5, 5)
PLACED = {"slice": pl.UInt32(), "customer": pl.UInt32(), "segment": pl.UInt8()}
ORDERS = {"slice": pl.UInt32(), "customer": pl.UInt32(), "day": pl.Date(), "amount": pl.Decimal(38, 4)}


@given(st.dates(date(1999, 1, 1), date(2040, 1, 1)), st.sampled_from(WORDS))
def test_windows_are_over_alike_and_before_each_other(day: date, word: Word) -> None:
    windows = Windows.of(word, day)
    assert len(windows.days) == BEFORE + 1
    assert windows.last[1] <= day
    assert windows.since == windows.days[0][0] - timedelta(days=1)
    for (first, last), (following, _) in zip(windows.days, windows.days[1:], strict=False):
        assert first <= last < following
        if word != "daily":
            assert following == last + timedelta(days=1)
    lengths = {(last - first).days + 1 for first, last in windows.days}
    assert lengths <= {"daily": {1}, "weekly": {7}, "monthly": {28, 29, 30, 31}}[word]
    # The next window is not over.
    assert day < windows.last[1] + timedelta(days={"daily": 1, "weekly": 7, "monthly": 31}[word])
    assert word == "monthly" or len({first.weekday() for first, _ in windows.days}) == 1


def placed(**segments: list[int]) -> pl.DataFrame:
    """Customers by the name of their segment."""
    names: list[str] = [*SEGMENTS]
    rows = [(0, who, names.index(name.replace("_", " "))) for name, everybody in segments.items() for who in everybody]
    return pl.DataFrame(rows, schema=PLACED, orient="row")


def orders(*rows: tuple[int, int]) -> pl.DataFrame:
    """Customer, and days before the last day; each for 10."""
    days = [(0, who, LAST - timedelta(days=back), Decimal(10)) for who, back in rows]
    return pl.DataFrame(days, schema=ORDERS, orient="row")


def test_who_moves_stays_in_the_segment_he_was_in() -> None:
    before, now = placed(champions=[1, 2], lost=[3]), placed(champions=[2], lost=[1, 3], newcomers=[4])
    # Customer 4 came later and is in none.
    every = orders((1, 0), (1, 7), (2, 28), (3, 0), (4, 0), (2, 3))
    found = Segmented.of(every, before, now, [0], Windows.of("daily", LAST))
    rows = {row["item"]: row for row in found.items.iter_rows(named=True)}
    assert (rows["champions"]["customers"], rows["champions"]["moved_customers"]) == (2, 1)
    assert (rows["lost"]["customers"], rows["lost"]["moved_customers"]) == (1, 0)
    assert rows["newcomers"]["customers"] == 0
    amount = compared_segments(found, "amount", "beyond_shop_daily", 0.05).compared
    champions = SEGMENTS.index("champions")
    # Two orders in four days before, and one in the latest.
    assert [np.asarray(side)[champions] for side in (amount.mean_a, amount.mean_b)] == [2.5, 5.0]


@pytest.mark.parametrize(("buyers", "verdicts"), [(50, [True, True]), (49, [False, False])])
def test_verdicts_ask_for_ten_buyers_in_the_mean_of_all_windows(buyers: int, verdicts: list[bool]) -> None:
    people = placed(champions=[*range(100)], lost=[*range(100, 200)])
    # All of them before: asked of the latest window alone, only growing segments would be told.
    every = orders(*[(n, 7 * (1 + n % 4)) for n in range(buyers)], *[(100 + n, 7 * (n % 5)) for n in range(100)])
    found = Segmented.of(every, people, people, [0], Windows.of("daily", LAST))
    compared = compared_segments(found, "orders", "beyond_shop_daily", 0.05).compared
    told = np.asarray(compared.is_enough)[[SEGMENTS.index("champions"), SEGMENTS.index("lost")]].tolist()
    # Where the one is too small, the other has too little to be held against.
    assert told == verdicts


def test_change_beyond_others_who_had_not_ordered_is_unknown() -> None:
    people = placed(champions=[1, 2], lost=[3, 4])
    found = Segmented.of(orders((1, 7), (2, 0), (3, 0)), people, people, [0], Windows.of("daily", LAST))
    compared = compared_segments(found, "orders", "beyond_shop_daily", 0.05).compared
    champions, lost = SEGMENTS.index("champions"), SEGMENTS.index("lost")
    assert compared.comparison.estimate[champions] != compared.comparison.estimate[champions]
    assert compared.raw.estimate[champions] == 0.5 - 0.125
    # The others' orders grew fourfold.
    assert compared.comparison.estimate[lost] == pytest.approx(0.5)
