"""What a training says of itself in Dagster: parameters, the contest of the candidates, calibration by tenths.

What belongs here: which figures and drawings go to which table. What does not: how a back-test is written and drawn
(``scored``, ``drawn``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ca_platform.catalogue.models import CHURN_TITLES, VALUE_TITLES
from ca_platform.catalogue.value_classes import CLASS_TITLES, VALUE_CLASSES
from ca_platform.defs.drawn import Curve, course, image
from ca_platform.defs.scored import calibration, confusion, contest, figures, served_means, table
from ca_platform.models.churn import Trained
from ca_platform.models.clv import Fit
from ca_platform.models.clv.boosted import BoostedModel
from ca_platform.models.clv.contest import Contest
from ca_platform.models.clv.forecast import ValueModel
from ca_platform.models.clv.level import Level
from ca_platform.models.clv.stacked import StackedModel
from ca_platform.models.experiments.placebo import Measured
from ca_platform.models.networks import Epoch, NetworkModel
from ca_platform.models.value_classes import Trained as TrainedClasses
from ca_platform.models.value_classes import ValueClassModel
from ca_platform.training import (
    CALIBRATIONS,
    CLASS_MODELS,
    CLASS_SCORES,
    MODELS,
    SCORES,
    VALUE_MODELS,
    VALUE_SCORES,
)

Told = Mapping[str, Any]

_md = dg.MetadataValue.md

_FITTED = {**VALUE_TITLES, "gamma_gamma": "Gamma–Gamma"}
_CHURN_METRICS = ("auc", "brier", "decile_gap", "chance_gap")
_CLASS_METRICS = ("accuracy", "macro_f1", "log_loss", *(f"recall_{name}" for name in VALUE_CLASSES))
_MEASURES = ("orders", "revenue")
_OF_MEASURE = ("mae", "rmse", "spearman", "gini", "decile_error", "total_error")
_VALUE_METRICS = (
    *(f"{measure}_{metric}" for measure in _MEASURES for metric in _OF_MEASURE),
    "coverage",
    "coverage_of_likely",
)


def churn_told(trained: Trained | None) -> Mapping[str, Told]:
    """Metadata by table of the models of churn risk."""
    if trained is None:
        note = "Nobody has ordered twice yet, so there is no horizon; set reports.churn_risk.horizon_days to have one."
        return {table: {"note": note} for table in (MODELS, SCORES)}
    shared = {"served": CHURN_TITLES[trained.model.served], "horizon_days": trained.model.horizon}
    scores = trained.scores
    return {
        MODELS: {**shared, "parameters": _md(_churn_parameters(trained))},
        SCORES: {
            **shared,
            **served_means(scores, ("auc", "brier")),
            "backtest": _md(figures(scores, _CHURN_METRICS, CHURN_TITLES)),
            "contest": _md(
                contest(scores, "brier", CHURN_TITLES, "Brier score: less is better, the least mean serves")
            ),
            "calibration": _md(calibration(scores, "", "Share of customers without an order")),
        },
    }


def value_told(held: Contest, left_out: Sequence[str] = ()) -> Mapping[str, Told]:
    """Metadata by table of the models of lifetime value.

    Args:
        left_out: candidates that the settings name and that could not be trained.
    """
    shared: dict[str, Any] = {"served": VALUE_TITLES[held.served], "horizon_days": held.horizon_days}
    if left_out:
        shared["left_out"] = f"{', '.join(left_out)}: torch and Lightning are not installed (the extra deep)"
    trained = {**held.challengers, **held.fitted}
    diaries = {
        name: model.epochs for name, model in trained.items() if isinstance(model, NetworkModel) and model.epochs
    }
    if held.reason:
        shared["note"] = f"Too little history, the baseline serves: {held.reason}."
    scores = held.scores
    return {
        VALUE_MODELS: {
            **shared,
            "parameters": _md(_value_parameters(held)),
            "levels": _md(_levels(held)),
            **{f"training_of_{name}": _md(_diary(epochs)) for name, epochs in diaries.items()},
        },
        VALUE_SCORES: {
            **shared,
            **served_means(scores, ("orders_gini", "revenue_gini", "coverage")),
            "backtest": _md(figures(scores, _VALUE_METRICS, VALUE_TITLES)),
            **{
                f"contest_of_{measure}": _md(
                    contest(
                        scores,
                        f"{measure}_gini",
                        VALUE_TITLES,
                        f"Ranks of {measure} (Gini): more is better; totals and tenths count, too",
                    )
                )
                for measure in _MEASURES
            },
            **{
                f"calibration_of_{measure}": _md(calibration(scores, f"{measure}_", f"Mean {measure} of a customer"))
                for measure in _MEASURES
            },
        },
    }


def classes_told(trained: TrainedClasses) -> Mapping[str, Told]:
    """Metadata by table of the models of value classes."""
    model = trained.model
    note = {"note": f"A baseline serves, or nothing: {trained.reason}."} if trained.reason else {}
    if model is None:
        return dict.fromkeys((CLASS_MODELS, CLASS_SCORES), note)
    shared: dict[str, Any] = {"served": CLASS_TITLES[model.served], "horizon_days": model.horizon, **note}
    scores = trained.scores
    return {
        CLASS_MODELS: {
            **shared,
            "low_border": model.borders.low,
            "high_border": model.borders.high,
            "shares": _md(_shares(model)),
        },
        CLASS_SCORES: {
            **shared,
            **served_means(scores, ("accuracy", "log_loss")),
            "backtest": _md(figures(scores, _CLASS_METRICS, CLASS_TITLES)),
            "contest": _md(
                contest(scores, "log_loss", CLASS_TITLES, "Log loss: less is better, the least mean serves")
            ),
            "confusion": _md(confusion(scores)),
        },
    }


def calibrations_told(found: Sequence[Measured]) -> Mapping[str, Told]:
    """Metadata of the calibrations of the A/B tests."""
    if not found:
        return {CALIBRATIONS: {"note": "Too few customers to split them: all tests are offered."}}
    withheld = [f"{one.test} of {one.metric}" for one in found if not one.calibration.is_offered]
    rows = [
        (
            one.test,
            one.metric,
            str(one.customers),
            f"{one.calibration.splits:,}",
            f"{one.calibration.rejection_rate:.2%}",
            f"{one.calibration.low:.2%} to {one.calibration.high:.2%}",
            "yes" if one.calibration.is_offered else "no",
        )
        for one in found
    ]
    head = ("test", "metric", "customers", "splits", "false positives", "95 % interval", "offered")
    return {
        CALIBRATIONS: {
            "tests": len(found),
            "withheld": ", ".join(withheld) or "none",
            "false_positives": _md(table(head, rows)),
        }
    }


def _churn_parameters(trained: Trained) -> str:
    candidates = trained.model.candidates
    if candidates is None:
        return "Too little history: the baseline serves."
    rows = [
        (CHURN_TITLES[fitted.model], estimate.name, f"{estimate.value:.4g}", estimate.unit)
        for fitted in candidates.fits.values()
        for estimate in fitted.estimates
    ]
    rows += [(CHURN_TITLES[name], "level", f"{level:.4g}", "log odds") for name, level in trained.model.levels.items()]
    return table(("model", "parameter", "value", "unit"), rows)


def _value_parameters(held: Contest) -> str:
    """Estimates of every model of orders, and of amounts, with standard errors, and why they are not to be trusted."""
    fits = dict.fromkeys((fitted.model, fitted) for model in held.fitted.values() for fitted in _fits(model))
    rows = [(_FITTED[name], *cells) for name, fitted in fits for cells in _estimates(fitted)]
    return table(("model", "parameter", "value", "standard error", "unit", "remark"), rows)


def _fits(model: object) -> Iterator[Fit]:
    """The fits that a candidate consists of, or builds on; its trees and networks have too many numbers to be read."""
    if isinstance(model, ValueModel):
        yield from (model.orders, model.amounts)
    elif isinstance(model, StackedModel):
        yield from (*_fits(model.boosted), *_fits(model.second))
    elif isinstance(model, (BoostedModel, NetworkModel)):
        yield from _fits(model.base)


def _estimates(fitted: Fit) -> Iterator[tuple[str, ...]]:
    for item in fitted.estimates:
        error = "–" if item.standard_error is None else f"{item.standard_error:.2g}"
        yield item.name, f"{item.value:.4g}", error, item.unit, fitted.reason
    if fitted.regularity > 1:
        yield "k", str(fitted.regularity), "–", "1", ""


def _levels(held: Contest) -> str:
    """What totals are multiplied by, and how far they were off."""
    levels: dict[str, Level] = {"orders": held.orders_level, "revenue": held.revenue_level}
    rows = [
        (
            name,
            f"{level.factor:.3f}",
            "–" if level.log_error is None else f"{level.log_error:.3f}",
            level.method,
            level.reason,
        )
        for name, level in levels.items()
    ]
    return table(("of", "factor", "error that is left (log)", "method", "why"), rows)


def _diary(epochs: Sequence[Epoch]) -> str:
    """The course of a network's trainings: losses in nats per customer, the state that counts marked; drawn before."""
    rows, curves = [], []
    for seed in dict.fromkeys(epoch.seed for epoch in epochs):
        own = [epoch for epoch in epochs if epoch.seed == seed]
        best = min(own, key=lambda epoch: epoch.validation_loss)
        curves.append(Curve([epoch.training_loss for epoch in own], [epoch.validation_loss for epoch in own]))
        for epoch in own:
            training = f"{epoch.training_loss:.4f}" if epoch.epoch else "–"
            mark = " (best)" if epoch is best else ""
            rows.append((str(seed), str(epoch.epoch), training, f"{epoch.validation_loss:.4f}{mark}"))
    words = "Loss by epoch, in nats per customer"
    return (
        f"{image(course(words, curves), words)}\n\n{table(('seed', 'epoch', 'training loss', 'validation loss'), rows)}"
    )


def _shares(model: ValueClassModel) -> str:
    """How many came to be in each class, of all and of those who had spent as much before."""
    after = [own.tolist() for own in model.baselines.after]
    shares = [("all", model.baselines.share.tolist()), *zip(VALUE_CLASSES, after, strict=True)]
    rows = [(name, *(f"{share:.3f}" for share in own)) for name, own in shares]
    return table(("spend before", *VALUE_CLASSES), rows)
