"""Declared randomised experiments: every variant against the control, by every metric, and what to do with it.

Pure functions of everybody who was assigned, with what each did before and since. Which test a metric gets depends on
what is known of all variants together, never on what it finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ca_platform.catalogue.ab_experiments import EXPERIMENTS, GUARD, MISMATCH
from ca_platform.catalogue.ab_tests import INSUFFICIENT, WITHHELD
from ca_platform.models.experiments import (
    Comparison,
    Moments,
    adjusted,
    cap,
    history_covariates,
    is_enough,
    power,
    proportions,
    regression_adjusted,
    sample_ratio,
    sequential,
    variance_reduction,
    welch,
)
from ca_platform.models.experiments.records import Floats
from ca_platform.reports.ab_verdicts import Offers
from ca_platform.reports.experiment_decisions import Said, decision
from ca_platform.reports.experiment_sides import MEASURES, Experiments, Sides, every_side

# Below this p-value the sizes of the variants did not come about as planned.
_MISMATCH_P = 0.001
# A change by a tenth is what power is told for.
_CHANGE = 0.1


def experiments(given: Experiments, offers: Offers) -> pl.DataFrame:
    """The report: a row for every slice, experiment, variant and metric. Experiments with one variant have none yet.

    Args:
        offers: what the calibration of the shop says of each test.
    """
    rows: list[dict[str, Any]] = []
    for sides in every_side(given):
        rows += _rows(sides, given, offers)
    columns = ("slice", *EXPERIMENTS.column_names)
    return pl.DataFrame(rows, schema={column: _TYPES.get(column, pl.Float64()) for column in columns})


def _rows(sides: Sides, given: Experiments, offers: Offers) -> list[dict[str, Any]]:
    """All rows of one experiment, by variant and metric."""
    sizes = np.bincount(sides.code, minlength=len(sides.variants)).astype(np.float64)
    mismatch = _mismatch(sides, sizes)
    by_metric = {
        name: _measured(sides, name, given.alpha, offers, mismatch)
        for name in sides.metrics(has_discount=given.has_discount)
    }
    rows = [row for found in by_metric.values() for row in found]
    _correct(rows, given.alpha)
    shared = {
        "srm_p_value": mismatch,
        "begun_on": sides.begun.astimezone(ZoneInfo(sides.time_zone)).date(),
        "planned_until": sides.planned_until,
    }
    switched = np.bincount(sides.code, sides.people["switched"].cast(pl.Float64).to_numpy(), len(sides.variants))
    control = sides.variants.index(sides.control)
    for place, other in enumerate(sides.others):
        own = [found[place] for found in by_metric.values()]
        said, is_over = [_said(row) for row in own], sides.end >= sides.planned_until
        words = decision(
            said, sides.variants[other], sides.control, sides.planned_until, is_over=is_over, alpha=given.alpha
        )
        for row in own:
            row.update(shared, decision=words, switched_customers=int(switched[control] + switched[other]))
    return sorted(rows, key=lambda row: (row["variant"], row["metric"]))


def _mismatch(sides: Sides, sizes: Floats) -> float:
    """P-value of the sizes of the variants. A variant that nobody was to get is no chance at all."""
    shares = sides.plan.shares
    if shares is None:
        return float(sample_ratio(sizes))
    planned = [shares.get(name, 0.0) for name in sides.variants]
    wanted = np.array(planned) > 0
    return 0.0 if sizes[~wanted].any() else float(sample_ratio(sizes[wanted], np.array(planned)[wanted]))


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    """What was found of one metric, an entry for each variant.

    Attributes:
        a, b: the control and the variants: outcome, then what foretells it.
        plain: without any adjustment.
        close: the most precise one with a standard error.
        found: the headline.
        always: what may be looked at on every day.
    """

    a: Moments
    b: Moments
    plain: Comparison
    close: Comparison
    found: Comparison
    always: Comparison

    def sizes(self, place: int) -> dict[str, Any]:
        """What is told of every variant, however few the customers."""
        mean = float(self.a.mean[place, 0])
        apart = float(self.found.estimate[place])
        return {
            "customers_a": int(self.a.count[place]),
            "customers_b": int(self.b.count[place]),
            "mean_a": mean,
            "mean_b": float(self.b.mean[place, 0]),
            "difference": apart,
            "relative_difference": apart / mean if mean else None,
            "raw_difference": float(self.plain.estimate[place]),
            "test": self.found.test,
        }

    def figures(self, place: int, alpha: float) -> dict[str, Any]:
        """What the tests say of a variant with enough customers."""
        assert self.close.standard_error is not None  # noqa: S101
        p, error = float(self.found.p_value[place]), float(self.close.standard_error[place])
        return {
            "ci_low": float(self.found.low[place]),
            "ci_high": float(self.found.high[place]),
            "statistic": float(self.found.statistic[place]),
            "p_value": p,
            # Of few customers the normal approximation of the sequence may fall below the test itself.
            "p_value_sequential": max(float(self.always.p_value[place]), p),
            "ci_low_sequential": float(self.always.low[place]),
            "ci_high_sequential": float(self.always.high[place]),
            "raw_p_value": float(self.plain.p_value[place]),
            "variance_reduction": float(variance_reduction(self.a, self.b, self.close)[place]),
            "power": float(power(_CHANGE * self.a.mean[place, 0], error, alpha)),
            "standard_error": error,
        }


def _measured(sides: Sides, metric: str, alpha: float, offers: Offers, mismatch: float) -> list[dict[str, Any]]:
    """What one metric says of each variant, before the correction."""
    measure, size = MEASURES[metric], len(sides.variants)
    outcome = sides.people[measure.outcome].to_numpy()
    outcome = (outcome > 0).astype(np.float64) if measure.is_share else outcome
    most = cap(outcome) if measure.is_capped else np.inf
    outcome = np.minimum(outcome, most)
    whole = Moments.by_item(sides.code, size, outcome, *_covariates(sides.people, measure.history))
    tested = _tested(sides, whole, alpha, is_share=measure.is_share)
    some = np.bincount(sides.code, outcome != 0, size)
    enough = np.stack([is_enough(whole.count[side], some[side]) for side in sides.pairs]).all(axis=0)
    offer = offers.get((tested.found.test, metric))
    refused = MISMATCH if mismatch < _MISMATCH_P else None
    withheld = WITHHELD if offer is not None and not offer[3] else None
    return [
        {
            "slice": sides.slice,
            "experiment": sides.name,
            "variant": sides.variants[number],
            "control": sides.control,
            "metric": metric,
            "role": sides.role(metric),
            "cap": most if np.isfinite(most) else None,
            "note": refused or (withheld if is_good else INSUFFICIENT),
            **tested.sizes(place),
            **(tested.figures(place, alpha) if is_good else {}),
            **dict(zip(_CALIBRATION, offer or (), strict=False)),
        }
        for place, (number, is_good) in enumerate(zip(sides.others, enough & tested.found.is_sufficient, strict=True))
    ]


_CALIBRATION = ("false_positive_rate", "false_positive_low", "false_positive_high")


def _tested(sides: Sides, whole: Moments, alpha: float, *, is_share: bool) -> _Tested:
    """The tests of one metric. Where nothing of the time before differs there is nothing to adjust for."""
    a, b = (whole[side] for side in sides.pairs)
    plain = welch(a.column(0), b.column(0), alpha)
    is_told = bool((np.diagonal(whole.total().covariance)[1:] > 0).any())
    close = regression_adjusted(a, b, alpha) if is_told else plain
    found = close
    if is_share and not is_told:
        found = proportions(a.sums[..., 0], a.count, b.sums[..., 0], b.count, alpha)
    # Outcomes add up while customers still come in: what is known grows by the customers times their days. That is at most
    # the square of the time, where assignment does not speed up; to take it for that widens what comes before the end.
    always = sequential(close, sides.elapsed**2, sides.planned**2, alpha)
    return _Tested(a, b, plain, close, found, always)


def _covariates(people: pl.DataFrame, history: str) -> tuple[Floats, ...]:
    known = pl.when(~pl.col("is_new")).then(history)
    columns = people.select(known.alias("history"), pl.col("idle_days")).fill_null(np.nan)
    return history_covariates(columns["history"].to_numpy(), columns["idle_days"].to_numpy())


def _correct(rows: list[dict[str, Any]], alpha: float) -> None:
    """Corrected p-values and what follows from them: of all metrics together, of each guard by itself.

    A correction would make guards less watchful, and they are no findings that one is glad of.
    """
    told = [row for row in rows if row["note"] is None]
    family = [row for row in told if row["role"] != GUARD]
    for row, p in zip(family, adjusted([row["p_value_sequential"] for row in family]), strict=True):
        row["p_adjusted"] = float(p)
    for row in told:
        row.setdefault("p_adjusted", row["p_value_sequential"])
        row["significant"] = row["p_adjusted"] <= alpha
        if row["significant"]:
            row["direction"] = "increase" if row["difference"] > 0 else "decrease"


def _said(row: Mapping[str, Any]) -> Said:
    return Said(
        metric=row["metric"],
        role=row["role"],
        note=row["note"],
        direction=row.get("direction"),
        relative=row["relative_difference"],
        mean=row["mean_a"],
        standard_error=row.get("standard_error"),
        customers=(row["customers_a"], row["customers_b"]),
    )


_TYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(
        ("experiment", "variant", "control", "metric", "note", "role", "decision", "test", "direction"), pl.String()
    ),
    "slice": pl.UInt32(),
    **dict.fromkeys(("customers_a", "customers_b", "switched_customers"), pl.Int64()),
    **dict.fromkeys(("begun_on", "planned_until"), pl.Date()),
    "significant": pl.Boolean(),
}
