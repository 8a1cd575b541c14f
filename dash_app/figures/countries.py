"""The ground under maps: countries from a file of our own, so that no request leaves the origin.

The outlines are Natural Earth's, which is in the public domain, simplified by ``scripts/countries.py``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from dash_app.figures.colours import scheme
from dash_app.records import Look

_FILE = Path(__file__).parents[1] / "assets" / "geo" / "countries.geojson"
# A world of MapLibre is so many pixels wide at zoom 0, and twice as many at each further one.
_WORLD = 512
_WIDTH, _HEIGHT = 480, 340
"""Pixels that a map has at least, its edges left out."""
_NEAREST, _FARTHEST = 12.5, 0.4
_POLE = 85.0


def countries(look: Look) -> dict[str, Any]:
    """A style for MapLibre: sea, land and borders; nothing of it comes from elsewhere."""
    grey = scheme(dark=look.dark)
    return {
        "version": 8,
        "name": "countries",
        "sources": {"countries": {"type": "geojson", "data": _address(), "attribution": "Natural Earth"}},
        "layers": [
            {"id": "sea", "type": "background", "paint": {"background-color": grey.pale}},
            {"id": "land", "type": "fill", "source": "countries", "paint": {"fill-color": grey.ground}},
            {
                "id": "borders",
                "type": "line",
                "source": "countries",
                "paint": {"line-color": grey.muted, "line-width": 0.7, "line-opacity": 0.6},
            },
        ],
    }


def view(south: float, north: float, west: float, east: float) -> dict[str, Any]:
    """Centre and zoom at which a map shows all of a box, in degrees.

    >>> view(51.4, 51.6, -0.3, 0.1)
    {'center': {'lat': 51.5, 'lon': -0.1}, 'zoom': 9.54}
    """
    high, low = _mercator(north), _mercator(south)
    across = max((east - west) / 360, 1e-9)
    up = max(high - low, 1e-9)
    zoom = min(math.log2(_WIDTH / _WORLD / across), math.log2(_HEIGHT / _WORLD / up))
    centre = {"lat": round((south + north) / 2, 5), "lon": round((west + east) / 2, 5)}
    return {"center": centre, "zoom": round(min(max(zoom, _FARTHEST), _NEAREST), 2)}


def _mercator(latitude: float) -> float:
    """Height on Mercator's map, as a part of its width."""
    angle = math.radians(min(max(latitude, -_POLE), _POLE))
    return math.log(math.tan(math.pi / 4 + angle / 2)) / (2 * math.pi)


@lru_cache(maxsize=1)
def _address() -> str:
    """It changes with the file, so that browsers may keep it."""
    return f"/assets/geo/{_FILE.name}?m={int(_FILE.stat().st_mtime)}"
