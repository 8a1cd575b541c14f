"""What goes wrong in the simulated shop, and how it shows: the planted incidents.

Drawn before the first day, applied by the modules that make sessions and deliveries, listed in ``truth.json``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from ca_platform.simulate.clock import Floats, Ints
from ca_platform.simulate.parameters import ShopParameters

QUIET_START_DAYS = 28
SPACING_DAYS = 6


class Metric(StrEnum):
    """What an incident multiplies."""

    SESSIONS = "sessions"
    CONVERSION = "conversion"
    STEP = "step"  # the last step before the purchase is not recorded
    AMOUNT = "amount"
    RIDE = "ride"


@dataclass(frozen=True, slots=True)
class Incident:
    """A planted deviation.

    Attributes:
        dimension, value: where it is confined to one value of a dimension, else None.
        factor: what the metric is multiplied with.
    """

    name: str
    first_day: date
    last_day: date
    metric: Metric
    factor: float
    dimension: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    metric: Metric
    factor: float
    days: int
    by_value: bool


_KINDS = (
    _Kind("tracking outage", Metric.SESSIONS, 0.45, 1, by_value=False),
    _Kind("payment failure", Metric.CONVERSION, 0.3, 2, by_value=True),
    _Kind("traffic from a campaign page", Metric.SESSIONS, 1.7, 2, by_value=False),
    _Kind("wrong prices", Metric.AMOUNT, 0.55, 1, by_value=False),
    _Kind("traffic of one value lost", Metric.SESSIONS, 0.2, 2, by_value=True),
    _Kind("order screen not recorded", Metric.STEP, 0.3, 1, by_value=False),
    _Kind("checkout outage", Metric.CONVERSION, 0.4, 1, by_value=False),
    _Kind("roads closed", Metric.RIDE, 1.8, 1, by_value=False),
)


def plan_incidents(parameters: ShopParameters, rng: np.random.Generator) -> tuple[Incident, ...]:
    """Incidents on random days after a quiet start, at least some days apart, kinds in turn."""
    candidates = np.arange(QUIET_START_DAYS, parameters.days - 2, SPACING_DAYS)
    wanted = round(parameters.days / 30 * parameters.incidents_per_30_days)
    chosen = np.sort(rng.permutation(candidates)[:wanted])
    kinds = [kind for kind in _KINDS if parameters.baskets or kind.metric is not Metric.RIDE]
    first_kind = int(rng.integers(len(kinds)))
    return tuple(
        _incident(
            kinds[(first_kind + number) % len(kinds)], parameters.start + timedelta(days=int(index)), parameters, rng
        )
        for number, index in enumerate(chosen)
    )


def _incident(kind: _Kind, first_day: date, parameters: ShopParameters, rng: np.random.Generator) -> Incident:
    dimension = value = None
    if kind.by_value and parameters.dimensions:
        place = parameters.dimensions[int(rng.integers(len(parameters.dimensions)))]
        # The two most frequent values: an incident in a tiny one cannot be seen by anybody.
        dimension, value = place.name, place.values[int(rng.integers(min(2, len(place.values))))]
    last_day = first_day + timedelta(days=kind.days - 1)
    return Incident(kind.name, first_day, last_day, kind.metric, kind.factor, dimension, value)


def shop_factor(incidents: Iterable[Incident], metric: Metric, day: date) -> float:
    """Factor on a metric of the whole shop on a day."""
    factor = 1.0
    for incident in _active(incidents, metric, day):
        factor *= incident.factor if incident.dimension is None else 1.0
    return factor


def value_factors(
    incidents: Iterable[Incident], metric: Metric, day: date, codes: tuple[Ints, ...], parameters: ShopParameters
) -> Floats | None:
    """Factor on a metric per session, by its dimension values; None when no incident is confined to a value."""
    factors: Floats | None = None
    for incident in _active(incidents, metric, day):
        for dimension, sessions in zip(parameters.dimensions, codes, strict=True):
            if dimension.name == incident.dimension and incident.value is not None:
                hit = sessions == dimension.values.index(incident.value)
                factors = np.where(hit, incident.factor, 1.0) * (1.0 if factors is None else factors)
    return factors


def _active(incidents: Iterable[Incident], metric: Metric, day: date) -> list[Incident]:
    return [item for item in incidents if item.metric is metric and item.first_day <= day <= item.last_day]
