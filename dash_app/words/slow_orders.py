"""Orders that took abnormally long: which, why, and by which of the two rules."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform.models.deliveries.judge import PROBABLE, PROBABLE_IN_SLOT
from dash_app.filters import DeliveryFilters, Duration
from dash_app.records import Cell, Head, Listing, Look, Tile
from dash_app.words.dates import day, duration
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import name
from dash_app.words.names import quoted
from dash_app.words.rows import Row
from dash_app.words.spans import LASTS, NAMES

NONE_ABNORMAL = "No order has taken abnormally long."
NOT_ABNORMAL = "The order that is asked for is not among the abnormal ones of this duration and day."
_SIGNS = (
    ("customer", "customer_anomaly", "p_customer", "the customer", PROBABLE),
    ("place", "location_anomaly", "p_location", "the place", PROBABLE),
    ("hour", "weekday_hour_anomaly", "p_weekday_hour", "the hour of the week", PROBABLE_IN_SLOT),
)
_RULES = (
    (
        "Rule 1",
        "rule_1",
        "Unusually long for the customer, for the place and for the hour of the week: all three.",
    ),
    (
        "Rule 2",
        "rule_2",
        "Unusually long for the hour of the week, and for the customer or for the place.",
    ),
)
_HEADS = (
    Head("Order", is_number=False),
    Head("Customer", is_number=False),
    Head("Ordered", is_number=False),
    Head("Took"),
    Head("Expected"),
    Head("Times"),
    Head("Unusual for", is_number=False),
    Head("Rules", is_number=False),
)


def by_score(frame: pl.DataFrame) -> pl.DataFrame:
    """The most abnormal first."""
    return frame.sort("score", "minutes", "order_id", descending=[True, True, False], nulls_last=True)


def reading(frame: pl.DataFrame, look: Look, what: Duration) -> str:
    """How many orders took abnormally long, and the worst of them."""
    form = formats(look)
    worst = by_score(frame).row(0, named=True)
    said = f"{form.count(frame.height)} {plural(frame.height, 'order')} took abnormally long {LASTS[what]}"
    return f"{said}, most of all {quoted(worst['order_id'])}: {_long(worst, form)}."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """The most abnormal orders; an order opens what is known of it, a customer everything about the customer."""
    form = formats(look)
    shown = by_score(frame).head(int(DeliveryFilters.of(look.filters).top))
    most = max((times for row in shown.iter_rows(named=True) if (times := _times(row))), default=1.0)
    rows = tuple(_line(row, most, look) for row in shown.iter_rows(named=True))
    note = f"{form.count(shown.height)} of {form.count(frame.height)} orders" if shown.height < frame.height else ""
    return Listing(_HEADS, rows, note)


def rules(frame: pl.DataFrame, look: Look) -> str:
    """What makes an order abnormal, and how many are by the stricter rule."""
    form = formats(look)
    strict = frame.filter("rule_1").height
    return (
        f"An order is abnormal where rule 2 holds and it took longer than is expected of it: {form.count(frame.height)} "
        f"{plural(frame.height, 'order')}, for {form.count(strict)} of which ({form.share(strict / frame.height)}) the stricter "
        "rule 1 holds too."
    )


def listed_rules(frame: pl.DataFrame, look: Look) -> Listing:
    """Both rules, what they ask, and how many orders they find; then what the orders are unusual for."""
    form = formats(look)
    heads = (Head("Sign", is_number=False), Head("Asks for", is_number=False, is_long=True), Head("Orders"))
    signs = [
        (f"Unusual for {text}", column, f"So long a time has a probability below {form.share(least, 2)} there.")
        for _, column, _, text, least in _SIGNS
    ]
    rows = []
    for title, column, text in (*_RULES, *signs):
        count = frame.filter(pl.col(column)).height
        rows.append((Cell(title), Cell(text), Cell(form.count(count))))
    return Listing(heads, tuple(rows))


# ---- one order


def opened(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The order that is asked for; without one the most abnormal."""
    order = DeliveryFilters.of(look.filters).order
    return by_score(frame).head(1) if order is None else frame.filter(pl.col("order_id") == order).head(1)


def sentence(frame: pl.DataFrame, look: Look, what: Duration) -> str:
    """Why this order is abnormal."""
    form = formats(look)
    row = frame.row(0, named=True)
    signs = [text for _, column, _, text, _ in _SIGNS if row[column]]
    why = f"; unusual for {_listed(signs)}" if signs else ""
    return f"The {NAMES[what]} of {quoted(row['order_id'])} took {_long(row, form)} {LASTS[what]}{why}."


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """Order and customer, which lead to their lists; what it took; how probable so long a time is for each base."""
    form = formats(look)
    row = frame.row(0, named=True)
    expected = row["expected_minutes"]
    found = [
        Tile("Order", name(row["order_id"]).text, _at(row["order_time"], look), opens=_opens("order_id", row)),
        Tile("Customer", name(row["client"]).text, opens=_opens("client", row)),
        Tile("Took", duration(row["minutes"]), "" if expected is None else f"expected: {duration(expected)}"),
    ]
    for noun, column, probability, text, _ in _SIGNS:
        chance = row[probability]
        found.append(
            Tile(
                f"So long, given the {noun}",
                "–" if chance is None else form.share(chance, 2),
                "unusual" if row[column] else "usual" if chance is not None else "too little is known",
                title=f"Probability of so long a time, given {text}",
            )
        )
    return tuple(found)


def _opens(column: str, row: Row) -> tuple[str, dict[str, str]]:
    return column, {column: row[column]}


def _line(row: Row, most: float, look: Look) -> tuple[Cell, ...]:
    form, times, expected = formats(look), _times(row), row["expected_minutes"]
    signs = [noun for noun, column, _, _, _ in _SIGNS if row[column]]
    order, client = name(row["order_id"]), name(row["client"])
    return (
        Cell(order.text, title=order.title, chooses=("order", row["order_id"])),
        Cell(client.text, title=client.title, opens=_opens("client", row)),
        Cell(_at(row["order_time"], look)),
        Cell(duration(row["minutes"])),
        Cell("–" if expected is None else duration(expected)),
        Cell("–") if times is None else Cell(f"×{form.mean(times)}", bar=times / most),
        Cell(", ".join(signs)),
        Cell("1 and 2" if row["rule_1"] else "2" if row["rule_2"] else ""),
    )


def _long(row: Row, form: Formats) -> str:
    """How long it took, and how many times what was expected."""
    times = _times(row)
    long = duration(row["minutes"])
    return (
        long if times is None else f"{long}, {form.mean(times)} times the {duration(row['expected_minutes'])} expected"
    )


def _times(row: Row) -> float | None:
    expected = row["expected_minutes"]
    return float(row["minutes"] / expected) if expected else None


def _at(instant: datetime, look: Look) -> str:
    local = instant.astimezone(ZoneInfo(look.zone))
    return f"{day(local.date())} {local:%H:%M}"


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
