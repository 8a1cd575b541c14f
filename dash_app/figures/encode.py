"""Arrays as plotly.js reads them: base64 with a type, a tenth of the time of a list and half of its bytes."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import polars as pl

_INTEGERS = (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32)
_LONG = 8
_NAMES = {"float64": "f8", "uint8": "u1", "int8": "i1", "uint16": "u2", "int16": "i2", "uint32": "u4", "int32": "i4"}


def array(column: pl.Series) -> Any:
    """A column of numbers: typed bytes, or a list where values are missing.

    Whole numbers take as few bytes as they need; those too large for plotly.js's types become floats, exact to 2⁵³.

    >>> array(pl.Series([1, 2, 300]))
    {'dtype': 'u2', 'bdata': 'AQACACwB'}
    >>> array(pl.Series([0.5, None]))
    [0.5, None]
    """
    if column.null_count():
        return column.to_list()
    values = column.to_numpy()
    if values.dtype.kind in "iu":
        values = _narrow(values)
    elif values.dtype != np.float64:
        values = values.astype(np.float64)
    return {"dtype": _NAMES[values.dtype.name], "bdata": base64.b64encode(values.tobytes()).decode("ascii")}


def rough(column: pl.Series) -> Any:
    """A column without missing values in seven digits: for what is drawn and stands in no table, such as means."""
    values = column.cast(pl.Float32).to_numpy()
    return {"dtype": "f4", "bdata": base64.b64encode(values.tobytes()).decode("ascii")}


def days(column: pl.Series) -> list[str]:
    """A column of dates, ISO."""
    return column.dt.to_string("iso").to_list() if column.len() else []


def along(column: pl.Series) -> dict[str, Any]:
    """Where marks stand along an axis: dates or numbers.

    Days or weeks without a gap are sent as their first and their distance, which saves most of a long figure's bytes.
    """
    if column.dtype != pl.Date:
        return {"x": array(column)}
    if column.len() >= _LONG and not column.null_count():
        distances = column.diff().drop_nulls()
        if distances.n_unique() == 1:
            return {"x0": days(column[:1])[0], "dx": int(distances[0].total_seconds() * 1000)}
    return {"x": days(column)}


def _narrow(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if values.size == 0:
        return values.astype(np.uint8)
    low, high = int(values.min()), int(values.max())
    for kind in _INTEGERS:
        info = np.iinfo(kind)
        if info.min <= low and high <= info.max:
            return values.astype(kind)
    return values.astype(np.float64)
