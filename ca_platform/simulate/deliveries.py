"""How orders reach their customers: preparing, riding there and back, with congestion and planted abnormal ones.

An order is delivered from its region's depot by a courier; a delivery belongs to the day on which it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from ca_platform.simulate.clock import Floats, Ints, LocalDay
from ca_platform.simulate.customers import UNSET, Customers
from ca_platform.simulate.incidents import Incident, Metric, shop_factor
from ca_platform.simulate.parameters import ShopParameters
from ca_platform.simulate.sessions import Sessions

DEPOTS = ((51.5136, -0.1365), (55.8611, -4.2502), (51.4816, -3.1791), (54.5973, -5.9301))
MEAN_DISTANCE_KM = 3.0
KM_PER_DEGREE = 111.2
NO_PLACE_SHARE = 0.005
CHECKOUT_SECONDS = 60
PHASES = ("prepare", "ride", "return")

# Factor on riding times by local hour; rush hours on working days, Friday evening the worst, Saturday noon crowded.
_PLAIN = np.ones(24)
_RUSH = np.array([0.8] * 6 + [1.0, 1.35, 1.5, 1.2] + [1.0] * 6 + [1.25, 1.55, 1.45, 1.2, 1.0, 0.9, 0.85, 0.8])
_FRIDAY = np.where((np.arange(24) >= 17) & (np.arange(24) <= 19), 2.3, _RUSH)
_SATURDAY = np.where((np.arange(24) >= 12) & (np.arange(24) <= 15), 1.4, _PLAIN)
CONGESTION = np.array([_RUSH, _RUSH, _RUSH, _RUSH, _FRIDAY, _SATURDAY, _PLAIN])
# Kitchens and pickers are slow at the same time every evening.
BUSY_HOURS = np.where((np.arange(24) >= 18) & (np.arange(24) <= 20), 1.3, 1.0)


@dataclass(frozen=True, slots=True)
class Places:
    """Home of every customer and its distance from the depot in kilometres."""

    latitude: Floats
    longitude: Floats
    distance: Floats


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Deliveries in the order of their orders; instants are seconds since 1970 UTC, places NaN for unknown.

    Attributes:
        number, day: the order's position among the sessions of its day, and the index of that day.
        abnormal: code of the phase that was planted to be slow, ``UNSET`` for none.
        factor: factor on that phase, 1 for a normal one.
    """

    number: Ints
    day: Ints
    prepared: Ints
    delivered: Ints
    returned: Ints
    promised: Ints
    latitude: Floats
    longitude: Floats
    abnormal: Ints
    factor: Floats

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Deliveries:
        return Deliveries(*(getattr(self, field.name)[rows] for field in fields(self)))

    def __add__(self, other: Deliveries) -> Deliveries:
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return Deliveries(*(np.concatenate(pair) for pair in pairs))


def draw_places(customers: Customers, parameters: ShopParameters, rng: np.random.Generator) -> Places:
    """Homes around the depot of the customer's first dimension value (its region), nearer ones more often."""
    region = customers.homes[0] if parameters.dimensions else np.zeros(len(customers), dtype=np.int64)
    depot = np.array(DEPOTS)[region % len(DEPOTS)]
    distance = np.minimum(rng.gamma(3.0, MEAN_DISTANCE_KM / 3.0, len(customers)), 15.0) + 0.2
    angle = rng.random(len(customers)) * 2 * np.pi
    latitude = depot[:, 0] + distance * np.sin(angle) / KM_PER_DEGREE
    stretch = KM_PER_DEGREE * np.cos(np.radians(depot[:, 0]))
    return Places(latitude, depot[:, 1] + distance * np.cos(angle) / stretch, distance)


def draw_deliveries(
    sessions: Sessions,
    places: Places,
    day: LocalDay,
    parameters: ShopParameters,
    incidents: tuple[Incident, ...],
    rng: np.random.Generator,
) -> Deliveries:
    """Deliveries of the orders placed on a day, whenever they arrive."""
    orders = np.flatnonzero(sessions.purchased)
    orders = orders[rng.random(len(orders)) < parameters.delivered_share]
    who, count = sessions.customer[orders], len(orders)
    placed = np.where(
        sessions.end[orders] == UNSET, sessions.start[orders] + 4 * CHECKOUT_SECONDS, sessions.end[orders]
    )
    congestion, busy = _slot_factors(day, sessions.start[orders])
    abnormal = np.where(
        rng.random(count) < parameters.abnormal_delivery_share, rng.integers(0, len(PHASES), count), UNSET
    )
    factor = np.where(abnormal == UNSET, 1.0, rng.uniform(4.0, 8.0, count))
    ride = (3.0 + places.distance[who] / parameters.kilometres_per_hour * 60.0) * congestion
    ride *= shop_factor(incidents, Metric.RIDE, day.day)
    expected = parameters.prepare_minutes * busy + ride
    prepared = placed + _seconds(parameters.prepare_minutes * busy, 0.3, abnormal == 0, factor, rng)
    delivered = prepared + _seconds(ride, 0.2, abnormal == 1, factor, rng)
    returned = delivered + _seconds(ride * 0.9, 0.2, abnormal == 2, factor, rng)
    placeless = rng.random(count) < NO_PLACE_SHARE
    return Deliveries(
        number=orders,
        day=np.full(count, day.index, dtype=np.int64),
        prepared=prepared,
        delivered=delivered,
        returned=returned,
        # Promised in steps of five minutes, with a quarter of the expected time to spare.
        promised=(placed + (np.ceil(expected * 1.25 / 5.0) * 300).astype(np.int64)) // 300 * 300,
        latitude=np.where(placeless, np.nan, places.latitude[who]),
        longitude=np.where(placeless, np.nan, places.longitude[who]),
        abnormal=abnormal,
        factor=factor,
    )


def _slot_factors(day: LocalDay, instants: Ints) -> tuple[Floats, Floats]:
    hours = day.hours[((instants - day.start) // 3600).clip(0, len(day.hours) - 1)]
    return CONGESTION[day.day.weekday()][hours], BUSY_HOURS[hours]


def _seconds(
    minutes: Floats,
    deviation: float,
    planted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    factor: Floats,
    rng: np.random.Generator,
) -> Ints:
    noise = np.exp(rng.normal(0.0, deviation, len(minutes)))
    return np.round(minutes * noise * np.where(planted, factor, 1.0) * 60).astype(np.int64) + 1


@dataclass(frozen=True, slots=True)
class AbnormalDelivery:
    """A planted slow delivery: which order, which phase, how many times slower."""

    order_id: str
    day: date
    phase: str
    factor: float
