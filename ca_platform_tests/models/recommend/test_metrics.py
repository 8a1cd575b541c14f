"""Recall and gain of lists, computed by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from ca_platform.models.recommend import Fit
from ca_platform.models.recommend.backtest import Score, hold_out, judge, winner
from ca_platform.models.recommend.metrics import ndcg, recall
from ca_platform.models.recommend.ranking import Ranked
from ca_platform_tests.models.recommend.shop import purchases

HITS = np.array([[True, False, True, False], [False, False, False, False], [True, True, True, True]])


def test_recall_is_the_share_of_what_was_wanted() -> None:
    assert recall(HITS, np.array([3, 2, 8])).tolist() == pytest.approx([2 / 3, 0, 0.5])


def test_gain_is_that_of_an_ideal_list_of_everything_that_was_wanted() -> None:
    one = (1 + 1 / log2(4)) / (1 + 1 / log2(3) + 1 / log2(4))
    long = sum(1 / log2(n + 1) for n in range(1, 5)) / sum(1 / log2(n + 1) for n in range(1, 9))
    assert ndcg(HITS, np.array([3, 2, 8])).tolist() == pytest.approx([one, 0, long])
    assert ndcg(HITS, np.array([2, 2, 4]))[2] == 1


def test_customer_who_wanted_nothing_has_no_figure() -> None:
    assert np.isnan(recall(HITS, np.zeros(3, int))).all()
    assert np.isnan(ndcg(HITS, np.zeros(3, int))).all()


def test_kinds_of_wanted_items_are_judged_apart() -> None:
    # Two orders of one customer up to day 9, the next basket holds one item of them and two new ones.
    rows = [(0, 0, 0, 1), (0, 1, 1, 9), (0, 2, 1, 12), (0, 2, 2, 12), (0, 2, 3, 12), (0, 3, 4, 13)]
    held = hold_out(purchases(rows, 1, 5), 9, np.arange(5))
    assert isinstance(held.fit, Fit)
    listing = Ranked(np.array([[1, 4, 3, -1]]), np.zeros((1, 4)))
    every = judge(held, listing)
    assert (every.kind, every.customers) == ("all", 1)
    assert (every.recall, every.ndcg) == pytest.approx((2 / 3, 1.5 / (1.5 + 1 / log2(3))))
    assert judge(held, listing, "repeat").recall == 1
    assert judge(held, listing, "new").recall == 0.5


def test_customers_without_a_purchase_before_the_origin_or_in_time_after_it_are_not_judged() -> None:
    rows = [(0, 1, 0, 20), (1, 0, 0, 1), (1, 3, 0, 38), (2, 0, 0, 1), (2, 2, 0, 37)]
    held = hold_out(purchases(rows, 3, 1), 9, np.arange(1))
    assert held.customers.tolist() == [2]


def test_method_with_the_best_mean_over_all_origins_is_served_and_ours_without_any() -> None:
    def origin(**worth: float) -> dict[str, list[Score]]:
        names = {"blend": "blend", "own": "own history, then popularity", "cosine": "item cosine", "top": "popularity"}
        return {names[key]: [Score("all", value, value, 5)] for key, value in worth.items()}

    first = origin(blend=0.3, own=0.2, cosine=0.1, top=0.1)
    second = origin(blend=0.1, own=0.4, cosine=0.1, top=0.1)
    assert winner([first]) == "blend"
    assert winner([first, second]) == "own history, then popularity"
    assert winner([]) == "blend"
    assert winner([origin(blend=0.2, own=0.2, cosine=0.2, top=0.2)]) == "blend"
