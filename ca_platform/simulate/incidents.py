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
    BOTS = "bots"  # orders on top, by machines: the factor is on the sessions, and every one on top is an order
    CATALOGUE = "catalogue"  # products are gone: fewer sessions get further than the first step
    DECAY = "decay"  # sessions get fewer from day to day; the factor is that of the last day


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
# After a round of the others, so that shops of less than nine incidents stay as they are.
_LATER_KINDS = (
    _Kind("traffic dwindles", Metric.DECAY, 0.55, 10, by_value=False),
    _Kind("orders by bots", Metric.BOTS, 1.25, 1, by_value=False),
    _Kind("part of the catalogue lost", Metric.CATALOGUE, 0.4, 2, by_value=False),
    _Kind("a quarter of the traffic lost", Metric.SESSIONS, 0.75, 1, by_value=False),
)


def plan_incidents(parameters: ShopParameters, rng: np.random.Generator) -> tuple[Incident, ...]:
    """Incidents on random days after a quiet start, at least some days apart, kinds in turn.

    A long one may not be over when the next begins.
    """
    candidates = np.arange(QUIET_START_DAYS, parameters.days - 2, SPACING_DAYS)
    wanted = round(parameters.days / 30 * parameters.incidents_per_30_days)
    chosen = np.sort(rng.permutation(candidates)[:wanted])
    kinds = [kind for kind in _KINDS if parameters.baskets or kind.metric is not Metric.RIDE]
    first_kind = int(rng.integers(len(kinds)))
    turn = [*kinds[first_kind:], *kinds[:first_kind], *_LATER_KINDS]
    return tuple(
        _incident(turn[number % len(turn)], parameters.start + timedelta(days=int(index)), parameters, rng)
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


def decay_factor(incidents: Iterable[Incident], day: date) -> float:
    """Factor on the sessions of a day within slow decays: evenly down to the incident's own on its last day.

    >>> first = date(2024, 1, 1)
    >>> slow = Incident("slow", first, date(2024, 1, 4), Metric.DECAY, 0.6)
    >>> [round(decay_factor([slow], first + timedelta(days=n)), 2) for n in range(-1, 5)]
    [1.0, 0.9, 0.8, 0.7, 0.6, 1.0]
    """
    factor = 1.0
    for incident in _active(incidents, Metric.DECAY, day):
        passed = (day - incident.first_day).days + 1
        factor *= 1 - (1 - incident.factor) * passed / ((incident.last_day - incident.first_day).days + 1)
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
