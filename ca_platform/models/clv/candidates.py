"""Who can take part in the contest: how each candidate is fitted, and made again of what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ca_platform.catalogue.models import VALUE_BASELINE
from ca_platform.models.clv.boosted import BASE, BoostedModel, fit_boosted
from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.forecast import ValueForecast, ValueModel
from ca_platform.models.clv.orders import MODELS
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.record import Parameters
from ca_platform.models.clv.stacked import SECOND, StackedModel, fit_stacked

BASELINE = VALUE_BASELINE
BOOSTED = "boosted"
STACKED = "stacked"

# A mix learns more by the time it serves than by the first origins, and is seldom far from the best: on earlier origins of
# five shops, and on simulated ones, customers were ranked best by this head start (0, .01, .02 and .03 were tried).
_HEAD_START = 0.02


class Forecaster(Protocol):
    """A fitted model of what customers will be worth."""

    @property
    def degenerate(self) -> bool:
        """Whether the history does not determine it."""

    @property
    def reason(self) -> str:
        """Why it is degenerate, in words; empty where it is not."""

    def forecast(self, buyers: Buyers, days: float, share: float = 0.8) -> ValueForecast:
        """Forecast so many days of customers, with intervals that hold the share."""

    def to_parameters(self) -> Parameters:
        """Everything of which ``Candidate.from_parameters`` makes the same model."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of model.

    Attributes:
        fit: makes one of what is known before a day (``past``, ``at``) for a horizon of so many days.
        from_parameters: makes it of what was kept.
        corrects: of one that takes long to fit, the model of orders whose ranks it corrects; it is judged at few origins,
            and fitted to all that is known only where it serves.
        totals_of: models of orders whose mean total is its own, so that it need not be asked for it; none where it must be.
        head_start: of one that learns out of time, and had nothing to learn from at the first origins; in units of merit.
    """

    fit: Callable[[Past, int, int], Forecaster]
    from_parameters: Callable[[Parameters], Forecaster]
    corrects: str | None = None
    totals_of: tuple[str, ...] = ()
    head_start: float = 0.0


def _value(model: str, past: Past, at: int, _: int) -> ValueModel:
    return past.value(model, at)


CANDIDATES: Mapping[str, Candidate] = {
    **{
        name: Candidate(partial(_value, name), partial(ValueModel.from_parameters, name), totals_of=(name,))
        for name in MODELS
    },
    BOOSTED: Candidate(fit_boosted, BoostedModel.from_parameters, totals_of=(BASE,)),
    STACKED: Candidate(fit_stacked, StackedModel.from_parameters, totals_of=(BASE, SECOND), head_start=_HEAD_START),
}
