"""Simulated shops for the A/B reports: made, loaded and reported by the platform itself, in folders that go away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.shops import workplace
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings, load_settings
from ca_platform.simulate import ShopParameters, simulate_shop
from ca_platform.simulate.parameters import Promotion


class Shop(NamedTuple):
    """A loaded shop; all its days can be reported."""

    settings: Settings
    lake: Lake
    days: tuple[date, ...]

    def reports(self, names: Sequence[str], days: Sequence[date]) -> dict[str, pl.DataFrame]:
        """The rows of the whole shop, by report."""
        frames = {}
        for name, frame in compute(names, days, self.settings, self.lake):
            if isinstance(frame, Exception):
                raise frame
            frames[name] = frame.filter(pl.col("report_dimension") == "main")
        return frames


@contextmanager
def loaded(parameters: ShopParameters) -> Iterator[Shop]:
    """The shop of these parameters with all its sources loaded."""
    with tempfile.TemporaryDirectory(dir=workplace()) as folder:
        simulate_shop(Path(folder), parameters=parameters)
        settings = load_settings(Path(folder) / "ca_platform.yaml", environment={})
        lake = Lake.open(settings)
        days = tuple(parameters.start + timedelta(days=number) for number in range(parameters.days))
        ingest("customers", None, settings, lake)
        for source in ("sessions", "lines") if parameters.baskets else ("sessions",):
            ingest(source, days, settings, lake)
        yield Shop(settings, lake, days)


def promotions(count: int, usage: float) -> tuple[Promotion, ...]:
    """Promotions that do nothing but take something off, each carried by the same share of all orders.

    An order carries one of them, and those named first are drawn first: the later ones are drawn the more often.
    """
    shares = [usage / (1 - number * usage) for number in range(count)]
    return tuple(Promotion(f"P{number:03d}", 0.05, share, 1.0) for number, share in enumerate(shares))


def quiet(seed: int, customers: int, days: int, *, baskets: bool = False) -> ShopParameters:
    """A shop in which nothing happens but seasons: no promotion, no experiment, no incident, no dimension."""
    return ShopParameters(
        seed=seed,
        customers=customers,
        days=days,
        baskets=baskets,
        dimensions=(),
        steps=(),
        promotions=(),
        experiment=None,
        incidents_per_30_days=0.0,
    )
