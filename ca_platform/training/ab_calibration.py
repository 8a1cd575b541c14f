"""The calibrations of the A/B tests: one part of the lake for each training day, and what they say of a report day."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from typing import cast

import numpy as np
import polars as pl

from ca_platform.calendar import start_of_day
from ca_platform.catalogue import table_spec
from ca_platform.catalogue.ab_calibration import SEGMENT_TEST
from ca_platform.catalogue.ab_tests import METRICS
from ca_platform.facts import schema
from ca_platform.lake import Lake
from ca_platform.models.experiments import cap, capped, history_covariates
from ca_platform.models.experiments.ab_windows import WORDS, Windows
from ca_platform.models.experiments.order_windows import OrderWindows, instants, order_windows
from ca_platform.models.experiments.placebo import Measured, Outcomes, measure_sides
from ca_platform.models.experiments.placebo_amounts import with_cap
from ca_platform.models.experiments.placebo_items import measure_items
from ca_platform.models.experiments.placebo_segments import measure_segments
from ca_platform.models.experiments.records import Bools, Floats
from ca_platform.models.threads import one_thread
from ca_platform.settings import Settings
from ca_platform.training.kept import KeptModels, Orders
from ca_platform.training.orders import day_number

CALIBRATIONS = "ab_calibrations"
CALIBRATED: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "test": pl.String(),
    "metric": pl.String(),
    "customers": pl.Int64(),
    "splits": pl.Int64(),
    "rejection_rate": pl.Float64(),
    "ci_low": pl.Float64(),
    "ci_high": pl.Float64(),
    "is_offered": pl.Boolean(),
    "cap": pl.Float64(),
}
# Goes into what a calibration is made of: raise it when a test or its design changes.
_RECIPE = 3
# Outcomes are of four weeks, known is what happened in the 26 before.
_OUTCOME_DAYS, _KNOWN_DAYS = 28, 182
# More customers say no more of a test.
_MOST_CUSTOMERS = 20_000
# Of money.
_DECIMALS = 4

Offers = dict[tuple[str, str], tuple[float, float, float, bool]]
"""By test and metric: share of false positives, its interval, whether the test is offered."""


class TestCalibrations(KeptModels):
    """The calibrations, made for the significance level in the settings."""

    dataset = scored = CALIBRATIONS
    __test__ = False

    def __init__(self, last: date, settings: Settings, lake: Lake, history: Orders | None = None) -> None:
        self._alpha = settings.reports.ab_test.alpha
        super().__init__(last, settings, lake, f"{_RECIPE} {self._alpha}", history)

    def train(self, day: date) -> list[Measured]:
        """Calibrate with what was known at the end of a day, and keep what was found; no rows of too few customers."""
        with one_thread():
            orders = self._bought(day)
            found = [*self._of_sides(day), *self._of_items(orders, day), *self._of_segments(orders, day)]
        rows = [
            (day, one.test, one.metric, one.customers, c.splits, c.rejection_rate, c.low, c.high, c.is_offered, one.cap)
            for one in found
            for c in [one.calibration]
        ]
        frame = pl.DataFrame(rows, schema=CALIBRATED, orient="row").sort(table_spec(CALIBRATIONS).sort)
        with self._lake.write() as write:
            write.put(CALIBRATIONS, day, frame, self.inputs(day))
        self._serving.clear()
        return found

    def calibration(self, trained_on: date) -> pl.DataFrame:
        """What was found on a training day."""
        return self.rows(CALIBRATIONS, trained_on, CALIBRATED)

    def offers(self, trained_on: date) -> Offers:
        """What a training day says of each test."""
        columns = ("test", "metric", "rejection_rate", "ci_low", "ci_high", "is_offered")
        told = self.calibration(trained_on).select(columns)
        return {
            (test, metric): (rate, low, high, offered) for test, metric, rate, low, high, offered in told.iter_rows()
        }

    def cap(self, trained_on: date) -> float | None:
        """What an order counts up to in comparisons of amounts that a training day serves; None: all of it."""
        return cast("float | None", self.calibration(trained_on)["cap"].max())

    def _people(self, day: date) -> list[Outcomes]:
        """Customers of the half-year before the last four weeks, and what came of them in these."""
        moment = day - timedelta(days=_OUTCOME_DAYS)
        after, bought = pl.col("day") > moment, pl.col("orders") > 0
        start = max(moment - timedelta(days=_KNOWN_DAYS - 1), self._shape.start_date)
        sums = ("revenue", "orders", "sessions", "discount")

        def build() -> pl.LazyFrame:
            known = self._scan("customer_days", start, moment).select("customer").unique()
            return (
                _some(self._scan("customer_days", start, day), known)
                .group_by("customer")
                .agg(
                    pl.col(sums).filter(after).sum(),
                    pl.col(sums).filter(~after).sum().name.suffix("_before"),
                    idle_days=(pl.lit(moment) - pl.col("day").filter(~after & bought).max()).dt.total_days(),
                )
                .sort("customer")
                .select(pl.exclude("customer").cast(pl.Float64).fill_null(np.nan))
            )

        told = {column.name: column.to_numpy() for column in self._lake.collect(build)}

        def known(name: str) -> tuple[Floats, ...]:
            return history_covariates(told[f"{name}_before"], told["idle_days"])

        return [
            Outcomes(
                {
                    "revenue_per_customer": told["revenue"],
                    "capped_revenue_per_customer": capped(told["revenue"]),
                    "discount_per_customer": told["discount"],
                },
                known("revenue"),
            ),
            Outcomes(
                {"orders_per_customer": told["orders"], "conversion": (told["orders"] > 0).astype(np.float64)},
                known("orders"),
            ),
            Outcomes({"sessions_per_customer": told["sessions"]}, known("sessions")),
        ]

    def _bought(self, day: date) -> pl.DataFrame:
        """All orders of buyers: ``slice``, ``customer``, ``day``, ``at``, ``amount``."""

        def build() -> pl.LazyFrame:
            orders = self._scan("customer_orders", self._shape.start_date, day).filter(pl.col("slice") == 0)
            buyers = orders.select("customer").unique()
            return _some(orders, buyers).select("slice", "customer", "day", "at", "amount")

        return self._lake.collect(build)

    def _of_sides(self, day: date) -> list[Measured]:
        """Tests of two groups."""
        return measure_sides(self._people(day), seed=_seed(day, "sides"), alpha=self._alpha)

    def _of_items(self, orders: pl.DataFrame, day: date) -> list[Measured]:
        """Tests of before and after: of promotions, of products, and of those that are in many orders; and of pairs."""
        windows, observed = self._windows(orders, day)
        seed, alpha = _seed(day, "items"), self._alpha

        def capped_amounts() -> tuple[float, list[Measured]]:
            most = round(cap(orders["amount"].cast(pl.Float64).to_numpy()), _DECIMALS)
            other, _ = self._windows(orders, day, most)
            return most, measure_items(other, observed, seed=seed, alpha=alpha, metrics=("amount",))

        return with_cap(measure_items(windows, observed, seed=seed, alpha=alpha), alpha, capped_amounts)

    def _of_segments(self, orders: pl.DataFrame, day: date) -> list[Measured]:
        """Tests of segments, as far as the shop is old enough for all of their windows."""
        found = []
        for word in WORDS:
            windows = Windows.of(word, day)
            if windows.since >= self._shape.start_date:
                seed, test = _seed(day, word), SEGMENT_TEST[word]
                found += measure_segments(_in_windows(orders, windows), test, seed=seed, alpha=self._alpha)
        return found

    def _windows(self, orders: pl.DataFrame, day: date, most: float | None = None) -> tuple[OrderWindows, Bools]:
        """The time around every order, each counted up to a cap, and which of them may be compared."""
        start, zone = self._shape.start_date, self._shape.time_zone

        def arrivals() -> pl.LazyFrame:
            first = self._scan("first_sessions", start, day).filter(pl.col("slice") == 0)
            return first.select("customer", pl.col("at").dt.epoch("us"))

        arrived = self._lake.collect(arrivals)
        customer = arrived["customer"].to_numpy().astype(np.int64)
        downloads = np.full(int(customer.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        downloads[customer] = arrived["at"].to_numpy()
        first = int(start_of_day(start, zone).timestamp()) * 1_000_000
        windows = order_windows(instants(orders.lazy(), most).collect(), zone)
        return windows, windows.observed(day_number(day), first, downloads)

    def _scan(self, fact: str, start: date, end: date) -> pl.LazyFrame:
        return self._lake.scan(fact, start, end, schema=schema(fact, self._shape))


def _some(rows: pl.LazyFrame, customers: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of these customers or, of more than are needed, of some of them, spread over all that ever came."""
    steps = customers.select(step=(pl.len() / _MOST_CUSTOMERS).ceil().cast(pl.UInt32).clip(1))
    chosen = customers.join(steps, how="cross").filter(pl.col("customer") % pl.col("step") == 0)
    return rows.join(chosen.select("customer"), on="customer", how="semi")


def _in_windows(orders: pl.DataFrame, windows: Windows) -> dict[str, Floats]:
    """Orders and amounts in each window of all who had ordered before the oldest one, a row each."""
    places = range(len(windows.days))
    told = (
        orders.lazy()
        .with_columns(window=windows.number)
        .group_by("customer")
        .agg(
            (pl.col("day").min() <= windows.since).alias("is_known"),
            *((pl.col("window") == place).sum().alias(f"orders_{place}") for place in places),
            *(pl.col("amount").filter(pl.col("window") == place).sum().alias(f"amount_{place}") for place in places),
        )
        .filter("is_known")
        .sort("customer")
        .collect()
    )
    return {
        metric: told.select(pl.col(f"{metric}_{place}").cast(pl.Float64) for place in places).to_numpy()
        for metric in METRICS
    }


def _seed(day: date, design: str) -> int:
    return zlib.crc32(f"{design} {day}".encode())
