"""Churn risk: a probability for each customer by the model that serves the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.reports.served import ServedTables
from ca_platform.training import ChurnModels
from ca_platform.training.orders import day_number

TENTHS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a model says of the customers with an order, ascending by their number."""

    customer: Ints
    probability: Floats
    horizon_days: float
    model: str
    trained_on: date
    note: str = ""

    @property
    def tenth(self) -> Ints:
        """Which tenth of the probabilities from 0 to 1 each customer belongs to; 1 itself to the last."""
        return np.minimum((self.probability * TENTHS).astype(np.int64), TENTHS - 1)

    @property
    def serving(self) -> list[pl.Expr]:
        """What holds for all rows."""
        return [
            pl.lit(self.horizon_days).alias("horizon_days"),
            pl.lit(self.model).alias("model"),
            pl.lit(self.trained_on).alias("trained_on"),
            pl.lit(self.note or None, pl.String).alias("note"),
        ]


class RiskTables(ServedTables[ChurnModels, Said | None]):
    """Churn risk of some report days."""

    def probabilities(self, day: date) -> pl.LazyFrame:
        """``churn_risk``: all customers with an order up to the day; no rows where no horizon can be told."""
        said = self._served(day)
        if said is None:
            return pl.LazyFrame(schema=_RISK)
        rows = pl.LazyFrame({"customer": said.customer, "churn_probability": said.probability})
        named = rows.with_columns(pl.col("customer").cast(pl.UInt32)).join(self._clients.lazy(), on="customer")
        return named.with_columns(said.serving).select(*_RISK)

    def distribution(self, day: date) -> pl.LazyFrame:
        """``churn_risk_distribution``: customers by tenths of the probability; no rows without customers."""
        said = self._served(day)
        return pl.LazyFrame(schema=_DISTRIBUTION) if said is None else by_tenth(said)

    def members(self, day: date) -> pl.LazyFrame:
        """``customer`` and ``bin_start`` of the tenth; trains nothing.

        Raises:
            HistoryError: no model serves the day yet.
        """
        said = self._served_before(day, "churn_risk", "churn risk")
        if said is None:
            return pl.LazyFrame(schema={"customer": pl.UInt32, "bin_start": pl.Float64})
        rows = pl.LazyFrame({"customer": said.customer, "bin_start": said.tenth / TENTHS})
        return rows.with_columns(pl.col("customer").cast(pl.UInt32))

    def _say(self, day: date, trained_on: date) -> Said | None:
        model = self.models.model(trained_on)
        if model is None:
            return None
        origin = day_number(day) + 1
        customer, probability = model.probabilities(self.models.history.until(origin), origin)
        note = self.models.doubt(trained_on)
        return Said(customer, probability, float(model.horizon), model.served, trained_on, note)


def by_tenth(said: Said) -> pl.LazyFrame:
    """Customers and the sum of their probabilities in each tenth from 0 to 1; no rows without customers."""
    if not said.customer.size:
        return pl.LazyFrame(schema=_DISTRIBUTION)
    places = np.arange(TENTHS)
    rows = {
        "bin_start": places / TENTHS,
        "bin_end": (places + 1) / TENTHS,
        "customers": np.bincount(said.tenth, minlength=TENTHS),
        # Added up in the order of the customers, so that it is the same each time.
        "expected_silent": np.bincount(said.tenth, said.probability, minlength=TENTHS),
    }
    return pl.LazyFrame(rows).with_columns(pl.col("customers").cast(pl.Int64), *said.serving)


_SERVING: dict[str, pl.DataType] = {
    "horizon_days": pl.Float64(),
    "model": pl.String(),
    "trained_on": pl.Date(),
    "note": pl.String(),
}
_RISK: dict[str, pl.DataType] = {"client": pl.String(), "churn_probability": pl.Float64(), **_SERVING}
_DISTRIBUTION: dict[str, pl.DataType] = {
    "bin_start": pl.Float64(),
    "bin_end": pl.Float64(),
    "customers": pl.Int64(),
    "expected_silent": pl.Float64(),
    **_SERVING,
}
