"""The closing table of ``ab``: a mark is reached by the figure itself; what only its interval reaches is no more than chance."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.ab_marks import golden_marks, lines, marks, planted_mark


def calibration(*rates: float) -> list[dict[str, Any]]:
    return [{"rate": [rate, rate - 0.004, rate + 0.004, 10_000], "is_offered": rate < 0.06} for rate in rates]


def verdicts(trap: float, *rates: float) -> list[str]:
    quiet, changed = [0.05, 0.04, 0.06, 600], [0.9, 0.87, 0.93, 600]
    calendar = {"block_permutation, control": (quiet, changed)}
    traps = {"a trap": {"items": [trap, trap - 0.01, trap + 0.01, 400]}}
    return [mark.verdict for mark in marks([], {"shop": calibration(*rates)}, calendar, traps, {})]


@pytest.mark.parametrize(
    ("trap", "verdict"), [(0.05, "reached"), (0.065, "within chance"), (0.031, "within chance"), (0.08, "NOT reached")]
)
def test_share_reaches_its_mark_by_itself_or_by_chance_or_not_at_all(trap: float, verdict: str) -> None:
    assert verdicts(trap, 0.05) == ["reached", verdict, "reached", "reached"]


def test_every_offered_test_has_to_be_right_and_those_that_are_withheld_need_not() -> None:
    assert verdicts(0.05, 0.046, 0.054, 0.09)[0] == "reached"
    assert verdicts(0.05, 0.046, 0.056)[0] == "within chance"
    assert verdicts(0.05, 0.046, 0.0596)[0] == "NOT reached"


def test_wrong_sign_of_a_planted_effect_is_named() -> None:
    effects = [{"effect": 0.6, "metric": "orders", "truth": -0.1, "mean": 0.02}]
    told = planted_mark({"effects": effects, "covers": [0.95, 0.9, 0.98, 100]})
    assert [mark.verdict for mark in told] == ["reached", "NOT reached"]
    assert told[1].figure == "x 0.6, orders"


def test_table_says_mark_figure_and_verdict_of_each_line() -> None:
    golden = {"published": True, "effect": 0.0068, "low": 0.005, "high": 0.0086, "off": 2e-8}
    rows = dict(lines(golden_marks(golden)))
    assert rows["  statsmodels, SciPy, gbstats: largest distance"] == "<= 1e-9 | 2.0e-08 | NOT reached"
