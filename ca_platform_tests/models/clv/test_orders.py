"""The models' formulas against their stories: drawn customers, and integrals taken by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import hyp2f1

from ca_platform.errors import ConfigurationError, ValidationError
from ca_platform.models.clv import (
    MODELS,
    Fit,
    Summary,
    expected_orders,
    fit,
    known,
    next_order_weeks,
    order_probabilities,
    probability_alive,
    probability_of_no_order,
)
from ca_platform.models.clv.beta_geometric import BetaGeometric, Shape
from ca_platform.models.clv.pareto import Pareto
from ca_platform_tests.models.clv.shops import ODD, one_time_buyers
from ca_platform_tests.models.clv.shops_simulated import simulated

FITS = {
    "bg_nbd": known("bg_nbd", {"r": 0.6, "alpha": 4.0, "a": 0.8, "b": 2.5}),
    "mbg_nbd": known("mbg_nbd", {"r": 0.9, "alpha": 6.0, "a": 1.0, "b": 2.0}),
    "pareto_nbd": known("pareto_nbd", {"r": 0.7, "alpha": 6.0, "s": 0.6, "beta": 10.0}),
    "pareto_nbd s=1": known("pareto_nbd", {"r": 0.7, "alpha": 12.0, "s": 1.0, "beta": 6.0}),
    "mbg_cnbd_2": known("mbg_cnbd_k", {"r": 0.9, "alpha": 3.0, "a": 0.6, "b": 2.0}, regularity=2),
    "mbg_cnbd_3": known("mbg_cnbd_k", {"r": 1.5, "alpha": 4.0, "a": 0.4, "b": 3.0}, regularity=3),
}


@pytest.mark.parametrize("name", FITS)
def test_what_is_expected_is_what_drawn_customers_do(name: str) -> None:
    model, horizon = FITS[name], 15.0
    drawn = simulated(model, 25_000, weeks=30.0, horizon=horizon, seed=11)
    small, place = drawn.summary, np.minimum(drawn.summary.repeats, 4).astype(int)
    said = {
        "alive": probability_alive(model, small),
        "none": probability_of_no_order(model, small, horizon),
        "orders": expected_orders(model, small, horizon),
        "three": order_probabilities(model, small, horizon, up_to=4)[:, 3],
    }
    seen = {
        "alive": drawn.is_alive,
        "none": drawn.orders == 0,
        "orders": drawn.orders,
        "three": drawn.orders == 3,
    }
    for what, figure in said.items():
        for repeats in range(5):
            rows = place == repeats
            gap = seen[what][rows] - figure[rows]
            assert abs(gap.mean()) < 4.5 * gap.std() / np.sqrt(rows.sum()) + 1e-4, (what, repeats)


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd", "mbg_cnbd_2", "mbg_cnbd_3"])
@pytest.mark.parametrize("history", [(0, 0, 9), (1, 4, 9), (3, 8.5, 9)])
def test_likelihood_is_the_mean_over_rates_and_chances(name: str, history: tuple[float, float, float]) -> None:
    model, (repeats, recency, age) = FITS[name], history
    k, at_once = model.regularity, int(name != "bg_nbd")

    # Even in the cube roots, which takes the poles of the densities at 0 away.
    root = np.linspace(0, 1, 20_001)[1:-1]
    p, rate = root**3, 40 * root**3
    step = 3 * root**2 / 20_000
    stays = stats.beta.pdf(p, model["a"], model["b"]) * step
    rates = stats.gamma.pdf(rate, model["r"], scale=1 / model["alpha"]) * rate ** (k * repeats) * 40 * step
    ticks = sum((rate * (age - recency)) ** j / np.prod(range(1, j + 1)) for j in range(k))
    whole = np.sum(stays * (1 - p) ** (repeats + at_once)) * np.sum(rates * np.exp(-rate * age) * ticks)
    if repeats + at_once > 0:
        gone = np.sum(stays * p * (1 - p) ** (repeats + at_once - 1))
        whole += gone * np.sum(rates * np.exp(-rate * recency))
    likelihood = BetaGeometric(Summary([repeats], [recency], [age]), Shape(k, leaves_at_once=bool(at_once)))
    value, _ = likelihood(np.log([model[name] for name in ("r", "alpha", "a", "b")]))
    assert value == pytest.approx(np.log(whole), abs=1e-4)


@pytest.mark.parametrize("values", [(0.553, 10.578, 0.606, 11.669), (0.8, 3.0, 1.4, 40.0), (2.0, 5.0, 0.3, 5.0)])
def test_pareto_likelihood_is_the_known_closed_form(values: tuple[float, ...]) -> None:
    r, alpha, s, beta = values
    for x, recency, age in [(0, 0, 39), (1, 0.2, 39), (6, 30, 38), (20, 5, 39)]:
        large, second = (alpha, s + 1) if alpha >= beta else (beta, r + x)
        total = r + s + x

        def part(time: float, large: float = large, second: float = second, total: float = total, x: int = x) -> float:
            share = abs(alpha - beta) / (large + time)
            return float(hyp2f1(total, second, r + s + x + 1, share) / (large + time) ** total)

        alive = (alpha + age) ** -(r + x) * (beta + age) ** -s
        gone = s / (r + s + x) * (part(recency) - part(age))
        closed = stats.gamma(1).logpdf(0) + np.log(alive + gone) + r * np.log(alpha) + s * np.log(beta)
        closed += np.sum(np.log(r + np.arange(x)))
        value, _ = Pareto(Summary([x], [recency], [age]))(np.log(values))
        assert value == pytest.approx(closed, rel=1e-8)


@pytest.mark.parametrize(
    "likelihood",
    [
        BetaGeometric(ODD, Shape(1, leaves_at_once=False)),
        BetaGeometric(ODD, Shape(1)),
        BetaGeometric(ODD, Shape(3)),
        Pareto(ODD),
    ],
)
@pytest.mark.parametrize("logs", [[-0.5, 1.5, -0.2, 0.9], [1.0, 4.0, 0.4, 0.1], [-5.0, -5.0, 6.0, 6.0]])
def test_gradients_are_the_slopes_of_the_likelihood(likelihood: Any, logs: list[float]) -> None:
    here = np.array(logs)
    _, gradient = likelihood(here)
    steps = 1e-5 * np.eye(4)
    slopes = [(likelihood(here + step)[0] - likelihood(here - step)[0]) / 2e-5 for step in steps]
    assert gradient == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("name", FITS)
def test_half_of_those_who_stay_have_ordered_after_the_median_wait(name: str) -> None:
    model = FITS[name]
    weeks = next_order_weeks(model, Summary([2, 6], [5, 15], [8, 16]))
    assert (weeks > 0).all()
    assert weeks[1] < weeks[0]
    if name.startswith("pareto"):
        return
    # In these models nobody leaves before the next order: the wait shows in the probability of none.
    for row, (x, recency, age) in enumerate([(2, 5, 8), (6, 15, 16)]):
        customer = Summary([x], [recency], [age])
        ordered = 1 - probability_of_no_order(model, customer, float(weeks[row]))
        assert ordered / probability_alive(model, customer) == pytest.approx([0.5], abs=1e-6)


def test_regular_buyers_are_known_by_their_gaps() -> None:
    drawn = simulated(FITS["mbg_cnbd_3"], 1_500, weeks=40.0, horizon=1.0, seed=3)
    summary = drawn.summary
    found = fit(
        "mbg_cnbd_k", Summary(summary.repeats, summary.recency_weeks, summary.age_weeks, log_gaps=drawn.log_gaps)
    )
    assert found.regularity == 3
    assert found.log_likelihood > fit("mbg_nbd", summary).log_likelihood
    for item, value in zip(found.estimates, FITS["mbg_cnbd_3"].values.values(), strict=True):
        assert item.standard_error is not None
        assert abs(item.value - value) < 3 * item.standard_error
    # Without the gaps nothing is said of regularity.
    assert fit("mbg_cnbd_k", summary).regularity == 1


def test_unknown_model_is_refused_with_a_near_name() -> None:
    with pytest.raises(ConfigurationError, match="did you mean bg_nbd"):
        fit("bg_ndb", ODD)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0, 1], [0], [1, 2]), "differ in length"),
        (([1], [3], [2]), "after the end"),
        (([1], [0], [2]), "without a time between"),
        (([0.5], [1], [2]), "whole number"),
        (([0], [0], [float("nan")]), "not finite"),
        (([0], [0], [1], [-1]), "negative weight"),
    ],
)
def test_histories_that_cannot_be_are_refused(columns: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Summary(*columns)


def test_weights_are_customers() -> None:
    many = Summary([0, 0, 2, 2, 5], [0, 0, 9, 9, 20], [30, 30, 31, 31, 32])
    few = Summary([0, 2, 5], [0, 9, 20], [30, 31, 32], weights=[2, 2, 1])
    for model in MODELS:
        one, other = fit(model, many), fit(model, few)
        assert one.values == pytest.approx(other.values)
        assert one.log_likelihood == pytest.approx(other.log_likelihood)
        assert one.customers == other.customers == 5


def _all_figures(fitted: Fit, summary: Summary) -> list[np.ndarray]:
    return [
        expected_orders(fitted, summary, 26.0),
        probability_alive(fitted, summary),
        probability_of_no_order(fitted, summary, 26.0),
        order_probabilities(fitted, summary, 26.0, up_to=5).ravel(),
    ]


@pytest.mark.parametrize("model", MODELS)
def test_a_shop_of_one_time_buyers_is_flagged_and_expects_hardly_anything(model: str) -> None:
    summary = one_time_buyers()
    fitted = fit(model, summary)
    if model != "naive":
        assert fitted.degenerate
        assert "only 0 of 500 customers have ordered on a second day" in fitted.reason
    figures = _all_figures(fitted, summary)
    assert all(np.isfinite(figure).all() for figure in figures)
    assert figures[0].max() < 0.05


def test_the_baseline_knows_no_rate_from_few_orders() -> None:
    """Customers whose rates differ as the baseline takes them to: who orders no more, by loops over what was drawn."""
    rng = np.random.default_rng(8)
    age, horizon, customers = 20.0, 26.0, 40_000
    rate = rng.gamma(0.5, 0.1 / 0.5, customers)
    repeats, later = rng.poisson(rate * age), rng.poisson(rate * horizon)
    summary = Summary(repeats, np.where(repeats > 0, age / 2, 0.0), np.full(customers, age))
    fitted = fit("naive", summary)
    assert fitted["rate"] == pytest.approx(0.1, rel=0.05)
    said, silent = expected_orders(fitted, summary, horizon), probability_of_no_order(fitted, summary, horizon)
    chances = order_probabilities(fitted, summary, horizon, up_to=3)
    for number in (0, 1, 3):
        own = repeats == number
        assert said[own].mean() == pytest.approx(later[own].mean(), rel=0.06)
        assert silent[own].mean() == pytest.approx((later[own] == 0).mean(), abs=0.02)
        assert chances[own, 1].mean() == pytest.approx((later[own] == 1).mean(), abs=0.02)
        assert _within(fitted, summary, own, rate, rng) == pytest.approx(0.5, abs=0.03)


def _within(fitted: Fit, summary: Summary, rows: np.ndarray, rate: np.ndarray, rng: np.random.Generator) -> float:
    """Share of customers who order before their median wait has passed."""
    waits = next_order_weeks(fitted, summary)[rows]
    return float(np.mean(rng.exponential(1 / np.maximum(rate[rows], 1e-300)) <= waits))


@pytest.mark.parametrize("model", MODELS)
def test_a_customer_with_ten_thousand_orders_gives_numbers(model: str) -> None:
    summary = Summary([0, 1, 3, 2, 10_000], [0, 20, 40, 10, 1429], [50, 60, 70, 80, 1429], weights=[50, 30, 9, 9, 1])
    figures = _all_figures(fit(model, summary), summary)
    assert all(np.isfinite(figure).all() for figure in figures)
    # About seven orders a week go on.
    assert figures[0][-1] == pytest.approx(26 * 7, rel=0.1)
    assert figures[2][-1] < 0.1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("summary", [Summary([], [], []), Summary([0], [0], [0]), Summary([4], [0.5], [0.5])])
def test_hardly_any_customer_is_enough_for_numbers(model: str, summary: Summary) -> None:
    fitted = fit(model, summary)
    assert fitted.degenerate == (model != "naive")
    assert all(np.isfinite(figure).all() for figure in _all_figures(fitted, summary))


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_cnbd_2", "pareto_nbd", "pareto_nbd s=1"])
@pytest.mark.parametrize("weeks", [0.5, 26.0])
def test_chances_of_ever_more_orders_are_those_of_each_number(name: str, weeks: float) -> None:
    summary = Summary([0, 3, 60, 9_000], [0, 20, 29, 29.9], [5, 30, 30, 30], log_gaps=0.0)
    model = MODELS["mbg_cnbd_k" if "cnbd" in name else name.split(maxsplit=1)[0]].future(FITS[name], summary)
    for count, chance in zip(range(1, 120), model.survivals(weeks), strict=False):
        assert chance == pytest.approx(model.survival(count, weeks), rel=1e-9, abs=1e-12)


def test_chances_of_ever_more_orders_go_on_for_customers_with_thousands() -> None:
    # Paid evenly for four hours: within the next ten weeks some thousand orders more.
    summary = Summary([9_000], [60.0], [60.0])
    model = MODELS["pareto_nbd"].future(FITS["pareto_nbd"], summary)
    chances = [float(chance[0]) for _, chance in zip(range(2_000), model.survivals(10.0), strict=False)]
    for count in (1, 1_000, 1_300, 1_400, 1_500):
        assert chances[count - 1] == pytest.approx(float(model.survival(count, 10.0)[0]), abs=1e-6)
    assert chances[0] > 0.9 > chances[1_399] > 0.1 > chances[1_899]
