"""Reading a stored report: which day, which dimension value, which range, and why there is none.

What belongs here: the rules by which a stored report is found and joined, alike for the document store and for the
per-customer tables of the lake. What does not: opening either (api), computing anything (onrequest).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import polars as pl

from ca_platform import onrequest
from ca_platform.catalogue import Kind, ReportSpec, missing_inputs
from ca_platform.catalogue.cohorts import LAST_OFFSET
from ca_platform.errors import ReportError
from ca_platform.store.frames import stack
from ca_platform.store.records import MAIN, Dimension
from ca_platform.store.reportframe import DAY, DIMENSION, VALUE
from ca_platform.store.schema import TableSchema, to_edge

if TYPE_CHECKING:
    from ca_platform.lake import Lake
    from ca_platform.settings import Settings

_VALUES = "dimension_kpis"  # holds every dimension value known up to its day


class ReportPlace(Protocol):
    """Where the tables of a report are: what is needed of a document store here."""

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> pl.DataFrame | None: ...

    def history(self, name: str, days: Sequence[date], dimension: Dimension = MAIN) -> pl.DataFrame: ...

    def days(self, name: str) -> list[date]: ...

    def dimensions(self, name: str, day: date) -> list[Dimension]: ...


@dataclass(frozen=True, slots=True)
class LakeReports:
    """A table of the lake as such a place, one part per report day.

    Of per-customer tables dimension values are computed on request; of tables by day the window is joined.
    """

    lake: Lake
    spec: ReportSpec
    settings: Settings

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> pl.DataFrame | None:
        if name != self.spec.name or not self.lake.parts(name, day, day):
            return None
        table = self._joined(day, dimension) if self.spec.parts == "day" else self._whole(day, dimension)
        if table is None:
            return None
        digits = self.settings.business.minor_digits
        return to_edge(table, TableSchema.of(self.spec), digits, f"report {name}")

    def _whole(self, day: date, dimension: Dimension) -> pl.DataFrame | None:
        name = self.spec.name
        table = self.lake.collect(lambda: self.lake.scan(name, day, day).sort(self.spec.key))
        if not dimension.is_main:
            return onrequest.of_value(name, self.lake, day, dimension, table, self.settings)
        return table

    def _joined(self, day: date, dimension: Dimension) -> pl.DataFrame | None:
        place = (pl.col(DIMENSION) == dimension.name) & pl.col(VALUE).eq_missing(dimension.value)
        part = self.lake.collect(
            lambda: self.lake.scan(self.spec.name, day, day).filter(place).select(self.spec.column_names)
        )
        history = timedelta(days=self.settings.reports.history_days - 1)
        first = max(day - history, self.settings.business.start_date)
        table = onrequest.with_earlier_days(self.lake, part, first, day, dimension)
        return None if table is None else table.sort(self.spec.key)

    def history(self, name: str, days: Sequence[date], dimension: Dimension = MAIN) -> pl.DataFrame:
        tables = [(day, self.report(name, day, dimension)) for day in sorted(set(days))]
        return stack([(day, table) for day, table in tables if table is not None])

    def days(self, name: str) -> list[date]:
        return self.lake.days(name)

    def dimensions(self, name: str, day: date) -> list[Dimension]:
        sessions = self.settings.sources.sessions
        is_by_value = self.spec.by_dimension or name in onrequest.ON_REQUEST
        declared = sessions.dimensions if sessions is not None and is_by_value else ()
        return [MAIN, *(found for other in declared for found in onrequest.dimension_values(self.lake, day, other))]


@dataclass(frozen=True, slots=True)
class ReportReader:
    """Reads one report, for everything or for one dimension value.

    Every ``ReportError`` is one sentence that says what is missing.
    """

    spec: ReportSpec
    dimension: Dimension
    place: ReportPlace
    settings: Settings

    def collect(self, day: date | None, start: date | None) -> pl.DataFrame:
        """The report as a frame in edge types.

        Args:
            day: None: the newest day.
            start: of a table by period the first period; of any other the first report day, ``report_date`` then
                comes first.
        """
        self._check_connected()
        self._check_dimension()
        last = self._newest() if day is None else day
        if start is None:
            return self._one(last)
        if start > last:
            raise ReportError(f"The start {start} lies after {last}, the day of the report: exchange them.")
        period = period_column(self.spec)
        return self._report_days(start, last) if period is None else self._periods(period, start, last)

    # ---- one day

    def _newest(self) -> date:
        days = self.place.days(self.spec.name)
        if not days:
            raise ReportError(f"The report {self.spec.name} is not computed for any day yet{self._way_out()}")
        return days[-1]

    def _way_out(self) -> str:
        if self.settings.sources.connected():
            return ": `ca-platform run` computes it."
        if self.settings.file is not None:
            return f", and {self.settings.file} connects no source: add `sources` to it."
        return ", and there is no settings file here: make one with `ca-platform init`, or set CA_SETTINGS."

    def _one(self, day: date) -> pl.DataFrame:
        found = self.place.report(self.spec.name, day, self.dimension)
        if found is not None:
            return self._fitted(found)
        self._check_computed(day)
        self._check_value(day)
        return TableSchema.of(self.spec).empty()

    def _fitted(self, frame: pl.DataFrame, *extra: str) -> pl.DataFrame:
        """Columns as the catalogue has them today, also of a table that an older version stored."""
        types = TableSchema.of(self.spec).types
        columns = [
            pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in types.items()
        ]
        return frame.select(*extra, *columns)

    # ---- several days

    def _report_days(self, start: date, day: date) -> pl.DataFrame:
        """The report of every computed day from ``start`` to ``day``."""
        self._check_computed(day)
        days = [found for found in self.place.days(self.spec.name) if start <= found <= day]
        frame = self.place.history(self.spec.name, days, self.dimension)
        if frame.width > 1:
            return self._fitted(frame, DAY)
        self._check_value(day)
        return pl.DataFrame(schema={DAY: pl.Date(), **TableSchema.of(self.spec).types})

    def _periods(self, period: str, start: date, day: date) -> pl.DataFrame:
        """The table with the periods from ``start`` on."""
        # By the word of the catalogue; a table with another one goes back to the start date by itself.
        windows = {"days": self.settings.reports.history_days, "cohorts": self.settings.reports.cohort_days}
        kept = windows.get(self.spec.window)
        older = self._older(period, start, day, timedelta(days=kept - 1)) if kept else []
        whole = pl.concat([self._one(day), *older]).filter(pl.col(period) >= start)
        return whole.sort(self.spec.key, maintain_order=True) if older else whole

    def _older(self, period: str, start: date, day: date, window: timedelta) -> list[pl.DataFrame]:
        """Rows before the window of ``day``, from earlier report days where they are stored.

        Rows of finished periods are the same in every later report, so that a few earlier days give all of them.
        """
        frames: list[pl.DataFrame] = []
        first = day - window
        # Later, nothing comes any more: a cohort's last cell is known, a day is over when its report is made.
        until_whole = timedelta(days=LAST_OFFSET if self.spec.window == "cohorts" else 0)
        earlier = [found for found in self.place.days(self.spec.name) if found < day]
        while earlier and first > max(start, self.settings.business.start_date):
            joined = _reaching_back(earlier, first + until_whole)
            older = self.place.report(self.spec.name, joined, self.dimension)
            if older is not None:
                is_missing = (pl.col(period) < first) & (pl.col(period) <= joined - until_whole)
                frames.append(self._fitted(older).filter(is_missing))
            earlier = [found for found in earlier if found < joined]
            first = min(first, joined - window)
        return frames

    # ---- why there is none

    def _check_connected(self) -> None:
        """Settings without any source are those of a reader of somebody else's store: there the store decides."""
        from ca_platform.settings.connecting import to_connect

        missing = missing_inputs(self.spec, self.settings) if self.settings.sources.connected() else ()
        if missing:
            raise ReportError(
                f"The report {self.spec.name} does not exist here, since its input is not connected: connect "
                f"{to_connect(missing)} in the settings."
            )

    def _check_dimension(self) -> None:
        if self.dimension.is_main:
            return
        sessions = self.settings.sources.sessions
        declared = sessions.dimensions if sessions is not None else ()
        if self.settings.sources.connected() and self.dimension.name not in declared:
            there = f"there are {', '.join(('main', *declared))}" if declared else "none is declared"
            raise ReportError(f"There is no dimension {self.dimension.name!r}; {there}.")
        if not self.spec.by_dimension and self.spec.name not in onrequest.ON_REQUEST:
            raise ReportError(
                f"The report {self.spec.name} exists for `main` only, not for values such as {self.dimension}."
            )
        if self.spec.family == "ab_tests" and not self.settings.reports.ab_test.by_dimension:
            raise ReportError(
                f"The report {self.spec.name} is computed for `main` only, not for values such as {self.dimension}: "
                "reports.ab_test.by_dimension of the settings asks for them."
            )

    def _check_computed(self, day: date) -> None:
        days = self.place.days(self.spec.name)
        if day in days:
            return
        self._newest()
        raise ReportError(
            f"The report {self.spec.name} is not computed for {day}, only for {_span(days)}: "
            f"`ca-platform run --from {day} --to {day}` computes it."
        )

    def _check_value(self, day: date) -> None:
        """Refuse a value that no session up to the day has. Of one that has some, a report may well be empty."""
        value = self.dimension.value
        values = self._known_values(day)
        if self.dimension.is_main or value in values:
            return
        if value in self._known_values(self._newest()):
            raise ReportError(
                f"The report {self.spec.name} of {self.dimension} does not exist for {day}: "
                "the first session of that value is later."
            )
        shown = "no session without a value" if value is None else f"no value {value!r}"
        raise ReportError(f"The dimension {self.dimension.name} has {shown} up to {day}{_near(value, values)}")

    def _known_values(self, day: date) -> set[str | None]:
        kpis = self.place.report(_VALUES, day)
        if kpis is not None:
            return set(kpis.filter(pl.col("dimension") == self.dimension.name)["value"].to_list())
        found = self.place.dimensions(self.spec.name, day)
        return {dimension.value for dimension in found if dimension.name == self.dimension.name}


def period_column(spec: ReportSpec) -> str | None:
    """Name of the column that says the period of a row; None where rows are not periods."""
    return next((column.name for column in spec.columns if column.kind == Kind.DATE and column.name in spec.key), None)


def _reaching_back(days: Sequence[date], first: date) -> date:
    """Of these report days the one that reaches furthest back with whole rows up to ``first``, else the newest."""
    touching = [day for day in days if day >= first - timedelta(days=1)]
    return touching[0] if touching else days[-1]


def _span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} days from {days[0]} to {days[-1]}"


def _near(value: str | None, values: Iterable[str | None]) -> str:
    from difflib import get_close_matches

    known = sorted(other for other in values if other is not None)
    folded = {other.casefold(): other for other in known}
    near = [folded[match] for match in get_close_matches((value or "").casefold(), folded, n=3, cutoff=0.6)]
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    more = f" and {len(known) - 10} more" if len(known) > 10 else ""
    return f"; there are {', '.join(map(repr, known[:10]))}{more}." if known else "."
