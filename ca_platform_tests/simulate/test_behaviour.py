"""What was planted in the simulated shop can be found in its files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ca_platform.simulate import ShopParameters, simulate_shop
from ca_platform.simulate.clock import black_friday, easter, holidays, local_day, season
from ca_platform.simulate.incidents import Metric

from .conftest import Shop

BOUGHT = pl.col("has_purchased") == "true"
LOCAL_DAY = pl.col("session_start_date").dt.convert_time_zone("Europe/London").dt.date()


def test_easter_and_bank_holidays_of_published_calendars() -> None:
    assert easter(2024) == date(2024, 3, 31)
    assert easter(2025) == date(2025, 4, 20)
    assert easter(2038) == date(2038, 4, 25)
    assert {date(2024, 5, 6), date(2024, 5, 27), date(2024, 8, 26)} <= set(holidays(2024))
    assert black_friday(2024) == date(2024, 11, 29)
    assert black_friday(2025) == date(2025, 11, 28)


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 6, 1), 24)])
def test_days_have_their_real_hours(day: date, hours: int) -> None:
    assert len(local_day(0, day, "Europe/London").hours) == hours


def test_season_knows_weekdays_holidays_and_peaks() -> None:
    parameters = ShopParameters()
    assert season(date(2024, 1, 13), parameters) > season(date(2024, 1, 9), parameters)
    assert season(date(2024, 12, 25), parameters) < 0.75 * season(date(2024, 12, 18), parameters)
    assert season(date(2024, 11, 29), parameters) > 1.5 * season(date(2024, 11, 22), parameters)
    assert season(date(2024, 12, 4), parameters) > season(date(2024, 6, 5), parameters)


def test_funnel_drops_off_and_is_mostly_ordered(sessions: pl.DataFrame) -> None:
    steps = ("product_view", "has_basket", "order_screen")
    carried = [sessions[step].count() for step in steps]
    assert sessions.height > carried[0] > carried[1] > carried[2] > sessions.filter(BOUGHT).height * 0.9
    both = sessions.filter(pl.col("product_view").is_not_null() & pl.col("has_basket").is_not_null())
    disordered = both.filter(pl.col("product_view") > pl.col("has_basket")).height / both.height
    assert 0.01 < disordered < 0.03
    skipped = sessions.filter(pl.col("product_view").is_null() & pl.col("has_basket").is_not_null())
    assert 0 < skipped.height < 0.05 * carried[1]


def test_country_stays_with_its_customer_and_channel_does_not(sessions: pl.DataFrame) -> None:
    values = sessions.group_by("client").agg(pl.col("country", "channel").n_unique())
    assert values["country"].max() == 1
    assert (values["channel"] > 2).any()
    assert 0.005 < sessions["channel"].null_count() / sessions.height < 0.03


def test_dimension_values_behave_differently(sessions: pl.DataFrame) -> None:
    rates = dict(sessions.group_by("channel").agg(BOUGHT.mean()).iter_rows())
    assert rates["email"] > 1.5 * rates["social"]


def test_customers_are_heterogeneous(sessions: pl.DataFrame) -> None:
    counts = sessions.group_by("client").len()["len"].to_numpy()
    assert counts.var() > 2 * counts.mean()


def test_order_amounts_are_log_normal_about_the_parameters(shop: Shop, sessions: pl.DataFrame) -> None:
    truth = shop.truth.parameters
    gross = pl.col("payment_amount").cast(pl.Float64) + pl.col("discount_amount").cast(pl.Float64)
    logs = sessions.filter(BOUGHT).select(gross.log()).to_series()
    spread = float(np.hypot(truth.spend_log_deviation_between, truth.spend_log_deviation_within))
    assert logs.mean() == pytest.approx(truth.spend_log_mean, abs=0.1)
    assert logs.std() == pytest.approx(spread, rel=0.1)


def test_incidents_are_listed_and_seen(shop: Shop, sessions: pl.DataFrame) -> None:
    assert len(shop.truth.incidents) == 4
    daily = dict(sessions.group_by(LOCAL_DAY).len().iter_rows())
    for incident in shop.truth.incidents:
        if incident.metric is not Metric.SESSIONS or incident.dimension is not None:
            continue
        week_before = incident.first_day - timedelta(days=7)
        seen = daily[incident.first_day] / daily[week_before]
        wanted = incident.factor * season(incident.first_day, shop.truth.parameters)
        assert seen == pytest.approx(wanted / season(week_before, shop.truth.parameters), rel=0.35)


def test_promotion_with_effect_brings_customers_back_sooner(tmp_path: Path) -> None:
    simulate_shop(tmp_path, parameters=ShopParameters(days=150, customers=15_000, incidents_per_30_days=0.0, seed=4))
    frame = pl.read_csv(tmp_path / "sessions" / "*.csv", infer_schema=False)
    frame = frame.with_columns(pl.col("session_start_date").str.to_datetime("%+", time_zone="UTC"))
    orders = frame.filter(BOUGHT & (date(2024, 5, 20) > LOCAL_DAY))
    later = frame.select("client", then="session_start_date")
    days = (pl.col("then").dt.date() - pl.col("session_start_date").dt.date()).dt.total_days()
    visits = orders.join(later, on="client").filter(days.is_between(1, 7)).group_by("order_id").len()
    means = (
        orders.join(visits, on="order_id", how="left").group_by("promotion_id").agg(pl.col("len").fill_null(0).mean())
    )
    by_promotion = dict(means.iter_rows())
    assert by_promotion["SEASON15"] > 1.3 * by_promotion["FREESHIP"]
    assert by_promotion["FREESHIP"] < 1.15 * by_promotion[None]


def test_welcome_promotion_only_on_first_orders(sessions: pl.DataFrame) -> None:
    orders = sessions.filter(BOUGHT).sort("session_start_date", "order_id")
    first = orders.group_by("client", maintain_order=True).agg(pl.col("order_id").first())
    welcomed = orders.filter(pl.col("promotion_id") == "WELCOME10")
    assert welcomed.height > 0
    assert welcomed.join(first, on="order_id", how="anti").is_empty()


def test_planted_partners_are_bought_together(shop: Shop) -> None:
    lines = shop.read("lines").select("order_id", "product")
    frequent = max(shop.truth.affinities, key=lambda pair: lines.filter(pl.col("product") == pair.product).height)
    with_product = lines.filter(pl.col("product") == frequent.product).select("order_id")
    with_partner = lines.filter(pl.col("product") == frequent.partner).select("order_id")
    share = with_product.join(with_partner, on="order_id", how="semi").height / with_product.height
    assert share > frequent.strength - 0.12


def test_planted_deliveries_are_the_slow_ones(shop: Shop, sessions: pl.DataFrame) -> None:
    planted = pl.DataFrame([(item.order_id, item.phase) for item in shop.truth.abnormal_deliveries], orient="row")
    planted = planted.rename({"column_0": "order_id", "column_1": "phase"})
    rides = shop.read("deliveries").join(planted, on="order_id", how="left")
    minutes = (pl.col("delivery_date") - pl.col("prepare_date")).dt.total_seconds() / 60
    slow = rides.filter(pl.col("phase") == "ride").select(minutes.median()).item()
    plain = rides.filter(pl.col("phase").is_null()).select(minutes.median()).item()
    assert slow > 3 * plain


def test_friday_evening_is_congested(shop: Shop, sessions: pl.DataFrame) -> None:
    rides = (
        shop.read("deliveries")
        .join(sessions, on="order_id")
        .with_columns(
            local=pl.col("session_start_date").dt.convert_time_zone("Europe/London"),
            minutes=(pl.col("delivery_date") - pl.col("prepare_date")).dt.total_seconds() / 60,
        )
    )
    slots = rides.group_by(pl.col("local").dt.weekday(), hour=pl.col("local").dt.hour()).agg(pl.col("minutes").median())
    busiest = slots.filter(pl.col("hour").is_between(9, 21)).sort("minutes", descending=True).head(3)
    assert set(busiest["local"]) == {5}
    assert set(busiest["hour"]) == {17, 18, 19}
