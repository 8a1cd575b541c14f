"""``customers-page``: first rows, sort and filter of ``/customers`` at the browser, with both document stores.

The measured time is that of the slowest of the three in the slower store; quoted beside it is the same with a tenth of
the customers, so that a cost which grows with them shows.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Result, child, platform_command, seconds
from benchmarks.page import USER, browser, log_in
from benchmarks.servers import background, elasticsearch, free_port, store_environment

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from ca_platform.catalogue import ReportSpec

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1.0
ROUNDS = 5
DAY = date(2026, 1, 31)
# Longer than an answer of the store counts (dash_app.reader.FRESH_SECONDS).
PAUSE = 5.5
STEPS = ("first rows", "sort by revenue", "filter")

_SETTINGS = """\
business: {time_zone: Europe/London, currency: GBP, start_date: 2025-01-01}
sources:
  sessions: {kind: csv, path: sessions.csv}
"""
_ROWS = ".ag-center-cols-container .ag-row:not(.ag-row-loading)"
_FILLED = f"""() => {{
  const card = document.querySelector('[data-card=customers-all]');
  return card && card.dataset.state === 'ready' && document.querySelector('{_ROWS}') ? performance.now() : false;
}}"""
# Does something to the grid, and gives the milliseconds until its first row shows another customer than before.
_UNTIL_OTHER = f"""([action, value]) => new Promise((resolve, reject) => {{
  const api = window.dash_ag_grid.getApi({{card: 'customers-all', part: 'grid'}});
  const first = () => (document.querySelector('{_ROWS}[row-index="0"] [col-id=client]') || {{}}).innerText;
  const before = first(), begun = performance.now();
  if (action === 'sort') api.applyColumnState({{state: [{{colId: 'revenue', sort: value}}], defaultState: {{sort: null}}}});
  if (action === 'filter') api.setFilterModel({{orders: {{filterType: 'number', type: 'greaterThan', filter: value}}}});
  const look = () => {{
    const now = first();
    if (now && now !== before) resolve(performance.now() - begun);
    else if (performance.now() - begun > 60000) reject(new Error(`after ${{action}} the first row is still ${{before}}`));
    else requestAnimationFrame(look);
  }};
  look();
}})"""


def run(size: int) -> Result:
    """``size`` is the number of customers."""
    measured: dict[str, dict[int, dict[str, float]]] = {}
    for store in ("embedded", "elasticsearch"):
        measured[store] = {}
        for customers in (size // 10, size):
            with tempfile.TemporaryDirectory() as folder, _store(store) as environment:
                measured[store][customers] = _measure(Path(folder), customers, environment)
    slowest = {n: max(times[n][step] for times in measured.values() for step in STEPS) for n in (size // 10, size)}
    rows = tuple(
        (f"{store}, {step}", f"{seconds(times[size][step])} (of {size // 10:,}: {seconds(times[size // 10][step])})")
        for store, times in measured.items()
        for step in STEPS
    )
    extra = {"seconds": {store: {str(n): found for n, found in times.items()} for store, times in measured.items()}}
    return Result(
        "customers-page", size, slowest[size], slowest[size // 10], GOAL, goal_on="ours", extra=extra, rows=rows
    )


@contextlib.contextmanager
def _store(kind: str) -> Iterator[dict[str, str]]:
    if kind == "embedded":
        yield {}
        return
    with elasticsearch() as url:
        yield store_environment(url)


def _measure(folder: Path, customers: int, environment: dict[str, str]) -> dict[str, float]:
    (folder / "ca_platform.yaml").write_text(_SETTINGS)
    password, port = secrets.token_urlsafe(12), free_port()
    child("customers_page:prepare", str(folder), customers, password, environment=environment)
    surroundings = {**os.environ, "CA_SETTINGS": str(folder / "ca_platform.yaml"), **environment}
    command = [*platform_command(), "dashboards", "--host", "127.0.0.1", "--port", str(port)]
    with background(command, port, surroundings):
        times = _visit(f"http://127.0.0.1:{port}", password)
    return {step: statistics.median(found) / 1000 for step, found in times.items()}


def prepare(folder: str, customers: int, password: str) -> Callable[[], Any]:
    """So many customers in the lake and in the store, and a login."""
    import numpy as np
    import polars as pl

    from ca_platform.catalogue import report_spec
    from ca_platform.catalogue.customers import ADDED
    from ca_platform.lake import Lake
    from ca_platform.settings import load_settings
    from ca_platform.store import open_store
    from ca_platform.store.picture import picture, spec_of
    from dash_app.users import UserStore

    settings = load_settings(Path(folder) / "ca_platform.yaml")
    dice = np.random.default_rng(7)
    orders = dice.poisson(2.0, customers)
    revenue = np.round(dice.gamma(2.0, 30.0, customers) * orders, 2)
    has_ordered = pl.lit(pl.Series(orders > 0))
    begin = int(np.datetime64("2025-01-01", "us").astype(np.int64))
    instants = {
        name: pl.Series(begin + dice.integers(0, 390 * 86_400_000_000, customers)).cast(pl.Datetime("us", "UTC"))
        for name in ("first_order", "last_order", "download_date")
    }
    frame = pl.DataFrame(
        {
            "client": [f"customer-{number:09}" for number in dice.permutation(customers)],
            "sessions": orders * 4 + 1,
            "orders": orders,
            "revenue": revenue,
            "discount": np.round(revenue * 0.05, 2),
            "recency_days": dice.random(customers) * 300,
            "mean_gap_hours": dice.random(customers) * 2000,
            "mean_amount": revenue / np.maximum(orders, 1),
            **instants,
        }
    ).with_columns(
        pl.when(has_ordered).then(pl.col(name)).alias(name)
        for name in ("recency_days", "mean_gap_hours", "mean_amount", "first_order", "last_order")
    )

    def make() -> int:
        spec, lake = report_spec("client_kpis"), Lake.open(settings)
        part = frame.select(spec.column_names).sort("client")
        with lake.write() as write:
            write.put(spec.name, DAY, part)
            for name in ADDED:
                write.put(name, DAY, _drawn(report_spec(name), part["client"], dice))
        with open_store(settings) as store:
            store.replace("customers", [DAY], picture(lake, DAY), spec_of(lake))
        UserStore(settings.users.path).add(USER, password)
        return customers

    return make


def _drawn(spec: ReportSpec, clients: pl.Series, dice: np.random.Generator) -> pl.DataFrame:
    """A per-customer report of these customers, its figures by chance."""
    import numpy as np
    import polars as pl

    count = len(clients)
    kinds = {
        "text": lambda: pl.Series(dice.integers(0, 11, count)).cast(pl.String),
        "integer": lambda: pl.Series(dice.integers(1, 6, count)),
        "date": lambda: pl.Series(np.datetime64(DAY) + dice.integers(0, 300, count)),
    }
    columns = {
        column.name: kinds.get(column.kind.value, lambda: pl.Series(dice.random(count)))() for column in spec.columns
    }
    return pl.DataFrame(columns | {"client": clients})


def _visit(address: str, password: str) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {step: [] for step in STEPS}
    with browser() as page:
        log_in(page, address, password)
        for turn in range(ROUNDS + 1):
            page.goto(f"{address}/customers", wait_until="commit")
            first = float(page.wait_for_function(_FILLED, timeout=60_000).json_value())
            sort = float(page.evaluate(_UNTIL_OTHER, ["sort", "asc"]))
            filtered = float(page.evaluate(_UNTIL_OTHER, ["filter", 3]))
            if turn:  # the first one fills the browser's cache
                for step, found in zip(STEPS, (first, sort, filtered), strict=True):
                    times[step].append(found)
            time.sleep(PAUSE)
    return times
