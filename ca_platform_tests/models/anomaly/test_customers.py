"""Customers against what was foreseen of them: laws by hand, ends of bands, what all do alike, and calibration."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly.customers import Foreseen, Seen, Usual, Window, is_rare, spread_of_amounts
from ca_platform.models.anomaly.records import Floats

DAYS = 56.0


def window(
    orders: float,
    none: float,
    counts: Floats,
    *,
    amounts: Floats | None = None,
    silence: Floats | None = None,
    before: float = 20.0,
) -> Window:
    """Customers of whom the same was foreseen: an amount of 50 after 3 orders, the last of them 20 days ago."""
    size = counts.size
    seen = Seen(
        counts,
        np.where(counts > 0, 50.0, np.nan) if amounts is None else amounts,
        np.where(counts > 0, 7.0, before + DAYS) if silence is None else silence,
    )
    told = Foreseen(*(np.full(size, value) for value in (orders, none, 50.0, before, 3.0)))
    return Window(DAYS, told, seen, 0.5)


def test_orders_are_geometric_from_one_on_with_the_mean_and_the_chance_of_none() -> None:
    """A quarter orders nothing, the others 2 in the mean: 1, 2, 3 … with probabilities 3/8, 3/16, 3/32 …"""
    tails = window(1.5, 0.25, np.arange(5.0)).compared()["frequency"].tail
    # At least 4 orders: 3/32, at most none: 1/4, both twice.
    assert tails == pytest.approx([0.5, 1.0, 3 / 4, 3 / 8, 3 / 16])


def test_silence_is_as_likely_as_the_share_of_the_window_says() -> None:
    silence = np.array([14.0, 28.0, 76.0])
    recency = window(3.0, 0.01, np.array([1.0, 1.0, 0.0]), silence=silence).compared()["recency"]
    assert recency.tail == pytest.approx([0.01**0.25, 0.1, 0.01])
    # 56 days times .99 / ln 100, and a hundredth of the 20 days before.
    assert recency.expected == pytest.approx([56 * 0.99 / np.log(100) + 0.2] * 3)


def test_amount_is_normal_in_logarithms_with_what_both_sides_are_known_by() -> None:
    """Four orders against three and one of the shop: half of the spread twice, squared and added, makes a standard error."""
    error = 0.5 * np.sqrt(1 / 4 + 1 / 4)
    amounts = 50.01 * np.exp(np.array([0.0, 1.96, -1.96]) * error) - 0.01
    tails = window(2.0, 0.2, np.full(3, 4.0), amounts=amounts).compared()["monetary"].tail
    assert tails == pytest.approx([1.0, 0.05, 0.05], abs=1e-4)


@pytest.mark.parametrize("border", [0.3, 0.04, 0.001])
@pytest.mark.parametrize(("orders", "none"), [(0.02, 0.985), (1.5, 0.4), (9.0, 0.004), (0.5, 0.5)])
def test_bands_end_where_tails_get_smaller_than_the_border(orders: float, none: float, border: float) -> None:
    counts = np.arange(40.0)
    silence = np.where(counts > 0, np.linspace(0.1, DAYS - 0.1, 40), 20 + DAYS)
    amounts = np.where(counts > 0, np.geomspace(1, 2_000, 40), np.nan)
    found = window(orders, none, counts, amounts=amounts, silence=silence)
    bands = found.bands(dict.fromkeys(("frequency", "monetary", "recency"), border))
    for name, own in found.compared().items():
        low, high = bands[name]
        has = np.isfinite(own.actual)
        inside = (own.actual >= low - 1e-9) & (own.actual <= high + 1e-9)
        assert (inside == (own.tail >= border * (1 - 1e-9)))[has].all(), name


def test_what_all_customers_do_alike_is_nobodys_anomaly() -> None:
    dice = np.random.default_rng(3)
    counts = np.where(dice.random(4_000) < 0.3, 0.0, dice.geometric(0.4, 4_000).astype(float))
    amounts = np.where(counts > 0, 50 * np.exp(dice.normal(0, 0.2, counts.size)), np.nan)
    usual = window(float(counts.mean()), 0.3, counts, amounts=amounts).levelled()
    # Before a feast everybody was expected to order half as much, for half of the money.
    feast = window(float(counts.mean()) / 2, 0.3**0.5, counts, amounts=amounts * 2).levelled()
    for name, own in usual.compared().items():
        other = feast.compared()[name]
        assert other.tail == pytest.approx(own.tail, rel=5e-3, nan_ok=True)
        assert other.residual == pytest.approx(own.residual, rel=5e-3, abs=1e-3, nan_ok=True)


def test_customers_like_those_before_are_flagged_one_in_a_thousand() -> None:
    """Whatever the laws are wrong about: tails of both windows come from the same customers here."""
    dice = np.random.default_rng(4)
    before, now = dice.beta(0.4, 3.0, 20_000), dice.beta(0.4, 3.0, 100_000)
    usual = Usual.of(before)
    probability = usual.probability(now)
    assert is_rare(probability).mean() == pytest.approx(0.001, abs=0.0006)
    assert (probability <= 0.1).mean() == pytest.approx(0.1, abs=0.01)
    assert ((now < usual.border) == is_rare(probability)).all()


def test_few_customers_judge_nobody_and_less_than_a_thousand_flag_nobody() -> None:
    few, some = Usual.of(np.linspace(0, 1, 99)), Usual.of(np.linspace(0.1, 1, 900))
    tails = np.array([0.0, 0.5, np.nan])
    assert np.isnan(few.probability(tails)).all()
    assert np.isnan(few.border)
    assert some.probability(tails)[0] == pytest.approx(1 / 901)
    assert not is_rare(some.probability(tails)).any()
    assert np.isnan(some.border)


def test_degenerate_customers_have_finite_figures() -> None:
    counts = np.array([0.0, 0.0, 3.0, 1.0])
    told = Foreseen(
        np.array([0.0, 5.0, 0.0, 1e-9]), np.array([1.0, 0.0, 1.0, 1.0]), np.zeros(4), np.zeros(4), np.ones(4)
    )
    seen = Seen(counts, np.array([np.nan, np.nan, 0.0, 10.0]), np.array([56.0, 56.0, 0.0, 1.0]))
    for own in Window(DAYS, told, seen, spread_of_amounts(np.zeros(1), np.ones(1))).levelled().compared().values():
        has = np.isfinite(own.actual)
        for values in (own.expected, own.residual, own.tail):
            assert np.isfinite(values[has]).all()


def test_nobody_gives_nothing() -> None:
    found = window(1.0, 0.5, np.zeros(0)).levelled()
    assert all(own.tail.size == 0 for own in found.compared().values())
    assert Usual.of(np.zeros(0)).probability(np.zeros(2)).tolist() != [0.0, 0.0]
