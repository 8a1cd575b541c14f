"""Weights, lists and figures equal those of an implementation by loops."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.recommend import BASELINES, Fit, backtest, recommendations, tuned
from ca_platform.models.recommend.blend import blended
from ca_platform_tests.models.recommend.shop import ITEMS, as_numbers, drawn
from ca_platform_tests.oracle import recommending as plain

CUSTOMERS = [f"c{n:02}" for n in range(26)]  # the last one never bought
ORDER = np.arange(len(ITEMS))


@pytest.mark.parametrize("seed", range(6))
def test_weights_and_figures_of_a_backtest_equal_those_by_loops(seed: int) -> None:
    known = drawn(seed)
    history = as_numbers(known, CUSTOMERS, ITEMS)
    chosen = plain.tuned(known)
    expected = blended(chosen.popular, chosen.similar or 0.0, chosen.new or 0.0, chosen.decay)
    assert tuned(history, known.day, ORDER) == expected
    found = backtest(history, 100, ORDER)
    worths = plain.backtest(known, 100)
    assert list(found) == list(worths)
    for name, scores in found.items():
        assert [score.kind for score in scores] == list(worths[name])
        for score in scores:
            assert (score.recall, score.ndcg, score.customers) == pytest.approx(worths[name][score.kind])


@pytest.mark.parametrize("seed", range(6))
def test_lists_of_every_method_equal_those_by_loops(seed: int) -> None:
    known = drawn(100 + seed)
    history = as_numbers(known, CUSTOMERS, ITEMS)
    fit = Fit(history, known.day, ORDER)
    methods = {"blend": tuned(history, known.day, ORDER), **BASELINES}
    for name, lister in plain.listers(known).items():
        rows = recommendations(fit, np.arange(len(CUSTOMERS)), methods[name])
        for number, customer in enumerate(CUSTOMERS):
            own = rows.rows == number
            listed = [(ITEMS[item], score) for item, score in zip(rows.items[own], rows.scores[own], strict=True)]
            assert [item for item, _ in listed] == [item for item, _ in lister(customer, "all")], (name, customer)
            assert [score for _, score in listed] == pytest.approx([score for _, score in lister(customer, "all")])
