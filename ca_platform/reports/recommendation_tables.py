"""What each customer is likely to buy next, as of each of some report days, and what such lists were worth before.

Weights and back-tests belong to ends of months, so that they are made once for all report days of a month, and stay as
they are. Reads the lake; the learning is in ``models.recommend``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.facts import last_month_end
from ca_platform.models.recommend import (
    BASELINES,
    HORIZON,
    SERVED,
    Fit,
    Purchases,
    Score,
    Weights,
    backtest,
    recommendations,
    tuned,
    winner,
)
from ca_platform.reports.milestones import valid_on
from ca_platform.reports.product_tables import ProductTables
from ca_platform.reports.reading import FactReader
from ca_platform.reports.recommendations import by_product, of_clients, with_names
from ca_platform.training.orders import day_number

ORIGINS = 4
"""Month ends of the back-test, at most."""

Figures = dict[str, list[Score]]


class RecommendationTables:
    """Lists and figures by report day; products are their place among the sorted names.

    Args:
        spells: who is a customer from when until when, see ``milestones.spells``.
    """

    def __init__(self, facts: FactReader, products: ProductTables, spells: Callable[[], pl.DataFrame]) -> None:
        self._facts = facts
        self._products = products
        self._spells = spells
        self._figures: dict[date, Figures] = {}
        self._tuned: dict[date, Weights] = {}
        self._summed: dict[date, pl.DataFrame] = {}

    def lists(self, day: date) -> pl.LazyFrame:
        """``product_recommendations`` of a day."""
        members = self._spells().filter(valid_on(day)).select("client", "customer")
        names = members["client"].sort()
        clients = members.with_columns(client=pl.col("client").cast(pl.Enum(names)))
        # The customer behind the last one has bought nothing: everybody who has not gets that list.
        nobody = self._history.n_customers - 1
        fit = Fit(self._history.until(day_number(day)), day_number(day), self._order)
        buyers = fit.history.buyers()
        found = with_names(
            recommendations(fit, np.append(buyers, nobody), self._weights(day)), self._products.sorted_names
        )
        places = pl.DataFrame({"customer": buyers, "row": np.arange(buyers.size)}, schema=_PLACES)
        placed = clients.select("client", pl.col("customer").cast(pl.Int64)).join(places, on="customer", how="left")
        table = of_clients(found, placed.drop("customer"), buyers.size)
        self._summed[day] = by_product(table).collect(engine="streaming")
        return table

    def summed(self, day: date) -> pl.DataFrame:
        """``recommended_products`` of a day; there already where the lists of the day were made."""
        if day not in self._summed:
            self.lists(day)
        return self._summed[day]

    def figures(self, day: date) -> dict[date, Figures]:
        """The back-tests at the last month ends that are long enough ago, those in which nobody came back left out."""
        found = {origin: self._at(origin) for origin in self._origins(day)}
        return {origin: figures for origin, figures in found.items() if figures}

    def served(self, day: date) -> str:
        """The method whose lists are shown."""
        return winner(list(self.figures(day).values()))

    def _weights(self, day: date) -> Weights:
        method = self.served(day)
        if method != SERVED:
            return BASELINES[method]
        month = last_month_end(day)
        if month not in self._tuned:
            self._tuned[month] = tuned(self._history, day_number(month), self._order)
        return self._tuned[month]

    def _at(self, origin: date) -> Figures:
        if origin not in self._figures:
            self._figures[origin] = backtest(self._history, day_number(origin), self._order)
        return self._figures[origin]

    def _origins(self, day: date) -> list[date]:
        found: list[date] = []
        origin = last_month_end(day - timedelta(days=HORIZON))
        while len(found) < ORIGINS and origin >= self._facts.shape.start_date:
            found.append(origin)
            origin = last_month_end(origin - timedelta(days=1))
        return found[::-1]

    @cached_property
    def _history(self) -> Purchases:
        """All purchases up to the last report day, and one customer more, who never bought anything."""
        rows = self._facts.lake.collect(
            lambda: self._facts.scan("order_products").select("customer", "order", "item", "day")
        )
        items = self._products.names["position"].gather(rows["item"])
        columns = (rows["customer"], rows["order"], items, rows["day"].to_physical())
        customer, order, item, day = (column.cast(pl.Int64).to_numpy() for column in columns)
        return Purchases(
            customer, order, item, day, int(customer.max(initial=-1)) + 2, self._products.sorted_names.len()
        )

    @cached_property
    def _order(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.arange(self._products.sorted_names.len())


_PLACES = {"customer": pl.Int64(), "row": pl.Int64()}
