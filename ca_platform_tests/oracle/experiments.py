"""A small shop with two experiments, and what declared experiments say of it by loops over records, SciPy and statsmodels.

One experiment is a column of the sessions, one is a source of assignments; some customers change their variant, some
never come.
"""

from __future__ import annotations

import csv
import math
import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from statistics import pstdev
from typing import NamedTuple

import numpy as np
import statsmodels.api as sm
from scipy import stats

from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings

START, DAYS = date(2024, 1, 1), 90
BEGUN = datetime(2024, 2, 10, tzinfo=UTC)
SECOND = datetime(2024, 2, 15, 12, tzinfo=UTC)
LAST = date(2024, 3, 20)
TEXT = f"""\
business: {{time_zone: Europe/London, currency: EUR, start_date: {START}}}
reports:
  experiments:
    page: {{control: old, last_day: {LAST}}}
    mail: {{goal: conversion, shares: {{none: 2, one: 1, two: 1}}, planned_days: 30, guards: [revenue_per_customer]}}
sources:
  sessions:
    kind: csv
    path: sessions.csv
    dimensions: [country]
    experiments: [page]
  assignments:
    kind: csv
    path: assignments.csv
    columns: {{experiment: test, client: who, variant: arm, assigned_at: when}}
"""


class Session(NamedTuple):
    client: str
    at: datetime
    paid: float
    off: float
    bought: bool
    page: str


class Assignment(NamedTuple):
    experiment: str
    client: str
    variant: str
    at: datetime


def shop() -> tuple[list[Session], list[Assignment]]:
    """Sessions, of which those from the beginning on show a page, and assignments to a mail."""
    dice = random.Random(4)
    sessions, assignments = [], []
    for number in range(420):
        client, rate = f"c{number:03}", dice.gammavariate(1.5, 0.08)
        page, at = dice.choice(["old", "new"]), datetime(2024, 1, 1, tzinfo=UTC)
        while True:
            at += timedelta(seconds=int(dice.expovariate(rate) * 86_400) + 1)
            if at >= datetime(2024, 3, 31, tzinfo=UTC):
                break
            bought = dice.random() < (0.45 if page == "old" else 0.6)
            shown = "" if at < BEGUN else page if dice.random() < 0.97 else {"old": "new", "new": "old"}[page]
            paid = round(dice.gammavariate(2, 20), 2) if bought else 0.0
            sessions.append(
                Session(client, at, paid, round(paid * 0.1, 2) if dice.random() < 0.3 else 0.0, bought, shown)
            )
        arm, given = dice.choice(["none", "none", "one", "two"]), SECOND + timedelta(hours=dice.randrange(0, 200))
        assignments.append(Assignment("mail", client, arm, given))
        if number % 25 == 0:
            assignments.append(Assignment("mail", client, "one", given - timedelta(hours=30)))
    assignments += [Assignment("mail", f"nobody {n}", ["none", "one", "none", "two"][n % 4], SECOND) for n in range(40)]
    return sessions, assignments


SESSIONS, ASSIGNMENTS = shop()
OWN = {client: list(own) for client, own in groupby(SESSIONS, key=lambda session: session.client)}


def country(place: int) -> str:
    """The dimension value of a session."""
    return "far" if place % 3 == 0 else "near"


def write(folder: Path, sessions: list[tuple[int, Session]], assignments: list[Assignment]) -> Settings:
    """Source files of numbered sessions and of assignments, and the settings that read them."""
    with (folder / "sessions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        names = (
            "order_id",
            "client",
            "session_start_date",
            "payment_amount",
            "discount_amount",
            "has_purchased",
            "page",
            "country",
        )
        writer.writerow(names)
        for place, s in random.Random(1).sample(sessions, len(sessions)):
            row = [f"o{place}", s.client, s.at.isoformat(), s.paid, s.off, s.bought, s.page, country(place)]
            writer.writerow(row)
    with (folder / "assignments.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["test", "who", "arm", "when"])
        writer.writerows([a.experiment, a.client, a.variant, a.at.isoformat()] for a in reversed(assignments))
    (folder / "ca_platform.yaml").write_text(TEXT)
    return load_settings(folder / "ca_platform.yaml", {})


def loaded_all(settings: Settings, days: int) -> tuple[Settings, Lake]:
    lake = Lake.open(settings)
    start = settings.business.start_date
    for source in settings.sources.connected():
        ingest(source, [start + timedelta(days=n) for n in range(days)], settings, lake)
    return settings, lake


def local_day(at: datetime) -> date:
    return (at.astimezone(UTC)).date()  # London has no summer time before the last day of this shop


@cache
def entries(experiment: str, day: date) -> dict[str, tuple[str, datetime, bool]]:
    """Variant, time and whether another one came later, of everybody who was assigned."""
    seen = [Assignment("page", s.client, s.page, s.at) for s in SESSIONS if s.page]
    rows = [a for a in (*seen, *ASSIGNMENTS) if a.experiment == experiment and local_day(a.at) <= day]
    first: dict[str, tuple[str, datetime, bool]] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.variant)):
        if row.client not in first:
            first[row.client] = (row.variant, row.at, False)
        elif row.variant != first[row.client][0]:
            first[row.client] = (*first[row.client][:2], True)
    return first


class Person(NamedTuple):
    variant: str
    outcome: dict[str, float]
    before: dict[str, float]
    idle: float | None
    is_new: bool


def person(client: str, variant: str, given: datetime, day: date) -> Person:
    own = OWN.get(client, [])
    end = [s for s in own if local_day(s.at) <= day]
    after = [s for s in end if s.bought and s.at >= given]
    days = [s for s in end if local_day(s.at) >= local_day(given)]
    early = [s for s in own if s.at < given]
    bought = [s for s in early if s.bought]
    outcome = {
        "orders_per_customer": float(len(after)),
        "revenue_per_customer": math.fsum(s.paid for s in after),
        "conversion": float(bool(after)),
        "sessions_per_customer": float(len(days)),
        "discount_per_customer": math.fsum(s.off for s in days if s.bought),
    }
    orders = float(len(bought))
    before = {
        "orders_per_customer": orders,
        "conversion": orders,
        "revenue_per_customer": math.fsum(s.paid for s in bought),
        "capped_revenue_per_customer": math.fsum(s.paid for s in bought),
        "discount_per_customer": math.fsum(s.paid for s in bought),
        "sessions_per_customer": float(sum(local_day(s.at) < local_day(given) for s in own)),
    }
    idle = (given - max(s.at for s in bought)) / timedelta(days=1) if bought else None
    return Person(variant, outcome, before, idle, not early)


@cache
def groups(experiment: str, day: date) -> dict[str, list[Person]]:
    by_variant: dict[str, list[Person]] = {}
    for client, (variant, given, _) in sorted(entries(experiment, day).items()):
        by_variant.setdefault(variant, []).append(person(client, variant, given, day))
    everybody = [one for people in by_variant.values() for one in people]
    most = cap([one.outcome["revenue_per_customer"] for one in everybody])
    for one in everybody:
        one.outcome["capped_revenue_per_customer"] = min(one.outcome["revenue_per_customer"], most)
    return by_variant


def cap(paid: list[float]) -> float:
    """Of four quantiles of the amounts that were paid, the one under which a change in proportion stands out most."""
    some = sorted(amount for amount in paid if amount > 0)

    def contrast(most: float) -> float:
        return sum(amount for amount in paid if amount < most) / pstdev(min(amount, most) for amount in paid)

    return max((some[math.ceil(len(some) * percent / 100) - 1] for percent in (99, 98, 95, 90)), key=contrast)


def covariates(people: list[Person], metric: str) -> np.ndarray:
    """Amount or 0, whether one is new, root, and both and 1 faded by the days since the last order."""
    rows = []
    for one in people:
        amount = 0.0 if one.is_new else one.before[metric]
        near = 0.0 if one.idle is None else math.exp(-one.idle / 60)
        rows.append([amount, float(one.is_new), math.sqrt(amount), amount * near, math.sqrt(amount) * near, near])
    return np.array(rows)


def by_regression(a: list[Person], b: list[Person], metric: str) -> tuple[float, float, float]:
    """Adjusted difference, its standard error and p: slopes from least squares with each side weighed by the other."""
    y = [np.array([one.outcome[metric] for one in side]) for side in (a, b)]
    x = [covariates(side, metric) for side in (a, b)]
    # Variances of the means are sums of squares over n (n - 1).
    root = [1 / math.sqrt(len(side) * (len(side) - 1)) for side in (a, b)]
    centred_y = np.concatenate([(y[n] - y[n].mean()) * root[n] for n in (0, 1)])
    centred_x = np.concatenate([(x[n] - x[n].mean(axis=0)) * root[n] for n in (0, 1)])
    fitted = sm.OLS(centred_y, centred_x).fit()
    rank = int(fitted.model.rank)
    apart = y[1].mean() - y[0].mean() - (x[1].mean(axis=0) - x[0].mean(axis=0)) @ fitted.params
    left = [float(np.var(y[n] - x[n] @ fitted.params, ddof=1)) / len(y[n]) for n in (0, 1)]
    degrees = sum(left) ** 2 / sum(left[n] ** 2 / (len(y[n]) - 1) for n in (0, 1))
    error = math.sqrt(sum(left) * degrees / (degrees - rank))
    return float(apart), error, float(2 * stats.t.sf(abs(apart / error), degrees - rank))
