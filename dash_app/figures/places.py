"""The map of deliveries: circles as large as a cell has deliveries, coloured by how long these take.

What belongs here: how finely cells are shown, and their circles. What does not: the ground (``countries``).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO
from dash_app.figures.countries import countries, view
from dash_app.figures.frame import BOTTOM, figure
from dash_app.figures.maps import colour_axis
from dash_app.filters import DeliveryFilters, Duration
from dash_app.records import Figure, Look
from dash_app.words.formats import formats
from dash_app.words.spans import LASTS, unit_of

HEIGHT_OF_MAP = 460
MOST_CELLS = 1_500
"""With more cells than these their neighbours are taken together: a browser draws no more in a second."""
_LETTERS, _BITS = "0123456789bcdefghjkmnpqrstuvwxyz", 5
"""Of a geohash (Niemeyer 2008), and the halvings that one letter stands for."""
_SMALLEST, _LARGEST, _RING = 5.0, 26.0, 7.0
_EDGE, _LEAST_ROOM = 0.08, 0.005
_OUTLIERS, _LEFT_OUT = 0.02, 0.002


def places(frame: pl.DataFrame, look: Look, what: Duration) -> Figure:
    """``*_location``: the cells of the map, or of the part of it that is opened."""
    known = frame.filter(pl.col("deliveries") > 0).drop_nulls("mean_minutes")
    cells = taken_together(known)
    scale = unit_of(cells["mean_minutes"])
    low, high = _ends(scale.of(cells["mean_minutes"]))
    sizes = _sizes(cells["deliveries"])
    circles = _at(cells) | {
        "name": "deliveries",
        "marker": {
            "size": encode.rough(sizes),
            "color": encode.rough(scale.of(cells["mean_minutes"])),
            "coloraxis": "coloraxis",
            "opacity": 0.85,
        },
        "customdata": encode.array(cells["deliveries"]),
        "hovertemplate": (
            f"%{{marker.color:{scale.hover}}} {scale.name} on average<br>%{{customdata:,}} deliveries<extra></extra>"
        ),
        **_leads(cells, known),
    }
    slow = cells["is_abnormal"]
    notes = (
        f"mean time {LASTS[what]}",
        "larger: more deliveries",
        "ringed: abnormally slow" if slow.any() else "",
        _taken(cells, known, look),
        f"area {area}" if (area := DeliveryFilters.of(look.filters).area) else "",
    )
    bar = {"ticksuffix": f" {scale.name}", "y": -0.02, "yanchor": "top", "ypad": 0}
    return figure(
        [*([_rings(cells.filter(slow), sizes.filter(slow))] if slow.any() else []), circles],
        look,
        notes,
        left=12,
        hovermode="closest",
        dragmode="pan",
        margin={"b": BOTTOM + 8},
        coloraxis=colour_axis(high, look, bar) | {"cmin": low},
        map={"style": countries(look), **_shown(cells)},
    )


def taken_together(rows: pl.DataFrame, most: int = MOST_CELLS) -> pl.DataFrame:
    """Cells so fine that there are at most so many: neighbours within a larger cell are one.

    Each letter of a geohash is five halvings, so that a larger cell has any power of two times its size. Its place and
    its time are the means of its deliveries; it is abnormal where one of the cells in it is; ``geohash`` is then the
    last whole name around it.
    """
    finest = _BITS * int(rows.select(pl.col("geohash").str.len_chars().max().fill_null(1)).item())
    if rows["geohash"].n_unique() <= most:
        bits = finest
    else:
        # The more halvings, the more cells: the first that are too many, found by halving their number.
        first = bisect_left(range(1, finest), most + 1, key=lambda bits: rows.select(_larger(bits).n_unique()).item())
        bits = max(first, 1)
    weight = pl.col("deliveries")
    means = [(pl.col(name) * weight).sum() / weight.sum() for name in ("latitude", "longitude", "mean_minutes")]
    name = pl.col("geohash").first()
    whole = name if bits == finest else name.str.slice(0, max(bits // _BITS, 1))
    return (
        rows.group_by(_larger(bits).alias("larger"))
        .agg(whole, *means, weight.sum(), pl.col("is_abnormal").any(), cells=pl.len())
        .sort("deliveries", "larger", descending=[True, False])
        .drop("larger")
    )


def _larger(bits: int) -> pl.Expr:
    """The cell after so many halvings of the world: letters, the last of them without its finest halvings."""
    letters = -(-bits // _BITS)
    left_out = _BITS * letters - bits
    rounded = {letter: _LETTERS[place >> left_out] for place, letter in enumerate(_LETTERS)}
    name = pl.col("geohash")
    return name.str.slice(0, letters - 1) + name.str.slice(letters - 1, 1).replace_strict(rounded, default="")


def _at(cells: pl.DataFrame) -> dict[str, Any]:
    return {
        "type": "scattermap",
        "mode": "markers",
        "lat": encode.rough(cells["latitude"]),
        "lon": encode.rough(cells["longitude"]),
    }


def _leads(cells: pl.DataFrame, known: pl.DataFrame) -> dict[str, Any]:
    """A circle that stands for several cells opens these."""
    if cells.height == known.height:
        return {}
    return {"meta": {"chooses": {"name": "area", "values": cells["geohash"].to_list()}}}


def _rings(cells: pl.DataFrame, sizes: pl.Series) -> dict[str, Any]:
    """Larger circles under those of abnormal cells."""
    marker = {"size": encode.rough(sizes + _RING), "color": OKABE_ITO[1], "opacity": 1}
    return _at(cells) | {"name": "abnormal", "marker": marker, "hoverinfo": "skip"}


def _sizes(deliveries: pl.Series) -> pl.Series:
    """Diameters in pixels: the area of a circle grows with its deliveries."""
    most = deliveries.max()
    share = deliveries / (most if isinstance(most, int) and most else 1)
    return _SMALLEST + (_LARGEST - _SMALLEST) * share.sqrt()


def _ends(values: pl.Series) -> tuple[float, float]:
    """The ends of the scale of colours: very few cells lie beyond them."""
    numbers = values.to_numpy()
    if not numbers.size:
        return 0.0, 1.0
    low, high = (float(np.quantile(numbers, part)) for part in (_OUTLIERS, 1 - _OUTLIERS))
    return (low, high) if low < high else (0.0, high or 1.0)


def _shown(cells: pl.DataFrame) -> dict[str, Any]:
    """The part of the world in which almost all deliveries are."""
    ends: list[float] = []
    for name in ("latitude", "longitude"):
        ordered = cells.sort(name)
        part = ordered["deliveries"].cum_sum() / ordered["deliveries"].sum()
        low, high = (float(ordered.filter(part >= end)[name][0]) for end in (_LEFT_OUT, 1 - _LEFT_OUT))
        room = max((high - low) * _EDGE, _LEAST_ROOM)
        ends += [low - room, high + room]
    return view(*ends)


def _taken(cells: pl.DataFrame, known: pl.DataFrame, look: Look) -> str:
    if cells.height == known.height:
        return ""
    form = formats(look)
    return f"{form.count(known.height)} cells taken together in {form.count(cells.height)}: click to open"
