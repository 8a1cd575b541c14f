"""Difference-in-differences by hand, and where the raw change misleads."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.experiments import Moments, difference_in_differences, paired_t
from ca_platform.models.experiments.records import Floats
from ca_platform_tests.models.experiments.sides import spending


def test_adjusted_change_and_its_error_by_hand() -> None:
    # Stratum 0: treated 5, 7 against controls 3, 5; stratum 1: treated 2, 4 against 0, 2. All adjusted changes: 1, 3, 1, 3.
    treated = Moments.by_item([0, 0, 1, 1], 2, [5.0, 7.0, 2.0, 4.0])
    controls = Moments.by_item([0, 0, 1, 1], 2, [3.0, 5.0, 0.0, 2.0])
    found = difference_in_differences(treated, controls)
    assert [float(part) for part in (found.raw, found.expected, found.comparison.estimate)] == [4.5, 2.5, 2.0]
    # 4/3 over 4 customers, and for each stratum 2 · 1 / (4 · 3) · 2 / 2.
    assert found.comparison.standard_error == pytest.approx(np.sqrt(1 / 3 + 2 * 2 / 12))
    assert found.noise == pytest.approx(np.sqrt(2 * 2 * 1 * 2 / 2))


def test_error_is_right_where_every_treated_has_few_controls_of_his_own() -> None:
    dice = np.random.default_rng(5)
    treated, controls = dice.normal(0, 1, (4_000, 25, 1)), dice.normal(0, 1, (4_000, 25, 3))
    found = difference_in_differences(_strata(treated), _strata(controls))
    assert found.comparison.estimate.std() == pytest.approx(np.sqrt((1 + 1 / 3) / 25), rel=0.03)
    error = found.comparison.standard_error
    assert error is not None
    assert np.mean(error**2) == pytest.approx((1 + 1 / 3) / 25, rel=0.02)
    assert np.all(found.noise == 0)


def _strata(changes: Floats) -> Moments:
    sums, squares = changes.sum(axis=-1), (changes**2).sum(axis=-1)
    return Moments(np.full(sums.shape, float(changes.shape[-1])), sums[..., None], squares[..., None, None])


def test_treated_without_controls_are_left_out() -> None:
    treated = Moments.by_item([0, 0, 1, 1, 1], 3, [5.0, 7.0, 100.0, 90.0, 80.0])
    controls = Moments.by_item([0, 0, 0, 1, 2], 3, [1.0, 2.0, 3.0, 4.0, 5.0])
    found = difference_in_differences(treated, controls)
    assert found.customers == 2
    assert found.comparison.estimate == 6 - 2


def test_without_strata_and_variance_of_controls_it_is_the_paired_t() -> None:
    before, after = spending(40, 1), spending(40, 2, 1.4)
    treated = Moments.of(before, after).combined(-1, 1)
    controls = Moments.of(np.full(10_000, 3.0))
    found = difference_in_differences(
        Moments(treated.count[None], treated.sums[None], treated.products[None]),
        Moments(controls.count[None], controls.sums[None], controls.products[None]),
    )
    raw = paired_t(Moments.of(before, after))
    assert found.raw == pytest.approx(raw.estimate)
    assert found.comparison.estimate == pytest.approx(raw.estimate - 3)
    assert found.comparison.standard_error == pytest.approx(raw.standard_error)


def test_season_that_all_share_is_no_effect_and_an_effect_is_found_in_its_size() -> None:
    dice = np.random.default_rng(3)
    week = dice.integers(0, 20, (300, 400))
    season = np.sin(week / 3) * 10 - 8
    rejected, estimates = 0, []
    for row, level in zip(week, season, strict=True):
        change = level + dice.normal(0, 15, row.size)
        treated = dice.random(row.size) < 0.2
        used, others = (Moments.by_item(row[part], 20, change[part]) for part in (treated, ~treated))
        found = difference_in_differences(used, others)
        rejected += int(found.comparison.p_value < 0.05)
        estimates.append(difference_in_differences(_raised(used, 4.0), others).comparison.estimate)
    assert 0.02 <= rejected / 300 <= 0.085
    assert np.mean(estimates) == pytest.approx(4, abs=0.3)


def _raised(side: Moments, by: float) -> Moments:
    squares = side.products[..., 0, 0] + 2 * by * side.sums[..., 0] + by**2 * side.count
    return Moments(side.count, side.sums + by * side.count[..., None], squares[..., None, None])


def test_items_on_the_first_axis_are_each_by_itself() -> None:
    treated = Moments.by_item(np.arange(24) % 6, 6, spending(24, 1))
    controls = Moments.by_item(np.arange(60) % 6, 6, spending(60, 2))

    def folded(side: Moments) -> Moments:
        return Moments(side.count.reshape(2, 3), side.sums.reshape(2, 3, 1), side.products.reshape(2, 3, 1, 1))

    together = difference_in_differences(folded(treated), folded(controls))
    for number, part in enumerate((slice(0, 3), slice(3, 6))):
        alone = difference_in_differences(treated[part], controls[part])
        assert together.comparison.p_value[number] == alone.comparison.p_value
        assert together.expected[number] == alone.expected
