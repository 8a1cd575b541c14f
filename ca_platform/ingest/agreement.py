"""Whether lines belong to the orders beside them: a line of another number's order makes every report of products wrong.

Belongs here: what ``check`` says of both sources together. Nothing is refused for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

MOST_ORDERS = 20_000
"""Orders that are compared with their lines: the first ones."""
_FEWEST = 20
_ENOUGH = 0.5
_ABOUT = 2.0
"""Lines come to about what an order cost from its half to its double: postage and taxes lie between."""


@dataclass
class Agreement:
    """The first orders and the lines of theirs, as batches of both sources pass by, sessions first."""

    _orders: list[pl.DataFrame] = field(default_factory=list)
    _lines: list[pl.DataFrame] = field(default_factory=list)

    def add(self, source: str, good: pl.DataFrame) -> None:
        """Rows of a source that would be loaded."""
        if source == "sessions":
            left = MOST_ORDERS - sum(frame.height for frame in self._orders)
            cost = pl.col("payment_amount") + pl.col("discount_amount").fill_null(0)
            orders = good.filter("has_purchased").head(left)
            self._orders.append(orders.select("order_id", cost=cost.cast(pl.Float64)))
        elif source == "lines" and self._orders:
            worth = (pl.col("price") * pl.col("quantity")).cast(pl.Float64)
            known = good.join(pl.concat(self._orders), on="order_id", how="semi")
            self._lines.append(known.group_by("order_id").agg(worth=worth.sum()))

    def doubts(self) -> Iterator[str]:
        """What does not fit, in sentences."""
        orders = pl.concat(self._orders).filter(pl.col("cost") > 0) if self._orders else pl.DataFrame()
        if orders.height < _FEWEST or not self._lines:
            return
        lines = pl.concat(self._lines).group_by("order_id").agg(pl.col("worth").sum())
        both = orders.join(lines, on="order_id")
        if both.height < _ENOUGH * orders.height:
            yield (
                f"Only {both.height:,} of the first {orders.height:,} orders have a line: see whether `order_id` of lines is the "
                "number that sessions have."
            )
            return
        fits = both.filter((pl.col("worth") / pl.col("cost")).is_between(1 / _ABOUT, _ABOUT)).height
        if fits < _ENOUGH * both.height:
            yield (
                f"The lines of only {fits:,} of {both.height:,} orders come to about what the order cost (half to double): see "
                "whether `order_id` of lines is the number that sessions have, and what `price` and `quantity` are."
            )
