"""Small nasty shops, and how to write one as source files with a settings file."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ca_platform_tests.oracle.baskets import nasty_lines
from ca_platform_tests.oracle.parcels import nasty_deliveries
from ca_platform_tests.oracle.world import Customer, Session, Shop, midnight

NASTY = [
    "New York",
    "EU-1",
    "İstanbul",
    "a=b",
    "",
    'say "hi"',
    "comma, inside",
    "<b>bold</b>",
    "two\nlines",
    "main",
    "ß",
]
PROMOTIONS = [
    "SUMMER/24",
    'it\'s "20 %" off',
    "\U0001f389\U0001f381",
    "<script>alert('x')</script>",
    "a=b&c",
    "None",
    "Ünal, 10 %",
    "",
]
ACTIONS = ("view", "cart", "pay_screen")


def nasty_shop(time_zone: str, start: date, days: int, seed: int) -> Shop:
    """Quiet days, same-instant orders, daylight-saving days, null and odd dimension values, late and early downloads,
    customers without sessions and sessions without a customers row."""
    dice = random.Random(seed)
    begin, end = midnight(start, time_zone), midnight(start + timedelta(days=days), time_zone)
    clients = [f"client {n}" for n in range(40)] + ["7", "007", "Ünal", "NA", "None"]
    sessions: list[Session] = []
    for number in range(330):
        at = begin + (end - begin) * dice.random() ** 1.3
        at = at.replace(microsecond=0)
        if number % 40 == 7:  # near a day's edge, where a wrong offset shows
            day = start + timedelta(days=dice.randrange(1, days))
            at = midnight(day, time_zone) + timedelta(seconds=dice.choice([-1, 0, 1]))
        sessions.append(_session(dice, f"{number}", dice.choice(clients), at))
    twin = next(s for s in sessions if s.purchased)
    sessions += [_purchase("b" + twin.order_id, twin), _purchase("a" + twin.order_id, twin)]
    # Also on sessions without purchase, where they say nothing. Dice of their own leave all else as it is.
    own_dice = random.Random(f"promotions {seed}")
    sessions = [replace(s, promotion=own_dice.choice([None, None, *PROMOTIONS])) for s in sessions]
    customers = [_customer(dice, client, sessions, begin, end) for client in clients[:36]]
    customers += [Customer(f"never came {n}", begin + timedelta(days=n * 5, hours=n)) for n in range(4)]
    customers.append(Customer("came before the start", begin - timedelta(days=40)))
    return Shop(
        sessions=sessions,
        customers=customers,
        start_date=start,
        time_zone=time_zone,
        actions=ACTIONS,
        customer_actions=("first_login",),
        dimensions=("region", "channel"),
        has_signup=True,
        lines=nasty_lines(sessions, seed),
        deliveries=nasty_deliveries(sessions, seed),
    )


def _session(dice: random.Random, order_id: str, client: str, at: datetime) -> Session:
    actions = frozenset(name for name in ACTIONS if dice.random() < 0.6)
    purchased = dice.random() < 0.45
    amount = Decimal(dice.choice([0, 999, 999, 1250, 10_000_000, dice.randrange(1, 50_000)])) / 100
    return Session(
        order_id=order_id,
        client=client,
        start=at,
        amount=amount if purchased else Decimal(0),
        discount=Decimal(dice.randrange(0, 500)) / 100 if purchased and dice.random() < 0.3 else Decimal(0),
        purchased=purchased,
        dimensions={
            "region": dice.choice(NASTY) or None,
            "channel": "web" if dice.random() < 0.9 else "app",
        },
        actions=actions,
        times={name: at + timedelta(seconds=dice.randrange(0, 4000)) for name in ACTIONS if name in actions},
    )


def _purchase(order_id: str, twin: Session) -> Session:
    """An order of the same customer on the same instant."""
    return Session(order_id, twin.client, twin.start, Decimal("5.55"), purchased=True, dimensions=twin.dimensions)


def _customer(dice: random.Random, client: str, sessions: list[Session], begin: datetime, end: datetime) -> Customer:
    """A download before, at, or well after the first session; a few before the first partition."""
    own = [s.start for s in sessions if s.client == client]
    first = min(own, default=begin)
    shift = dice.choice([timedelta(0), -timedelta(days=dice.randrange(0, 50)), timedelta(days=dice.randrange(0, 60))])
    download = (first + shift).replace(microsecond=0)
    signup = download + timedelta(hours=dice.randrange(0, 2000)) if dice.random() < 0.7 else None
    actions = {"first_login": download - timedelta(hours=3)} if dice.random() < 0.4 else {}
    return Customer(client, download, signup, actions)


def write_shop(shop: Shop, folder: Path, *, lake: str = "lake") -> Path:
    """Source files of a shop and the settings that read them; returns the settings file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sessions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names = [*shop.dimensions, *shop.actions]
        writer.writerow(["order_id", "client", "started", "amount", "discount", "bought", "coupon", *names])
        for s in shop.sessions:
            dimensions = [s.dimensions.get(name) or "" for name in shop.dimensions]
            actions = [_text(s.times.get(name)) for name in shop.actions]
            row = [
                s.order_id,
                s.client,
                _text(s.start),
                s.amount,
                s.discount,
                "yes" if s.purchased else "no",
                s.promotion,
            ]
            writer.writerow([*row, *dimensions, *actions])
    with (folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["client", "download_date", "signup_date", *shop.customer_actions])
        for c in shop.customers:
            actions = [_text(c.actions.get(name)) for name in shop.customer_actions]
            writer.writerow([c.client, _text(c.download), _text(c.signup), *actions])
    if shop.lines:
        with (folder / "lines.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["order_id", "product", "category", "price", "quantity", "off"])
            for x in shop.lines:
                writer.writerow([x.order_id, x.product, x.category, x.price, x.quantity, x.discount])
    if shop.deliveries:
        _write_deliveries(shop, folder / "deliveries.csv")
    more = (_LINES if shop.lines else "") + (_DELIVERIES if shop.deliveries else "")
    settings = folder / "ca_platform.yaml"
    settings.write_text(_settings(shop, lake) + more, encoding="utf-8")
    return settings


def _write_deliveries(shop: Shop, path: Path) -> None:
    names = ("delivery_date", "prepare_date", "return_date", "promised_date", "latitude", "longitude")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", *names])
        for d in shop.deliveries:
            instants = [_text(instant) for instant in (d.delivered, d.prepared, d.returned, d.promised)]
            writer.writerow([d.order_id, *instants, d.latitude, d.longitude])


def _text(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).isoformat()


# The category has its own name, so that it needs no mapping.
_LINES = """\
  lines:
    kind: csv
    path: lines.csv
    columns: {discount_amount: off}
"""

_DELIVERIES = """\
  deliveries:
    kind: csv
    path: deliveries.csv
"""


def _settings(shop: Shop, lake: str) -> str:
    return f"""\
business:
  time_zone: {shop.time_zone}
  currency: EUR
  start_date: {shop.start_date}
lake: {{path: {lake}}}
document_store: {{kind: embedded, path: {lake}/store.db}}
reports:
  history_days: {shop.history_days}
  cohort_days: {shop.cohort_days}
  churn: {{method: {shop.churn_method}, factor: {shop.churn_factor}, days: {shop.churn_days}}}
  most_combined_products: {{min_orders: {shop.min_orders}}}
  association_rules:
    min_support: {shop.min_support}
    min_confidence: {shop.min_confidence}
    max_size: {shop.max_size}
sources:
  sessions:
    kind: csv
    path: sessions.csv
    columns:
      session_start_date: started
      payment_amount: amount
      discount_amount: discount
      has_purchased: bought
    promotion_id: coupon
    dimensions: [{", ".join(shop.dimensions)}]
    actions: [{", ".join(shop.actions)}]
  customers:
    kind: csv
    path: customers.csv
    actions: [{", ".join(shop.customer_actions)}]
"""
