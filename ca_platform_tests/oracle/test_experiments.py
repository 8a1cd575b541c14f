"""Declared experiments against a second implementation: loops over records, SciPy and statsmodels for the tests.

One experiment is a column of the sessions, one is a source of assignments; some customers change their variant, some
never come. Hillstrom's randomised e-mails are the golden values.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.computed import computed

START, DAYS = date(2024, 1, 1), 90
BEGUN = datetime(2024, 2, 10, tzinfo=UTC)
SECOND = datetime(2024, 2, 15, 12, tzinfo=UTC)
ON = [date(2024, 2, 9), date(2024, 2, 16), date(2024, 3, 10), date(2024, 3, 30)]
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


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return loaded_all(write(tmp_path_factory.mktemp("experiments"), [*enumerate(SESSIONS)], ASSIGNMENTS), DAYS)


def loaded_all(settings: Settings, days: int) -> tuple[Settings, Lake]:
    lake = Lake.open(settings)
    start = settings.business.start_date
    for source in settings.sources.connected():
        ingest(source, [start + timedelta(days=n) for n in range(days)], settings, lake)
    return settings, lake


@pytest.fixture(scope="module")
def found(loaded: tuple[Settings, Lake]) -> pl.DataFrame:
    return computed(["experiments"], ON, *loaded)["experiments"]


def local_day(at: datetime) -> date:
    return (at.astimezone(UTC)).date()  # London has no summer time before the last day of this shop


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
    own = [s for s in SESSIONS if s.client == client]
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
        "discount_per_customer": math.fsum(s.paid for s in bought),
        "sessions_per_customer": float(sum(local_day(s.at) < local_day(given) for s in own)),
    }
    idle = (given - max(s.at for s in bought)) / timedelta(days=1) if bought else None
    return Person(variant, outcome, before, idle, not early)


def groups(experiment: str, day: date) -> dict[str, list[Person]]:
    by_variant: dict[str, list[Person]] = {}
    for client, (variant, given, _) in sorted(entries(experiment, day).items()):
        by_variant.setdefault(variant, []).append(person(client, variant, given, day))
    return by_variant


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


def cases(found: pl.DataFrame) -> Iterator[tuple[dict[str, Any], date]]:
    for row in found.iter_rows(named=True):
        yield row, min(row["report_date"], LAST if row["experiment"] == "page" else row["report_date"])


def test_rows_are_those_of_variants_that_were_seen_by_then(found: pl.DataFrame) -> None:
    rows = (
        found.group_by("report_date", "experiment")
        .agg(pl.col("variant").unique().sort())
        .sort("report_date", "experiment")
    )
    assert rows.rows() == [
        (ON[1], "mail", ["one", "two"]),
        (ON[1], "page", ["new"]),
        (ON[2], "mail", ["one", "two"]),
        (ON[2], "page", ["new"]),
        (ON[3], "mail", ["one", "two"]),
        (ON[3], "page", ["new"]),
    ]
    assert set(found.filter(experiment="mail", role="goal")["metric"]) == {"conversion"}
    assert set(found.filter(experiment="mail", role="guard")["metric"]) == {"revenue_per_customer"}


def test_sizes_means_and_changes_of_variant_are_those_by_loops(found: pl.DataFrame) -> None:
    for row, day in cases(found):
        by_variant = groups(row["experiment"], day)
        a, b = (by_variant.get(row[name], []) for name in ("control", "variant"))
        assert (row["customers_a"], row["customers_b"]) == (len(a), len(b))
        for name, side in (("mean_a", a), ("mean_b", b)):
            mean = sum(one.outcome[row["metric"]] for one in side) / len(side)
            assert row[name] == pytest.approx(mean, rel=1e-9), (row["metric"], row["report_date"])
        who = entries(row["experiment"], day)
        switched = sum(late for variant, _, late in who.values() if variant in (row["control"], row["variant"]))
        assert row["switched_customers"] == switched
        sizes = [
            len(by_variant.get(name, []))
            for name in (["new", "old"] if row["experiment"] == "page" else ["none", "one", "two"])
        ]
        shares = [1, 1] if row["experiment"] == "page" else [2, 1, 1]
        expected = [sum(sizes) * share / sum(shares) for share in shares]
        assert row["srm_p_value"] == pytest.approx(stats.chisquare(sizes, expected).pvalue, rel=1e-9)


def test_adjusted_differences_are_least_squares_of_statsmodels(found: pl.DataFrame) -> None:
    judged = 0
    for row, day in cases(found.filter(pl.col("p_value").is_not_null())):
        by_variant = groups(row["experiment"], day)
        a, b = by_variant[row["control"]], by_variant[row["variant"]]
        difference, error, p = by_regression(a, b, row["metric"])
        assert row["test"] == "regression_adjusted"
        assert row["difference"] == pytest.approx(difference, rel=1e-9, abs=1e-12)
        assert row["p_value"] == pytest.approx(p, rel=1e-9)
        plain = stats.ttest_ind(*([one.outcome[row["metric"]] for one in side] for side in (b, a)), equal_var=False)
        assert row["raw_p_value"] == pytest.approx(plain.pvalue, rel=1e-9)
        own = np.sqrt(sum(np.var([one.outcome[row["metric"]] for one in side], ddof=1) / len(side) for side in (a, b)))
        assert row["variance_reduction"] == pytest.approx(1 - (error / own) ** 2, rel=1e-9)
        judged += 1
    assert judged > 25


def test_p_values_for_every_day_and_their_correction_are_those_by_the_formulas(found: pl.DataFrame) -> None:
    for (day, experiment), rows in found.filter(pl.col("p_value").is_not_null()).group_by("report_date", "experiment"):
        begun = min(given for _, given, _ in entries(str(experiment), ON[3]).values())
        last = LAST if experiment == "page" else date.fromordinal(local_day(begun).toordinal() + 29)
        end = min(day, LAST) if experiment == "page" else day
        done, planned = (
            (datetime.combine(of, datetime.min.time(), UTC) + timedelta(days=1) - begun) / timedelta(days=1)
            for of in (end, last)
        )
        assert set(rows["planned_until"]) == {last}
        for row in rows.iter_rows(named=True):
            z = row["statistic"]
            share = (done / planned) ** 2
            bound = 4 * stats.norm.sf(abs(z) * math.sqrt(share)) if share <= 1 + 1e-9 else 1
            spread = (-2 * math.log(0.025) + math.log(-2 * math.log(0.025) + 1)) * share / 0.25
            sequence = math.sqrt(1 + spread) * math.exp(-0.5 * z**2 * spread / (1 + spread))
            known = min(1, 2 * min(1, bound, sequence))
            assert row["p_value_sequential"] == pytest.approx(max(known, row["p_value"]), rel=1e-9)
        family = rows.filter((pl.col("role") != "guard") & pl.col("note").is_null())
        known_p = multipletests(family["p_value_sequential"].to_numpy(), method="fdr_bh")[1]
        assert family["p_adjusted"].to_numpy() == pytest.approx(known_p, rel=1e-9)
        assert family["significant"].to_list() == (known_p <= 0.05).tolist()


def test_nothing_changes_after_the_last_day_of_an_experiment(
    found: pl.DataFrame, loaded: tuple[Settings, Lake]
) -> None:
    frozen = computed(["experiments"], [LAST], *loaded)["experiments"]
    late = found.filter(report_date=ON[3], experiment="page")
    assert late.drop("report_date").equals(frozen.filter(experiment="page").drop("report_date"))


def test_days_at_once_are_days_one_by_one_and_nothing_of_later_is_used(
    found: pl.DataFrame, loaded: tuple[Settings, Lake]
) -> None:
    for day in ON[1:3]:
        alone = computed(["experiments"], [day], *loaded)["experiments"]
        assert alone.equals(found.filter(report_date=day))


def test_dimension_value_is_the_shop_that_had_only_its_sessions(loaded: tuple[Settings, Lake], tmp_path: Path) -> None:
    settings, lake = loaded
    options = {"ab_test": settings.reports.ab_test.model_copy(update={"by_dimension": True})}
    whole = settings.model_copy(update={"reports": settings.reports.model_copy(update=options)})
    values = computed(["experiments"], [ON[2], ON[3]], whole, lake)["experiments"].filter(report_value="far")
    inside = [(place, s) for place, s in enumerate(SESSIONS) if country(place) == "far"]
    for day in (ON[2], ON[3]):
        visitors = {s.client for _, s in inside if local_day(s.at) <= day}
        folder = tmp_path / str(day)
        folder.mkdir()
        alone = write(folder, inside, [a for a in ASSIGNMENTS if a.client in visitors])
        known = computed(["experiments"], [day], *loaded_all(alone, DAYS))["experiments"]
        unknown = pl.col("metric").is_in(["sessions_per_customer", "discount_per_customer"])
        names = [*known.columns[:3], "decision"]
        own = values.filter(report_date=day)
        assert set(own["experiment"]) == {"page", "mail"}
        assert own.drop(names).equals(known.filter(~unknown).drop(names))


HILLSTROM = """\
business: {time_zone: UTC, currency: USD, start_date: 2008-01-01}
reports: {experiments: {mail: {control: No E-Mail, planned_days: 14, guards: []}}}
sources:
  sessions:
    kind: parquet
    path: sessions.parquet
  assignments:
    kind: parquet
    path: assignments.parquet
"""
PUBLISHED = {"No E-Mail": (0.00573, 0.6528), "Mens E-Mail": (0.01253, 1.4226), "Womens E-Mail": (0.00884, 1.0772)}


@pytest.fixture(scope="module")
def hillstrom(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("hillstrom")
    rows = pl.read_parquet(public_data / "hillstrom" / "customers.parquet").with_row_index("number")
    client = pl.format("c{}", "number")
    given, visited = datetime(2008, 1, 2, tzinfo=UTC), datetime(2008, 1, 9, tzinfo=UTC)
    rows.select(
        client.alias("client"), experiment=pl.lit("mail"), variant="segment", assigned_at=pl.lit(given)
    ).write_parquet(folder / "assignments.parquet")
    rows.filter(pl.col("visit") == 1).select(
        client.alias("client"),
        order_id=client,
        session_start_date=pl.lit(visited),
        has_purchased=pl.col("conversion") == 1,
        payment_amount="spend",
    ).write_parquet(folder / "sessions.parquet")
    (folder / "ca_platform.yaml").write_text(HILLSTROM)
    days = 15
    settings, lake = loaded_all(load_settings(folder / "ca_platform.yaml", {}), days)
    return computed(["experiments"], [date(2008, 1, days)], settings, lake)["experiments"]


def test_hillstrom_has_the_published_rates_and_spend(hillstrom: pl.DataFrame) -> None:
    assert hillstrom.height == 6
    for row in hillstrom.filter(metric="conversion").iter_rows(named=True):
        assert row["mean_a"] == pytest.approx(PUBLISHED["No E-Mail"][0], abs=5e-6)
        assert row["mean_b"] == pytest.approx(PUBLISHED[row["variant"]][0], abs=5e-6)
        assert row["customers_a"] == 21_306
    for row in hillstrom.filter(metric="revenue_per_customer").iter_rows(named=True):
        assert row["mean_a"] == pytest.approx(PUBLISHED["No E-Mail"][1], abs=5e-5)
        assert row["mean_b"] == pytest.approx(PUBLISHED[row["variant"]][1], abs=5e-5)


def test_hillstroms_verdict_on_mens_mail_is_statsmodels(hillstrom: pl.DataFrame) -> None:
    row = hillstrom.filter(metric="conversion", variant="Mens E-Mail").row(0, named=True)
    low, high = confint_proportions_2indep(267, 21_307, 122, 21_306, compare="diff", method="newcomb")
    assert row["difference"] == pytest.approx(267 / 21_307 - 122 / 21_306, rel=1e-9)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))
    assert (row["significant"], row["direction"], row["test"]) == (True, "increase", "proportions")
    assert row["p_adjusted"] < 1e-10
    assert row["srm_p_value"] == pytest.approx(np.exp(-0.10127), abs=1e-5)
    assert row["decision"].startswith("Take Mens E-Mail: revenue per customer rose by 117.9 % against No E-Mail")
