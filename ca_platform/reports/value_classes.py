"""Value classes: of each customer by the model that serves the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from ca_platform.catalogue.value_classes import VALUE_CLASSES
from ca_platform.models.value_classes import Classed, ValueClassModel
from ca_platform.reports.served import ServedTables
from ca_platform.training import ValueClassModels
from ca_platform.training.orders import day_number


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What a model says of the customers with an order, ascending by their number."""

    said: Classed
    model: ValueClassModel
    trained_on: date

    @property
    def serving(self) -> list[pl.Expr]:
        """What holds for all rows."""
        return [
            pl.lit(self.model.borders.low).alias("low_border"),
            pl.lit(self.model.borders.high).alias("high_border"),
            pl.lit(float(self.model.horizon)).alias("horizon_days"),
            pl.lit(self.model.served).alias("model"),
            pl.lit(self.trained_on).alias("trained_on"),
        ]


class ValueClassTables(ServedTables[ValueClassModels, Served | None]):
    """Value classes of some report days."""

    def customers(self, day: date) -> pl.LazyFrame:
        """``clv_segments``: all customers with an order up to the day; no rows where no borders can be learnt."""
        served = self._served(day)
        if served is None:
            return pl.LazyFrame(schema=_CUSTOMERS)
        named = by_customer(served).join(self._clients.lazy(), on="customer")
        return named.with_columns(served.serving).select(*_CUSTOMERS)

    def distribution(self, day: date) -> pl.LazyFrame:
        """``clv_segments_distribution``: customers by class; no rows without customers."""
        served = self._served(day)
        return pl.LazyFrame(schema=_DISTRIBUTION) if served is None else by_class(served)

    def members(self, day: date) -> pl.LazyFrame:
        """``customer`` and ``value_class``; trains nothing.

        Raises:
            HistoryError: no model serves the day yet.
        """
        served = self._served_before(day, "clv_segments", "value classes")
        if served is None:
            return pl.LazyFrame(schema={"customer": pl.UInt32, "value_class": pl.String})
        return by_customer(served).select("customer", "value_class")

    def _say(self, day: date, trained_on: date) -> Served | None:
        model = self.models.model(trained_on)
        if model is None:
            return None
        origin = day_number(day) + 1
        return Served(model.classify(self.models.history.until(origin), origin), model, trained_on)


def by_customer(served: Served) -> pl.LazyFrame:
    """The class of each customer with the probabilities of all, by ``customer``."""
    said = served.said
    chances = {f"probability_{name}": said.chances[:, place] for place, name in enumerate(VALUE_CLASSES)}
    told = {"customer": said.number, "probability": said.chances[np.arange(said.number.size), said.value_class]}
    names = pl.Series("value_class", VALUE_CLASSES, dtype=pl.String).gather(pl.Series(said.value_class, dtype=pl.Int64))
    rows = pl.LazyFrame(told | chances).with_columns(pl.col("customer").cast(pl.UInt32))
    return rows.with_columns(names)


def by_class(served: Served) -> pl.LazyFrame:
    """Customers of whom each class is told, and the sum of its probabilities over all; no rows without customers."""
    said = served.said
    if not said.number.size:
        return pl.LazyFrame(schema=_DISTRIBUTION)
    rows = {
        "class_index": range(len(VALUE_CLASSES)),
        "value_class": VALUE_CLASSES,
        "customers": np.bincount(said.value_class, minlength=len(VALUE_CLASSES)),
        # Added up in the order of the customers, so that it is the same each time.
        "expected_customers": said.chances.sum(axis=0),
    }
    return pl.LazyFrame(rows).with_columns(pl.col("customers").cast(pl.Int64), *served.serving).select(*_DISTRIBUTION)


_SERVING: dict[str, pl.DataType] = {
    "low_border": pl.Float64(),
    "high_border": pl.Float64(),
    "horizon_days": pl.Float64(),
    "model": pl.String(),
    "trained_on": pl.Date(),
}
_CUSTOMERS: dict[str, pl.DataType] = {
    "client": pl.String(),
    "value_class": pl.String(),
    "probability": pl.Float64(),
    **{f"probability_{name}": pl.Float64() for name in VALUE_CLASSES},
    **_SERVING,
}
_DISTRIBUTION: dict[str, pl.DataType] = {
    "class_index": pl.Int64(),
    "value_class": pl.String(),
    "customers": pl.Int64(),
    "expected_customers": pl.Float64(),
    **_SERVING,
}
