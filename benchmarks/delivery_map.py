"""``map``: the map of ``/deliveries`` in a browser, cells taken together, against all cells of the report as marks.

Both are drawn by the same browser on the same ground. Measured is the time from the navigation until the map is
drawn; quoted beside it is what the map takes over the wire: the answer with its figure, and the outlines of countries.
"""

from __future__ import annotations

import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.harness import Result, child, platform_command, seconds
from benchmarks.page import CALLBACK, USER, browser, log_in
from benchmarks.servers import background, free_port

if TYPE_CHECKING:
    import polars as pl

DEFAULT, LARGE = 500_000, 5_000_000
GOAL = 2.0
GOAL_KB = 300
ROUNDS = 5
DAY = date(2026, 1, 31)
OUTLINES = "/assets/geo/countries.geojson"
REPORT, CARD = "deliver_location", "deliveries-deliver-area"
# Longer than an answer of the store counts (dash_app.reader.FRESH_SECONDS).
PAUSE = 5.5

_SETTINGS = """\
business: {time_zone: Europe/London, currency: GBP, start_date: 2025-01-01}
sources:
  sessions: {kind: csv, path: sessions.csv, columns: {order_id: o, client: c, session_start_date: s, payment_amount: p, has_purchased: h}}
  deliveries: {kind: csv, path: deliveries.csv, columns: {order_id: o, delivery_date: d, latitude: y, longitude: x}}
"""
_DRAWN = f"""() => {{
  const card = document.querySelector('[data-card={CARD}]');
  return card && card.dataset.state === 'ready' ? performance.now() : false;
}}"""
# Draws every cell of the report as a mark on the ground of the card's own map.
_ALL_CELLS = f"""({{lat, lon, color}}) => {{
  const layout = document.querySelector('[data-card={CARD}] .js-plotly-plot').layout;
  const node = document.createElement('div');
  node.style = 'width: 1100px; height: 460px';
  document.body.append(node);
  const begun = performance.now();
  return window.Plotly.newPlot(node, [{{type: 'scattermap', lat, lon, marker: {{color, size: 6}}}}], {{map: layout.map}})
    .then(() => performance.now() - begun);
}}"""


def run(size: int) -> Result:
    """``size`` is the number of deliveries."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "ca_platform.yaml").write_text(_SETTINGS)
        password, port = secrets.token_urlsafe(12), free_port()
        cells = int(child("delivery_map:prepare", folder, size, password).value)
        command = [*platform_command(), "dashboards", "--host", "127.0.0.1", "--port", str(port)]
        with background(command, port, {**os.environ, "CA_SETTINGS": str(place / "ca_platform.yaml")}):
            first, times, kilobytes, rival = _visit(f"http://127.0.0.1:{port}", password, report_of(size))
    ours = statistics.median(times)
    extra = {
        "cells": cells,
        "kilobytes": kilobytes,
        "goal_kilobytes": GOAL_KB,
        "first_seconds": first,
        "seconds": times,
    }
    rows = (
        (f"map of {size:,} deliveries drawn", seconds(ours)),
        ("the first time, nothing kept", seconds(first)),
        (f"all {cells:,} cells as marks, drawing alone", seconds(rival)),
        *((f"over the wire, {name}", f"{size_:,.0f} kB") for name, size_ in kilobytes.items()),
    )
    if sum(kilobytes.values()) > GOAL_KB:
        raise RuntimeError(f"the map takes more than {GOAL_KB} kB: {kilobytes}")
    return Result("map", size, ours, rival, GOAL, goal_on="ours", extra=extra, rows=rows)


def report_of(deliveries: int) -> pl.DataFrame:
    """The report of places of so many deliveries around four depots."""
    import numpy as np
    import polars as pl

    from ca_platform.catalogue import report_spec
    from ca_platform.facts.deliveries import geohash
    from ca_platform.simulate.deliveries import DEPOTS, KM_PER_DEGREE, MEAN_DISTANCE_KM

    dice = np.random.default_rng(7)
    depot = np.array(DEPOTS)[dice.integers(0, len(DEPOTS), deliveries)]
    distance = np.minimum(dice.gamma(3.0, MEAN_DISTANCE_KM / 3.0, deliveries), 15.0)
    angle = dice.random(deliveries) * 2 * np.pi
    latitude = depot[:, 0] + distance * np.sin(angle) / KM_PER_DEGREE
    stretch = KM_PER_DEGREE * np.cos(np.radians(depot[:, 0]))
    rows = pl.DataFrame(
        {
            "latitude": latitude,
            "longitude": depot[:, 1] + distance * np.cos(angle) / stretch,
            "minutes": 12 + distance * 3 + dice.gamma(2.0, 4.0, deliveries),
        }
    )
    cells = (
        rows.group_by(geohash=geohash(pl.col("latitude"), pl.col("longitude"), 7))
        .agg(pl.col("latitude", "longitude").mean(), deliveries=pl.len().cast(pl.Int64), mean=pl.col("minutes").mean())
        .sort("geohash")
    )
    places = {"latitude", "longitude", "deliveries", "geohash"}
    others = {"mean_minutes": pl.col("mean"), "score": pl.col("mean") / 100, "is_abnormal": pl.col("mean") > 60}
    return cells.select(
        pl.col(name) if name in places else others[name].alias(name) for name in report_spec(REPORT).column_names
    )


def prepare(folder: str, deliveries: int, password: str) -> Callable[[], Any]:
    """The report in the store, and a login."""
    import polars as pl

    from ca_platform.catalogue import report_spec
    from ca_platform.settings import load_settings
    from ca_platform.store import open_store
    from dash_app.users import UserStore

    settings = load_settings(Path(folder) / "ca_platform.yaml")
    cells = report_of(deliveries)
    frame = cells.select(
        pl.lit(DAY).alias("report_date"),
        pl.lit("main").alias("report_dimension"),
        pl.lit(None, pl.String).alias("report_value"),
        pl.all(),
    )

    def make() -> int:
        with open_store(settings) as store:
            store.replace(REPORT, [DAY], frame, report_spec(REPORT))
        UserStore(settings.users.path).add(USER, password)
        return cells.height

    return make


def _visit(address: str, password: str, cells: pl.DataFrame) -> tuple[float, list[float], dict[str, float], float]:
    """Seconds of the first navigation and of each later one, kilobytes of the first, seconds for all cells as marks."""
    times: list[float] = []
    first, kilobytes = 0.0, dict[str, float]()
    with browser() as page:
        log_in(page, address, password)
        answers: list[Any] = []
        for turn in range(ROUNDS + 1):
            page.goto(f"{address}/deliveries", wait_until="commit")
            if not turn:
                page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (Playwright marks what it is given)
            drawn = float(page.wait_for_function(_DRAWN, timeout=60_000).json_value())
            if turn:  # the first one fills the browser's cache
                times.append(drawn / 1000)
            else:
                first = drawn / 1000
                kilobytes = {
                    "figure": _bytes_of(answers, CALLBACK, b"scattermap") / 1000,
                    "outlines of countries": _bytes_of(answers, OUTLINES) / 1000,
                }
            time.sleep(PAUSE)
        columns = {
            "lat": cells["latitude"].to_list(),
            "lon": cells["longitude"].to_list(),
            "color": cells["mean_minutes"].to_list(),
        }
        rival = float(page.evaluate(_ALL_CELLS, columns)) / 1000
    return first, times, kilobytes, rival


def _bytes_of(answers: list[Any], path: str, part: bytes = b"") -> int:
    """Bytes over the wire of the answer from an address, the one that has a part in it."""
    found = (answer for answer in answers if urlsplit(answer.url).path == path and answer.status == 200)
    return next(int(answer.request.sizes()["responseBodySize"]) for answer in found if part in answer.body())
