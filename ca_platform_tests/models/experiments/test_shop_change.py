"""Changes of groups beyond the others of their shop: by hand, under a holiday, and how often nothing is called a change."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Floats, Ints
from ca_platform.models.experiments.shop_change import ShopChange, beyond_shop

ALPHA = 0.05


def shop(seed: int, holiday: float = 1.0, groups: int = 4) -> tuple[Floats, Floats, Ints]:
    """Orders in four weeks and in the one after; groups order 1, 2, 3 … times as much. Silent customers are in it."""
    dice = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 400)
    rate = dice.gamma(0.6, 0.3, group.size) * (1 + group)
    before = dice.poisson(rate[:, None], (group.size, 4)).mean(axis=1)
    return before, dice.poisson(holiday * rate).astype(np.float64), group


def change(before: Floats, after: Floats, group: Ints) -> ShopChange:
    return beyond_shop(before, after, group, np.bincount(group))


def test_change_and_error_by_hand() -> None:
    # The others order half as much: 4 of 8; the group 6 after 4, where half would be 2.
    before, after = [1.0, 3.0, 2.0, 6.0], [2.0, 4.0, 3.0, 1.0]
    found = beyond_shop(before, after, [0, 0, 1, 1], [4, 2])
    assert found.ratio[0] == 0.5
    assert found.comparison.estimate[0] == (6 - 0.5 * 4) / 4
    assert found.raw.estimate[0] == (6 - 4) / 4
    # Changes 1.5, 2.5, 0, 0 of the group, and 2 and −2 of the others, which count by 4 / 8.
    assert found.noise[0] == pytest.approx(4 / 8 * np.sqrt(2**2 + 2**2))
    own = np.var([1.5, 2.5, 0, 0], ddof=1) / 4
    assert found.comparison.standard_error is not None
    assert found.comparison.standard_error[0] == pytest.approx(np.sqrt(own + (found.noise[0] / 4) ** 2))


def test_holiday_of_all_is_nobodys_change() -> None:
    before, after, group = shop(3)
    quiet, holiday = change(before, after, group), change(before, 0.5 * after, group)
    assert holiday.comparison.estimate == pytest.approx(0.5 * quiet.comparison.estimate)
    assert holiday.comparison.p_value == pytest.approx(quiet.comparison.p_value, abs=1e-9)
    assert np.all(holiday.raw.p_value < 0.01)


@pytest.mark.parametrize("holiday", [1.0, 0.5])
def test_nothing_is_called_a_change_in_one_of_twenty_shops(holiday: float) -> None:
    p = np.array([change(*shop(seed, holiday)).comparison.p_value for seed in range(500)])
    assert 0.035 <= np.mean(p <= ALPHA) <= 0.065
    assert np.mean([change(*shop(seed, 0.5)).raw.p_value for seed in range(20)] <= np.array(ALPHA)) > 0.9


def test_change_of_one_group_is_found_in_its_size() -> None:
    before, after, group = shop(7)
    after[group == 2] *= 1.5
    found = change(before, after, group)
    truth = found.comparison.estimate[2] - 0.5 / 1.5 * after[group == 2].sum() / 400
    assert abs(truth) < 2 * found.comparison.standard_error[2]  # type: ignore[index]
    assert found.comparison.p_value.argmin() == 2


def test_shops_are_apart() -> None:
    first, second = shop(1), shop(2)
    both = beyond_shop(
        np.append(first[0], second[0]),
        np.append(first[1], second[1]),
        np.append(first[2], second[2] + 4),
        [400] * 8,
        [0] * 4 + [1] * 4,
    )
    alone = change(*second)
    assert both.comparison.p_value[4:] == pytest.approx(alone.comparison.p_value)
    assert both.comparison.low[4:] == pytest.approx(alone.comparison.low)


def test_order_of_customers_and_unit_of_money_do_not_matter() -> None:
    before, after, group = shop(5)
    mixed = np.random.default_rng(1).permutation(group.size)
    found = change(before, after, group)
    other = change(100 * before[mixed], 100 * after[mixed], group[mixed])
    assert other.comparison.estimate == pytest.approx(100 * found.comparison.estimate)
    assert other.comparison.p_value == pytest.approx(found.comparison.p_value)


def test_group_without_others_or_customers_gives_no_verdict_and_no_nan() -> None:
    before, after, group = shop(5, groups=1)
    for found in (
        change(before, after, group),
        beyond_shop([], [], [], [0, 0]),
        beyond_shop([0.0, 0.0], [1.0, 2.0], [0, 1], [3, 3]),
        beyond_shop([1.0], [1.0], [0], [1, 5]),
    ):
        assert not found.comparison.is_sufficient.any()
        assert np.all(found.comparison.p_value == 1)
        assert np.isfinite(found.comparison.estimate).all()
    with pytest.raises(ValidationError, match="count all of them"):
        beyond_shop([1.0, 2.0], [1.0, 2.0], [0, 0], [1])
