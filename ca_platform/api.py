"""The product for Python users: what ``import ca_platform as ca`` offers.

What belongs here: the public calls, their arguments made into what the inner parts want. What does not: any rule of
how a report is found (collect), read (store) or made (reports). Dagster is imported only by ``run``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ca_platform import catalogue
from ca_platform.errors import ReportError, near

if TYPE_CHECKING:
    import polars as pl

    from ca_platform.collect import ReportPlace
    from ca_platform.lake import Lake
    from ca_platform.settings import Settings
    from ca_platform.store import DocumentStore

Day = date | str
Dimensions = str | Mapping[str, str | None]
Progress = Callable[[str, int, int], None]

_DOCUMENTS = ("orders", "downloads", "customer_documents")  # can be selected for a run, and are no reports


def report_names() -> list[str]:
    """Names of all reports, by family, whether their inputs are connected or not."""
    return list(catalogue.report_names())


def collect_report(
    name: str | None = None,
    date: Day | None = None,
    dimension: Dimensions = "main",
    start: Day | None = None,
    *,
    report_name: str | None = None,
) -> pl.DataFrame:
    """A stored report. Money is Float64, rounded to the minor unit of the currency.

    Args:
        date: the day at whose end the report holds; None: the newest that is computed.
        dimension: ``"main"``, ``"region=EU"`` or ``{"region": "EU"}``; ``"region="`` asks for the null value. A known
            value without rows gives an empty frame.
        start: of a table by period the first period: it cuts the range, or lengthens it by earlier report days where
            they are stored. Of any other table the first report day: every day's table follows, one below the other,
            with ``report_date`` as first column.
        report_name: another word for ``name``.

    Raises:
        ReportError: the report does not exist, its input is not connected, or it is not computed.
    """
    from ca_platform.collect import ReportReader
    from ca_platform.store import Dimension

    spec = catalogue.report_spec(_one_name(name, report_name))
    chosen = Dimension.parse(dimension)
    first, day = _day(start, "start"), _day(date, "date")
    opened = settings()
    return ReportReader(spec, chosen, _place(spec, opened), opened).collect(day, first)


def scan(dataset: str, start: Day | None = None, end: Day | None = None) -> pl.LazyFrame:
    """Rows of a dataset of the lake, a fact table or a per-customer report, lazily.

    Args:
        start, end: local days, both included.
    """
    first, last = _range(start, end)
    if dataset not in _scannable():
        raise ReportError(f"There is no dataset {dataset!r}{near(dataset, _scannable())}")
    return _lake(settings()).scan(dataset, first, last)


def load(
    start: Day | None = None,
    end: Day | None = None,
    *,
    sources: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Load these days from the sources into the lake, through Dagster.

    Args:
        start, end: local days, both included; None: from the start date to the last day of the data.
        sources: names; None: all that are connected.
        progress: called with the step, and how much of it is done of how much.

    Returns:
        The same record as ``run``.

    Raises:
        RunError: something failed; the message names it, and ``summary`` is what this function would have returned.
    """
    from ca_platform.ranges import load_range

    opened = settings()
    first, last = load_range(*_range(start, end), opened)
    from ca_platform.defs import launch

    chosen = None if sources is None else _known_sources(sources, opened)
    return launch.load(first, last, opened, sources=chosen, progress=progress)


def run(
    start: Day | None = None,
    end: Day | None = None,
    select: str | Iterable[str] | None = None,
    *,
    load: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Compute the reports of these days through Dagster and store them, loading first the days that are missing.

    Args:
        start, end: local days, both included; None: the newest day of the data.
        select: names of reports, or ``family:NAME``; several as a list or with commas.
        load: whether missing days are loaded from the sources.
        progress: called with the step, and how much of it is done of how much.

    Returns:
        ``{"sources": {name: counts}, "reports": {"written": n, "failed": []}, "notes": []}``, and the days; notes are
        remarks on the sources, such as that a day has lost rows.

    Raises:
        RunError: something failed; the message names it, and ``summary`` is what this function would have returned.
    """
    from ca_platform.ranges import run_range

    opened = settings()
    chosen = None if select is None else selection(select)
    first, last = run_range(*_range(start, end), opened, load=load)
    from ca_platform.defs import launch

    return launch.run(first, last, opened, select=chosen, load=load, progress=progress)


def settings() -> Settings:
    """The settings: of the file that CA_SETTINGS names, or of ``ca_platform.yaml`` in the working directory."""
    from ca_platform.settings import load_settings

    return load_settings()


def _one_name(name: str | None, report_name: str | None) -> str:
    given = [text for text in (name, report_name) if text is not None]
    if len(given) != 1:
        raise ReportError("Give one name of a report; `report_names()` lists them.")
    return given[0]


def _day(value: Any, what: str) -> date | None:
    """A date, or its text as year-month-day."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    with suppress(TypeError, ValueError):
        day = date.fromisoformat(value)
        # fromisoformat also reads 20240331 and 2024-W13-7, which nobody means here.
        if day.isoformat() == value:
            return day
    raise ReportError(f"{what}={value!r} is no day: give a date, or a text such as '2024-03-31'.")


def _range(start: Any, end: Any) -> tuple[date | None, date | None]:
    first, last = _day(start, "start"), _day(end, "end")
    if first is not None and last is not None and first > last:
        raise ReportError(f"The start {first} lies after the end {last}: exchange them.")
    return first, last


def selection(select: str | Iterable[str]) -> list[str]:
    """Names of reports and ``family:NAME``, refused here where there are none, before any work begins."""
    items = select.split(",") if isinstance(select, str) else list(select)
    chosen = [item.strip() for item in items if item.strip()]
    if not chosen:
        raise ReportError("The selection is empty: give names of reports, or family:NAME.")
    families = [f"family:{name}" for name in catalogue.FAMILIES]
    for item in chosen:
        if item.startswith("family:") and item not in families:
            raise ReportError(f"There is no {item!r} to select{near(item, families)}")
        if not item.startswith("family:") and item not in _DOCUMENTS:
            catalogue.report_spec(item)
    return chosen


def _known_sources(sources: Iterable[str], opened: Settings) -> list[str]:
    connected = opened.sources.connected()
    chosen = list(sources)
    for name in chosen:
        if name not in connected:
            raise ReportError(f"The source {name!r} is not connected{near(name, connected)}")
    return chosen


def _scannable() -> tuple[str, ...]:
    in_lake = [spec.name for spec in catalogue.report_specs() if spec.storage == "lake"]
    return (*(spec.name for spec in catalogue.table_specs()), *in_lake)


def _place(spec: catalogue.ReportSpec, opened: Settings) -> ReportPlace:
    if spec.storage == "document":
        return _store(opened)
    from ca_platform.collect import LakeReports

    return LakeReports(_lake(opened), spec, opened)


# One store is kept open: an analyst reads many reports one after the other.
_kept: list[tuple[Settings, DocumentStore]] = []


def _store(opened: Settings) -> DocumentStore:
    from ca_platform.store import open_store

    for known, store in _kept:
        if known == opened:
            return store
    for _, store in _kept:
        store.close()
    _kept[:] = [(opened, open_store(opened))]
    return _kept[0][1]


def _lake(opened: Settings) -> Lake:
    from ca_platform.lake import Lake

    return Lake.open(opened)
