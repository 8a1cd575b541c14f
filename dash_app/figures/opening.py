"""What a click on a mark opens: written into the trace's ``meta``, which plotly leaves alone.

What belongs here: saying where the key of the counted cell stands. What does not: whom a cell counts
(``ca_platform.drill``), and following the click (``assets/opening.js``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from dash_app.figures import encode

Trace = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A key that is read off the mark: its ``x``, its ``y``, or a value for each row, column or point.

    Attributes:
        at: ``x``, ``y``, ``row`` or ``column`` (of a heat map), ``point`` or ``number`` (in the order of the trace).
        values: of rows, columns or points; ``numbers`` those of many points.
    """

    at: str
    values: tuple[Any, ...] = ()
    numbers: pl.Series | None = None


X, Y = Place("x"), Place("y")


def rows(values: Sequence[Any]) -> Place:
    """A key by row of a heat map."""
    return Place("row", tuple(values))


def columns(values: Sequence[Any]) -> Place:
    """A key by column of a heat map."""
    return Place("column", tuple(values))


def points(values: Sequence[Any]) -> Place:
    """A key by mark, in the order of the trace."""
    return Place("point", tuple(values))


def numbers(values: pl.Series) -> Place:
    """The same where there are thousands of marks, and numbers without a gap."""
    return Place("number", numbers=values)


def opens(column: str, **key: Any) -> Trace:
    """The part of a trace that says which number of the card's report each of its marks is.

    Args:
        column: of the report, with the number.
        key: columns of the key: a ``Place``, or one value for all marks.

    >>> opens("customers", cohort=rows([date(2026, 1, 5)]), offset=X)
    {'meta': {'opens': {'column': 'customers', 'key': {'cohort': {'row': ['2026-01-05']}, 'offset': {'x': True}}}}}
    """
    return {"meta": {"opens": {"column": column, "key": {name: _written(value) for name, value in key.items()}}}}


def each(column: str, **key: Any) -> Callable[[Trace], Trace]:
    """For ``Card.drill``: every trace of the card's figure that shows its report opens this number."""
    made = opens(column, **key)
    return lambda _: made


def bars(column: str, **key: Any) -> Callable[[Trace], Trace]:
    """For ``Card.drill``: the bars of the card's figure open this number, lines beside them nothing."""
    made = opens(column, **key)
    return lambda trace: made if trace["type"] == "bar" else {}


def by_name(names: Mapping[str, Trace]) -> Callable[[Trace], Trace]:
    """For ``Card.drill``: what the trace of a name ``opens``; others open nothing."""
    return lambda trace: names.get(str(trace.get("name")), {})


def with_opening(data: Sequence[Trace], drill: Callable[[Trace], Trace]) -> list[Trace]:
    """The traces of a figure with what their marks open; one that says so itself keeps it.

    Marks that are not the report's own, such as means and an earlier day, open nothing.
    """
    return [trace if "meta" in trace or not _is_own(trace) else trace | drill(trace) for trace in data]


def _is_own(trace: Trace) -> bool:
    is_dotted = trace.get("line", {}).get("dash") == "dot"
    return trace.get("hoverinfo") != "skip" and trace.get("name") not in ("earlier", "mean") and not is_dotted


def _written(value: Any) -> dict[str, Any]:
    if not isinstance(value, Place):
        return {"is": _plain(value)}
    if value.numbers is not None:
        return {value.at: encode.array(value.numbers.cast(pl.Float64))}
    return {value.at: [_plain(one) for one in value.values] if value.values else True}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
