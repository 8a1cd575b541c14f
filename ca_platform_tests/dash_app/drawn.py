"""Reading a figure back: the numbers, places and texts that a browser would draw."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

ABOVE = "black on light cells"
_TYPES = {"f8": "<f8", "f4": "<f4", "u1": "u1", "i1": "i1", "u2": "<u2", "i2": "<i2", "u4": "<u4", "i4": "<i4"}


def numbers(value: Any) -> list[Any]:
    """A list, or the typed array that stands for one."""
    if isinstance(value, dict):
        return np.frombuffer(base64.b64decode(value["bdata"]), _TYPES[value["dtype"]]).tolist()  # type: ignore[no-any-return]
    return list(value)


def days(trace: dict[str, Any]) -> list[date]:
    """Where the marks of a trace stand on an axis of dates."""
    if "x" in trace:
        return [date.fromisoformat(text) for text in trace["x"]]
    first, step = date.fromisoformat(trace["x0"]), timedelta(milliseconds=trace["dx"])
    return [first + index * step for index in range(len(numbers(trace["y"])))]


def rows_of(figure: dict[str, Any]) -> list[dict[str, Any]]:
    """Traces that stand for rows of the report: no bridges, means or earlier reports."""
    return [
        trace
        for trace in figure["data"]
        if trace.get("hoverinfo") != "skip" and trace.get("name") not in ("earlier", "mean") and not is_dotted(trace)
    ]


def is_dotted(trace: dict[str, Any]) -> bool:
    return bool(trace.get("line", {}).get("dash") == "dot")


def dotted(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if is_dotted(trace)]


def by_place(traces: list[dict[str, Any]]) -> dict[tuple[str, date], Any]:
    """What is drawn at (name of the series, day)."""
    return {
        (trace.get("name", ""), place): value
        for trace in traces
        for place, value in zip(days(trace), numbers(trace["y"]), strict=True)
    }


def notes(figure: dict[str, Any]) -> str:
    """The text above the chart."""
    above = [text for text in figure["layout"]["annotations"] if text.get("xref") == text.get("yref") == "paper"]
    return " ".join(text["text"] for text in above if text["y"] == 1 and text["x"] == 0)


def texts(figure: dict[str, Any], name: str, axis: str = "y") -> list[list[str]]:
    """What stands in the cells of a heat map: in its own layer, and in that of black texts above it."""
    layers = [one for one in figure["data"] if one.get("name") in (name, ABOVE) and one.get("yaxis", "y") == axis]
    written = [layer["text"] for layer in layers]
    return [[max(cell, key=_visible) for cell in zip(*lines, strict=True)] for lines in zip(*written, strict=True)]


def _visible(text: str) -> int:
    return len(text.strip("\u00a0 "))


def leaves(value: Any) -> Iterator[Any]:
    """Everything in a figure that is neither dict nor list, typed arrays as their numbers."""
    if isinstance(value, dict) and set(value) >= {"dtype", "bdata"}:
        yield from numbers(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def marks(figure: dict[str, Any]) -> int:
    """Points, bars and cells that the browser has to draw one by one."""
    return sum(_size(trace) for trace in figure["data"] if trace.get("mode") != "lines")


def vertices(figure: dict[str, Any]) -> int:
    """Corners of the lines, each of which is one path."""
    return sum(_size(trace) for trace in figure["data"] if "lines" in trace.get("mode", ""))


def _size(trace: dict[str, Any]) -> int:
    if trace["type"] in ("treemap", "sankey"):
        return len(numbers(trace["values"] if "values" in trace else trace["link"]["value"]))
    if trace["type"] == "scatter3d":
        return len(numbers(trace["z"]))
    if trace["type"] == "scattermap":
        return len(numbers(trace["lat"]))
    return sum(map(len, trace["z"])) if "z" in trace else len(numbers(trace["y"]))
