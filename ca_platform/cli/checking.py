"""What ``check`` looks at, part by part. A part that fails does not keep the others from being looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from ca_platform.cli.output import in_words, note
from ca_platform.errors import CaPlatformError, ConfigurationError, LakeError, RunError

if TYPE_CHECKING:
    import polars as pl

    from ca_platform.ingest import Agreement, Preview
    from ca_platform.lake import Lake, Part
    from ca_platform.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One part that was looked at.

    Attributes:
        record: its JSON.
        tables: title, names of columns, rows.
        frames: title and rows of data.
    """

    name: str
    detail: str = ""
    error: CaPlatformError | None = None
    record: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    tables: tuple[tuple[str, Sequence[str], Sequence[Sequence[Any]]], ...] = ()
    frames: tuple[tuple[str, pl.DataFrame], ...] = ()


def require_anything(settings: Settings) -> None:
    """Refuse settings of which nothing can be loaded."""
    from ca_platform.ranges import require_sessions

    require_sessions(settings)


def findings(settings: Settings, rows: int, *, mend: bool = False) -> Iterator[Finding]:
    """Every source, the lake, the store, and the days of both."""
    from ca_platform.ingest import Agreement

    agreement = Agreement()
    for name in settings.sources.connected():
        note(f"Reading {name} …")
        yield _guarded(name, partial(_source, name, settings, rows, agreement))
    lake = _guarded("lake", lambda: _lake(settings, mend=mend))
    store = _guarded("store", lambda: _store(settings))
    yield from (lake, store)
    if lake.error is None and store.error is None:
        yield _guarded("days", lambda: _days(settings))


def problem(found: Sequence[Finding]) -> CaPlatformError | None:
    """The error that the command ends with; None when a load would work."""
    failed = [finding for finding in found if finding.error is not None]
    if not failed:
        return None
    sentences = " ".join(f"{finding.name}: {_without_name(finding)}" for finding in failed)
    error = CaPlatformError(f"A load would not work. {sentences}")
    error.exit_code = max(finding.error.exit_code for finding in failed if finding.error is not None)
    return error


def _without_name(finding: Finding) -> str:
    """What is wrong; some errors say themselves of which source they are."""
    return str(finding.error).removeprefix("sources.").removeprefix(f"{finding.name}: ")


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except CaPlatformError as error:
        return Finding(name, error=error, record={"ok": False, "error": str(error)})


def _source(name: str, settings: Settings, rows: int, agreement: Agreement) -> Finding:
    from ca_platform.ingest import preview

    found = preview(name, settings, rows, agreement)
    error = _refused(found) or _too_fine(found, settings.reports.dimensions.max_values)
    days = f"{found.first_day} to {found.last_day}, " if found.first_day is not None else ""
    notes = (*found.notes, *_too_new(found, settings))
    record = {
        "ok": error is None,
        **({"error": str(error)} if error is not None else {}),
        "totals": found.totals,
        "reasons": found.reasons,
        "columns": found.columns,
        "actions": {action: str(kind) for action, kind in found.actions.items()},
        "dimensions": dict(found.values),
        "first_day": found.first_day,
        "last_day": found.last_day,
        "notes": list(notes),
        "rows": found.rows.to_dicts(),
    }
    detail = f"{days}{found.totals['read']:,} rows read"
    constants = settings.sources.connected()[name].constants
    return Finding(name, detail, error, record, notes, tuple(_tables(found, constants)), tuple(_frames(found)))


def _too_new(found: Preview, settings: Settings) -> Iterator[str]:
    from ca_platform.ranges import last_possible

    last = last_possible(settings)
    if found.last_day is not None and found.last_day > last:
        yield f"Some rows lie after {last}, up to {found.last_day}: a day is loaded once it has ended."


def _refused(found: Preview) -> RunError | None:
    if found.totals["read"] and found.totals["quarantined"] and not found.totals["loaded"]:
        reasons = ", ".join(f"{reason} ({count:,})" for reason, count in found.reasons.items())
        return RunError(f"every row would be quarantined: {reasons}. Correct the mapping.")
    return None


def _too_fine(found: Preview, allowed: int) -> ConfigurationError | None:
    """Every report of a shop with such a dimension would be refused."""
    many = next((name for name, count in found.values.items() if count > allowed), None)
    if many is None:
        return None
    return ConfigurationError(
        f"reports would be refused: the dimension {many} has more values than the {allowed:,} that reports.dimensions.max_values allows. Take it "
        "out of sources.sessions.dimensions, or raise max_values."
    )


def _tables(
    found: Preview, constants: Mapping[str, Any]
) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]:
    from ca_platform.ingest import EXPLANATIONS, Reason

    always = {
        ours: f"always {str(value).lower() if isinstance(value, bool) else value}" for ours, value in constants.items()
    }
    mapped = [[ours, always.get(ours, theirs)] for ours, theirs in found.columns.items()]
    yield "Mapping", ("ours", "column of the source"), mapped
    if found.actions:
        actions = [[action, str(kind)] for action, kind in found.actions.items()]
        yield "Actions", ("action", "its values are"), actions
    if found.values:
        yield "Dimensions", ("dimension", "values"), [[name, f"{count:,}"] for name, count in found.values.items()]
    counts = found.totals
    yield "A load would give", [count.replace("_", " ") for count in counts], [list(counts.values())]
    if found.reasons:
        rows = [[reason, count, EXPLANATIONS[Reason(reason)]] for reason, count in found.reasons.items()]
        yield "Rows would be refused", ("reason", "rows", "meaning"), rows


def _frames(found: Preview) -> Iterator[tuple[str, pl.DataFrame]]:
    if not found.rows.is_empty():
        yield "First rows as they would be loaded (instants in UTC)", found.rows
    if not found.bad.is_empty():
        yield "First rows that would be refused", found.bad.drop("day", strict=False)


def _lake(settings: Settings, *, mend: bool) -> Finding:
    from ca_platform.ingest import moved_zone
    from ca_platform.lake import Lake

    lake = Lake.open(settings)
    lake.check()
    loaded, made = _damaged(lake)
    if mend:
        lake.forget(made)
    damaged = (*loaded, *(() if mend else made))
    moved = moved_zone(settings, lake)
    days = lake.days("sessions")
    forgotten = tuple(f"Forgotten, the next run that needs it makes it again: {part}" for part in made) if mend else ()
    return Finding(
        "lake",
        f"{lake.path}, {_span(days)} loaded" if days else f"{lake.path}, nothing is loaded yet",
        _unreadable(loaded, () if mend else made),
        record={"ok": not damaged, "path": lake.path, "days": len(days), "damaged": [str(part) for part in damaged]},
        notes=(*forgotten, *((moved,) if moved else ())),
    )


def _damaged(lake: Lake) -> tuple[list[Part], list[Part]]:
    """Damaged parts that were loaded from a source, and those that were made from them."""
    from ca_platform.catalogue import table_specs

    sources = {spec.name for spec in table_specs("lake")}
    damaged = lake.damaged()
    return [part for part in damaged if part.dataset in sources], [p for p in damaged if p.dataset not in sources]


def _unreadable(loaded: Sequence[Part], made: Sequence[Part]) -> CaPlatformError | None:
    """The error that names damaged parts, each with its remedy."""
    from ca_platform.lake import listed

    sentences = [_load_again(name, [part for part in loaded if part.dataset == name]) for name in _names(loaded)]
    if made:
        sentences.append(
            f"Damaged: {listed(made)}. `ca-platform check --mend` forgets what was made, and the next run makes it again."
        )
    return LakeError(" ".join(sentences)) if sentences else None


def _load_again(source: str, parts: Sequence[Part]) -> str:
    from ca_platform.lake import listed

    days = [part.day for part in parts if part.day is not None]
    span = f" --from {min(days)} --to {max(days)}" if days else ""
    return f"Damaged: {listed(parts)}. Load again: ca-platform load --source {source}{span}."


def _names(parts: Sequence[Part]) -> list[str]:
    return list(dict.fromkeys(part.dataset for part in parts))


def _store(settings: Settings) -> Finding:
    from ca_platform.store import open_store

    with open_store(settings) as store:
        health = store.check()
    record = {"ok": True, "kind": health.kind, "version": health.version, "where": health.where}
    notes = (health.detail,) if health.status != "ok" and health.detail else ()
    return Finding(
        "store",
        f"{health.kind} {health.version} at {health.where}",
        record={**record, "notes": list(notes)},
        notes=notes,
    )


def _days(settings: Settings) -> Finding:
    """Which days the lake and the store do not have in common: reports, and where they are a copy, orders."""
    from ca_platform.catalogue import connected, report_specs
    from ca_platform.lake import Lake
    from ca_platform.store import open_store

    loaded = {part.day: part.rows for part in Lake.open(settings).parts("sessions") if part.day is not None}
    names = [spec.name for spec in report_specs() if spec.storage == "document" and connected(spec, settings)]
    with open_store(settings) as store:
        reported = [set(store.days(name)) for name in names]
        orders = store.order_counts()
    some = set[date]().union(*reported)
    every = some.intersection(*reported)
    stored = loaded if orders is None else orders
    differences = {
        "loaded, but without any report": set(loaded) - some,
        "with some reports, but not all": some - every,
        "with reports, but not loaded": some - set(loaded),
        "with other orders in the store than in the lake": {
            day for day in set(loaded) | set(stored) if loaded.get(day, 0) != stored.get(day, 0)
        },
    }
    found = {words: sorted(days) for words, days in differences.items() if days}
    notes = tuple(f"{_number(days)} {words}: {in_words(days)}." for words, days in found.items())
    detail = "lake and store differ" if found else "lake and store have the same days"
    record = {"ok": True, "different": {words: _texts(days) for words, days in found.items()}}
    return Finding("days", detail, record=record, notes=notes)


def _number(days: Sequence[date]) -> str:
    return "1 day" if len(days) == 1 else f"{len(days):,} days"


def _texts(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _span(days: Sequence[date]) -> str:
    return f"{len(days):,} days from {days[0]} to {days[-1]}"
