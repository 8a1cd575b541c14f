"""The bare rivals as children: Polars and DuckDB over the files of a loaded shop, main alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from benchmarks.bare_baskets import baskets
from benchmarks.bare_cohorts import cohorts, promotions
from benchmarks.bare_funnels import World, funnels
from benchmarks.bare_orders import orders
from benchmarks.shops import ShopFolder, opened

DIMENSIONS = ("d1", "d2", "d3")


def world_of(shop: ShopFolder) -> World:
    """The lake's own files, read without the platform."""
    settings, lake = shop.settings(), shop.lake()
    sources = settings.sources
    sessions, customers = sources.sessions, sources.customers
    if sessions is None or customers is None:
        raise RuntimeError(f"{shop.path} has no sessions or customers in its settings")
    return World(
        sessions=pl.scan_parquet([part.path for part in lake.parts("sessions")]),
        customers=pl.scan_parquet([part.path for part in lake.parts("customers")]),
        lines=pl.scan_parquet([part.path for part in lake.parts("lines")]) if sources.lines else pl.LazyFrame(),
        day=shop.last_day,
        start=shop.first_day,
        zone=settings.business.time_zone,
        steps=tuple(sessions.actions),
        milestones=tuple(customers.actions),
    )


def polars_funnels(path: str, first: str, last: str) -> Callable[[], Any]:
    world = world_of(opened(path, first, last))
    return lambda: _rows(funnels(world))


def polars_day(path: str, first: str, last: str) -> Callable[[], Any]:
    world = world_of(opened(path, first, last))
    return lambda: _rows({**funnels(world), **orders(world, DIMENSIONS)})


def polars_day_all(path: str, first: str, last: str) -> Callable[[], Any]:
    """All exploratory reports of the last day."""
    world = world_of(opened(path, first, last))
    made = (funnels, lambda shop: orders(shop, DIMENSIONS), cohorts, promotions, baskets)
    return lambda: sum(_rows(make(world)) for make in made)


def _rows(reports: dict[str, pl.DataFrame]) -> int:
    return sum(frame.height for frame in reports.values())


def duckdb_funnels(path: str, first: str, last: str) -> Callable[[], Any]:
    import duckdb

    from benchmarks.duck import script

    shop = opened(path, first, last)
    lake = shop.lake()
    files = {name: [part.path for part in lake.parts(name)] for name in ("sessions", "customers")}
    statements = script(world_of(shop), files)

    def run() -> int:
        connection = duckdb.connect()
        for statement in statements.preparation:
            connection.execute(statement)
        return sum(len(connection.execute(query).fetchall()) for query in statements.queries.values())

    return run
