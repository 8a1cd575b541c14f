"""Customers who do not do as they used to: what the model of lifetime value foresaw of the last weeks, against what came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import polars as pl

from ca_platform.catalogue.customer_anomalies import METRICS, WINDOW_DAYS
from ca_platform.models.anomaly.customers import (
    Compared,
    Foreseen,
    Seen,
    Usual,
    Window,
    is_rare,
    spread_of_amounts,
)
from ca_platform.models.anomaly.records import Floats
from ca_platform.models.backtest import History
from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.forecast import ValueForecast
from ca_platform.models.clv.records import Ints
from ca_platform.reports.reading import FactReader
from ca_platform.reports.served import ModelTables
from ca_platform.training import ValueModels
from ca_platform.training.orders import day_number

# Customers of the window before who say what is usual; more say no more.
_JUDGES = 20_000
_NAMES = pl.Enum(sorted(METRICS))
_ROWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "customer": pl.UInt32,
    "date": pl.Date,
    "metric": _NAMES,
    **dict.fromkeys(("actual", "expected", "low", "high", "residual", "score", "p_value"), pl.Float64),
    "is_anomaly": pl.Boolean,
    "direction": pl.String,
    "explanation": pl.String,
}


class CustomerAnomalyTables(ModelTables[ValueModels]):
    """Anomalies of customers as of some report days."""

    def __init__(self, facts: FactReader, days: Sequence[date], models: Callable[[], ValueModels]) -> None:
        super().__init__(facts, days, models)
        self._flagged: dict[date, pl.DataFrame] = {}

    @property
    def largest(self) -> int:
        """Rows on the last day, or some more."""
        return len(METRICS) * super().largest

    def customers(self, day: date) -> pl.LazyFrame:
        """``clvrfm_anomaly``: a row per figure of each customer who had ordered before the window.

        The few that are flagged are kept.
        """
        rows = self._compared(day)
        sizes = pl.len().over("metric").alias("customers").cast(pl.Int64)
        self._flagged[day] = self._named(rows.lazy().with_columns(sizes).filter("is_anomaly")).collect()
        return self._named(rows.lazy())

    def flagged(self, day: date) -> pl.LazyFrame:
        """``clvrfm_anomaly_flagged``."""
        if day not in self._flagged:
            self.customers(day)
        oddest = self._flagged[day].sort("p_value", "score", "client", descending=[False, True, False])
        return oddest.lazy().with_row_index("rank", 1).cast({"rank": pl.Int64})

    def _named(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.join(self._clients.lazy(), on="customer").drop("customer")

    def _compared(self, day: date) -> pl.DataFrame:
        history = self.models.history.until(day_number(day) + 1)
        if not len(history.until(day_number(day) + 1 - WINDOW_DAYS)):
            return pl.DataFrame(schema=_ROWS)
        buyers, told = self.models.earlier(day, WINDOW_DAYS, WINDOW_DAYS)
        window = window_of(buyers, told, history).levelled()
        usual = self._usual(day, history)
        bands = window.bands({name: own.border for name, own in usual.items()})
        return pl.concat(
            rows_of(day, name, buyers.number, own, usual[name], bands[name]) for name, own in window.compared().items()
        )

    def _usual(self, day: date, history: History) -> dict[str, Usual]:
        """How odd customers were in the window before."""
        known = history.until(day_number(day) + 1 - WINDOW_DAYS)
        if not len(known.until(day_number(day) + 1 - 2 * WINDOW_DAYS)):
            return dict.fromkeys(METRICS, Usual.of(np.zeros(0)))
        buyers, told = self.models.earlier(day, 2 * WINDOW_DAYS, WINDOW_DAYS, most=_JUDGES)
        before = window_of(buyers, told, known.of(buyers.number)).levelled()
        return {name: Usual.of(own.tail) for name, own in before.compared().items()}


def window_of(buyers: Buyers, told: ValueForecast, history: History) -> Window:
    """What was foreseen of customers at an origin, and what came until the history ends, ``WINDOW_DAYS`` later.

    Args:
        history: up to the end of the window, of these customers at least.
    """
    came = history.outcome(buyers.number, buyers.origin, WINDOW_DAYS)
    orders = came.orders.astype(np.float64)
    amount = np.divide(came.amount, orders, out=np.full(orders.shape, np.nan), where=orders > 0)
    foreseen = Foreseen(
        told.orders,
        told.no_order,
        told.amount,
        buyers.origin - last_orders(buyers.history, buyers.number),
        buyers.history.counts.astype(np.float64),
    )
    silence = buyers.origin + WINDOW_DAYS - last_orders(history, buyers.number)
    spread = spread_of_amounts(buyers.history.customer.astype(np.float64), buyers.history.amount)
    return Window(float(WINDOW_DAYS), foreseen, Seen(orders, amount, silence), spread)


def last_orders(history: History, number: Ints) -> Floats:
    """When each of these customers ordered last, in days; all of them have."""
    last = history.starts + history.counts - 1
    found: Floats = history.at[last[np.searchsorted(history.customers, number)]]
    return found


def rows_of(
    day: date, metric: str, number: Ints, compared: Compared, usual: Usual, band: tuple[Floats, Floats]
) -> pl.DataFrame:
    """One figure of all customers who have it."""
    probability = usual.probability(compared.tail)
    columns = {
        "actual": compared.actual,
        "expected": compared.expected,
        "low": band[0],
        "high": band[1],
        "residual": compared.residual,
        "score": -np.log10(np.maximum(compared.tail, 1e-300)),
        "p_value": probability,
    }
    rows = pl.DataFrame(
        {
            "customer": number.astype(np.uint32),
            **{name: np.where(np.isfinite(own), own, np.nan) for name, own in columns.items()},
            "is_anomaly": is_rare(probability),
        }
    )
    figures = pl.col(*columns).fill_nan(None)
    has_figure = pl.col("actual").is_not_null()
    told = (
        rows.with_columns(figures)
        .filter(has_figure)
        .with_columns(pl.lit(day).alias("date"), pl.lit(metric, _NAMES).alias("metric"))
    )
    way = pl.when(pl.col("residual") < 0).then(pl.lit("decrease")).otherwise(pl.lit("increase"))
    return told.with_columns(
        pl.when("is_anomaly").then(way).alias("direction"),
        pl.when("is_anomaly").then(_WORDS[metric]).alias("explanation"),
    ).select(*_ROWS)


_EXPECTED = pl.col("expected").round(1)
_WORDS = {
    "frequency": pl.format(
        f"{{}} orders in {WINDOW_DAYS} days, {{}} expected", pl.col("actual").cast(pl.Int64), _EXPECTED
    ),
    "monetary": pl.format("{} paid for an order in the mean, {} expected", pl.col("actual").round(2), _EXPECTED),
    "recency": pl.format("{} days since the last order, {} expected", pl.col("actual").cast(pl.Int64), _EXPECTED),
}
