"""The sensors that tell of anomalies: one for each report of them, told once per alarm.

What a message says and on which ways it goes is ``ca_platform.notify``'s business; which day is flagged is the report's.
Here: which alarm is news.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl

from ca_platform.catalogue import ReportSpec
from ca_platform.catalogue.anomalies import DAY_REPORTS
from ca_platform.defs import specs
from ca_platform.defs.failures import failure
from ca_platform.errors import CaPlatformError
from ca_platform.notify import Alarm, deliver, way_names
from ca_platform.settings import Settings
from ca_platform.store import DocumentStore, open_store

BACKTEST, RATE = "anomaly_backtest", "false_alarms_per_30_days"

# An alarm of more than a week ago is no news, however late its day was made.
_NEWS_DAYS = 7
# A server that is down for minutes is waited for; one that answers with an error each time may have read the message.
_TRIES = 5
# Days told are remembered for longer than any run of flagged days lasts that still can be news.
_REMEMBERED_DAYS = 120

Told = Mapping[date, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Memory:
    """What a sensor knows of its earlier looks.

    Attributes:
        seen: Dagster's number of the newest materialization that was looked at.
        since: no alarm before this day is told: the newest day at the first look.
        told: the ways on which an alarm was told, by its day.
        failed: looks in a row after which something is still to be told on a way that failed.
    """

    seen: int = -1
    since: date | None = None
    told: Told = field(default_factory=dict)
    failed: int = 0

    @classmethod
    def of(cls, cursor: str | None) -> "Memory":
        if not cursor:
            return cls()
        kept = json.loads(cursor)
        since = date.fromisoformat(kept["since"]) if kept["since"] else None
        told = {date.fromisoformat(day): tuple(ways) for day, ways in kept["told"].items()}
        return cls(kept["seen"], since, told, kept["failed"])

    def to_cursor(self) -> str:
        since = self.since.isoformat() if self.since else None
        told = {day.isoformat(): list(ways) for day, ways in self.told.items()}
        return json.dumps({"seen": self.seen, "since": since, "told": told, "failed": self.failed})

    @property
    def is_waiting(self) -> bool:
        """Whether a way that has failed is to be tried again before anything new is made."""
        return self.failed > 0

    def with_told(self, day: date, ways: Iterable[str]) -> "Memory":
        return replace(self, told={**self.told, day: tuple(ways)})

    def without_old(self, newest: date) -> "Memory":
        first = newest - timedelta(days=_REMEMBERED_DAYS)
        return replace(self, told={day: ways for day, ways in self.told.items() if day >= first})


def alarm_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """A sensor for each report of anomalies whose inputs are connected; each can be switched off in Dagster's UI."""
    connected = {spec.name: spec for spec in specs.connected_reports(settings)}
    return [_sensor(connected[name], settings) for name in DAY_REPORTS if name in connected]


def _sensor(spec: ReportSpec, settings: Settings) -> dg.SensorDefinition:
    key = dg.AssetKey(spec.name)

    @dg.sensor(
        name=f"alarms_of_{spec.name}",
        description=(
            f"Tells of every alarm of {spec.name} by log, webhook and e-mail, as `notifications` in the settings says, with "
            "the false alarms a month that were measured beside it. Once per alarm, however often its day is made again; "
            "alarms of more than a week before the newest day are not told."
        ),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=60,
    )
    def alarms(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        memory = Memory.of(context.cursor)
        made = context.instance.get_asset_records([key])
        newest = made[0].asset_entry.last_materialization_storage_id if made else None
        if newest is None or (newest == memory.seen and not memory.is_waiting):
            return _rest("Nothing was made since the last look.", memory)
        try:
            with open_store(settings) as store:
                told, problems = look(spec, store, settings, replace(memory, seen=newest))
        except CaPlatformError as error:
            raise failure(error, settings) from None
        if problems:
            context.log.error("An alarm of %s could not be told to everybody: %s", spec.name, "; ".join(problems))
        return _rest(_in_words(memory, told), told)

    return alarms


def _rest(words: str, memory: Memory) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=words, cursor=memory.to_cursor())


def _in_words(before: Memory, after: Memory) -> str:
    new = sorted(day for day, ways in after.told.items() if ways and not before.told.get(day))
    waiting = " Some could not be told on every way; that is tried again." if after.is_waiting else ""
    return (f"Told: {', '.join(map(str, new))}." if new else "No alarm that is news.") + waiting


def look(spec: ReportSpec, store: DocumentStore, settings: Settings, memory: Memory) -> tuple[Memory, list[str]]:
    """Tell what is news in the newest report of the store.

    Returns:
        What is known now, and what failed: it is tried again some times, then given up.
    """
    newest = max(store.days(spec.name), default=None)
    rows = None if newest is None else store.report(spec.name, newest)
    if newest is None or rows is None:
        return memory, []
    known = replace(memory, since=memory.since or newest).without_old(newest)
    first = max(known.since or newest, newest - timedelta(days=_NEWS_DAYS - 1))
    measured = measured_rate(spec.name, store, newest)
    ways, is_last = way_names(settings), memory.failed + 1 >= _TRIES
    problems: list[str] = []
    for run in flagged_runs(rows):
        told = next((known.told[day] for day in run if day in known.told), ())
        left = [way for way in ways if way not in told]
        if run[0] < first or not left:
            continue
        failed = deliver(_alarm(spec, rows, run[0], settings, measured).notice, settings, left)
        known = known.with_told(run[0], [way for way in ways if is_last or way not in failed])
        problems += [f"{way}: {problem}" for way, problem in failed.items()]
    return replace(known, failed=memory.failed + 1 if problems and not is_last else 0), problems


def flagged_runs(rows: pl.DataFrame) -> list[list[date]]:
    """Runs of consecutive days with a flag, oldest first: each is one alarm, of its first day.

    >>> days = [date(2024, 5, day) for day in (1, 1, 2, 3, 5)]
    >>> rows = pl.DataFrame({"date": days, "is_anomaly": [False, True, True, False, True]})
    >>> [[day.day for day in run] for run in flagged_runs(rows)]
    [[1, 2], [5]]
    """
    runs: list[list[date]] = []
    for day in rows.filter("is_anomaly")["date"].unique().sort():
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def measured_rate(report: str, store: DocumentStore, day: date) -> float | None:
    """False alarms per 30 days of the detector that serves a report, by the newest back-test up to a day."""
    tested = max((other for other in store.days(BACKTEST) if other <= day), default=None)
    rows = None if tested is None else store.report(BACKTEST, tested)
    if rows is None:
        return None
    of_served = rows.filter((pl.col("report") == report) & pl.col("is_served") & (pl.col("metric") == RATE))
    return next(iter(of_served["value"]), None)


def _alarm(spec: ReportSpec, rows: pl.DataFrame, day: date, settings: Settings, measured: float | None) -> Alarm:
    carry = rows.filter((pl.col("date") == day) & pl.col("is_anomaly")).sort(pl.col("residual").abs(), descending=True)
    return Alarm(
        report=spec.name,
        title=spec.title,
        day=day,
        findings=tuple(_finding(row) for row in carry.iter_rows(named=True)),
        metrics=tuple(carry["metric"]),
        p_value=next(iter(carry["p_value"]), None),
        budget=settings.reports.anomaly.false_alarms_per_30_days,
        measured=measured,
        notes=tuple(carry["note"].drop_nulls().unique(maintain_order=True)),
    )


def _finding(row: Mapping[str, Any]) -> str:
    """What the report says of a figure; it says something of all that are flagged."""
    return str(row["explanation"] or row["metric"])
