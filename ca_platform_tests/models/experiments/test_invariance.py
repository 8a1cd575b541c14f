"""What holds for every test: A against B is minus B against A, rows and units do not matter, silence is no verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from ca_platform.models import experiments as ab
from ca_platform.models.experiments import Comparison, Moments, Values
from ca_platform.models.experiments.records import Floats
from ca_platform_tests.models.experiments.sides import SILENT, spending

Sides = Callable[[Floats, Floats], Comparison]


def _history(side: Floats) -> Floats:
    return np.roll(side, 3) + side


def _change(test: Callable[..., Comparison]) -> Sides:
    """Both sides of the same customers: as many as the smaller has."""

    def compared(a: Floats, b: Floats) -> Comparison:
        both = min(a.size, b.size)
        return test(Values.of(b[:both] - a[:both]))

    return compared


def _difference_in_differences(a: Floats, b: Floats) -> Comparison:
    controls, treated = (Moments.by_item(np.zeros(side.size, np.int64), 1, side) for side in (a, b))
    return ab.difference_in_differences(treated, controls).comparison


DIFFERENCES: dict[str, Sides] = {
    "welch": lambda a, b: ab.welch(Moments.of(a), Moments.of(b)),
    "welch_skewed": lambda a, b: ab.welch_skewed(Moments.of(a, a**2), Moments.of(b, b**2)),
    "paired_t": lambda a, b: ab.paired_t(Moments.of(*(side[: min(a.size, b.size)] for side in (a, b)))),
    "cuped": lambda a, b: ab.cuped(Moments.of(a, _history(a)), Moments.of(b, _history(b))),
    "regression_adjusted": lambda a, b: ab.regression_adjusted(Moments.of(a, _history(a)), Moments.of(b, _history(b))),
    "permutation": lambda a, b: ab.permutation(Values.of(a), Values.of(b), draws=499),
    "sign_flip": _change(lambda changes: ab.sign_flip(changes, draws=499)),
    "sign_flips": _change(lambda changes: ab.sign_flips(changes)[0]),
    "difference_in_differences": _difference_in_differences,
    "sequential": lambda a, b: ab.sequential(ab.welch(Moments.of(a), Moments.of(b)), 50, 100),
}
A, B = spending(45, 1), spending(45, 2, 1.5)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_against_b_is_minus_b_against_a(name: str) -> None:
    there, back = DIFFERENCES[name](A, B), DIFFERENCES[name](B, A)
    assert there.estimate == pytest.approx(-back.estimate, rel=1e-9)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), rel=1e-6)
    assert there.p_value == pytest.approx(back.p_value, rel=1e-6)
    assert there.is_sufficient


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("unit", [100.0, 0.0078125, 3.7e6])
def test_another_currency_scales_the_interval_and_leaves_p(name: str, unit: float) -> None:
    plain, scaled = DIFFERENCES[name](A, B), DIFFERENCES[name](unit * A, unit * B)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-8)
    assert scaled.low == pytest.approx(unit * plain.low, rel=1e-8)
    assert scaled.high == pytest.approx(unit * plain.high, rel=1e-8)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_order_of_rows_does_not_matter(name: str) -> None:
    order = np.random.default_rng(1).permutation(A.size)
    history, other = _history(A), _history(B)
    plain = DIFFERENCES[name](A, B)
    if name in {"cuped", "regression_adjusted"}:
        test = getattr(ab, name)
        shuffled = test(Moments.of(A[order], history[order]), Moments.of(B[order], other[order]))
    else:
        shuffled = DIFFERENCES[name](A[order], B[order])
    assert shuffled.p_value == pytest.approx(plain.p_value, rel=1e-9)
    assert shuffled.high == pytest.approx(plain.high, rel=1e-9)


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("silent", SILENT)
def test_sides_that_say_nothing_get_no_verdict(name: str, silent: str) -> None:
    found = DIFFERENCES[name](SILENT[silent], SILENT[silent])
    assert not found.is_sufficient
    figures = (found.estimate, found.low, found.high, found.p_value)
    assert [float(figure) for figure in figures] == [0, -np.inf, np.inf, 1]
    _no_odd_numbers(found)


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("silent", SILENT)
def test_one_silent_side_gives_numbers_all_the_same(name: str, silent: str) -> None:
    for found in (DIFFERENCES[name](A, SILENT[silent]), DIFFERENCES[name](SILENT[silent], A)):
        _no_odd_numbers(found)
        if silent in {"nobody", "one customer"}:
            assert not found.is_sufficient
            assert found.p_value == 1


RATIOS: dict[str, Callable[[Floats, Floats], Comparison]] = {
    "gamma_means": lambda a, b: ab.gamma_means(Moments.of(a, np.log(a)), Moments.of(b, np.log(b))),
    "beta_means": lambda a, b: ab.beta_means(
        Moments.of(a, np.log(a), np.log1p(-a)), Moments.of(b, np.log(b), np.log1p(-b))
    ),
}


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("side", [np.empty(0), np.array([0.4]), np.full(40, 0.1)], ids=["nobody", "one", "alike"])
def test_likelihood_ratios_of_silent_sides_give_no_verdict(name: str, side: Floats) -> None:
    found = RATIOS[name](side, side)
    assert not found.is_sufficient
    assert found.p_value == 1
    _no_odd_numbers(found)
    _no_odd_numbers(RATIOS[name](side, np.linspace(0.1, 0.9, 30)))


def test_rates_and_shares_of_silent_sides_give_no_verdict() -> None:
    silent = [
        ab.poisson_rates(0, 10.0, 0, 12.0),
        ab.poisson_rates(3, 0.0, 4, 1.0),
        ab.negative_binomial([], [], [1, 2], 1.0),
        ab.negative_binomial([0, 0], 1.0, [1, 2], 1.0),
        ab.proportions(0, 50, 0, 60),
        ab.proportions(50, 50, 60, 60),
        ab.proportions(0, 0, 5, 60),
    ]
    for found in silent:
        assert not found.is_sufficient
        assert found.p_value == 1
        _no_odd_numbers(found)


def test_bootstrap_of_silent_sides_gives_no_verdict_and_swaps_its_sides() -> None:
    for name, side in SILENT.items():
        found = ab.bootstrap_difference(Values.of(side), Values.of(A if name == "nobody" else side), 50)
        assert not found.is_sufficient[0]
        assert (found.low[0], found.bca_high[0], found.accept_ratio[0]) == (-np.inf, np.inf, 1)
    there, back = (ab.bootstrap_difference(Values.of(a), Values.of(b), 300) for a, b in ((A, B), (B, A)))
    assert there.low[0] == pytest.approx(-back.high[0], rel=1e-6)
    assert there.bca_low[0] == pytest.approx(-back.bca_high[0], rel=1e-6)
    assert there.accept_ratio[0] == back.accept_ratio[0]
    scaled = ab.bootstrap_difference(Values.of(100 * A), Values.of(100 * B), 300)
    assert scaled.bca_high[0] == pytest.approx(100 * there.bca_high[0], rel=1e-5)


def _no_odd_numbers(found: Comparison) -> None:
    for part in fields(found):
        value = getattr(found, part.name)
        if isinstance(value, np.ndarray):
            assert not np.isnan(value).any(), part.name
