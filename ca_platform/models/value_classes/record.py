"""A model of value classes as a table of numbers and back: what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ca_platform.catalogue.value_classes import VALUE_CLASSES
from ca_platform.models.churn.logistic import Logistic
from ca_platform.models.churn.record import Parameter, Table, by_name, fit_in, listed, of_fit, trees_in
from ca_platform.models.clv.gamma_gamma import known_amounts
from ca_platform.models.value_classes.borders import Borders
from ca_platform.models.value_classes.candidates import FREQUENT, LAST_SPEND, Baselines, Learnt
from ca_platform.models.value_classes.columns import Fits
from ca_platform.models.value_classes.model import Candidates, ValueClassModel

# What holds for the model as a whole, and the model of amounts.
_WHOLE, _AMOUNTS = "value_classes", "gamma_gamma"
# Of each candidate there is one model for either border.
_BORDERS = ("low", "high")
_TREES = tuple(f"trees_above_{border}" for border in _BORDERS)


def to_parameters(model: ValueClassModel) -> list[Parameter]:
    """All numbers of a model; ``from_parameters`` makes the same model of them."""
    baselines = model.baselines
    rows = [
        Parameter(_WHOLE, "horizon_days", 0, float(model.horizon)),
        Parameter(_WHOLE, "has_season", 0, float(model.has_season)),
        Parameter(_WHOLE, "low_border", 0, model.borders.low),
        Parameter(_WHOLE, "high_border", 0, model.borders.high),
        Parameter(model.served, "is_served", 0, 1.0),
        *listed(FREQUENT, {"share": baselines.share}),
        *listed(LAST_SPEND, {"after": baselines.after.ravel()}),
    ]
    return [*rows, *_of_candidates(model.candidates)] if model.candidates else rows


def from_parameters(rows: Iterable[Parameter]) -> ValueClassModel:
    """The model of which these are the numbers, in any order."""
    table = by_name(rows)
    classes = len(VALUE_CLASSES)
    return ValueClassModel(
        horizon=int(table[_WHOLE, "horizon_days"][0]),
        borders=Borders(float(table[_WHOLE, "low_border"][0]), float(table[_WHOLE, "high_border"][0])),
        served=next(model for model, parameter in table if parameter == "is_served"),
        baselines=Baselines(table[FREQUENT, "share"], table[LAST_SPEND, "after"].reshape(classes, classes)),
        candidates=_candidates(table),
        has_season=bool(table[_WHOLE, "has_season"][0]),
    )


def _of_candidates(candidates: Candidates) -> Iterator[Parameter]:
    for fitted in candidates.fits.orders.values():
        yield from of_fit(fitted)
    yield from (Parameter(_AMOUNTS, name, 0, value) for name, value in candidates.fits.amounts.values.items())
    for name, pair in candidates.learnt.lines.items():
        yield from listed(name, {f"above_{border}": line.weights for border, line in zip(_BORDERS, pair, strict=True)})
    for name, trees in zip(_TREES, candidates.learnt.trees, strict=True):
        yield from listed(name, trees.arrays())


def _candidates(table: Table) -> Candidates | None:
    if (_AMOUNTS, "p") not in table:
        return None
    orders = {model: fit_in(model, table) for model, parameter in table if parameter == "regularity"}
    amounts = known_amounts(*(float(table[_AMOUNTS, name][0]) for name in ("p", "q", "v")))
    names = [model for model, parameter in table if parameter == "above_low"]
    lines = {name: (Logistic(table[name, "above_low"]), Logistic(table[name, "above_high"])) for name in names}
    low, high = (trees_in(name, table) for name in _TREES)
    return Candidates(Fits(orders, amounts), Learnt(lines, (low, high)))
