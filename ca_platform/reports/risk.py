"""Churn risk: a probability for each customer by the model that serves the day, and how good it was before.

The models are trained and kept by ``training``; training happens here only where a day has no model that may serve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.errors import HistoryError
from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.reports.reading import FactReader
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
        ]


class RiskTables:
    """Churn risk of some report days.

    Args:
        days: ascending.
        models: gives the models of the lake.
    """

    def __init__(self, facts: FactReader, days: Sequence[date], models: Callable[[], ChurnModels]) -> None:
        self._facts = facts
        self._days = days
        self._open = models
        self._kept: tuple[date, Said | None] | None = None

    @cached_property
    def _models(self) -> ChurnModels:
        return self._open()

    @cached_property
    def _trained(self) -> dict[date, date]:
        """Training day by report day; what is missing is trained."""
        return self._models.ensure(self._days)

    @cached_property
    def _clients(self) -> pl.DataFrame:
        return self._facts.lake.collect(lambda: self._facts.scan("client_numbers").select("customer", "client"))

    @property
    def largest(self) -> int:
        """Rows of ``probabilities`` on the last day, or some more."""
        return self._clients.height

    def probabilities(self, day: date) -> pl.LazyFrame:
        """``churn_risk``: all customers with an order up to the day; no rows where no horizon can be told."""
        said = self._said(day, self._trained[day])
        if said is None:
            return pl.LazyFrame(schema=_RISK)
        rows = pl.LazyFrame({"customer": said.customer, "churn_probability": said.probability})
        named = rows.with_columns(pl.col("customer").cast(pl.UInt32)).join(self._clients.lazy(), on="customer")
        return named.with_columns(said.serving).select(*_RISK)

    def distribution(self, day: date) -> pl.LazyFrame:
        """``churn_risk_distribution``: customers by tenths of the probability; no rows without customers."""
        said = self._said(day, self._trained[day])
        return pl.LazyFrame(schema=_DISTRIBUTION) if said is None else by_tenth(said)

    def backtest(self, day: date) -> pl.LazyFrame:
        """``churn_backtest``: the scores of the training whose model serves the day."""
        return self._models.scores(self._trained[day]).lazy().rename({"day": "trained_on"})

    def members(self, day: date) -> pl.LazyFrame:
        """``customer`` and ``bin_start`` of the tenth; trains nothing.

        Raises:
            HistoryError: no model serves the day yet.
        """
        trained_on = self._models.kept(day)
        if trained_on is None:
            raise HistoryError(
                f"The lake has no model of churn risk that serves {day}. Compute the report, which trains it: "
                f"ca-platform run --from {day} --to {day} --select churn_risk."
            )
        said = self._said(day, trained_on)
        if said is None:
            return pl.LazyFrame(schema={"customer": pl.UInt32, "bin_start": pl.Float64})
        rows = pl.LazyFrame({"customer": said.customer, "bin_start": said.tenth / TENTHS})
        return rows.with_columns(pl.col("customer").cast(pl.UInt32))

    def _said(self, day: date, trained_on: date) -> Said | None:
        """What is said of the customers of a day. Kept for one day: those of many would be too much."""
        if self._kept is None or self._kept[0] != day:
            self._kept = day, self._say(day, trained_on)
        return self._kept[1]

    def _say(self, day: date, trained_on: date) -> Said | None:
        model = self._models.model(trained_on)
        if model is None:
            return None
        origin = day_number(day) + 1
        customer, probability = model.probabilities(self._models.history.until(origin), origin)
        return Said(customer, probability, float(model.horizon), model.served, trained_on)


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


_SERVING: dict[str, pl.DataType] = {"horizon_days": pl.Float64(), "model": pl.String(), "trained_on": pl.Date()}
_RISK: dict[str, pl.DataType] = {"client": pl.String(), "churn_probability": pl.Float64(), **_SERVING}
_DISTRIBUTION: dict[str, pl.DataType] = {
    "bin_start": pl.Float64(),
    "bin_end": pl.Float64(),
    "customers": pl.Int64(),
    "expected_silent": pl.Float64(),
    **_SERVING,
}
