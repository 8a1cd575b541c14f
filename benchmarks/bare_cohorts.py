"""Cohorts, retention, growth, journey, churn and promotions for the whole shop alone, written directly in Polars.

Like ``bare_funnels``: the work of a good analyst who needs only today's numbers. The orders are sorted once by customer
and time; all but the promotions is shifted and counted from there.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from benchmarks.bare_funnels import World, collected

_UNITS = {"daily": "1d", "weekly": "1w"}
_LAST_OFFSET = 15
_AGES = {"1w": 52, "1mo": 24}


def cohorts(world: World) -> dict[str, pl.DataFrame]:
    """The reports by name."""
    orders = _orders(world).collect(engine="streaming").lazy()
    downloads = _downloads(world, orders)
    reports: dict[str, pl.LazyFrame] = {}
    for word, every in _UNITS.items():
        reports[f"{word}_cohort_downloads"] = _next_orders(world, downloads, every)
        for number in (1, 2, 3):
            starts = orders.filter(pl.col("number") == number).select(start="day", following="next_day")
            reports[f"{word}_cohort_from_{number}_to_{number + 1}"] = _next_orders(world, starts, every)
    reports["weekly_retention"] = _retention(world, orders, "1w")
    reports["monthly_retention"] = _retention(world, orders, "1mo")
    reports["cohort_revenue"] = _revenue(world, orders)
    reports["growth"] = pl.concat([_growth(orders, every) for every in ("1w", "1mo")])
    reports["customer_journey"] = _journey(world, orders)
    reports |= _churn(world, orders)
    return collected(reports)


def promotions(world: World) -> dict[str, pl.DataFrame]:
    """The promotion reports by name."""
    promotion = pl.col("promotion_id")
    bought = world.sessions.filter("has_purchased").select(
        "day", "client", "promotion_id", "payment_amount", "discount_amount", "session_start_date"
    )
    hour = world.local("session_start_date").dt.hour()
    counts = bought.group_by("day", "promotion_id", hour=hour).agg(
        orders=pl.len(), revenue=pl.col("payment_amount").sum(), discount=pl.col("discount_amount").sum()
    )
    first = bought.group_by("client").agg(pl.all().sort_by("session_start_date").first())
    uses = (
        bought.drop_nulls("promotion_id")
        .group_by("client", "promotion_id")
        .agg(orders=pl.len(), used=pl.col("session_start_date").min())
    )
    shared = [
        counts,
        first.group_by("promotion_id").agg(new_customers=pl.len()),
        uses,
        bought.select("client", at="session_start_date"),
    ]
    made, new, used, instants = (frame.lazy() for frame in pl.collect_all(shared, engine="streaming"))
    promoted = made.drop_nulls("promotion_id")
    sums = [pl.col("orders", "revenue", "discount").sum()]
    again = (
        used.join(instants, on="client")
        .filter(pl.col("at").is_between(pl.col("used"), pl.col("used") + timedelta(days=30), closed="right"))
        .unique(["client", "promotion_id"])
        .group_by("promotion_id")
        .agg(repeat_customers_30d=pl.len())
    )
    by_day = promoted.group_by("day", "promotion_id").agg(sums).sort("day", "promotion_id")
    kpis = promoted.group_by("promotion_id").agg(*sums, first=pl.col("day").min(), last=pl.col("day").max())
    customers = used.group_by("promotion_id").agg(customers=pl.len(), mean_orders=pl.col("orders").mean())

    def ratio(period: str) -> pl.LazyFrame:
        rows = made.group_by(period, "promotion_id").agg(pl.col("orders").sum())
        return rows.with_columns(of_all=pl.col("orders").sum().over(period)).filter(promotion.is_not_null())

    organic = made.filter(promotion.is_null())
    return collected(
        {
            "inorganic_orders_per_promotion_per_day": by_day.select("day", "promotion_id", "orders"),
            "daily_organic_orders": organic.group_by("day").agg(pl.col("orders").sum()).sort("day"),
            "hourly_organic_orders": organic.group_by("hour").agg(pl.col("orders").sum() / world.days).sort("hour"),
            "daily_inorganic_ratio": ratio("day"),
            "hourly_inorganic_ratio": ratio("hour"),
            "daily_promotion_revenue": by_day.select("day", "promotion_id", "revenue"),
            "daily_promotion_discount": by_day.select("day", "promotion_id", "discount"),
            "avg_order_count_per_promo_per_cust": customers.select("promotion_id", "mean_orders"),
            "promotion_number_of_customer": customers.select("promotion_id", "customers"),
            "promotion_kpis": kpis.join(customers, on="promotion_id")
            .join(new, on="promotion_id", how="left")
            .join(again, on="promotion_id", how="left"),
        }
    )


def _orders(world: World) -> pl.LazyFrame:
    """Every order with its number, and the order before and after it."""
    ordered = (
        world.sessions.filter("has_purchased")
        .select("client", "day", "order_id", at="session_start_date", amount="payment_amount")
        .sort("client", "at", "order_id")
    )
    same, follows = (pl.col("client") == pl.col("client").shift(step) for step in (1, -1))
    place = pl.int_range(pl.len())
    return ordered.with_columns(
        number=place - pl.when(same.fill_null(value=False)).then(None).otherwise(place).forward_fill() + 1,
        previous=pl.when(same).then(pl.col("at").shift(1)),
        previous_day=pl.when(same).then(pl.col("day").shift(1)),
        next_day=pl.when(follows).then(pl.col("day").shift(-1)),
    ).with_columns(first_day=pl.when(pl.col("number") == 1).then("day").forward_fill())


def _downloads(world: World, orders: pl.LazyFrame) -> pl.LazyFrame:
    first = world.sessions.group_by("client").agg(seen=pl.col("session_start_date").min())
    known = first.join(world.customers.select("client", "download_date"), on="client", how="full", coalesce=True)
    start = world.local(pl.coalesce("download_date", "seen")).dt.date()
    firsts = orders.filter(pl.col("number") == 1).select("client", following="day")
    return (
        known.select("client", start=start).join(firsts, on="client", how="left").filter(pl.col("start") >= world.start)
    )


def _offset(later: pl.Expr, earlier: pl.Expr, every: str) -> pl.Expr:
    if every == "1mo":
        return (later.dt.year() - earlier.dt.year()) * 12 + later.dt.month().cast(pl.Int32) - earlier.dt.month()
    return (later - earlier).dt.total_days() // (7 if every == "1w" else 1)


def _grid(world: World, every: str, last: int) -> pl.LazyFrame:
    cohorts = world.periods(every).select(cohort="date")
    if every == "1d":
        cohorts = cohorts.filter(pl.col("cohort") > world.day - timedelta(days=100))
    return cohorts.join(pl.LazyFrame({"offset": range(last + 1)}, schema={"offset": pl.Int64}), how="cross")


def _next_orders(world: World, rows: pl.LazyFrame, every: str) -> pl.LazyFrame:
    start, following = (pl.col(name).dt.truncate(every) for name in ("start", "following"))
    offset = _offset(following, start, every).clip(lower_bound=0).cast(pl.Int64)
    counted = rows.group_by(cohort=start, offset=offset).agg(customers=pl.len())
    sizes = counted.group_by("cohort").agg(cohort_size=pl.col("customers").sum())
    grid = _grid(world, every, _LAST_OFFSET).join(sizes, on="cohort", how="left")
    cells = grid.join(counted.drop_nulls("offset"), on=["cohort", "offset"], how="left").sort("cohort", "offset")
    rate = pl.col("customers").fill_null(0) / pl.col("cohort_size")
    return cells.with_columns(rate=rate, cumulative_rate=rate.cum_sum().over("cohort"))


def _buyers(orders: pl.LazyFrame, every: str) -> pl.LazyFrame:
    cohort, at = (pl.col(name).dt.truncate(every) for name in ("first_day", "day"))
    return orders.with_columns(cohort=cohort, offset=_offset(at, cohort, every).cast(pl.Int64))


def _retention(world: World, orders: pl.LazyFrame, every: str) -> pl.LazyFrame:
    counted = _buyers(orders, every).group_by("cohort", "offset").agg(customers=pl.col("client").n_unique())
    sizes = counted.filter(pl.col("offset") == 0).select("cohort", cohort_size="customers")
    grid = _grid(world, every, _AGES[every]).join(sizes, on="cohort", how="left")
    cells = grid.join(counted, on=["cohort", "offset"], how="left").sort("cohort", "offset")
    return cells.with_columns(rate=pl.col("customers") / pl.col("cohort_size"))


def _revenue(world: World, orders: pl.LazyFrame) -> pl.LazyFrame:
    sums = (
        _buyers(orders, "1mo")
        .group_by("cohort", "offset")
        .agg(orders=pl.len(), revenue=pl.col("amount").sum().cast(pl.Float64), customers=pl.col("client").n_unique())
    )
    sizes = sums.filter(pl.col("offset") == 0).select("cohort", cohort_size="customers")
    cells = _grid(world, "1mo", _AGES["1mo"]).join(sizes, on="cohort", how="left")
    rows = cells.join(sums, on=["cohort", "offset"], how="left").sort("cohort", "offset")
    up_to = pl.col("revenue").fill_null(0).cum_sum().over("cohort")
    return rows.with_columns(per_customer=up_to / pl.col("cohort_size"))


def _growth(orders: pl.LazyFrame, every: str) -> pl.LazyFrame:
    period = pl.col("day").dt.truncate(every)
    before = pl.col("previous_day").dt.truncate(every)
    rows = orders.with_columns(date=period, before=before, gap=_offset(period, before, every))
    customers = (
        rows.filter((pl.col("gap") > 0) | (pl.col("number") == 1))
        .group_by("date")
        .agg(
            new_customers=(pl.col("number") == 1).sum(),
            returning_customers=(pl.col("gap") == 1).sum(),
            reactivated_customers=(pl.col("gap") > 1).sum(),
        )
    )
    sums = rows.group_by("date").agg(revenue=pl.col("amount").sum().cast(pl.Float64), orders=pl.len().cast(pl.Float64))
    whole = sums.join(customers, on="date").sort("date")
    active = pl.sum_horizontal("new_customers", "returning_customers", "reactivated_customers")
    whole = whole.with_columns(churned_customers=active.shift(1) - pl.col("returning_customers"))
    long = whole.with_columns(pl.exclude("date").cast(pl.Float64)).unpivot(index="date", variable_name="metric")
    earlier = pl.col("value").shift(1).over("metric", order_by="date")
    return long.with_columns(period=pl.lit(every), change_previous=pl.col("value") / earlier - 1)


def _end(world: World) -> datetime:
    return datetime.combine(world.day + timedelta(days=1), time.min, ZoneInfo(world.zone)).astimezone(UTC)


def _journey(world: World, orders: pl.LazyFrame) -> pl.LazyFrame:
    hours = (pl.col("at") - pl.col("previous")).dt.total_microseconds() / 3.6e9
    times = {"customers": pl.len(), "mean_hours": hours.mean(), "median_hours": hours.median()}
    between = orders.group_by("number").agg(**times, mean_amount=pl.col("amount").sum().cast(pl.Float64) / pl.len())
    silent = (pl.lit(_end(world)) - pl.col("at")).dt.total_microseconds() / 3.6e9
    lasts = orders.filter(pl.col("next_day").is_null())
    now = lasts.select(customers=pl.len(), mean_hours=silent.mean(), median_hours=silent.median())
    return pl.concat([between.sort("number"), now], how="diagonal")


def _churn(world: World, orders: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """Twice the mean gap between orders, for all customers alike."""
    gap = (pl.col("at") - pl.col("previous")).dt.total_microseconds()
    end = _end(world)
    lasts = orders.filter(pl.col("next_day").is_null()).select("at")
    threshold = orders.select(threshold=2 * gap.mean())
    silent = (pl.lit(end) - pl.col("at")).dt.total_microseconds()
    today = lasts.join(threshold, how="cross").select(
        customers=pl.len(),
        churned=(silent > pl.col("threshold")).sum(),
        threshold_days=pl.col("threshold").first() / 86.4e9,
    )
    return {"churn": today, "churn_weekly": _churn_weekly(world, orders)}


def _churn_weekly(world: World, orders: pl.LazyFrame) -> pl.LazyFrame:
    """At each Monday, from the orders before it: the threshold of that Monday, and who is past it."""
    mondays = pl.date_range(world.start, world.day, "1w", eager=True).dt.truncate("1w")[1:]
    rows = orders.select("client", "at", gap=(pl.col("at") - pl.col("previous")).dt.total_microseconds())
    frames = []
    for monday in mondays:
        instant = datetime.combine(monday, time.min, ZoneInfo(world.zone)).astimezone(UTC)
        known = rows.filter(pl.col("at") < instant)
        lasts = known.group_by("client").agg(pl.col("at").last())
        silent = (pl.lit(instant) - pl.col("at")).dt.total_microseconds()
        threshold = known.select(threshold=2 * pl.col("gap").mean())
        counted = lasts.join(threshold, how="cross").select(
            week=pl.lit(monday), customers=pl.len(), churned=(silent > pl.col("threshold")).sum()
        )
        frames.append(counted)
    return pl.concat(frames)
