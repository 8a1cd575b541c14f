"""Figures as plain dicts that are quick to send: typed arrays in plotly's base64 form, never lists of numbers."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from dash_app.records import Figure, Look

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif'
INK = {False: "#3c4654", True: "#c3cad4"}

# plotly.js knows no 64-bit integers.
_TYPES = {"f8", "f4", "i4", "i2", "i1", "u4", "u2", "u1"}
_LARGEST_INT32 = 2**31 - 1


def dressed(figure: Figure, look: Look) -> Figure:
    """The figure with what all figures share where it does not say otherwise, every array in a form to be sent."""
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "autosize": True,
        "dragmode": False,
        **figure.get("layout", {}),
    }
    layout["font"] = {"family": FONT, "size": 13, "color": INK[look.dark]} | layout.get("font", {})
    answer: Figure = plain({"data": figure.get("data", []), "layout": layout})
    return answer


def plain(value: Any) -> Any:
    """The value with every NumPy array in it replaced."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _array(value)
    return value.item() if isinstance(value, np.generic) else value


def _array(values: np.ndarray[Any, Any]) -> Any:
    if values.dtype.kind == "M":
        return np.datetime_as_string(values).tolist()
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        small = not values.size or max(abs(int(values.min())), int(values.max())) <= _LARGEST_INT32
        values = values.astype(np.int32 if small else np.float64)
    name = values.dtype.str[1:]
    if name not in _TYPES:
        return plain(values.tolist())
    sent = {
        "dtype": name,
        "bdata": base64.b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes()).decode(),
    }
    return sent | {"shape": ", ".join(map(str, values.shape))} if values.ndim > 1 else sent
