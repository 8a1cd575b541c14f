"""The outlines under maps: countries of Natural Earth, simplified until they are small enough for a page.

    npm pack world-atlas@2 && tar xzf world-atlas-2.0.2.tgz
    python -m scripts.countries package/countries-50m.json dash_app/assets/geo/countries.geojson

Natural Earth is in the public domain; world-atlas (ISC) packs it as TopoJSON, in which neighbours share their border as
one arc, so that a border simplified once still fits both of them.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

Point = tuple[float, float]
TOLERANCE = 0.06
"""Degrees by which an outline may be off; the source itself is off by about as much."""
DIGITS = 2
_CORNERS = 4  # of the smallest ring: a triangle whose first corner closes it


def outlines(topology: dict[str, Any], tolerance: float = TOLERANCE) -> dict[str, Any]:
    """The countries as GeoJSON without names: one feature each."""
    arcs = [simplified(_decoded(arc, topology["transform"]), tolerance) for arc in topology["arcs"]]
    countries = topology["objects"]["countries"]["geometries"]
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "MultiPolygon", "coordinates": _polygons(country, arcs)},
        }
        for country in countries
    ]
    return {"type": "FeatureCollection", "features": features}


def simplified(points: list[Point], tolerance: float) -> list[Point]:
    """A line through fewer of its points, none of the others farther away than the tolerance (Douglas and Peucker).

    >>> simplified([(0, 0), (1, 0.01), (2, 0), (3, 1)], 0.1)
    [(0, 0), (2, 0), (3, 1)]
    """
    kept = {0, len(points) - 1}
    open_ = [(0, len(points) - 1)]
    while open_:
        first, last = open_.pop()
        between = range(first + 1, last)
        farthest = max(between, key=lambda index: _distance(points[index], points[first], points[last]), default=None)
        if farthest is not None and _distance(points[farthest], points[first], points[last]) > tolerance:
            kept.add(farthest)
            open_ += [(first, farthest), (farthest, last)]
    return [points[index] for index in sorted(kept)]


def _distance(point: Point, start: Point, end: Point) -> float:
    """Of a point from the line through two others, or from the one that both are."""
    along = (end[0] - start[0], end[1] - start[1])
    off = (point[0] - start[0], point[1] - start[1])
    length = math.hypot(*along)
    return abs(along[0] * off[1] - along[1] * off[0]) / length if length else math.hypot(*off)


def _decoded(arc: list[list[int]], transform: dict[str, list[float]]) -> list[Point]:
    """Degrees of an arc that is stored as whole steps from point to point."""
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    x = y = 0
    points: list[Point] = []
    for right, up in arc:
        x, y = x + right, y + up
        points.append((x * scale_x + left, y * scale_y + bottom))
    return points


def _polygons(country: dict[str, Any], arcs: list[list[Point]]) -> list[list[list[Point]]]:
    parts = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    polygons = ([ring for ring in (_ring(one, arcs) for one in part) if len(ring) >= _CORNERS] for part in parts)
    return [polygon for polygon in polygons if polygon]


def _ring(numbers: list[int], arcs: list[list[Point]]) -> list[Point]:
    """Arcs one after the other; a negative number is the arc with the complement of it, run backwards."""
    ring: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        for point in arc:
            rounded = (round(point[0], DIGITS), round(point[1], DIGITS))
            if not ring or ring[-1] != rounded:
                ring.append(rounded)
    return ring


def main(source: str, target: str) -> None:
    """Read world-atlas, write the asset."""
    found = outlines(json.loads(Path(source).read_text(encoding="utf-8")))
    Path(target).write_text(json.dumps(found, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
