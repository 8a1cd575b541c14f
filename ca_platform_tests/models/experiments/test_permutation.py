"""Permutation tests: exact on small samples, and the saddlepoint that stands for millions of draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ca_platform.models.experiments import Values, permutation, sign_flip, sign_flips
from ca_platform.models.experiments.records import Floats
from ca_platform_tests.models.experiments.sides import counts, spending


def test_all_signs_of_five_changes_are_counted() -> None:
    # All plus: of 32 arrangements this one and its mirror image are as far from 0.
    assert sign_flip(Values.of([1.0, 2.0, 3.0, 4.0, 5.0])).p_value == 2 / 32
    # The sum 13 is reached or passed by all plus, and by 1 alone minus; the mirror images count too.
    assert sign_flip(Values.of([-1.0, 2.0, 3.0, 4.0, 5.0])).p_value == 4 / 32


def test_customers_who_do_not_change_say_nothing() -> None:
    changes = [3.0, -1.0, 2.0, 4.0, 5.0, 1.5]
    assert sign_flip(Values.of([*changes, *[0.0] * 50])).p_value == sign_flip(Values.of(changes)).p_value


def test_sign_flip_is_scipys() -> None:
    changes = spending(13, 1) - spending(13, 2)
    known = stats.permutation_test((changes,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(Values.of(changes)).p_value == pytest.approx(known.pvalue, abs=1e-12)


def test_permutation_is_scipys() -> None:
    a, b = spending(6, 3), spending(7, 4)

    def statistic(one: Floats, other: Floats, axis: int) -> Floats:
        error = one.var(axis=axis, ddof=1) / one.shape[axis] + other.var(axis=axis, ddof=1) / other.shape[axis]
        return np.asarray(np.abs(other.mean(axis=axis) - one.mean(axis=axis)) / np.sqrt(error))

    known = stats.permutation_test((a, b), statistic, alternative="greater")
    assert permutation(Values.of(a), Values.of(b)).p_value == pytest.approx(known.pvalue, abs=1e-12)


def test_drawn_splits_agree_with_all_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = Values.of(spending(8, 12)), Values.of(spending(8, 6, 3.0))
    exact = float(permutation(a, b).p_value)
    monkeypatch.setattr("ca_platform.models.experiments.permutations.EXACT_SPLITS", 0)
    drawn = float(permutation(a, b, draws=20_000).p_value)
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_drawn_signs_agree_with_all_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = Values.of(counts(16, 7) - counts(16, 8))
    exact = float(sign_flip(changes).p_value)
    monkeypatch.setattr("ca_platform.models.experiments.permutations.EXACT_SIGNS", 0)
    assert float(sign_flip(changes, draws=40_000).p_value) == pytest.approx(exact, abs=0.01)


def test_equal_seeds_give_equal_results_and_others_do_not() -> None:
    a, b = Values.of(spending(60, 1)), Values.of(spending(60, 2))
    first = permutation(a, b, draws=500, seed=3)
    assert permutation(a, b, draws=500, seed=3).p_value == first.p_value
    assert permutation(a, b, draws=500, seed=4).p_value != first.p_value


@pytest.mark.parametrize(("step", "kind"), [(0.0, "amounts"), (1.0, "orders")])
def test_saddlepoint_is_the_exact_test_to_a_few_percent(
    step: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = []
    for seed in range(12):
        after = spending(30, seed, 1.5) if kind == "amounts" else counts(24, seed, 1.6)
        before = spending(30, seed + 50) if kind == "amounts" else counts(24, seed + 50)
        changes = (after - before)[:16] if kind == "orders" else (after - before)[(after > 0) | (before > 0)][:16]
        items.append(changes)
    exact = [float(sign_flip(Values.of(one)).p_value) for one in items]
    monkeypatch.setattr("ca_platform.models.experiments.saddlepoint.EXACT_SIGNS", 0)
    rows = np.concatenate(items)
    found = sign_flips(Values.of(rows, np.repeat(np.arange(12), [one.size for one in items]), 12), step)
    assert min(exact) < 0.05
    assert found.p_value == pytest.approx(exact, rel=0.12, abs=0.002)


def test_one_customer_who_makes_most_of_the_sum_does_not_mislead() -> None:
    # Half of all arrangements have his sign, so that the sum is hardly ever near 0.
    changes = Values.of(np.append(spending(60, 3) - spending(60, 4), 2_000.0))
    drawn = float(sign_flip(changes, draws=20_000).p_value)
    assert sign_flips(changes).p_value[0] == pytest.approx(drawn, abs=0.015)
    assert 0.2 < drawn < 0.9


def test_saddlepoint_goes_where_draws_cannot() -> None:
    # 60 customers who all gain alike but for a hair: the chance is 2 of 2^60, and near it with one who loses.
    gains = 1 + np.arange(60) / 1e6
    assert sign_flips(Values.of(gains)).p_value[0] == pytest.approx(2.0**-59)
    gains = np.append(np.ones(59), -1.0)
    assert sign_flips(Values.of(gains), step=1.0).p_value[0] == pytest.approx(2 * 61 * 2.0**-60, rel=0.1)


def test_p_of_no_change_at_all_in_sum_is_one() -> None:
    changes = np.append(np.arange(1.0, 31.0), -np.arange(1.0, 31.0))
    assert sign_flips(Values.of(changes)).p_value[0] == 1


@pytest.mark.parametrize("customers", [12, 60])
def test_noise_beside_the_signs_is_the_sum_with_a_normal_variable(customers: int) -> None:
    changes = spending(customers, 1, 1.8) - spending(customers, 2)
    noise = 60.0
    dice = np.random.default_rng(1)
    signs = dice.choice([-1.0, 1.0], (60_000, customers))
    drawn = np.abs(signs @ changes + noise * dice.normal(size=60_000)) >= abs(changes.sum())
    found = sign_flips(Values.of(changes), noise=noise)
    assert found.p_value[0] == pytest.approx(drawn.mean(), abs=0.012)
    assert found.p_value[0] > sign_flips(Values.of(changes)).p_value[0]
