"""Lists and their reasons: what they hold, what they leave out, and that nothing later changes them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from ca_platform.models.recommend import (
    NEVER,
    NONE,
    REASONS,
    Fit,
    Recommended,
    backtest,
    blend,
    recommendations,
    tuned,
)
from ca_platform.models.recommend.backtest import USUAL
from ca_platform.models.recommend.ranking import best_items, most_rows
from ca_platform_tests.models.recommend.shop import ITEMS, as_numbers, drawn, purchases

CUSTOMERS = [f"c{n:02}" for n in range(25)]
ORDER = np.arange(len(ITEMS))


def listed(rows: Recommended, customer: int) -> list[tuple[int, str]]:
    own = rows.rows == customer
    return [(item, REASONS[reason]) for item, reason in zip(rows.items[own], rows.reasons[own], strict=True)]


def test_each_item_has_the_reason_that_a_shop_assistant_would_give() -> None:
    # 0 and 1 stand in the same orders, 2 is bought by the customers of 0 in other orders, 3 is popular.
    pairs = [(customer, 2 * customer, item, 50) for customer in (1, 2) for item in (0, 1)]
    later = [(customer, 2 * customer + 1, 2, 60) for customer in (1, 2)]
    others = [(customer, 10 + customer, 3, 70) for customer in (3, 4, 5)]
    own = [(0, 0, 0, 10), (0, 20, 0, 65)]
    found = recommendations(
        Fit(purchases([*pairs, *later, *others, *own], 7, 4), 79, np.arange(4)), np.arange(7), USUAL
    )
    reasons = dict(listed(found, 0))
    assert reasons == {0: "bought before", 1: "bought together", 2: "similar customers", 3: "popular"}
    assert listed(found, 0)[0][0] == 0
    mine = found.rows == 0
    assert found.times[mine].tolist() == [2, 0, 0, 0]
    assert found.last_days[mine].tolist() == [65, *[NEVER] * 3]
    assert dict(zip(found.items[mine].tolist(), found.because[mine].tolist(), strict=True)) == {
        0: NONE,
        1: 0,
        2: 0,
        3: NONE,
    }
    assert {reason for _, reason in listed(found, 6)} == {"popular"}


def test_items_that_are_no_longer_sold_are_not_recommended() -> None:
    old, new = (0, 0, 0, 10), (0, 1, 1, 100)
    found = recommendations(Fit(purchases([old, new], 1, 2), 100, np.arange(2)), np.array([0]), USUAL)
    assert found.items.tolist() == [1]
    kept = recommendations(Fit(purchases([old, new], 1, 2), 99, np.arange(2)), np.array([0]), USUAL)
    assert kept.items.tolist() == [1, 0]


def test_scores_and_ranks_fall_from_1_and_lists_are_full(seed: int = 5) -> None:
    known = drawn(seed)
    found = recommendations(
        Fit(as_numbers(known, CUSTOMERS, ITEMS), known.day, ORDER), np.arange(len(CUSTOMERS)), USUAL
    )
    assert found.ranks.tolist() == list(range(1, 11)) * len(CUSTOMERS)
    scores = found.scores.reshape(-1, 10)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert ((scores > 0) & (scores <= 1)).all()
    assert all(len(set(row)) == 10 for row in found.items.reshape(-1, 10).tolist())


def test_nothing_that_comes_later_changes_weights_lists_or_figures() -> None:
    known = drawn(7)
    whole = as_numbers(known, CUSTOMERS, ITEMS)
    past = whole.until(90)
    assert tuned(whole, 90, ORDER) == tuned(past, 90, ORDER)
    assert backtest(whole, 60, ORDER) == backtest(whole.until(88), 60, ORDER)
    later = [recommendations(Fit(own.until(90), 90, ORDER), np.arange(25), USUAL) for own in (whole, past)]
    for field in fields(Recommended):
        assert np.array_equal(*(getattr(each, field.name) for each in later))


def test_lists_do_not_depend_on_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    known = drawn(8)
    fit = Fit(as_numbers(known, CUSTOMERS, ITEMS), known.day, ORDER)
    whole = recommendations(fit, np.arange(25), USUAL)
    monkeypatch.setattr(blend, "_BATCH_ADDITIONS", 1)
    single = recommendations(fit, np.arange(25), USUAL)
    for field in fields(Recommended):
        assert np.array_equal(getattr(whole, field.name), getattr(single, field.name))
    assert recommendations(fit, np.arange(0), USUAL).items.size == 0


@pytest.mark.parametrize(
    ("rows", "items"),
    [
        ([], []),
        ([(0, 0, 0, 5)], [0]),
        ([(0, 0, 0, 5), (0, 1, 1, 6)], [1, 0]),
        ([(0, number, 0, 5) for number in range(10_000)], [0]),
    ],
    ids=["nobody bought", "one order", "nothing twice", "ten thousand orders"],
)
def test_shops_at_the_edge_have_lists_and_no_back_test(rows: list[tuple[int, int, int, int]], items: list[int]) -> None:
    history = purchases(rows, 1, 2)
    order = np.arange(2)
    assert tuned(history, 6, order) == USUAL
    assert backtest(history, 6, order) == {}
    found = recommendations(Fit(history, 6, order), np.array([0]), USUAL)
    assert found.items.tolist() == items
    assert np.isfinite(found.scores).all()


def test_best_items_equal_those_of_a_plain_sort() -> None:
    from scipy.sparse import csr_array

    dice = np.random.default_rng(3)
    everywhere = dice.integers(0, 5, 40) / 100
    order = dice.permutation(40)
    # Some take back what counts everywhere, some add to it; many scores are equal.
    table = np.where(dice.random((60, 40)) < 0.5, dice.integers(0, 4, (60, 40)) / 10, 0.0)
    table = np.where(dice.random((60, 40)) < 0.3, -everywhere, table)
    found = best_items(csr_array(table), everywhere, order, 6)
    for row in range(60):
        scores = np.round(table[row] + everywhere, 9)
        expected = [item for item in np.lexsort((order, -scores)) if scores[item] > 0][:6]
        assert found.items[row][: len(expected)].tolist() == expected
        assert (found.items[row][len(expected) :] == NONE).all()


def test_as_many_rows_can_be_ranked_as_their_numbers_have_room_for() -> None:
    assert most_rows(5_000) == 2**20
    assert most_rows(2**20) == 2**12
