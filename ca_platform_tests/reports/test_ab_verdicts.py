"""Verdicts: which rows have one, what they say, and that none is a report of another's family."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from ca_platform.catalogue.ab_tests import A_B, comparison_columns
from ca_platform.models.experiments import Comparison, adjusted
from ca_platform.reports.ab_verdicts import Compared, accepted, rejected, verdicts


def comparison(estimate: list[float], p: list[float], sufficient: list[bool] | None = None) -> Comparison:
    size = np.array(estimate, float)
    known = np.array(sufficient or [True] * size.size, bool)
    return Comparison(
        test="sign_flip",
        estimate=size,
        standard_error=np.where(known, 0.1, np.inf),
        low=np.where(known, size - 0.2, -np.inf),
        high=np.where(known, size + 0.2, np.inf),
        statistic=size * 100,
        p_value=np.array(p, float),
        is_sufficient=known,
    )


def compared(found: Comparison, **changes: Any) -> Compared:
    size = found.estimate.size
    given: dict[str, Any] = {
        "items": pl.DataFrame({"item": [f"P{number}" for number in range(size)]}),
        "metric": "orders",
        "customers": [100] * size,
        "mean_a": [2.0] * size,
        "mean_b": [2.0 + value for value in found.estimate],
        "comparison": found,
        "raw": found,
        "is_enough": [True] * size,
    }
    return Compared(**(given | changes))


def test_significant_is_what_stays_below_alpha_after_correction() -> None:
    rows = verdicts([compared(comparison([0.5, -0.5, 0.3], [0.001, 0.002, 0.04]))], alpha=0.03, offers={})
    assert rows["p_adjusted"].to_list() == pytest.approx([0.003, 0.003, 0.04])
    assert rows["significant"].to_list() == [True, True, False]
    assert rows["direction"].to_list() == ["increase", "decrease", None]
    assert rows["relative_difference"].to_list() == pytest.approx([0.25, -0.25, 0.15])
    assert accepted(rows.lazy()).collect()["item"].to_list() == ["P0"]
    assert rejected(rows.lazy()).collect()["item"].to_list() == ["P1"]


def test_row_without_verdict_says_why_and_is_no_part_of_the_family() -> None:
    found = comparison([0.5, 0.5, 0.5, 0.5], [0.02, 0.001, 1.0, 0.001], [True, True, False, True])
    refusal = [None, None, None, "not observed"]
    rows = verdicts(
        [compared(found, is_enough=[True, False, True, True], refusal=refusal)],
        alpha=0.05,
        offers={},
    )
    assert rows["note"].to_list() == [None, "insufficient", "insufficient", "not observed"]
    assert rows["p_adjusted"].to_list() == [0.02, None, None, None]
    assert rows["significant"].to_list() == [True, None, None, None]
    assert rows["p_value"].to_list() == [0.02, None, None, 0.001]
    assert rows["difference"].null_count() == 0


def test_test_that_is_not_offered_gives_numbers_and_no_verdict() -> None:
    offers = {("sign_flip", "orders"): (0.09, 0.08, 0.1, False), ("sign_flip", "amount"): (0.05, 0.04, 0.06, True)}
    found = comparison([0.5], [0.001])
    rows = verdicts([compared(found), compared(found, metric="amount")], alpha=0.05, offers=offers)
    assert rows["note"].to_list() == ["withheld", None]
    assert rows["p_value"].to_list() == [0.001, 0.001]
    assert rows["significant"].to_list() == [None, True]
    assert rows["false_positive_rate"].to_list() == [0.09, 0.05]


def test_each_value_of_within_is_a_family_of_its_own() -> None:
    items = pl.DataFrame({"slice": [0, 0, 1], "item": ["a", "b", "a"]})
    one = compared(comparison([0.1, 0.2, 0.3], [0.01, 0.04, 0.03]), items=items)
    rows = verdicts([one], alpha=0.05, offers={}, within=["slice"])
    assert rows["p_adjusted"].to_list() == [*adjusted([0.01, 0.04]), 0.03]
    assert rows["slice"].to_list() == [0, 0, 1]


def test_pairs_are_corrected_for_any_dependence() -> None:
    found = comparison([0.5, 0.5], [0.01, 0.04])
    rows = verdicts([compared(found)], alpha=0.05, offers={}, sides=A_B, method="benjamini_yekutieli")
    assert rows["p_adjusted"].to_list() == pytest.approx([0.03, 0.06])
    assert {"mean_a", "mean_b"} < set(rows.columns)


def test_report_without_items_has_its_columns() -> None:
    rows = verdicts(
        [compared(comparison([], []), items=pl.DataFrame(schema={"item": pl.String}))], alpha=0.05, offers={}
    )
    assert rows.columns == ["item", *(column.name for column in comparison_columns())]
    assert rows.is_empty()


def test_mean_of_nothing_has_no_relative_difference_and_nothing_is_infinite() -> None:
    found = comparison([0.5], [1.0], [False])
    row = verdicts([compared(found, mean_a=[0.0])], alpha=0.05, offers={}).row(0, named=True)
    assert row["relative_difference"] is None
    assert all(value is None or np.isfinite(value) for value in row.values() if isinstance(value, float))
