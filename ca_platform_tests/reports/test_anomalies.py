"""What reports of anomalies say of a planted incident, and which dimension value they name."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import polars as pl
import pytest

from ca_platform.models.anomaly.records import Floats, Metric, Panel, Watched
from ca_platform.models.anomaly.watch import ONLY_TAUGHT
from ca_platform.reports.anomalies import OTHER_IDS, is_of_few
from ca_platform.reports.anomaly_values import Parts, Split, in_words, parts_of
from ca_platform.settings import Settings
from ca_platform.settings.reports import Event
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.world import Line, Session, Shop

START, DAYS, LOST, DARK = date(2024, 1, 1), 90, 80, 85
DAY = START + timedelta(days=LOST)
ORDERS = Metric("orders", "count")
CONVERSION = Metric("orders/sessions", "ratio", "orders", "sessions")


def split(
    metric: Metric, numerator: Floats, expected: Floats, denominator: Floats | None = None, *, others: float = 0.0
) -> Split:
    """Values of two sessions' regions, and of more that are not looked at; the last day is the one in question."""
    is_usual = np.ones(numerator.shape[0], bool)
    is_usual[-1] = False
    below = None if denominator is None else denominator.sum(axis=1)
    return Split(metric, numerator, denominator, numerator.sum(axis=1) + others, below, expected, is_usual)


def of_counts(*last: float) -> Parts:
    numerator = np.vstack([np.tile([60.0, 40.0], (20, 1)), last])
    return parts_of(split(ORDERS, numerator, np.full(21, 100.0)))


def test_a_value_that_loses_alone_explains_the_day() -> None:
    found = of_counts(12.0, 38.0)
    assert found.expected == pytest.approx([60, 40])
    assert found.difference == pytest.approx([-48, -2])
    assert found.contribution == pytest.approx([0.96, 0.04])
    assert found.residual == pytest.approx(np.log([12.5 / 60.5, 38.5 / 40.5]))
    assert found.p_value == pytest.approx([1 / 21, 1 / 21])
    assert found.explains.tolist() == [True, False]


def test_no_value_explains_what_all_of_them_do() -> None:
    """The larger value brings more than half of the deviation, and falls no more than the other."""
    found = of_counts(30.0, 20.0)
    assert found.contribution == pytest.approx([0.6, 0.4])
    assert not found.explains.any()


def test_a_value_that_goes_the_other_way_has_a_contribution_below_nothing() -> None:
    found = of_counts(20.0, 50.0)
    assert found.contribution == pytest.approx([40 / 30, -10 / 30])
    assert found.explains.tolist() == [True, False]


def test_a_ratio_counts_what_is_missing_of_its_numerator() -> None:
    sessions = np.tile([1000.0, 500.0], (21, 1))
    orders = np.vstack([np.tile([50.0, 50.0], (20, 1)), [48.0, 10.0]])
    found = parts_of(split(CONVERSION, orders, np.full(21, 100 / 1500), sessions))
    assert found.expected == pytest.approx([0.05, 0.1])
    assert found.difference == pytest.approx([-2, -40])
    assert found.explains.tolist() == [False, True]


def test_values_without_a_past_or_a_figure_say_nothing() -> None:
    sessions = np.tile([1000.0, 0.0, 0.0], (21, 1))
    sessions[-1, 2] = 10
    orders = np.zeros((21, 3))
    orders[:, 0] = 50
    found = parts_of(split(CONVERSION, orders, np.full(21, 0.05), sessions))
    assert np.isnan(found.residual[1:]).all()
    assert np.isnan(found.p_value[1:]).all()
    assert not found.explains.any()


def test_a_dimension_of_one_value_explains_nothing() -> None:
    numerator = np.append(np.full(20, 100.0), 10.0)[:, None]
    assert parts_of(split(ORDERS, numerator, np.full(21, 100.0))).explains.tolist() == [False]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((8.0, 10.0, -2.0, "orders"), "x: −20%, about 2 orders fewer"),
        ((11.0, 10.0, 1.0, "orders"), "x: +10%, about 1 order more"),
        ((80.0, 100.0, -1200.4, "KWD of revenue"), "x: −20%, about 1,200 KWD of revenue less"),
        ((3.0, 0.0, 3.0, "orders"), "x: none expected, about 3 orders more"),
        ((np.nan, 10.0, np.nan, "orders"), "x: −100%"),
    ],
)
def test_deviations_in_words(numbers: tuple[float, float, float, str], words: str) -> None:
    assert in_words("x", *numbers) == words


def test_a_day_that_is_off_by_fewer_than_three_events_is_no_reason_to_call_anybody() -> None:
    metrics = (
        Metric("orders", "count"),
        Metric("orders/sessions", "ratio", "orders", "sessions"),
        Metric("revenue", "amount"),
    )
    values = np.array([[2.0, 0.2, 0.0], [4.0, 0.2, 0.0], [2.0, 0.4, 0.0], [2.0, 0.1, 9.0], [0.0, 0.0, 0.0]])
    sizes = np.array([[2.0, 10.0, 2.0], [4.0, 10.0, 2.0], [2.0, 10.0, 2.0], [2.0, 20.0, 1.0], [0.0, 0.0, 0.0]])
    expected = np.tile([1.0, 0.1, 1.0], (5, 1))
    leading = np.array([0, 0, 1, 2, -1])
    days = np.datetime64("2024-01-01") + np.arange(5)
    watched = SimpleNamespace(expected=expected, leading=leading)
    found = is_of_few(Panel(days, metrics, values, sizes), cast("Watched", watched))
    # One order more; three more; an order in three more of ten sessions; money; no leading metric.
    assert found.tolist() == [True, False, False, False, False]


def planted(*, lost: bool = True) -> Shop:
    """Some 60 sessions a day in two regions; on one day nearly all of one region are lost, on one all of ten hours."""
    dice = np.random.default_rng(7)
    sessions: list[Session] = []
    for day in range(DAYS):
        for region, mean in (("EU", 40), ("US", 20)):
            count = dice.poisson(mean * (0.1 if lost and day == LOST and region == "EU" else 1.0))
            for _ in range(count):
                begun = datetime(2024, 1, 1, 1, tzinfo=UTC) + timedelta(days=day, seconds=int(dice.integers(80_000)))
                bought = bool(dice.random() < 0.4)
                if lost and day == DARK and 9 <= begun.hour < 19:
                    continue
                sessions.append(
                    Session(
                        f"{len(sessions)}",
                        f"client {dice.integers(2000)}",
                        begun,
                        Decimal(20) if bought else Decimal(0),
                        purchased=bought,
                        dimensions={"region": region},
                    )
                )
    return Shop(sessions, [], START, "UTC", dimensions=("region",))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, object]:
    return load_frames(planted(), tmp_path_factory.mktemp("planted"), START + timedelta(days=DAYS - 1))


def test_lost_sessions_of_a_region_are_found_and_named(shop: tuple[Settings, object]) -> None:
    names = ["dfunnel_anomaly", "revenue_anomaly", "dorders_anomaly", "dimension_anomaly"]
    found = computed(names, [START + timedelta(days=DAYS - 1)], *shop)  # type: ignore[arg-type]
    row = found["dfunnel_anomaly"].row(
        by_predicate=(pl.col("date") == DAY) & (pl.col("metric") == "sessions"), named=True
    )
    assert (row["is_anomaly"], row["is_alarm"], row["direction"]) == (True, True, "decrease")
    assert row["actual"] < row["low"]
    assert re.fullmatch(
        r"sessions: −\d\d%, about \d\d sessions fewer\. region = EU: −\d\d%, about \d\d sessions fewer",
        row["explanation"],
    )
    assert found["dorders_anomaly"].filter(pl.col("date") == DAY)["is_anomaly"].to_list() == [True]
    money = found["revenue_anomaly"].filter(pl.col("date") == DAY, pl.col("metric") == "revenue")["explanation"][0]
    assert re.match(rf"revenue: −\d\d%, about \S+ {shop[0].business.currency} of revenue less", money)
    values = found["dimension_anomaly"].filter(pl.col("date") == DAY, pl.col("metric") == "sessions")
    assert values.select("value", "is_anomaly").rows() == [("EU", True), ("US", False)]
    assert values["explanation"][0].startswith("sessions, region = EU: −")
    assert values["contribution"].sum() == pytest.approx(1)
    assert values["expected"].sum() == pytest.approx(row["expected"])


def test_a_known_event_is_marked_and_not_flagged(shop: tuple[Settings, object]) -> None:
    settings, lake = shop
    anomaly = settings.reports.anomaly.model_copy(update={"events": (Event(date=DAY, name="Move of the store"),)})
    reports = settings.reports.model_copy(update={"anomaly": anomaly})
    known = settings.model_copy(update={"reports": reports})
    names = ["dfunnel_anomaly", "dorders_anomaly", "dimension_anomaly"]
    found = computed(names, [DAY], known, lake)  # type: ignore[arg-type]
    rows = found["dfunnel_anomaly"].filter(pl.col("date") == DAY)
    assert not rows["is_anomaly"].any()
    assert rows["score"].is_not_null().all()
    assert rows["explanation"].unique().to_list() == ["known event: Move of the store"]
    assert found["dimension_anomaly"].filter(pl.col("date") == DAY).is_empty()


def test_a_day_that_stood_still_says_from_when_to_when(shop: tuple[Settings, object]) -> None:
    day = START + timedelta(days=DARK)
    found = computed(["dfunnel_anomaly"], [START + timedelta(days=DAYS - 1)], *shop)["dfunnel_anomaly"]  # type: ignore[arg-type]
    row = found.row(by_predicate=(pl.col("date") == day) & (pl.col("metric") == "hours_with_sessions"), named=True)
    assert row["is_anomaly"]
    assert row["expected"] == pytest.approx(1, abs=0.05)
    assert re.fullmatch(r"hours with sessions: −4\d%, none from 09:00 to 19:00", row["explanation"])


def test_holidays_of_the_country_are_marked_and_not_flagged(shop: tuple[Settings, object]) -> None:
    """The day on which a region is lost lies in a country where it is a holiday: 21 March 2024 in Persia."""
    settings, lake = shop
    assert date(2024, 3, 21) == DAY
    anomaly = settings.reports.anomaly.model_copy(update={"country": "IR"})
    reports = settings.reports.model_copy(update={"anomaly": anomaly})
    last = START + timedelta(days=DAYS - 1)
    found = computed(["dfunnel_anomaly"], [last], settings.model_copy(update={"reports": reports}), lake)  # type: ignore[arg-type]
    frame = found["dfunnel_anomaly"]
    rows = frame.filter(pl.col("date") == DAY)
    assert not rows["is_anomaly"].any()
    assert rows["explanation"].str.starts_with("public holiday: ").all()
    assert not frame.drop_nulls("note")["note"].str.contains("public holidays not known").any()


def test_new_customers_are_not_judged_while_all_customers_come_under_other_ids(tmp_path: Path) -> None:
    """Their figures stand there as they are, and say why; what does not depend on who comes is judged."""
    changed, dice = START + timedelta(days=70), np.random.default_rng(3)
    sessions: list[Session] = []
    for day in range(DAYS):
        known = "new" if day >= 70 else "old"
        clients = [f"{known} {one}" for one in dice.choice(300, 60)] + [f"guest {day} {one}" for one in range(5)]
        for number, client in enumerate(clients):
            begun = datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=day, seconds=number)
            sessions.append(Session(f"{len(sessions)}", client, begun, Decimal(9), purchased=number % 3 == 0))
    last = START + timedelta(days=DAYS - 1)
    names = ["dcohort_anomaly", "dcohort_anomaly_2", "dfunnel_anomaly"]
    found = computed(names, [last], *load_frames(Shop(sessions, [], START, "UTC"), tmp_path, last))
    held = pl.col("date").is_between(changed, changed + timedelta(days=6))
    for name in names[:2]:
        rows = found[name].filter(held)
        assert set(rows["note"]) == {OTHER_IDS}
        assert rows["score"].is_null().all()
        assert not rows["is_anomaly"].any()
        before = found[name].filter(pl.col("date").is_between(START + timedelta(days=56), changed, closed="left"))
        assert not before["note"].str.contains("other ids").any()
    downloads = found[names[0]].filter(pl.col("metric") == "downloads", pl.col("date") == changed)
    assert downloads["actual"].item() > 50
    funnel = found[names[2]].filter(held)
    assert funnel["score"].is_not_null().all()
    assert not funnel["note"].str.contains("other ids").any()
    assert set(found[names[0]].filter(pl.col("date") < START + timedelta(days=28))["note"]) == {ONLY_TAUGHT}


def test_products_that_are_not_sold_are_named(tmp_path: Path) -> None:
    """Two of five products are gone on a day, and no fewer orders come; the shop without lines does not look at them."""
    dice = np.random.default_rng(5)
    sessions: list[Session] = []
    lines: list[Line] = []
    for day in range(DAYS):
        known = ["cup", "fork", "knife"] if day == LOST else ["cup", "fork", "knife", "mug", "plate"]
        for number in range(int(dice.poisson(60))):
            begun = datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=day, seconds=60 * number)
            order = Session(f"{len(sessions)}", f"client {dice.integers(900)}", begun, Decimal(9), purchased=True)
            sessions.append(order)
            lines.append(Line(order.order_id, str(dice.choice(known)), Decimal(9)))
    last = START + timedelta(days=DAYS - 1)
    shop = Shop(sessions, [], START, "UTC", lines=lines)
    (tmp_path / "with").mkdir()
    frame = computed(["revenue_anomaly"], [last], *load_frames(shop, tmp_path / "with", last))["revenue_anomaly"]
    row = frame.row(by_predicate=(pl.col("date") == DAY) & (pl.col("metric") == "usual_products"), named=True)
    assert (row["is_anomaly"], row["is_alarm"], row["direction"]) == (True, True, "decrease")
    assert row["actual"] == pytest.approx(0.6, abs=0.05)
    assert re.fullmatch(
        r"usual products sold: −\d\d%, nothing sold of (mug, plate|plate, mug)",
        row["explanation"],
    )
    (tmp_path / "without").mkdir()
    plain = replace(shop, lines=[])
    frame = computed(["revenue_anomaly"], [last], *load_frames(plain, tmp_path / "without", last))["revenue_anomaly"]
    assert set(frame["metric"]) == {"revenue", "orders", "hours_with_orders", "mean_amount"}
