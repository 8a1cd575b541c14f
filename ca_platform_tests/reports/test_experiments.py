"""Declared experiments: who counts for what, which test is made, when there is a verdict, and what follows from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ca_platform.catalogue.ab_experiments import MISMATCH
from ca_platform.catalogue.ab_tests import INSUFFICIENT, WITHHELD
from ca_platform.models.experiments import cap, sequential
from ca_platform.models.experiments.means import by_student
from ca_platform.reports.ab_verdicts import Offers
from ca_platform.reports.experiment_sides import Experiments
from ca_platform.reports.experiments import experiments
from ca_platform.settings.experiments import Experiment

BEGUN = datetime(2024, 3, 1, 9, tzinfo=UTC)
DAY = date(2024, 3, 28)
FOUR = ("conversion", "orders_per_customer", "revenue_per_customer", "capped_revenue_per_customer")


def people(sizes: dict[str, int], effect: float = 0.0, seed: int = 1, *, known: bool = True) -> pl.DataFrame:
    """Customers with a level each: orders before and since; variants other than the first order more by ``effect``."""
    dice = np.random.default_rng(seed)
    first, frames = next(iter(sizes)), []
    for variant, size in sizes.items():
        level = dice.gamma(1.5, 1.0, size)
        before, orders = dice.poisson(level), dice.poisson(level * (1 + (effect if variant != first else 0)))
        sessions = orders + dice.poisson(2.0, size)
        frames.append(
            pl.DataFrame(
                {
                    "slice": np.zeros(size, np.uint32),
                    "experiment": "page",
                    "variant": variant,
                    "at": [BEGUN + timedelta(hours=place % 200) for place in range(size)],
                    "switched": np.zeros(size, bool),
                    "orders": orders.astype(float),
                    "revenue": np.round(orders * dice.gamma(4.0, 10.0, size), 2),
                    "sessions": sessions.astype(float),
                    "discount": np.round(orders * dice.random(size), 2),
                    "orders_before": before.astype(float) if known else np.zeros(size),
                    "revenue_before": np.round(before * dice.gamma(4.0, 10.0, size), 2) if known else np.zeros(size),
                    "sessions_before": before + 1.0 if known else np.zeros(size),
                    "idle_days": [float(n) if n and known else None for n in before],
                    "is_new": np.full(size, not known),
                }
            )
        )
    return pl.concat(frames)


def report(
    frame: pl.DataFrame, plan: Experiment | None = None, offers: Offers | None = None, **given: Any
) -> pl.DataFrame:
    plans = {} if plan is None else {"page": plan}
    return experiments(
        Experiments(**{"people": frame, "plans": plans, "day": DAY, "time_zone": "UTC", **given}), offers or {}
    )


def of(found: pl.DataFrame, metric: str, variant: str = "new") -> dict[str, Any]:
    return found.filter(metric=metric, variant=variant).row(0, named=True)


def test_everybody_counts_with_zeros_and_every_metric_has_its_row() -> None:
    frame = people({"old": 400, "new": 300})
    found = report(frame)
    assert found["metric"].to_list() == sorted([*FOUR, "sessions_per_customer", "discount_per_customer"])
    for metric, column in (("orders_per_customer", "orders"), ("revenue_per_customer", "revenue")):
        row = of(found, metric, "old")
        assert (row["control"], row["customers_a"], row["customers_b"]) == ("new", 300, 400)
        assert row["mean_b"] == pytest.approx(frame.filter(variant="old")[column].mean())
    bought = frame.filter(variant="new")["orders"] > 0
    assert of(found, "conversion", "old")["mean_a"] == pytest.approx(bought.mean())


def test_capped_revenue_counts_up_to_the_cap_of_everybody_and_finds_what_the_largest_hide() -> None:
    frame = people({"old": 800, "new": 800}, effect=0.5)
    huge = pl.when(pl.int_range(pl.len()) % 200 == 7).then(pl.col("revenue") + 20_000).otherwise("revenue")
    frame = frame.with_columns(revenue=huge)
    found = report(frame, Experiment(control="old"))
    row, whole = of(found, "capped_revenue_per_customer"), of(found, "revenue_per_customer")
    most = cap(frame["revenue"])
    assert row["cap"] == most < 1000
    assert row["mean_a"] == pytest.approx(frame.filter(variant="old")["revenue"].clip(upper_bound=most).mean())
    assert whole["cap"] is None
    assert row["p_value"] < 0.001
    assert whole["p_value"] > 0.05


def test_control_is_the_one_named_else_the_first_of_the_alphabet_and_swapping_it_turns_the_sign() -> None:
    frame = people({"old": 400, "new": 300}, effect=0.3)
    one, other = report(frame), report(frame, Experiment(control="old"))
    assert (set(one["control"]), set(other["control"])) == ({"new"}, {"old"})
    for metric in FOUR:
        a, b = of(one, metric, "old"), of(other, metric)
        assert a["difference"] == pytest.approx(-b["difference"])
        assert (a["ci_low"], a["ci_high"]) == (pytest.approx(-b["ci_high"]), pytest.approx(-b["ci_low"]))
        assert (a["p_value"], a["p_value_sequential"]) == pytest.approx((b["p_value"], b["p_value_sequential"]))


def test_order_of_rows_does_not_matter() -> None:
    frame = people({"old": 120, "new": 110}, effect=0.3)
    mixed = report(frame.sample(fraction=1, shuffle=True, seed=3))
    whole = report(frame)
    assert_frame_equal(mixed, whole, rel_tol=1e-7)


def test_without_a_past_means_are_welchs_and_shares_the_score_tests() -> None:
    frame = people({"old": 700, "new": 650}, effect=0.2, known=False)
    found = report(frame, Experiment(control="old"))
    old, new = (frame.filter(variant=name) for name in ("old", "new"))
    row = of(found, "revenue_per_customer")
    known = stats.ttest_ind(new["revenue"], old["revenue"], equal_var=False)
    assert (row["test"], row["variance_reduction"]) == ("welch", 0)
    assert row["p_value"] == pytest.approx(known.pvalue, rel=1e-9)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(known.confidence_interval()), rel=1e-9)
    assert row["raw_difference"] == row["difference"]
    assert of(found, "conversion")["test"] == "proportions"


def test_the_past_makes_intervals_narrower() -> None:
    found = report(people({"old": 1500, "new": 1500}, effect=0.2), Experiment(control="old"))
    row = of(found, "orders_per_customer")
    assert row["test"] == "regression_adjusted"
    assert 0.2 < row["variance_reduction"] < 0.8
    assert row["p_value"] < row["raw_p_value"]


def test_correction_is_over_all_metrics_and_variants_but_guards() -> None:
    frame = people({"a": 600, "b": 600, "c": 600}, effect=0.12)
    found = report(frame)
    family = found.filter(pl.col("role") != "guard")
    assert family.height == 8
    known = multipletests(family["p_value_sequential"].to_numpy(), method="fdr_bh")[1]
    assert family["p_adjusted"].to_numpy() == pytest.approx(known, rel=1e-9)
    guards = found.filter(role="guard")
    assert guards["p_adjusted"].equals(guards["p_value_sequential"])
    assert (found["p_value_sequential"] >= found["p_value"]).all()
    assert (found["p_adjusted"] >= found["p_value_sequential"]).all()
    assert (found["ci_low_sequential"] <= found["ci_low"]).all()
    assert (found["ci_high_sequential"] >= found["ci_high"]).all()


def test_interval_for_every_day_is_a_third_wider_on_the_planned_day() -> None:
    frame = people({"old": 2000, "new": 2000})
    row = of(report(frame, Experiment(control="old", last_day=DAY)), "revenue_per_customer")
    ratio = (row["ci_high_sequential"] - row["ci_low_sequential"]) / (row["ci_high"] - row["ci_low"])
    assert row["planned_until"] == DAY
    assert 1.2 < ratio < 1.35
    early = of(report(frame, Experiment(control="old", planned_days=90)), "revenue_per_customer")
    assert early["ci_high_sequential"] > row["ci_high_sequential"]


def test_planned_end_is_28_days_on_unless_said_otherwise() -> None:
    frame = people({"old": 40, "new": 40})
    for plan, until in (
        (None, date(2024, 3, 28)),
        (Experiment(planned_days=10), date(2024, 3, 10)),
        (Experiment(last_day=date(2024, 4, 4)), date(2024, 4, 4)),
        (Experiment(last_day=date(2024, 4, 4), planned_days=5), date(2024, 3, 5)),
    ):
        found = report(frame, plan)
        assert set(found["begun_on"]) == {date(2024, 3, 1)}
        assert set(found["planned_until"]) == {until}


def test_sizes_that_chance_does_not_explain_leave_no_verdict() -> None:
    frame = people({"old": 1000, "new": 800}, effect=0.5)
    row = of(report(frame, Experiment(control="old")), "revenue_per_customer")
    assert row["srm_p_value"] == pytest.approx(stats.chisquare([1000, 800]).pvalue, rel=1e-9)
    assert (row["note"], row["significant"], row["direction"], row["p_adjusted"]) == (MISMATCH, None, None, None)
    assert row["decision"].startswith(
        "No decision: the groups have 1,000 and 800 customers, which is too far from the plan"
    )
    planned = report(frame, Experiment(control="old", shares={"old": 5, "new": 4}))
    assert of(planned, "revenue_per_customer")["note"] is None
    other = report(frame, Experiment(control="old", shares={"old": 1, "newer": 1}))
    assert set(other["srm_p_value"]) == {0.0}


@pytest.mark.parametrize(("sizes", "orders"), [((29, 400), None), ((60, 60), 0.0), ((60, 60), 1.0)])
def test_too_few_customers_or_outcomes_are_insufficient(sizes: tuple[int, int], orders: float | None) -> None:
    frame = people({"old": sizes[0], "new": sizes[1]})
    if orders is not None:
        frame = frame.with_columns(orders=pl.lit(orders), revenue=pl.lit(7 * orders), idle_days=None, is_new=True)
    plan = Experiment(control="old", shares={"old": sizes[0], "new": sizes[1]})
    for metric in FOUR:
        row = of(report(frame, plan), metric)
        assert (row["note"], row["significant"], row["p_value"], row["ci_low"]) == (INSUFFICIENT, None, None, None)
        assert row["mean_a"] is not None
        assert row["decision"].startswith("No decision yet: each group needs at least 30 customers")


def test_experiment_with_one_variant_has_no_row_and_one_without_control_is_insufficient() -> None:
    assert report(people({"new": 100})).is_empty()
    row = of(report(people({"new": 100}), Experiment(control="old")), "conversion")
    assert (row["customers_a"], row["customers_b"], row["mean_a"]) == (0, 100, 0)
    assert row["note"] == MISMATCH


def test_test_that_is_not_offered_gives_figures_but_no_verdict() -> None:
    offers = {("regression_adjusted", "revenue_per_customer"): (0.08, 0.07, 0.09, False)}
    found = report(people({"old": 500, "new": 500}, effect=0.6), Experiment(control="old"), offers)
    row = of(found, "revenue_per_customer")
    assert (row["note"], row["significant"]) == (WITHHELD, None)
    assert row["p_value"] is not None
    assert (row["false_positive_rate"], row["false_positive_low"], row["false_positive_high"]) == (0.08, 0.07, 0.09)
    assert "too often or too rarely" in row["decision"]
    assert of(found, "orders_per_customer")["significant"]


def test_decision_follows_the_goal_and_the_guards() -> None:
    frame = people({"old": 3000, "new": 3000}, effect=0.4)
    plan = Experiment(control="old", goal="orders_per_customer")
    assert of(report(frame, plan), "conversion")["decision"].startswith(
        "Weigh what new gains against what it costs: orders per customer rose by"
    )
    quiet = Experiment(control="old", goal="orders_per_customer", guards=("revenue_per_customer",))
    assert of(report(frame, quiet), "conversion")["decision"].endswith("and no guard metric got worse.")
    turned = Experiment(control="new", goal="orders_per_customer")
    assert of(report(frame, turned), "conversion", "old")["decision"].startswith(
        "Stay with new: orders per customer fell"
    )
    none = people({"old": 300, "new": 300}, seed=5)
    open_end, over = Experiment(control="old", planned_days=60), Experiment(control="old", last_day=DAY)
    assert of(report(none, open_end), "conversion")["decision"].startswith("Let it run until 29 April 2024: so far")
    found = of(report(none, over), "revenue_per_customer")
    assert found["decision"].startswith("Stay with old, or plan a larger experiment")
    # 2.8 standard errors are found four times out of five.
    error = (found["ci_high"] - found["ci_low"]) / (2 * stats.norm.ppf(0.975))
    share = 100 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * error / found["mean_a"]
    assert f"a true change of {share:.0f}% is found four times out of five." in found["decision"]


def test_discount_is_no_metric_of_a_shop_that_tells_none() -> None:
    found = report(people({"old": 300, "new": 300}), has_discount=False)
    assert "discount_per_customer" not in found["metric"].to_list()


def test_guard_that_gets_worse_alone_stops_the_variant() -> None:
    frame = people({"old": 2000, "new": 2000}, seed=2)
    fewer = pl.when(pl.col("variant") == "new").then(pl.col("sessions") * 0.7).otherwise("sessions")
    row = of(report(frame.with_columns(sessions=fewer), Experiment(control="old")), "sessions_per_customer")
    assert (row["role"], row["direction"]) == ("guard", "decrease")
    assert "can be shown for new, but sessions per customer fell by" in row["decision"]


@pytest.mark.parametrize("pace", [0.0, 0.5, 1.0])
def test_looking_on_every_day_finds_nothing_on_nothing_however_customers_come_in(pace: float) -> None:
    # All at the beginning, fewer from day to day, or as many on each: the sum over customers who are there grows by them.
    days = np.arange(1, 29)
    there = days**pace
    walk = np.cumsum(np.random.default_rng(3).normal(size=(8_000, 28)) * np.sqrt(there), axis=1)
    statistic, enough = walk / np.sqrt(np.cumsum(there)), np.ones(walk.shape, bool)
    fixed = by_student("walk", statistic, np.ones(walk.shape), np.full(walk.shape, 1e6), enough, 0.05)
    # The clock of the report: the square of the time since the first assignment.
    found = sequential(fixed, days**2, 28**2)
    assert (found.p_value < 0.05).any(axis=1).mean() <= 0.05
    assert (fixed.p_value < 0.05).any(axis=1).mean() > 0.2
