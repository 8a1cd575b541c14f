"""Reports of anomalies against a second implementation: loops over sessions, and over the scores of the days before.

What a detector should score is held against its definition in ``models/anomaly``; here, that the figures are those of the
shop, that flags follow from scores and budget, and that nothing follows from later days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.catalogue.anomalies import ANOMALIES, COHORT_OFFSETS, DAY_REPORTS, metric_in_words
from ca_platform.lake import Lake
from ca_platform.models.anomaly import backtest
from ca_platform.models.anomaly.watch import FEW_SALES, NEW_FIGURE, NO_SEASON, ONLY_TAUGHT
from ca_platform.reports import anomalies as reported
from ca_platform.settings import Settings
from ca_platform.training import anomalies
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.cohorts import cohorts
from ca_platform_tests.oracle.frames import days_of, load_frames
from ca_platform_tests.oracle.products import sold
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Session, world

SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 230, seed=1)
LAST = SHOP.start_date + timedelta(days=200)
NAMES = [spec.name for spec in ANOMALIES]
BUDGET = 1 / 30


@pytest.fixture(scope="module", autouse=True)
def _few_incidents() -> Iterator[None]:
    """A choice by chance takes less time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anomalies, "backtest", partial(backtest, incidents_per_kind=2))
        yield


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return load_frames(SHOP, tmp_path_factory.mktemp("anomalies"), SHOP.start_date + timedelta(days=229))


@pytest.fixture(scope="module")
def frames(loaded: tuple[Settings, Lake]) -> dict[str, pl.DataFrame]:
    with pytest.MonkeyPatch.context() as patch:
        # The shop is small, so that loops can follow: each flagged day counts, however few it rests on.
        patch.setattr(reported, "LEAST_EVENTS", 0.0)
        return computed(NAMES, [LAST], *loaded)


def sessions_by_day() -> dict[date, list[Session]]:
    zone = world(SHOP, LAST)
    found: dict[date, list[Session]] = {day: [] for day in days_of(SHOP, LAST)}
    for session in zone.sessions:
        found[zone.local_day(session.start)].append(session)
    return found


def quotient(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def funnel_figures(sessions: list[Session]) -> dict[str, float | None]:
    counts: dict[str, float] = {"sessions": len(sessions)}
    counts |= {name: sum(name in session.actions for session in sessions) for name in SHOP.actions}
    counts["orders"] = sum(session.purchased for session in sessions)
    names = list(counts)
    pairs = [*zip(names[1:], names, strict=False), ("orders", "sessions")]
    return {**counts, **{f"{part}/{whole}": quotient(counts[part], counts[whole]) for part, whole in pairs}}


def revenue_figures(sessions: list[Session]) -> dict[str, float | None]:
    amounts = [float(session.amount) for session in sessions if session.purchased]
    return {"revenue": sum(amounts), "orders": len(amounts), "mean_amount": quotient(sum(amounts), len(amounts))}


def hours_figure(sessions: dict[date, list[Session]], day: date) -> float | None:
    """Usual share of the hours in which any came, by what so many let expect; of the last eight same weekdays."""
    zone = world(SHOP, LAST)
    before = [sessions.get(day - timedelta(weeks=weeks), []) for weeks in range(1, 9)]
    past = [zone.local(session.start).hour for own in before for session in own]
    if sum(bool(own) for own in before) < 4 or not sessions[day]:
        return None
    busy = {zone.local(session.start).hour for session in sessions[day]}
    usual = {hour: past.count(hour) / len(past) for hour in set(past)}
    expected = sum(share * (1 - (1 - share) ** len(sessions[day])) for share in usual.values())
    return sum(share for hour, share in usual.items() if hour in busy) / expected


def products_figure(by_day: dict[date, list[tuple[str, str]]], day: date) -> float | None:
    """Usual share of the products sold, by what so many sales let expect; of the eight weeks before."""
    before = [by_day.get(day - timedelta(days=back), []) for back in range(1, 57)]
    open_days = sum(bool(own) for own in before)
    if open_days < 28 or not by_day[day]:
        return None
    past = Counter(product for own in before for _, product in own)
    sales = sum(past.values())
    shares = {product: orders / sales for product, orders in past.items()}

    def sells(share: float, times: float) -> float:
        return float(1 - (1 - share) ** times)

    usual = {product: sells(share, sales / open_days) for product, share in shares.items()}
    mean = sum(shares[product] * usual[product] for product in shares)
    if sum(shares[product] ** 2 * usual[product] * (1 - usual[product]) for product in shares) ** 0.5 > 0.1 * mean:
        return None
    here = {product for _, product in by_day[day]}
    expected = sum(share * sells(share, len(by_day[day])) for share in shares.values())
    return sum(share for product, share in shares.items() if product in here) / expected


def products_by_day() -> dict[date, list[tuple[str, str]]]:
    """Each product of each order once."""
    known = world(SHOP, LAST)
    found: dict[date, set[tuple[str, str]]] = {day: set() for day in days_of(SHOP, LAST)}
    for one in sold(known):
        found[known.local_day(one.order.start)].add((one.order.order_id, one.line.product))
    return {day: list(pairs) for day, pairs in found.items()}


def actual(frame: pl.DataFrame, day: date) -> dict[str, float | None]:
    return dict(frame.filter(pl.col("date") == day).select("metric", "actual").iter_rows())


def test_every_report_has_a_row_for_each_day_and_metric(frames: dict[str, pl.DataFrame]) -> None:
    for name in DAY_REPORTS:
        rows = frames[name].select("date", "metric").rows()
        metrics = sorted({metric for _, metric in rows})
        assert rows == [(day, metric) for day in days_of(SHOP, LAST) for metric in metrics]
        assert frames[name].columns[3:] == list(report_spec(name).column_names)


def test_figures_of_the_funnel_and_of_revenue_are_those_of_the_sessions(frames: dict[str, pl.DataFrame]) -> None:
    by_day = sessions_by_day()
    bought = {day: [session for session in sessions if session.purchased] for day, sessions in by_day.items()}
    products = products_by_day()
    for day, sessions in by_day.items():
        funnel = funnel_figures(sessions) | {"hours_with_sessions": hours_figure(by_day, day)}
        within = {"hours_with_orders": hours_figure(bought, day), "usual_products": products_figure(products, day)}
        revenue = revenue_figures(sessions) | within
        assert actual(frames["dfunnel_anomaly"], day) == pytest.approx(funnel)
        assert actual(frames["revenue_anomaly"], day) == pytest.approx(revenue)


def test_figures_of_cohorts_are_the_newest_cells_of_the_report_of_each_day(frames: dict[str, pl.DataFrame]) -> None:
    for day in days_of(SHOP, LAST)[::9]:
        known = world(SHOP, day)
        cells = {(row["cohort"], row["offset"]): row for row in cohorts(known, "daily", 0)}
        own = [cells.get((day - timedelta(days=offset), offset)) for offset in range(COHORT_OFFSETS)]
        counts = {f"offset_{offset}": cell["customers"] if cell else 0 for offset, cell in enumerate(own)}
        assert actual(frames["dcohort_anomaly"], day) == {"downloads": own[0]["cohort_size"] if own[0] else 0, **counts}
        shares = {f"offset_{offset}/downloads": cell["rate"] if cell else None for offset, cell in enumerate(own)}
        assert actual(frames["dcohort_anomaly_2"], day) == pytest.approx(shares)


def test_orders_are_expected_as_the_mean_of_the_four_same_weekdays_before(frames: dict[str, pl.DataFrame]) -> None:
    orders = Counter({day: sum(s.purchased for s in sessions) for day, sessions in sessions_by_day().items()})
    for row in frames["dorders_anomaly"].iter_rows(named=True):
        before = [row["date"] - timedelta(weeks=weeks) for weeks in (1, 2, 3, 4)]
        expected = sum(orders[day] for day in before) / 4 if before[-1] >= SHOP.start_date else None
        assert (row["actual"], row["expected"]) == (orders[row["date"]], expected)


def test_days_are_flagged_that_lie_further_off_than_the_budget_lets_come_by_chance(
    frames: dict[str, pl.DataFrame],
) -> None:
    judged = 0
    for name in DAY_REPORTS:
        flagged = set(frames[name].filter("is_anomaly")["date"].to_list())
        for week in weeks(frames[name]):
            for row in week:
                assert (row["date"] in flagged) == (row["p_value"] is not None and row["p_value"] <= BUDGET)
            for detector in {row["detector"] for row in week} - {None}:
                known = sorted((row["score"], -row["p_value"]) for row in week if row["detector"] == detector)
                assert sorted(p for _, p in known) == [p for _, p in known], "the further off, the less likely"
                judged += len(known)
        scored = frames[name].filter(pl.col("score").is_not_null())
        assert scored.filter(pl.col("date") < SHOP.start_date + timedelta(weeks=8)).is_empty()
    assert judged > 300


def weeks(frame: pl.DataFrame) -> Iterator[list[dict[str, Any]]]:
    """A row of each day, by weeks since the shop's start: those of a week are held against the same past."""
    days = frame.unique("date", keep="first").sort("date").to_dicts()
    for begin in range(0, len(days), 7):
        yield days[begin : begin + 7]


def test_rows_of_flags_say_what_they_rest_on(frames: dict[str, pl.DataFrame]) -> None:
    for name in DAY_REPORTS:
        frame = frames[name]
        assert frame.filter(pl.col("is_anomaly") != pl.col("direction").is_not_null()).is_empty()
        assert frame.filter(pl.col("is_anomaly") != pl.col("explanation").is_not_null()).is_empty()
        assert frame.filter("is_alarm").join(frame.filter("is_anomaly"), on="date", how="anti").is_empty()
        told = frame.filter("is_anomaly").select("metric", "explanation").rows()
        assert all(text.startswith(f"{metric_in_words(metric)}: ") for metric, text in told)


def test_notes_say_what_could_not_be_taken_out_of_each_figure(frames: dict[str, pl.DataFrame]) -> None:
    """Of a shop of less than a year in no country; shares of cohorts are unknown as long as nobody has come."""
    for name in DAY_REPORTS:
        taught = pl.col("date") < SHOP.start_date + timedelta(days=56)
        assert set(frames[name].filter(taught)["note"]) == {ONLY_TAUGHT}
        judged = frames[name].filter(~taught, pl.col("low").is_not_null())
        assert set(judged["note"]) == {f"{NO_SEASON}; {reported.NO_HOLIDAYS}"}
        unjudged = frames[name].filter(~taught, pl.col("low").is_null())
        of_products = pl.col("metric") == "usual_products"
        assert set(unjudged.filter(~of_products)["note"]) <= {NEW_FIGURE}
        assert set(unjudged.filter(of_products)["note"]) <= {NEW_FIGURE, FEW_SALES}


def test_dimension_values_are_those_of_flagged_days(frames: dict[str, pl.DataFrame]) -> None:
    flagged = pl.concat(
        frames[name].filter("is_anomaly").select("date", "metric")
        for name in ("dfunnel_anomaly", "revenue_anomaly", "dorders_anomaly")
    ).unique()
    # The hours within a day are those of the whole shop.
    flagged = flagged.filter(~pl.col("metric").str.starts_with("hours_with_"))
    found = frames["dimension_anomaly"]
    assert found.height
    assert set(found.select("date", "metric").rows()) == set(flagged.rows())
    assert found.group_by("date", "metric", "dimension").len()["len"].max() == 5
    by_day = sessions_by_day()
    for row in found.filter(pl.col("metric").is_in(["sessions", "orders"])).iter_rows(named=True):
        own = [s for s in by_day[row["date"]] if s.dimensions.get(row["dimension"]) == row["value"]]
        assert row["actual"] == (len(own) if row["metric"] == "sessions" else sum(s.purchased for s in own))


def test_days_together_and_later_data_change_nothing(loaded: tuple[Settings, Lake], tmp_path: Path) -> None:
    """A lake that ends on the last of the days, asked for one of them at a time, against all data and all days at once."""
    days = [LAST - timedelta(days=n) for n in (30, 17, 3, 0)]
    cut = load_frames(SHOP, tmp_path, days[-1])
    at_once = computed(NAMES, days, *loaded)
    one_by_one = [computed(NAMES, [day], *cut) for day in reversed(days)]
    for name in NAMES:
        assert at_once[name].equals(pl.concat(part[name] for part in reversed(one_by_one)))
    for name in NAMES[:-1]:
        first, last = (at_once[name].filter(report_date=day).drop("report_date") for day in (days[0], days[-1]))
        assert first.equals(last.filter(pl.col("date") <= days[0])), "rows stay as they were"


def test_a_day_that_still_runs_has_no_row(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    shop = nasty_shop("UTC", today - timedelta(days=3), 6, seed=4)
    tomorrow = today + timedelta(days=1)
    for frame in computed(DAY_REPORTS, [tomorrow], *load_frames(shop, tmp_path, tomorrow)).values():
        # Midnight may pass while the test runs.
        assert frame["date"].max() in (today - timedelta(days=1), today)
