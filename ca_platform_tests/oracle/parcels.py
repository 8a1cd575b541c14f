"""Nasty deliveries for the nasty shops, and which deliveries count."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from ca_platform_tests.oracle.world import Delivery, Session, Shop, World, once

PLACES = [
    (52.52, 13.405),
    (52.5201, 13.4051),
    (52.49, 13.38),
    (-90.0, 180.0),
    (90.0, -180.0),
    (0.0, 13.4),
    (45.0, 0.0),
    # Far away, and no nearer with a sign changed or the two swapped: it never looks wrong.
    (52.5, -150.0),
]
MINUTES = [0, 0, 1 / 60, 17 + 1 / 60_000, 25.5, 25.5, 40, 61, 300, 1440, 5000, 60_000]


def nasty_deliveries(sessions: list[Session], seed: int) -> list[Delivery]:
    """Durations of 0 and of 400 days, orders delivered twice, returns weeks later, missing dates, half a place, poles
    and the antimeridian, and all that is bad: dates out of order, places that are none, orders that nobody made."""
    dice = random.Random(f"deliveries {seed}")
    found = [_delivery(dice, session) for session in sessions if session.purchased and dice.random() < 0.8]
    found += [_delivery(dice, session) for session in sessions if dice.random() < 0.05]
    bought = [session for session in sessions if session.purchased]
    found += [Delivery(s.order_id, s.start + timedelta(days=400)) for s in bought[:2]]
    found += [_bad(dice, session, kind) for session in bought[:12] for kind in range(5) if dice.random() < 0.3]
    found.append(Delivery("no such order", sessions[0].start + timedelta(hours=1)))
    found.append(Delivery(bought[0].order_id, None, latitude=1.0, longitude=1.0))
    return found


def _delivery(dice: random.Random, session: Session) -> Delivery:
    prepared = session.start + timedelta(minutes=dice.choice(MINUTES))
    delivered = prepared + timedelta(minutes=dice.choice(MINUTES))
    returned = delivered + timedelta(minutes=dice.choice([*MINUTES, 30_000]))
    promised = session.start + timedelta(minutes=dice.choice([0, 30, 60, 600]))
    latitude, longitude = dice.choice(PLACES)
    kind = dice.random()
    return Delivery(
        session.order_id,
        delivered,
        prepared if dice.random() < 0.9 else None,
        returned if dice.random() < 0.4 else None,
        promised if dice.random() < 0.8 else None,
        latitude if kind > 0.1 else None,
        longitude if kind > 0.15 else None,
        is_suspect=0.1 < kind <= 0.15,
    )


def _bad(dice: random.Random, session: Session, kind: int) -> Delivery:
    hour, start = timedelta(hours=1), session.start
    if kind == 0:
        return Delivery(session.order_id, start - hour)
    if kind == 1:
        return Delivery(session.order_id, start + hour, prepared=start - hour)
    if kind == 2:
        return Delivery(session.order_id, start + hour, prepared=start + 2 * hour)
    if kind == 3:
        return Delivery(session.order_id, start + hour, returned=start)
    places = [(0.0, 0.0), (90.5, 10.0), (-91.0, 10.0), (10.0, 180.5)]
    return Delivery(session.order_id, start + hour, None, None, None, *dice.choice(places))


@once
def good_deliveries(shop: Shop) -> list[tuple[Delivery, datetime, Session]]:
    """Deliveries that a load keeps, with when they came and the session of their order."""
    zone = World(shop, shop.start_date, [], {})
    sessions = {s.order_id: s for s in shop.sessions if zone.local_day(s.start) >= shop.start_date}
    return list(_judged(shop, sessions))


def _judged(shop: Shop, sessions: dict[str, Session]) -> Iterator[tuple[Delivery, datetime, Session]]:
    for d in shop.deliveries:
        session = sessions.get(d.order_id)
        if session is None or d.delivered is None:
            continue
        stations = [at for at in (session.start, d.prepared, d.delivered, d.returned) if at is not None]
        if stations == sorted(stations) and _is_place(d.latitude, d.longitude):
            yield d, d.delivered, session


def _is_place(latitude: float | None, longitude: float | None) -> bool:
    if (latitude, longitude) == (0, 0):
        return False
    return abs(latitude or 0) <= 90 and abs(longitude or 0) <= 180
