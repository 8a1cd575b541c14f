"""What a training says of itself in Dagster: parameters, figures of the back-test, calibration by tenths."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ca_platform.catalogue.models import CHURN_TITLES, VALUE_TITLES
from ca_platform.catalogue.value_classes import CLASS_TITLES, VALUE_CLASSES
from ca_platform.models.churn import Trained
from ca_platform.models.clv import Fit
from ca_platform.models.clv.boosted import BoostedModel
from ca_platform.models.clv.contest import Contest
from ca_platform.models.clv.forecast import ValueModel
from ca_platform.models.clv.level import Level
from ca_platform.models.clv.stacked import StackedModel
from ca_platform.models.networks import Epoch, NetworkModel
from ca_platform.models.value_classes import Trained as TrainedClasses
from ca_platform.models.value_classes import ValueClassModel
from ca_platform.training import CLASS_MODELS, CLASS_SCORES, MODELS, SCORES, VALUE_MODELS, VALUE_SCORES

Told = Mapping[str, Any]

_FITTED = {**VALUE_TITLES, "gamma_gamma": "Gamma–Gamma"}
_CHURN_METRICS = ("auc", "brier", "decile_gap", "chance_gap")
_CLASS_METRICS = ("accuracy", "macro_f1", "log_loss", *(f"recall_{name}" for name in VALUE_CLASSES))
_OF_MEASURE = ("mae", "rmse", "spearman", "gini", "decile_error", "total_error")
_VALUE_METRICS = (
    *(f"{measure}_{metric}" for measure in ("orders", "revenue") for metric in _OF_MEASURE),
    "coverage",
    "coverage_of_likely",
)


def churn_told(trained: Trained | None) -> Mapping[str, Told]:
    """Metadata by table of the models of churn risk."""
    if trained is None:
        note = "Nobody has ordered twice yet, so there is no horizon; set reports.churn_risk.horizon_days to have one."
        return {table: {"note": note} for table in (MODELS, SCORES)}
    shared = {"served": CHURN_TITLES[trained.model.served], "horizon_days": trained.model.horizon}
    cells = [(s.origin, s.model, s.metric, s.value, s.is_served) for s in trained.scores]
    return {
        MODELS: {**shared, "parameters": dg.MetadataValue.md(_churn_parameters(trained))},
        SCORES: {
            **shared,
            "backtest": dg.MetadataValue.md(_figures(cells, _CHURN_METRICS, CHURN_TITLES)),
            "calibration": dg.MetadataValue.md(_calibration(cells, "")),
        },
    }


def value_told(contest: Contest, left_out: Sequence[str] = ()) -> Mapping[str, Told]:
    """Metadata by table of the models of lifetime value.

    Args:
        left_out: candidates that the settings name and that could not be trained.
    """
    shared: dict[str, Any] = {"served": VALUE_TITLES[contest.served], "horizon_days": contest.horizon_days}
    if left_out:
        shared["left_out"] = f"{', '.join(left_out)}: torch and Lightning are not installed (the extra deep)"
    trained = {**contest.challengers, **contest.fitted}
    diaries = {
        name: model.epochs for name, model in trained.items() if isinstance(model, NetworkModel) and model.epochs
    }
    if contest.reason:
        shared["note"] = f"Too little history, the baseline serves: {contest.reason}."
    cells = [(s.origin, s.model, s.metric, s.value, s.is_served) for s in contest.scores]
    return {
        VALUE_MODELS: {
            **shared,
            "parameters": dg.MetadataValue.md(_value_parameters(contest)),
            "levels": dg.MetadataValue.md(_levels(contest)),
            **{f"training_of_{name}": dg.MetadataValue.md(_diary(epochs)) for name, epochs in diaries.items()},
        },
        VALUE_SCORES: {
            **shared,
            "backtest": dg.MetadataValue.md(_figures(cells, _VALUE_METRICS, VALUE_TITLES)),
            "calibration_of_orders": dg.MetadataValue.md(_calibration(cells, "orders_")),
            "calibration_of_revenue": dg.MetadataValue.md(_calibration(cells, "revenue_")),
        },
    }


def classes_told(trained: TrainedClasses) -> Mapping[str, Told]:
    """Metadata by table of the models of value classes."""
    model = trained.model
    note = {"note": f"A baseline serves, or nothing: {trained.reason}."} if trained.reason else {}
    if model is None:
        return dict.fromkeys((CLASS_MODELS, CLASS_SCORES), note)
    shared: dict[str, Any] = {"served": CLASS_TITLES[model.served], "horizon_days": model.horizon, **note}
    cells = [(s.origin, s.model, s.metric, s.value, s.is_served) for s in trained.scores]
    return {
        CLASS_MODELS: {
            **shared,
            "low_border": model.borders.low,
            "high_border": model.borders.high,
            "shares": dg.MetadataValue.md(_shares(model)),
        },
        CLASS_SCORES: {
            **shared,
            "backtest": dg.MetadataValue.md(_figures(cells, _CLASS_METRICS, CLASS_TITLES)),
            "confusion": dg.MetadataValue.md(_confusion(cells)),
        },
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
    return _table(("model", "parameter", "value", "unit"), rows)


def _value_parameters(contest: Contest) -> str:
    """Estimates of every model of orders, and of amounts, with standard errors, and why they are not to be trusted."""
    fits = dict.fromkeys((fitted.model, fitted) for model in contest.fitted.values() for fitted in _fits(model))
    rows = [(_FITTED[name], *cells) for name, fitted in fits for cells in _estimates(fitted)]
    return _table(("model", "parameter", "value", "standard error", "unit", "remark"), rows)


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


def _levels(contest: Contest) -> str:
    """What totals are multiplied by, and how far they were off."""
    levels: dict[str, Level] = {"orders": contest.orders_level, "revenue": contest.revenue_level}
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
    return _table(("of", "factor", "error that is left (log)", "method", "why"), rows)


def _diary(epochs: Sequence[Epoch]) -> str:
    """The course of a network's trainings: losses in nats per customer, the state that counts marked."""
    rows = []
    for seed in dict.fromkeys(epoch.seed for epoch in epochs):
        own = [epoch for epoch in epochs if epoch.seed == seed]
        best = min(own, key=lambda epoch: epoch.validation_loss)
        for epoch in own:
            training = f"{epoch.training_loss:.4f}" if epoch.epoch else "–"
            mark = " (best)" if epoch is best else ""
            rows.append((str(seed), str(epoch.epoch), training, f"{epoch.validation_loss:.4f}{mark}"))
    return _table(("seed", "epoch", "training loss", "validation loss"), rows)


def _shares(model: ValueClassModel) -> str:
    """How many came to be in each class, of all and of those who had spent as much before."""
    after = [own.tolist() for own in model.baselines.after]
    shares = [("all", model.baselines.share.tolist()), *zip(VALUE_CLASSES, after, strict=True)]
    rows = [(name, *(f"{share:.3f}" for share in own)) for name, own in shares]
    return _table(("spend before", *VALUE_CLASSES), rows)


# Origin, model, metric, value, whether it serves.
_Cell = tuple[int, str, str, float | None, bool]


def _figures(cells: Sequence[_Cell], metrics: Sequence[str], titles: Mapping[str, str]) -> str:
    """Mean of each metric over the origins."""
    rows = []
    for model, is_served in dict.fromkeys((model, is_served) for _, model, _, _, is_served in cells):
        found = [[value for _, own, name, value, _ in cells if (own, name) == (model, metric)] for metric in metrics]
        told = [[value for value in values if value is not None] for values in found]
        means = (f"{sum(values) / len(values):.4f}" if values else "–" for values in told)
        rows.append((f"{titles[model]}{' (serves)' if is_served else ''}", *means))
    return _table(("model", *metrics), rows)


def _calibration(cells: Sequence[_Cell], measure: str) -> str:
    """Forecast and outcome by decile at the newest origin, of what serves."""
    newest = max((origin for origin, *_ in cells), default=0)
    own = {
        metric: value
        for origin, _, metric, value, is_served in cells
        if origin == newest and is_served and value is not None
    }
    sides = [[f"{measure}{side}_decile_{place}" for side in ("forecast", "observed")] for place in range(1, 11)]
    rows = [
        (str(place), *(f"{own[name]:.3f}" for name in names)) for place, names in enumerate(sides, 1) if names[0] in own
    ]
    return _table(("decile", "forecast", "observed"), rows)


def _confusion(cells: Sequence[_Cell]) -> str:
    """Of those who came to be in a class at the newest origin, the share of whom each was said, by what serves."""
    newest = max((origin for origin, *_ in cells), default=0)
    own = {metric: value for origin, _, metric, value, is_served in cells if origin == newest and is_served}
    rows = []
    for came in VALUE_CLASSES:
        shares = [own.get(f"{came}_said_{said}") for said in VALUE_CLASSES]
        rows.append((came, *("–" if share is None else f"{share:.3f}" for share in shares)))
    return _table(("came", *(f"said {name}" for name in VALUE_CLASSES)), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
