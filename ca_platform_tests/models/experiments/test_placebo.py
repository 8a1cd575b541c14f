"""Random splits measure what the tests themselves say, one by one, and a test that is wrong is not offered."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.experiments import (
    Moments,
    Values,
    calibrate,
    random_sides,
    regression_adjusted,
    sign_flips,
    welch,
)
from ca_platform.models.experiments.calibration import clear
from ca_platform.models.experiments.placebo import Outcomes, grouped, measure_sides, side_of
from ca_platform.models.experiments.placebo_segments import compared, measure_segments
from ca_platform.models.experiments.records import Floats
from ca_platform.models.experiments.shop_change import beyond_shop

ALPHA = 0.05


def people(customers: int = 1_200, seed: int = 3) -> list[Outcomes]:
    """Customers of whom most spend nothing, and what is known of them."""
    dice = np.random.default_rng(seed)
    rate = dice.gamma(0.4, 1.0, customers)
    orders = dice.poisson(rate).astype(np.float64)
    amount = np.round(orders * dice.gamma(2.0, 20.0, customers), 2)
    known = dice.poisson(4 * rate).astype(np.float64)
    return [
        Outcomes({"revenue_per_customer": amount}, (known, np.sqrt(known))),
        Outcomes({"orders_per_customer": orders, "conversion": (orders > 0).astype(np.float64)}, (known,)),
    ]


def test_sums_of_groups_are_those_of_their_customers() -> None:
    table = people()[0].table
    [(a, b)] = grouped([table], 100, 7, seed=5)
    places = [np.concatenate(side) for side in zip(*random_sides(len(table), 100, 7, seed=5), strict=True)]
    for found, rows in zip((a, b), places, strict=True):
        for number, row in enumerate(rows):
            one = Moments.of(*table[row].T)
            np.testing.assert_allclose(found.sums[number], one.sums)
            np.testing.assert_allclose(found.products[number], one.products)


def test_every_test_of_experiments_is_measured_on_the_same_groups() -> None:
    shop = people()
    found = {(one.test, one.metric): one for one in measure_sides(shop, splits=300, seed=2)}
    metrics = ("revenue_per_customer", "orders_per_customer", "conversion")
    assert set(found) == {
        *((test, metric) for test in ("welch", "regression_adjusted") for metric in metrics),
        ("proportions", "conversion"),
    }
    [(a, b), _] = grouped([part.table for part in shop], 300, 300, seed=2)
    for name, test in (("welch", welch), ("regression_adjusted", regression_adjusted)):
        p = test(a, b).p_value if name != "welch" else welch(a.column(0), b.column(0)).p_value
        assert found[name, "revenue_per_customer"].calibration == calibrate(p)
    assert {one.customers for one in found.values()} == {300}


def test_groups_are_a_quarter_of_a_small_shop_and_a_smaller_one_is_not_measured() -> None:
    assert [side_of(customers) for customers in (0, 399, 400, 1_999, 2_000, 10**6)] == [0, 0, 100, 499, 500, 500]
    assert measure_sides(people(399)) == []
    assert measure_sides([]) == []


def test_the_same_seed_measures_the_same() -> None:
    assert measure_sides(people(), 200, seed=4) == measure_sides(people(), 200, seed=4)
    assert measure_sides(people(), 200, seed=4) != measure_sides(people(), 200, seed=5)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2, 0.4])
def test_what_is_clear_of_random_signs_is_so(alpha: float) -> None:
    """Of skewed changes, of few customers, and of those among whom one makes most of the sum."""
    dice = np.random.default_rng(8)
    sizes = dice.integers(2, 40, 600)
    item = np.repeat(np.arange(600), sizes)
    change = np.where(dice.random(item.size) < 0.3, 0, dice.normal(0.2, 1, item.size) * dice.pareto(1.5, item.size))
    values = Values.of(change, item, 600)
    p = sign_flips(values).p_value
    told, unclear = clear(
        values.sums(values.value * values.weight), np.sqrt(values.sums(values.weight * values.value**2)), alpha
    )
    is_clear = np.ones(600, bool)
    is_clear[unclear] = False
    varies = values.moments().variance() > 0
    assert ((told <= alpha) == (p <= alpha))[is_clear & varies].all()
    if alpha < 0.2:
        assert 0.4 < is_clear.mean() < 0.9


def windows(customers: int = 900, seed: int = 6) -> Floats:
    """Orders in four windows and the one after them, in which less is ordered."""
    dice = np.random.default_rng(seed)
    return dice.poisson(dice.gamma(0.5, 0.6, (customers, 1)) * [1, 1, 1, 1, 0.6]).astype(np.float64)


def test_segments_are_compared_as_the_reports_compare_them() -> None:
    outcomes = windows()
    members = np.concatenate([a for a, _ in random_sides(900, 150, 40, seed=1)])
    p, told = compared(outcomes, members, ALPHA)
    assert told.all()
    for number, rows in enumerate(members):
        group = np.ones(900, np.int64)
        group[rows] = 0
        expected = beyond_shop(outcomes, group, [150, 750]).comparison
        assert p[number] == pytest.approx(float(expected.p_value[0]))


def test_segments_too_small_for_a_verdict_measure_nothing() -> None:
    assert measure_segments({"orders": 0 * windows()}, "beyond_shop_daily", 1_500) == []
    [found] = measure_segments({"orders": windows()}, "beyond_shop_weekly", 1_500, seed=3)
    assert (found.test, found.metric, found.customers) == ("beyond_shop_weekly", "orders", 225)
    assert found.calibration.is_offered
