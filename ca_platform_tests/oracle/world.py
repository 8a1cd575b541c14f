"""A shop as plain records, and what is known of it at the end of one day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

ZERO = Decimal(0)
_Of = TypeVar("_Of")
_More = ParamSpec("_More")
_Made = TypeVar("_Made")


def once(make: Callable[Concatenate[_Of, _More], _Made]) -> Callable[Concatenate[_Of, _More], _Made]:
    """Make something of a world or of a shop once, for all reports.

    It lies on what it was made of, and goes with it: the records of a large shop would fill the memory for the rest of
    the tests, and Python would look through them again and again for what nobody needs.
    """

    @wraps(make)
    def made(of: _Of, /, *more: _More.args, **named: _More.kwargs) -> _Made:
        known: dict[Any, _Made] = vars(of).setdefault("_made", {})
        key = (make, more, *named.items())
        if key not in known:
            known[key] = make(of, *more, **named)
        return known[key]

    return made


@dataclass(frozen=True)
class Session:
    order_id: str
    client: str
    start: datetime
    amount: Decimal = ZERO
    discount: Decimal = ZERO
    purchased: bool = False
    dimensions: dict[str, str | None] = field(default_factory=dict)
    actions: frozenset[str] = frozenset()
    times: dict[str, datetime] = field(default_factory=dict)
    promotion: str | None = None


@dataclass(frozen=True)
class Line:
    order_id: str
    product: str
    price: Decimal
    quantity: Decimal = Decimal(1)
    discount: Decimal = ZERO
    category: str | None = None


@dataclass(frozen=True)
class Delivery:
    """One row of deliveries. ``is_suspect``: its place looks wrong."""

    order_id: str
    delivered: datetime | None
    prepared: datetime | None = None
    returned: datetime | None = None
    promised: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    is_suspect: bool = False


@dataclass(frozen=True)
class Customer:
    client: str
    download: datetime
    signup: datetime | None = None
    actions: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Shop:
    """Everything that was loaded.

    ``actions`` and ``customer_actions`` are the declared names in their order; ``has_signup``: a sign-up column is
    mapped;
    ``has_prepared``, ``has_returns``: these dates of deliveries are.
    """

    sessions: list[Session]
    customers: list[Customer]
    start_date: date
    time_zone: str
    actions: tuple[str, ...] = ()
    customer_actions: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    has_signup: bool = False
    history_days: int = 400
    cohort_days: int = 100
    churn_method: str = "global"
    churn_factor: float = 2
    churn_days: float = 90
    lines: list[Line] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    has_prepared: bool = True
    has_returns: bool = True
    min_orders: int = 2
    min_support: str = "0.01"
    min_confidence: str = "0.2"
    max_size: int = 4


@dataclass(frozen=True)
class World:
    """What a report of day ``day`` may use: the sessions of one dimension value, and its customers' milestones."""

    shop: Shop
    day: date
    sessions: list[Session]
    milestones: dict[str, dict[str, datetime]]

    @cached_property
    def orders(self) -> list[Session]:
        return [session for session in self.sessions if session.purchased]

    @cached_property
    def steps(self) -> list[str]:
        return ["session_start", *self.shop.actions, "purchase"]

    @cached_property
    def milestone_names(self) -> list[str]:
        signup = ["signup"] if self.shop.has_signup else []
        return ["download", *signup, *self.shop.customer_actions, "first_session", "first_purchase"]

    @cached_property
    def days(self) -> list[date]:
        start = self.shop.start_date
        return [start + timedelta(days=n) for n in range((self.day - start).days + 1)]

    @cached_property
    def as_of(self) -> datetime:
        return midnight(self.day + timedelta(days=1), self.shop.time_zone)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.shop.time_zone))

    def local_day(self, instant: datetime) -> date:
        return self.local(instant).date()


@cache
def midnight(day: date, time_zone: str) -> datetime:
    """First instant of a local day: the earliest instant whose local date is that day, found by search."""
    zone = ZoneInfo(time_zone)
    guess = datetime.combine(day, time.min, UTC) - timedelta(hours=15)
    while guess.astimezone(zone).date() < day:
        guess += timedelta(minutes=15)
    return guess


def carries(session: Session, step: str) -> bool:
    if step == "session_start":
        return True
    if step == "purchase":
        return session.purchased
    return step in session.actions


def world(shop: Shop, day: date, dimension: str = "main", value: str | None = None) -> World:
    """The shop that had only the sessions of one dimension value, as known at the end of ``day``."""
    everything = World(shop, day, [], {})
    known = [s for s in shop.sessions if shop.start_date <= everything.local_day(s.start) <= day]
    first_of_all = firsts(known, lambda session: True)
    rows = {c.client: c for c in shop.customers if c.download < everything.as_of}
    inside = known if dimension == "main" else [s for s in known if s.dimensions.get(dimension) == value]
    clients = {s.client for s in inside} | (set(rows) if dimension == "main" else set())
    first_session = firsts(inside, lambda session: True)
    first_purchase = firsts(inside, lambda session: session.purchased)
    milestones: dict[str, dict[str, datetime]] = {}
    for client in clients:
        own: dict[str, datetime] = {}
        row = rows.get(client)
        if row is None:
            own["download"] = first_of_all[client]
        else:
            own["download"] = row.download
            if row.signup is not None and row.signup < everything.as_of:
                own["signup"] = row.signup
            own |= {name: at for name, at in row.actions.items() if at < everything.as_of}
        if client in first_session:
            own["first_session"] = first_session[client]
        if client in first_purchase:
            own["first_purchase"] = first_purchase[client]
        milestones[client] = own
    return World(shop, day, inside, milestones)


def firsts(sessions: list[Session], keep: Callable[[Session], bool]) -> dict[str, datetime]:
    """The earliest start of each client's sessions that ``keep`` accepts."""
    found: dict[str, datetime] = {}
    for session in sessions:
        if keep(session) and (session.client not in found or session.start < found[session.client]):
            found[session.client] = session.start
    return found


def values_of(shop: Shop, day: date, dimension: str) -> set[str | None]:
    """The values of a dimension that have a session up to ``day``."""
    everything = world(shop, day)
    return {s.dimensions.get(dimension) for s in everything.sessions}
