"""A model of churn risk as a table of numbers and back: what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ca_platform.catalogue.models import CHURN_BASELINE as BASELINE
from ca_platform.models import clv
from ca_platform.models.backtest.history import Floats
from ca_platform.models.churn.candidates import Learnt
from ca_platform.models.churn.logistic import Logistic
from ca_platform.models.churn.model import Candidates, ChurnModel
from ca_platform.models.churn.waiting import WaitingTimes
from ca_platform.models.clv import Fit
from ca_platform.models.trees import Trees

# The numbers of a model by whose they are and what they are called, in the order of their places.
Table = Mapping[tuple[str, str], Floats]

# What holds for the model as a whole.
_WHOLE = "churn_risk"


class Parameter(NamedTuple):
    """One number of a fitted model.

    Attributes:
        place: among the numbers of the same name, from 0.
    """

    model: str
    parameter: str
    place: int
    value: float


def to_parameters(model: ChurnModel) -> list[Parameter]:
    """All numbers of a model; ``from_parameters`` makes the same model of them."""
    rows = [
        Parameter(_WHOLE, "horizon_days", 0, float(model.horizon)),
        Parameter(_WHOLE, "has_season", 0, float(model.has_season)),
        Parameter(model.served, "is_served", 0, 1.0),
        *listed(BASELINE, {"days": model.waiting.days, "lasting": model.waiting.lasting}),
        *(Parameter(name, "level", 0, level) for name, level in model.levels.items()),
    ]
    if model.candidates is not None:
        rows.append(Parameter(_WHOLE, "window_days", 0, float(model.candidates.window)))
        rows.append(Parameter(_WHOLE, "window_weeks", 0, model.candidates.weeks))
        rows += [row for fitted in model.candidates.fits.values() for row in of_fit(fitted)]
        rows += _of_learnt(model.candidates.learnt)
    return rows


def from_parameters(rows: Iterable[Parameter]) -> ChurnModel:
    """The model of which these are the numbers, in any order."""
    table = by_name(rows)
    served = next(model for model, parameter in table if parameter == "is_served")
    return ChurnModel(
        horizon=float(table[_WHOLE, "horizon_days"][0]),
        served=served,
        waiting=WaitingTimes(table.get((BASELINE, "days"), _NOTHING), table.get((BASELINE, "lasting"), _NOTHING)),
        candidates=_candidates(table),
        levels={model: float(values[0]) for (model, parameter), values in table.items() if parameter == "level"},
        has_season=bool(table[_WHOLE, "has_season"][0]),
    )


_NOTHING = np.zeros(0)


def by_name(rows: Iterable[Parameter]) -> Table:
    """The numbers of these rows, which may be in any order."""
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for model, parameter, place, value in rows:
        found.setdefault((model, parameter), []).append((place, value))
    return {key: np.array([value for _, value in sorted(pairs)]) for key, pairs in found.items()}


def listed(model: str, columns: Mapping[str, Floats]) -> Iterator[Parameter]:
    """Rows of arrays, by their names."""
    for name, values in columns.items():
        yield from (Parameter(model, name, place, float(value)) for place, value in enumerate(values))


def of_fit(fitted: Fit) -> Iterator[Parameter]:
    """Rows of a model of orders."""
    for name, value in fitted.values.items():
        yield Parameter(fitted.model, name, 0, value)
    yield Parameter(fitted.model, "regularity", 0, float(fitted.regularity))
    yield Parameter(fitted.model, "is_degenerate", 0, float(fitted.degenerate))


def fit_in(model: str, table: Table) -> Fit:
    """The model of orders of such rows."""
    values = {item.name: float(table[model, item.name][0]) for item in clv.MODELS[model].parameters}
    return clv.known(model, values, int(table[model, "regularity"][0]))


def trees_in(model: str, table: Table) -> Trees:
    """The forest of such rows."""
    return Trees.from_arrays({parameter: values for (other, parameter), values in table.items() if other == model})


def _of_learnt(learnt: Learnt) -> Iterator[Parameter]:
    for name, line in learnt.lines.items():
        yield from listed(name, {"weights": line.weights})
    yield from listed("trees", learnt.trees.arrays())


def _candidates(table: Table) -> Candidates | None:
    if (_WHOLE, "window_days") not in table:
        return None
    lines = {model: Logistic(values) for (model, parameter), values in table.items() if parameter == "weights"}
    fits = {model: fit_in(model, table) for model, parameter in table if parameter == "regularity"}
    window, weeks = (table[_WHOLE, f"window_{unit}"][0] for unit in ("days", "weeks"))
    return Candidates(int(window), float(weeks), fits, Learnt(lines, trees_in("trees", table)))
