"""The order and descriptive reports for the whole shop alone, written directly in Polars over the lake's files.

Like ``bare_funnels``: the work of a good analyst who needs only today's numbers.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from benchmarks.bare_funnels import World, collected


def orders(world: World, dimensions: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """The order reports and the descriptive ones by name."""
    purchases = world.sessions.filter("has_purchased")
    hour = world.local("session_start_date").dt.hour()
    shared = [
        purchases.group_by("day", hour=hour).agg(orders=pl.len().cast(pl.Int64)),
        purchases.select("payment_amount"),
        _clients(world),
    ]
    hours, bought, clients = (frame.lazy() for frame in pl.collect_all(shared, engine="streaming"))
    periods = {"daily": "1d", "weekly": "1w", "monthly": "1mo"}
    reports = {f"{word}_orders": _orders(world, hours, every) for word, every in periods.items()}
    reports["hourly_orders"] = _hourly_orders(world, hours)
    reports |= _weekly(world)
    reports["purchase_amount_distribution"] = _distribution(bought, clients)
    reports["user_counts_per_order_seq"] = _sequence(clients)
    reports["kpis"] = _kpis(world, clients)
    reports["client_kpis"] = clients
    reports["dimension_kpis"] = _by_value(world, dimensions, [])
    reports["daily_dimension_values"] = _by_value(world, dimensions, ["day"])
    return collected(reports)


def _orders(world: World, hours: pl.LazyFrame, every: str) -> pl.LazyFrame:
    counts = hours.group_by(date=pl.col("day").dt.truncate(every)).agg(pl.col("orders").sum())
    return (
        world.periods(every)
        .join(counts, on="date", how="left")
        .with_columns(pl.col("orders").fill_null(0))
        .sort("date")
    )


def _hourly_orders(world: World, hours: pl.LazyFrame) -> pl.LazyFrame:
    counts = hours.group_by(pl.col("hour").cast(pl.Int64)).agg(mean_orders=pl.col("orders").sum() / world.days)
    grid = pl.LazyFrame({"hour": pl.int_range(0, 24, eager=True)}).join(counts, on="hour", how="left")
    return grid.with_columns(pl.col("mean_orders").fill_null(0.0), days=pl.lit(world.days)).sort("hour")


def _weekly(world: World) -> dict[str, pl.LazyFrame]:
    week = pl.col("day").dt.truncate("1w")
    totals = world.sessions.group_by(week=week).agg(
        sessions=pl.len(),
        customers=pl.col("client").n_unique(),
        orders=pl.col("has_purchased").sum(),
        buyers=pl.col("client").filter("has_purchased").n_unique(),
        revenue=pl.col("payment_amount").sum(),
    )
    mean_amount = pl.col("revenue").cast(pl.Float64) / pl.col("orders")
    return {
        "weekly_average_session_per_user": totals.select(
            "week", "customers", mean=pl.col("sessions") / pl.col("customers")
        ),
        "weekly_average_order_per_user": totals.select("week", "buyers", mean=pl.col("orders") / pl.col("buyers")),
        "weekly_average_payment_amount": totals.select("week", "orders", mean_amount=mean_amount),
    }


def _clients(world: World) -> pl.LazyFrame:
    """client_kpis: one row per client."""
    bought = pl.col("session_start_date").filter("has_purchased")
    end = datetime.combine(world.day + timedelta(days=1), time.min, ZoneInfo(world.zone)).astimezone(UTC)
    sums = world.sessions.group_by("client").agg(
        sessions=pl.len().cast(pl.Int64),
        orders=pl.col("has_purchased").sum().cast(pl.Int64),
        revenue=pl.col("payment_amount").sum(),
        discount=pl.col("discount_amount").sum(),
        first_session=pl.col("session_start_date").min(),
        first_order=bought.min(),
        last_order=bought.max(),
    )
    joined = sums.join(world.customers.select("client", "download_date"), on="client", how="full", coalesce=True)
    gaps = (pl.col("last_order") - pl.col("first_order")).dt.total_microseconds() / 3.6e9
    return joined.with_columns(
        pl.col("sessions", "orders").fill_null(0),
        recency_days=(pl.lit(end) - pl.col("last_order")).dt.total_microseconds() / 86.4e9,
        mean_gap_hours=pl.when(pl.col("orders") > 1).then(gaps / (pl.col("orders") - 1)),
        mean_amount=pl.when(pl.col("orders") > 0).then(pl.col("revenue").cast(pl.Float64) / pl.col("orders")),
        download_date=pl.coalesce("download_date", "first_session"),
    ).sort("client")


def _distribution(bought: pl.LazyFrame, clients: pl.LazyFrame) -> pl.LazyFrame:
    amounts = bought.select(amount=pl.col("payment_amount").cast(pl.Float64))
    low, high = (pl.col("amount").quantile(share, "linear") for share in (0.01, 0.99))
    edges = amounts.select(low=low, high=high, least=pl.col("amount").min(), most=pl.col("amount").max())
    counted = []
    for name, values in (("orders", amounts), ("customers", clients.select(amount="mean_amount").drop_nulls())):
        place = ((pl.col("amount") - pl.col("low")) / (pl.col("high") - pl.col("low")) * 20).floor().clip(-1, 20)
        last = pl.when(pl.col("amount") == pl.col("high")).then(19.0).otherwise(place)
        counted.append(values.join(edges, how="cross").group_by(bin=last).agg(pl.len().alias(name)))
    grid = pl.LazyFrame({"bin": pl.int_range(-1, 21, eager=True).cast(pl.Float64)}).join(edges, how="cross")
    joined = grid.join(counted[0], on="bin", how="left").join(counted[1], on="bin", how="left")
    return joined.with_columns(pl.col("orders", "customers").fill_null(0)).sort("bin")


def _sequence(clients: pl.LazyFrame) -> pl.LazyFrame:
    counts = clients.filter(pl.col("orders") > 0).group_by("orders").agg(customers=pl.len()).sort("orders")
    return counts.with_columns(customers_at_least=pl.col("customers").cum_sum(reverse=True))


def _kpis(world: World, clients: pl.LazyFrame) -> pl.LazyFrame:
    last = (world.day - timedelta(days=6), world.day)
    previous = (world.day - timedelta(days=13), world.day - timedelta(days=7))
    windows: dict[str, tuple[date, date] | None] = {"value": None, "value_last_7d": last, "value_previous_7d": previous}
    frames = []
    for label, window in windows.items():
        rows = world.sessions if window is None else world.sessions.filter(pl.col("day").is_between(*window))
        first = world.local("first_order").dt.date()
        new = clients.filter(pl.col("orders") > 0 if window is None else first.is_between(*window))
        totals = rows.select(
            orders=pl.col("has_purchased").sum(),
            revenue=pl.col("payment_amount").sum().cast(pl.Float64),
            visitors=pl.col("client").n_unique(),
            discount=pl.col("discount_amount").sum().cast(pl.Float64),
            sessions=pl.len(),
        ).with_columns(
            mean_order_value=pl.col("revenue") / pl.col("orders"), conversion_rate=pl.col("orders") / pl.col("sessions")
        )
        counts = new.select(new_customers=pl.len())
        frames.append(pl.concat([totals, counts], how="horizontal").with_columns(window=pl.lit(label)))
    return pl.concat(frames)


def _by_value(world: World, dimensions: tuple[str, ...], by: list[str]) -> pl.LazyFrame:
    frames = []
    for name in dimensions:
        aggregates = {
            "sessions": pl.len().cast(pl.Int64),
            "orders": pl.col("has_purchased").sum().cast(pl.Int64),
            "revenue": pl.col("payment_amount").sum(),
            "discount": pl.col("discount_amount").sum(),
            "customers": pl.col("client").n_unique().cast(pl.Int64),
        }
        groups = world.sessions.group_by(pl.col(f"dimensions.{name}").alias("value"), *by).agg(**aggregates)
        frames.append(groups.select(pl.lit(name).alias("dimension"), pl.all()))
    return pl.concat(frames).sort("dimension", "value", *by)
