"""Deliveries in words: how long they take, when and where they take longest, and how many are late."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dash_app.filters import DeliveryFilters, Duration
from dash_app.records import Cell, Head, Listing, Look, Opening, Tile, Trend
from dash_app.words.dates import WEEKDAYS, day, duration, hours
from dash_app.words.formats import formats, plural
from dash_app.words.names import capital
from dash_app.words.rows import Row, earlier
from dash_app.words.spans import LASTS, NAMES
from dash_app.words.versus import clause, more_or_less, points_more_or_less

HISTORY = 30
UNDELIVERED = "Nothing has been delivered yet."
NONE_RETURNED = "Nothing has come back yet."
NO_PLACES = "No delivery has a place on the map yet."
_DAYS = 7
_SLOTS: tuple[Duration, ...] = ("deliver", "prepare", "ride", "return")


def many(count: int, look: Look) -> str:
    """So many deliveries: 1 delivery, 12,345 deliveries."""
    return f"{formats(look).count(count)} {plural(count, 'delivery', 'deliveries')}"


# ---- key figures


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """Deliveries, the mean of each duration, the part that was late, the places; against the earlier day."""
    then = {} if (compare := earlier(look)) is None else {row["duration"]: row for row in compare.to_dicts()}
    rows = {row["duration"]: row for row in frame.to_dicts()}
    found: list[Tile] = []
    if (whole := rows.get("deliver")) is not None:
        opens = ("deliveries", {"duration": "deliver"}) if whole["deliveries"] else None
        found.append(_counted("Deliveries", "deliveries", whole, then.get("deliver"), look, opens))
    found += [_lasting(name, rows[name], then.get(name), look) for name in _SLOTS if name in rows]
    if whole is not None and whole["share_late"] is not None:
        found.append(_late(whole, then.get("deliver"), look))
    if whole is not None and whole["locations"]:
        found.append(_counted("Places", "locations", whole, then.get("deliver"), look))
    return tuple(found)


def _counted(label: str, column: str, row: Row, then: Row | None, look: Look, opens: Opening | None = None) -> Tile:
    form, count = formats(look), row[column]
    before = then[column] if then else None
    change = form.change(count / before - 1) if before else ""
    return Tile(
        label,
        form.compact(count),
        _since(change, look),
        _trend(count, before),
        spark=_spark("deliver", column, look),
        title=form.count(count),
        opens=opens,
    )


def _lasting(name: Duration, row: Row, then: Row | None, look: Look) -> Tile:
    now, before = row["mean_minutes"], then["mean_minutes"] if then else None
    label = f"{capital(NAMES[name])}, mean"
    if now is None:
        return Tile(label, "–", "none yet")
    exact = (
        f"{capital(LASTS[name])}: half within {duration(row['median_minutes'])}, nine of ten within "
        f"{duration(row['p90_minutes'])}, of {many(row['deliveries'], look)}"
    )
    change = formats(look).change(now / before - 1) if before else ""
    return Tile(
        label,
        duration(now),
        _since(change, look),
        _trend(now, before),
        is_good=None if before is None or now == before else now < before,
        spark=_spark(name, "mean_minutes", look),
        title=exact,
    )


def _late(row: Row, then: Row | None, look: Look) -> Tile:
    form, now = formats(look), row["share_late"]
    before = then["share_late"] if then else None
    return Tile(
        "Late",
        form.share(now),
        _since("" if before is None else form.points(now - before), look),
        _trend(now, before),
        is_good=None if before is None or now == before else now < before,
        spark=_spark("deliver", "share_late", look),
        title=f"{form.count(row['late'])} after the promised time, of {many(row['promised'], look)} with a promise",
        opens=("late", {"duration": "deliver"}) if row["late"] else None,
    )


def _since(change: str, look: Look) -> str:
    return f"{change} since {day(look.compare_day)}" if change and look.compare_day else ""


def _trend(now: float, before: float | None) -> Trend:
    if before is None:
        return ""
    return "up" if now > before else "down" if now < before else "flat"


def _spark(name: str, column: str, look: Look) -> tuple[float | None, ...]:
    if look.history is None or look.history.is_empty():
        return ()
    rows = look.history.filter(pl.col("duration") == name).sort("report_date")
    return tuple(rows[column].to_list())


def reading(frame: pl.DataFrame, look: Look) -> str:
    """How long a delivery takes, of what that is made up, and how many are late."""
    rows = {row["duration"]: row for row in frame.to_dicts()}
    whole = rows.get("deliver")
    if whole is None or whole["mean_minutes"] is None:
        return UNDELIVERED
    said = f"An order is at the door {duration(whole['mean_minutes'])} after it was placed, in the mean of {many(whole['deliveries'], look)}"
    parts = [
        f"{duration(rows[name]['mean_minutes'])} {word}"
        for name, word in (("prepare", "to prepare it"), ("ride", "to ride"))
        if name in rows and rows[name]["mean_minutes"] is not None
    ]
    made = f": {' and '.join(parts)}" if parts else ""
    late = whole["share_late"]
    missed = "" if late is None else f"; {formats(look).share(late)} came later than promised"
    return f"{said}{made}{missed}."


# ---- hours of the week


def slots(frame: pl.DataFrame, _: Look, what: Duration) -> str:
    """The slowest hour of the week with enough deliveries, against all hours, and the abnormal ones."""
    rows = frame.drop_nulls("mean_minutes").filter(pl.col("deliveries") > 0)
    if rows.is_empty():
        return UNDELIVERED
    total = int(rows["deliveries"].sum())
    mean = float((rows["mean_minutes"] * rows["deliveries"]).sum()) / total
    abnormal = rows.filter("is_abnormal")
    slowest = (abnormal if abnormal.height else _usual(rows)).sort(
        "mean_minutes", "weekday", "hour", descending=[True, False, False]
    )
    row = slowest.row(0, named=True)
    when = f"on {WEEKDAYS[row['weekday'] - 1]} from {hours(row['hour'])}"
    said = f"{capital(NAMES[what])} takes longest {when}: {duration(row['mean_minutes'])} against {duration(mean)} over the whole week"
    if not abnormal.height:
        return f"{said}; no hour is abnormal."
    others = abnormal.height - 1
    more = f", as {plural(others, 'is', 'are')} {others} more {plural(others, 'hour')}" if others else ""
    return f"{said}: abnormally slow{more}."


def _usual(rows: pl.DataFrame) -> pl.DataFrame:
    """Hours in which there is more than an odd delivery, where there are such."""
    enough = rows.filter(pl.col("deliveries") >= pl.col("deliveries").mean() / 2)
    return enough if enough.height else rows


# ---- places


def in_area(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The cells of the part of the map that is opened."""
    area = DeliveryFilters.of(look.filters).area
    return frame.filter(pl.col("geohash").str.starts_with(area)) if area else frame


def places(frame: pl.DataFrame, look: Look, what: Duration) -> str:
    """How many cells there are, and how many are abnormally slow."""
    form = formats(look)
    rows = frame.filter(pl.col("deliveries") > 0).drop_nulls("mean_minutes")
    total, slow = int(rows["deliveries"].sum()), rows.filter("is_abnormal")
    mean = float((rows["mean_minutes"] * rows["deliveries"]).sum()) / total
    said = f"{many(total, look)} went to {form.count(rows.height)} {plural(rows.height, 'cell')} of the map, with {duration(mean)} {LASTS[what]} on average"
    if slow.is_empty():
        return f"{said}; no cell is abnormally slow."
    count = int(slow["deliveries"].sum())
    are = "cell is" if slow.height == 1 else "cells are"
    return (
        f"{said}; {form.count(slow.height)} {are} abnormally slow, with {form.share(count / total)} of the deliveries."
    )


def listed_places(frame: pl.DataFrame, look: Look) -> Listing:
    """The abnormal cells first, then those with the highest score; a name opens its part of the map."""
    chosen = DeliveryFilters.of(look.filters)
    ranked = frame.sort(
        "is_abnormal", "score", "deliveries", "geohash", descending=[True, True, True, False], nulls_last=True
    )
    shown = ranked.head(int(chosen.top))
    longest = max((value for value in shown["mean_minutes"].to_list() if value is not None), default=0) or 1
    rows = [_place(row, longest, look) for row in shown.iter_rows(named=True)]
    if chosen.area:
        rows.insert(0, (Cell("the whole map", chooses=("area", "")), *(Cell("") for _ in _HEADS[1:])))
    note = f"{formats(look).count(shown.height)} of {formats(look).count(frame.height)} cells"
    return Listing(_HEADS, tuple(rows), note if shown.height < frame.height else "")


_HEADS = (Head("Cell", is_number=False), Head("Mean"), Head("Deliveries"), Head("Score"), Head("Slow", is_number=False))


def _place(row: Row, longest: float, look: Look) -> tuple[Cell, ...]:
    form, mean = formats(look), row["mean_minutes"]
    around = row["geohash"][: max(len(row["geohash"]) - 2, 1)]
    where = f"{form.number(row['latitude'], 4)}, {form.number(row['longitude'], 4)}"
    return (
        Cell(row["geohash"], title=where, chooses=("area", around)),
        Cell("–") if mean is None else Cell(duration(mean), bar=mean / longest),
        Cell(form.count(row["deliveries"]), opens=("deliveries", {"geohash": row["geohash"]})),
        Cell("–" if row["score"] is None else form.mean(row["score"])),
        Cell("abnormal" if row["is_abnormal"] else ""),
    )


# ---- days


def by_day(frame: pl.DataFrame, look: Look) -> str:
    """How long the deliveries of the last seven days took, against the seven before."""
    rows = frame.filter((pl.col("duration") == "deliver") & (pl.col("deliveries") > 0))
    last = look.day or max(rows["date"].to_list())
    now, count = _mean(rows, last)
    before, _ = _mean(rows, last - timedelta(days=_DAYS))
    if now is None:
        return "Nothing was delivered in the last seven days."
    then = clause(more_or_less(now, before, formats(look), countable=False), "in the seven days before")
    return f"In the last seven days {many(count, look)} took {duration(now)} {LASTS['deliver']} on average{then}."


def late_by_day(frame: pl.DataFrame, look: Look) -> str:
    """Which part of the last seven days' deliveries came later than promised, against the seven before."""
    form = formats(look)
    rows = frame.filter(pl.col("duration") == "deliver").drop_nulls("share_late")
    last = look.day or max(rows["date"].to_list(), default=None)
    if last is None:
        return "No delivery had a promised time."
    now, before = _share(rows, last), _share(rows, last - timedelta(days=_DAYS))
    if now is None:
        return "No delivery of the last seven days had a promised time."
    then = clause(points_more_or_less(now, before, form), "in the seven days before")
    return f"In the last seven days {form.share(now)} of the deliveries came later than promised{then}."


def _span(rows: pl.DataFrame, last: object) -> pl.DataFrame:
    return rows.filter(pl.col("date").is_between(pl.lit(last) - timedelta(days=_DAYS - 1), pl.lit(last)))


def _mean(rows: pl.DataFrame, last: object) -> tuple[float | None, int]:
    """Mean over the deliveries of the seven days up to one, and how many these are."""
    part = _span(rows, last)
    count = int(part["deliveries"].sum())
    return (float((part["mean_minutes"] * part["deliveries"]).sum()) / count if count else None), count


def _share(rows: pl.DataFrame, last: object) -> float | None:
    part = _span(rows, last)
    promised = int(part["promised"].sum())
    return int(part["late"].sum()) / promised if promised else None
