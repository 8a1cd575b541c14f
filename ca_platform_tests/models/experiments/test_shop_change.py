"""Changes of groups beyond the others of their shop: by hand, under a holiday, and how often nothing is called a change."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Floats, Ints
from ca_platform.models.experiments.shop_change import GroupSums, ShopChange, beyond_shop, blind

ALPHA = 0.05


def shop(seed: int, holiday: float = 1.0, groups: int = 4) -> tuple[Floats, Ints]:
    """Orders in four weeks and in the one after; groups order 1, 2, 3 … times as much. Silent customers are in it."""
    dice = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 400)
    rate = dice.gamma(0.6, 0.15, group.size) * (1 + group)
    factors = np.array([1, 1, 1, 1, holiday])
    return dice.poisson(rate[:, None] * factors).astype(np.float64), group


def change(outcomes: Floats, group: Ints) -> ShopChange:
    return beyond_shop(outcomes, group, np.bincount(group))


def test_change_and_error_by_hand() -> None:
    # The others order half as much: 4 of 8; the group 6 after 4, where half would be 2.
    outcomes = [[0.0, 2.0, 2.0], [2.0, 4.0, 4.0], [2.0, 2.0, 3.0], [4.0, 8.0, 1.0]]
    found = beyond_shop(outcomes, [0, 0, 1, 1], [4, 2])
    assert found.ratio[0] == 0.5
    assert found.comparison.estimate[0] == (6 - 0.5 * 4) / 4
    assert found.raw.estimate[0] == (6 - 4) / 4
    # Changes 1.5, 2.5, 0, 0 of the group, and 2 and −2 of the others, which count by 4 / 8.
    assert found.noise[0] == pytest.approx(4 / 8 * np.sqrt(2**2 + 2**2))
    own = np.var([1.5, 2.5, 0, 0], ddof=1) / 4
    assert found.comparison.standard_error is not None
    assert found.comparison.standard_error[0] == pytest.approx(np.sqrt(own + (found.noise[0] / 4) ** 2))


def test_skewness_is_that_of_all_windows_by_hand() -> None:
    # 14 in the three windows: 14 / 2.5 = 5.6 a window before, 2.8 in the latest. Squares sum to 44, cubes to 152.
    table = np.array([[0.0, 2.0, 2.0], [2.0, 4.0, 4.0]])
    variance, third = blind(GroupSums.by_group(table, np.zeros(2, np.int64), np.array([2.0])), np.array([0.5]))
    assert variance == pytest.approx(44 / 14 * (2.8 + 0.5**2 * 5.6 / 2))
    assert third == pytest.approx(152 / 14 * (2.8 - 0.5**3 * 5.6 / 4))


def test_interval_ends_where_the_test_does() -> None:
    outcomes, group = shop(4)
    p = float(change(outcomes, group).comparison.p_value[1])
    for alpha in (p - 1e-6, p + 1e-6):
        found = beyond_shop(outcomes, group, np.bincount(group), alpha=alpha).comparison
        assert bool(found.low[1] <= 0 <= found.high[1]) == (alpha < p)


def test_holiday_of_all_is_nobodys_change() -> None:
    found = change(*shop(3, 0.5))
    assert found.comparison.p_value.min() > 0.05
    assert np.all(found.raw.p_value < 0.01)


@pytest.mark.parametrize("holiday", [1.0, 0.5])
def test_nothing_is_called_a_change_in_one_of_twenty_shops(holiday: float) -> None:
    found = [change(*shop(seed, holiday)) for seed in range(500)]
    p = np.array([one.comparison.p_value for one in found])
    assert 0.04 <= np.mean(p <= ALPHA) <= 0.06
    assert np.mean(p <= 0.001) <= 0.003
    raw = np.mean([one.raw.p_value <= ALPHA for one in found])
    assert raw > 0.9 if holiday < 1 else raw < 0.1


def test_change_of_one_group_is_found_in_its_size() -> None:
    outcomes, group = shop(7)
    plain = change(outcomes, group).comparison
    after = outcomes[group == 2, -1]
    outcomes[group == 2, -1] = 2 * after
    found = change(outcomes, group).comparison
    assert found.estimate[2] - plain.estimate[2] == pytest.approx(after.sum() / 400)
    assert found.p_value.argmin() == 2
    assert found.p_value[2] < 0.01


def test_shops_are_apart() -> None:
    first, second = shop(1), shop(2)
    both = beyond_shop(
        np.concatenate([first[0], second[0]]),
        np.append(first[1], second[1] + 4),
        [400] * 8,
        [0] * 4 + [1] * 4,
    )
    alone = change(*second)
    assert both.comparison.p_value[4:] == pytest.approx(alone.comparison.p_value)
    assert both.comparison.low[4:] == pytest.approx(alone.comparison.low)


def test_order_of_customers_and_unit_of_money_do_not_matter() -> None:
    outcomes, group = shop(5)
    mixed = np.random.default_rng(1).permutation(group.size)
    found = change(outcomes, group)
    other = change(100 * outcomes[mixed], group[mixed])
    assert other.comparison.estimate == pytest.approx(100 * found.comparison.estimate)
    assert other.comparison.p_value == pytest.approx(found.comparison.p_value)


def test_group_without_others_or_customers_gives_no_verdict_and_no_nan() -> None:
    for found in (
        change(*shop(5, groups=1)),
        beyond_shop(np.empty((0, 5)), [], [0, 0]),
        beyond_shop([[0.0, 1.0], [0.0, 2.0]], [0, 1], [3, 3]),
        beyond_shop([[1.0, 1.0]], [0], [1, 5]),
    ):
        assert not found.comparison.is_sufficient.any()
        assert np.all(found.comparison.p_value == 1)
        assert np.isfinite(found.comparison.estimate).all()
    with pytest.raises(ValidationError, match="count all customers"):
        beyond_shop([[1.0, 2.0], [1.0, 2.0]], [0, 0], [1])
