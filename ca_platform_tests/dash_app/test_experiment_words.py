"""Declared experiments in words, in a table and on a chart: hand-made rows and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue.ab_experiments import MISMATCH
from ca_platform_tests.dash_app import drawn, frames
from dash_app.figures import experiments as figures
from dash_app.filters import ExperimentFilters
from dash_app.records import Look
from dash_app.words import experiments as words

LOOK = Look(currency="GBP", day=frames.DAY, filters=ExperimentFilters())
NOTHING: dict[str, Any] = {"ci_low": None, "ci_high": None, "ci_low_sequential": None, "ci_high_sequential": None}


def row(experiment: str = "checkout", metric: str = "revenue_per_customer", **figures: Any) -> dict[str, Any]:
    """10.00 with the control, +1.00 with the variant: 0.40 to 1.60 for a single look, 0 to 2.00 on every day."""
    known: dict[str, Any] = {"experiment": experiment, "variant": "B", "control": "A", "metric": metric}
    known |= {"customers_a": 500, "customers_b": 480, "mean_a": 10.0, "mean_b": 11.0, "difference": 1.0}
    known |= {"ci_low": 0.4, "ci_high": 1.6, "ci_low_sequential": 0.0, "ci_high_sequential": 2.0, "raw_difference": 1.2}
    known |= {"p_value": 0.001, "p_value_sequential": 0.05, "p_adjusted": 0.05, "relative_difference": 0.1}
    known |= {
        "significant": False,
        "srm_p_value": 0.5,
        "role": "goal",
        "decision": "Go on until then: it may be chance.",
    }
    return (
        known | {"begun_on": date(2026, 11, 1), "planned_until": date(2026, 11, 28), "switched_customers": 2} | figures
    )


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    return frames.table("experiments", rows)


def test_newest_experiment_that_says_anything_is_opened_unless_another_is_chosen() -> None:
    newer = row("newer", begun_on=date(2026, 11, 20), **NOTHING)
    frame = table(row("older"), newer)
    assert words.chosen(frame, LOOK)["experiment"].to_list() == ["older"]
    assert words.chosen(table(newer), LOOK)["experiment"].to_list() == ["newer"]
    chosen = replace(LOOK, filters=ExperimentFilters(experiment="newer"))
    assert words.chosen(frame, chosen)["experiment"].to_list() == ["newer"]


def test_goal_stands_first_and_guards_last() -> None:
    frame = table(
        row(metric="discount_per_customer", role="guard"),
        row(metric="conversion", role="other"),
        row(),
    )
    assert words.chosen(frame, LOOK)["role"].to_list() == ["goal", "other", "guard"]


def test_sentence_has_the_interval_that_holds_on_every_day() -> None:
    assert words.found(table(row()), LOOK) == (
        "“checkout”: with “B”, revenue per customer changed by +\u2060£1.00 (95% on every day: £0.00 to +\u2060£2.00) "
        "against “A”; verdict: none."
    )


def test_revenue_up_to_a_cap_is_called_so_and_the_cap_is_told_below_the_list() -> None:
    capped = row(metric="capped_revenue_per_customer", cap=180.0)
    assert "with “B”, revenue up to a cap per customer changed by +\u2060£1.00" in words.found(table(capped), LOOK)
    note = words.figures(table(row(role="other"), capped), LOOK).note
    assert note.endswith("count with the first; up to a cap: no more than £180.00 of any customer")
    assert "cap" not in words.figures(table(row()), LOOK).note


def test_variants_of_other_sizes_than_planned_have_no_verdict_and_it_is_said_why() -> None:
    frame = table(row(note=MISMATCH, significant=None, p_adjusted=None, srm_p_value=0.0001, **NOTHING))
    assert words.found(frame, LOOK).endswith("“A”: the variants have other sizes than planned.")
    (cells,) = words.decided(frame, LOOK).rows
    assert "<0.001" in [cell.text for cell in cells]
    assert figures.without_figures(frame)


def test_decision_of_the_newest_is_told_in_one_sentence() -> None:
    frame = table(row(decision="Stay with A, or plan more. With this many, 9 % is found."))
    assert words.decisions(frame, LOOK) == (
        "1 experiment; the newest is “checkout”; for its variant “B”: stay with A, or plan more; with this many, 9 % is "
        "found."
    )


def test_each_variant_has_a_decision_and_its_name_opens_the_experiment() -> None:
    frame = table(row(), row(variant="C"), row(metric="conversion", role="other"))
    listing = words.decided(frame, LOOK)
    assert [cells[1].text for cells in listing.rows] == ["B against A", "C against A"]
    assert {cells[0].chooses for cells in listing.rows} == {("experiment", "checkout")}
    assert listing.heads[2].text == "Decision", "where a narrow window cuts columns off, it is not this one"
    assert [cells[2].text for cells in listing.rows] == frame.filter(role="goal")["decision"].to_list()


def test_every_number_of_customers_opens_them() -> None:
    (cells,) = words.decided(table(row(switched_customers=0)), LOOK).rows
    key = {"experiment": "checkout", "variant": "B"}
    counted = [(cell.text, cell.opens) for cell in cells[6:9]]
    assert counted == [("480", ("customers_b", key)), ("500", ("customers_a", key)), ("0", None)]


def test_changes_are_drawn_in_parts_of_the_control_with_both_intervals() -> None:
    figure = figures.experiment(table(row(), row(metric="conversion", mean_a=0.0)), LOOK)
    once, _, dots = figure["data"]
    assert drawn.numbers(dots["x"]) == pytest.approx([0.1])
    assert drawn.numbers(dots["error_x"]["array"]) == pytest.approx([0.1])
    assert drawn.numbers(dots["error_x"]["arrayminus"]) == pytest.approx([0.1])
    assert drawn.numbers(once["error_x"]["array"]) == pytest.approx([0.06])
    assert once["y"] == dots["y"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["revenue"]


def test_what_would_have_to_be_true_is_told_of_the_goal_and_both_sides() -> None:
    # 0.6 on each side of the difference is 1.96 standard errors of .306; 2.8 of them are .86.
    assert words.required(table(row()), LOOK) == (
        "With its 980 customers, a true change of £0.86 (9%) would be found 80% of the time; a smaller one is missed more "
        "often."
    )
