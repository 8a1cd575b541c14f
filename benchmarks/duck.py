"""The ten funnel reports for the whole shop in SQL, for DuckDB: quoted beside the Polars rival."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from benchmarks.bare_funnels import World

PERIODS = {"daily": "day", "weekly": "week", "monthly": "month"}


@dataclass(frozen=True, slots=True)
class Script:
    preparation: tuple[str, ...]
    queries: dict[str, str]


def script(world: World, files: dict[str, list[str]]) -> Script:
    """Statements that prepare the shared tables, and one query per report (counts by period and step, wide)."""
    steps = [f'"actions.{step}"' for step in world.steps]
    sums = ", ".join(
        f'count(*) filter ({carries}) as "{step}"' for step, carries in zip(world.steps, steps, strict=True)
    )
    local = f"timezone('{world.zone}', session_start_date)"
    hours = (
        f"create table hours as select day, hour({local}) as hour, count(*) as session_start, {sums}, "
        f"count(*) filter (has_purchased) as purchase from sessions group by all"
    )
    own = ", ".join(f'c."action_times.{name}" as "{name}"' for name in world.milestones)
    milestones = (
        "create table milestones as with firsts as (select client, min(session_start_date) as first_session, "
        "min(session_start_date) filter (has_purchased) as first_purchase from sessions group by client) "
        f"select coalesce(c.download_date, f.first_session) as download, c.signup_date as signup, {own}, "
        "f.first_session, f.first_purchase from firsts f full join customers c using (client)"
    )
    views = tuple(f"create view {name} as select * from read_parquet({paths!r})" for name, paths in files.items())
    queries = _session_queries(world) | _customer_queries(world)
    return Script(("set TimeZone = 'UTC'", *views, hours, milestones), queries)


def _session_queries(world: World) -> dict[str, str]:
    names = ("session_start", *world.steps, "purchase")
    totals = ", ".join(f'sum("{name}") as "{name}"' for name in names)
    queries = {
        f"{word}_funnel": f"select date_trunc('{part}', day) as date, {totals} from hours group by 1 order by 1"
        for word, part in PERIODS.items()
    }
    queries["hourly_funnel"] = f"select hour, {totals} from hours group by 1 order by 1"
    carries = ["true", *(f'"actions.{step}"' for step in world.steps), "has_purchased"]
    times = ["session_start_date", *(f'"action_times.{step}"' for step in world.steps)]
    columns = [f"count(*) filter ({' and '.join(carries[: index + 1])})" for index in range(len(carries))]
    columns += [f"count(*) filter ({carry})" for carry in carries]
    columns += [f"median(epoch_us({b}) - epoch_us({a}))" for a, b in itertools.pairwise(times)]
    queries["session_funnel_conversion"] = f"select {', '.join(columns)} from sessions"
    return queries


def _customer_queries(world: World) -> dict[str, str]:
    names = ("download", "signup", *world.milestones, "first_session", "first_purchase")

    def local(name: str) -> str:
        return f"timezone('{world.zone}', \"{name}\")"

    queries = {}
    for word, part in PERIODS.items():
        selects = [
            f"select '{name}' as step, date_trunc('{part}', {local(name)}) as date, count(*) from milestones "
            f"where {local(name)}::date >= date '{world.start}' group by all"
            for name in names
        ]
        queries[f"{word}_funnel_downloads"] = " union all ".join(selects)
    selects = [
        f"select '{name}' as step, hour({local(name)}) as hour, count(*) from milestones "
        f"where {local(name)}::date between date '{world.start}' and date '{world.day}' group by all"
        for name in names
    ]
    queries["hourly_funnel_downloads"] = " union all ".join(selects)
    columns = ", ".join(
        f'count(*) filter ("{name}" - download <= interval 7 day), '
        f'count(*) filter ("{name}" - download <= interval 30 day), count("{name}")'
        for name in names[1:]
    )
    queries["customer_funnel_conversion"] = (
        f"select date_trunc('week', {local('download')}) as cohort, count(*), {columns} from milestones "
        f"where {local('download')}::date >= date '{world.start}' group by 1 order by 1"
    )
    return queries
