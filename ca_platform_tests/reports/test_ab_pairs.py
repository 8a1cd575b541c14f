"""Pairs of promotions on a handful of customers, and what is counted of their verdicts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from ca_platform.catalogue.ab_tests import A_B
from ca_platform.reports.ab_pairs import MOST_RESAMPLED, Spending, compared_pairs, summary
from ca_platform.reports.ab_verdicts import verdicts

TYPES = {
    "slice": pl.UInt32(),
    "customer": pl.UInt32(),
    "promotion_id": pl.String(),
    "orders": pl.Int64(),
    "amount": pl.Decimal(38, 4),
}


def rows_of(spent: pl.DataFrame) -> pl.DataFrame:
    return verdicts([compared_pairs(Spending(spent), 0.05)], alpha=0.05, offers={}, sides=A_B, within=["slice"])


def spent(*rows: tuple[int, str, int], slice_: int = 0) -> pl.DataFrame:
    """Customer, promotion and amount, each of a single order."""
    found = [(slice_, who, name, 1, Decimal(paid)) for who, name, paid in rows]
    return pl.DataFrame(found, schema=TYPES, orient="row")


def crowd(seed: int, larger: float = 1.0) -> pl.DataFrame:
    """300 customers, a third of whom used both of two promotions; the amounts with the second are larger."""
    dice = np.random.default_rng(seed)
    amount = np.round(dice.gamma(2.0, 20.0, (300, 2)) * [1.0, larger], 2)
    used = np.array([[True, False], [False, True], [True, True]])[np.arange(300) % 3]
    who, which = np.nonzero(used)
    paid = pl.Series(amount[who, which]).cast(pl.Decimal(38, 4))
    names = np.array(["A", "B"])[which]
    columns = {"slice": 0 * who, "customer": who, "promotion_id": names, "orders": 1 + 0 * who, "amount": paid}
    return pl.DataFrame(columns).cast(TYPES)  # type: ignore[arg-type]


def test_customers_of_both_are_left_out_of_their_pair_alone() -> None:
    found = rows_of(spent((1, "A", 10), (2, "A", 30), (2, "B", 100), (3, "B", 7), (2, "C", 1), (4, "C", 5)))
    columns = ("promotion_a", "promotion_b", "customers_a", "customers_b", "customers_of_both", "mean_a", "mean_b")
    assert found.select(columns).rows() == [
        ("A", "B", 1, 1, 1, 10.0, 7.0),
        ("A", "C", 1, 1, 1, 10.0, 5.0),
        ("B", "C", 1, 1, 1, 7.0, 5.0),
    ]
    assert found["difference"].to_list() == [-3.0, -5.0, -2.0]
    assert found["note"].to_list() == ["insufficient"] * 3


def test_customer_counts_by_the_mean_of_his_orders() -> None:
    often = spent((1, "A", 90), (2, "A", 10), (3, "B", 10)).with_columns(orders=pl.Series([3, 1, 1]))
    assert rows_of(often)["mean_a"].to_list() == [20.0]


def test_promotion_whose_customers_all_used_the_other_has_nothing_to_compare() -> None:
    row = rows_of(spent((1, "A", 10), (1, "B", 5), (2, "B", 5))).row(0, named=True)
    nothing = ("mean_a", "difference", "relative_difference", "raw_difference", "p_value", "significant")
    assert [row[name] for name in nothing] == [None] * 6
    assert (row["customers"], row["mean_b"], row["note"]) == (1, 5.0, "insufficient")


def test_slices_have_their_own_pairs_and_one_promotion_has_none() -> None:
    both = pl.concat([spent((1, "A", 10), (2, "B", 5)), spent((1, "A", 10), slice_=3)])
    assert rows_of(both).select("slice", "promotion_a", "promotion_b").rows() == [(0, "A", "B")]
    assert rows_of(both.clear()).is_empty()


def test_names_that_change_places_turn_the_difference_around() -> None:
    plain = crowd(1, 1.5)
    swapped = plain.with_columns(pl.col("promotion_id").replace({"A": "B", "B": "A"}))
    there, back = (rows_of(frame).row(0, named=True) for frame in (plain, swapped))
    assert there["significant"] is True
    assert (there["direction"], back["direction"]) == ("increase", "decrease")
    for end, other in (("difference", "difference"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
        assert there[end] == pytest.approx(-back[other])
    assert there["p_value"] == pytest.approx(back["p_value"])
    assert there["accept_ratio"] == pytest.approx(back["accept_ratio"])


def test_order_of_rows_does_not_matter() -> None:
    plain = crowd(2)
    assert rows_of(plain).equals(rows_of(plain.sample(fraction=1, shuffle=True, seed=4)))


def test_share_of_resamples_is_near_what_many_pairs_are_told() -> None:
    one = rows_of(crowd(3, 1.2)).row(0, named=True)
    # 22 promotions make 231 pairs.
    many = pl.concat(
        crowd(3, 1.2).with_columns(pl.format("{}{}", "promotion_id", pl.lit(n)), pl.col("customer") + 1_000 * n)
        for n in range(11)
    )
    assert rows_of(many)["note"].is_null().sum() > MOST_RESAMPLED
    told = rows_of(many).filter(promotion_a="A0", promotion_b="B0").row(0, named=True)
    assert told["p_value"] == pytest.approx(one["p_value"])
    assert told["accept_ratio"] != one["accept_ratio"]
    assert told["accept_ratio"] == pytest.approx(one["accept_ratio"], abs=0.05)


def test_summary_counts_who_came_out_better() -> None:
    def pair(a: str, b: str, direction: str | None, *, has_verdict: bool = True) -> dict[str, Any]:
        own = {"promotion_a": a, "promotion_b": b, "direction": direction}
        return {**own, "slice": 0, "significant": direction is not None if has_verdict else None}

    pairs = pl.LazyFrame(
        [
            pair("A", "B", "increase"),
            pair("A", "C", None),
            pair("B", "C", "decrease"),
            pair("A", "D", None, has_verdict=False),
            pair("B", "D", None, has_verdict=False),
            pair("C", "D", None, has_verdict=False),
        ],
        schema_overrides={"significant": pl.Boolean, "direction": pl.String},
    )
    columns = ("promotion_id", "wins", "losses", "ties", "without_verdict", "reject_ratio")
    assert summary(pairs).collect().sort("promotion_id").select(columns).rows() == [
        ("A", 0, 1, 1, 1, 0.5),
        ("B", 2, 0, 0, 1, 1.0),
        ("C", 0, 1, 1, 1, 0.5),
        ("D", 0, 0, 0, 3, None),
    ]
