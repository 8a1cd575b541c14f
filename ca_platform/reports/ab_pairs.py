"""Pairs of promotions: what customers paid per order that carries the one, and the other.

Customers who used both say nothing of the difference and are left out of the pair. All sums are in the order of slices,
promotions and customers, so that the order of rows does not show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.models.experiments import Bootstrap, Moments, Values, bootstrap_difference, is_enough
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.models.experiments.skewed import welch_skewed
from ca_platform.reports.ab_resampling import MOST_OUTCOMES, resampled
from ca_platform.reports.ab_verdicts import Compared, told_of_cap

PAIR = ["slice", "customer"]
MOST_RESAMPLED = 200
"""Where more pairs than these are large enough, none is resampled."""
# Powers of the amount whose sums a side is made of; 0 counts the customers, and those who paid are counted beside them.
_POWERS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every unordered pair of promotions of each slice.

    Attributes:
        slices, first, second: slice of each pair, and the numbers of its promotions, the one whose name comes first in
            ``first``.
    """

    slices: Ints
    first: Ints
    second: Ints

    @classmethod
    def of(cls, slices: Ints) -> Pairs:
        """All pairs of promotions of one slice.

        Args:
            slices: of each promotion, ascending.

        >>> pairs = Pairs.of(np.array([0, 0, 0, 7, 7]))
        >>> pairs.first, pairs.second, pairs.slices
        (array([0, 0, 1, 3]), array([1, 2, 2, 4]), array([0, 0, 0, 7]))
        """
        found = [np.empty((2, 0), np.int64)]
        _, begins, counts = np.unique(slices, return_index=True, return_counts=True)
        found += [begin + np.array(np.triu_indices(count, 1)) for begin, count in zip(begins, counts, strict=True)]
        first, second = np.concatenate(found, axis=1)
        return cls(slices[first] if first.size else np.empty(0, np.int64), first, second)

    def __len__(self) -> int:
        return self.first.size


class Spending:
    """What each customer paid per order with each promotion up to the report day.

    Per order: who uses a popular promotion uses it more often, and those who use many are left out of the pairs of rare
    ones. What was paid in all called 91 % of pairs of promotions without effect significant, of which a fifth of the
    orders carried the one and a tenth the other; per order it is 5 %.

    Args:
        rows: ``slice``, ``customer``, ``promotion_id``, ``orders`` and their ``amount`` (money), a row for each.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        names = rows.select("slice", "promotion_id").unique().sort("slice", "promotion_id")
        self.names = names.with_row_index("code")
        self.rows = (
            rows.join(self.names, on=["slice", "promotion_id"])
            .select("slice", "customer", "code", amount=pl.col("amount").cast(pl.Float64) / pl.col("orders"))
            .sort("code", "customer")
        )

    @cached_property
    def pairs(self) -> Pairs:
        return Pairs.of(self.names["slice"].to_numpy().astype(np.int64))

    @cached_property
    def _of_both(self) -> pl.DataFrame:
        """Customers who used both promotions of a pair: ``pair``, ``customer`` and the amounts ``a`` and ``b``."""
        first, second = (self.rows.lazy().rename({"code": f"code_{side}", "amount": side}) for side in ("a", "b"))
        numbers = pl.LazyFrame({"code_a": self.pairs.first, "code_b": self.pairs.second}).with_row_index("pair")
        codes = pl.col("code_a", "code_b").cast(pl.UInt32)
        return (
            first.join(second, on=PAIR)
            .filter(pl.col("code_a") < pl.col("code_b"))
            .join(numbers.with_columns(codes), on=["code_a", "code_b"])
            .select("pair", "customer", "a", "b")
            .sort("pair", "customer")
            .collect(engine="streaming")
        )

    @cached_property
    def shared(self) -> Ints:
        """Customers of each pair who used both."""
        return np.bincount(self._of_both["pair"].to_numpy(), minlength=len(self.pairs))

    def side(self, number: int) -> tuple[Moments, Floats]:
        """Customers of one side of each pair who did not use the other one: amount and its square, and how many paid.

        Args:
            number: 0 for the first promotion of the pairs, 1 for the second.
        """
        code, amount = self.rows["code"].to_numpy(), self.rows["amount"].to_numpy()
        own = self.pairs.second if number else self.pairs.first
        both = self._of_both["pair"].to_numpy(), self._of_both["b" if number else "a"].to_numpy()
        sums = _sums(code, amount, self.names.height)[own] - _sums(*both, len(self.pairs))
        count, paid, one, two, three, four = sums.T
        two, four = np.maximum(two, 0), np.maximum(four, 0)
        products = np.stack([np.stack([two, three], axis=-1), np.stack([three, four], axis=-1)], axis=-2)
        return Moments(count, np.stack([one, two], axis=-1), products), paid

    def outcomes(self, number: int, chosen: Ints) -> Values:
        """The same customers of some pairs, one by one.

        Args:
            chosen: numbers of the pairs, ascending.
        """
        own = self.pairs.second if number else self.pairs.first
        pairs = pl.LazyFrame({"pair": chosen.astype(np.uint32), "code": own[chosen].astype(np.uint32)})
        both = self._of_both.lazy().select("pair", "customer")
        rows = (
            pairs.with_row_index("item")
            .join(self.rows.lazy().select("code", "customer", "amount"), on="code")
            .join(both, on=["pair", "customer"], how="anti")
            .collect()
        )
        return Values.of(rows["amount"].to_numpy(), rows["item"].to_numpy(), chosen.size)


def _sums(place: Ints, amount: Floats, places: int) -> Floats:
    """Customers, those who paid, and sums of the first four powers of the amount, by place."""
    columns = [amount**power for power in _POWERS]
    columns.insert(1, (amount > 0).astype(np.float64))
    return np.stack([np.bincount(place, column, places) for column in columns], axis=-1)


def compared_pairs(spending: Spending, alpha: float, most: float | None = None) -> Compared:
    """The amount per customer of both promotions of each pair.

    Args:
        spending: what was paid, or what of it counts.
        alpha: of the intervals.
        most: what an order counts up to; None: all of it.

    Returns:
        ``items`` are ``slice``, ``promotion_a``, ``promotion_b``, ``customers_a``, ``customers_b`` and
        ``customers_of_both``.
    """
    pairs, (a, paid_a), (b, paid_b) = spending.pairs, spending.side(0), spending.side(1)
    has_both = (a.count > 0) & (b.count > 0)
    found = welch_skewed(a, b, alpha)
    # Of nobody nothing is said.
    found = replace(found, estimate=np.where(has_both, found.estimate, np.nan))
    enough = is_enough(a.count, paid_a) & is_enough(b.count, paid_b)
    names = spending.names["promotion_id"]
    items = pl.DataFrame(
        {
            "slice": pl.Series(pairs.slices, dtype=pl.UInt32),
            "promotion_a": names.gather(pairs.first),
            "promotion_b": names.gather(pairs.second),
            "customers_a": pl.Series(a.count, dtype=pl.Int64),
            "customers_b": pl.Series(b.count, dtype=pl.Int64),
            "customers_of_both": pl.Series(spending.shared, dtype=pl.Int64),
        }
    )
    is_drawn = enough & found.is_sufficient & (paid_a + paid_b <= MOST_OUTCOMES)
    if np.sum(enough & found.is_sufficient) > MOST_RESAMPLED:
        is_drawn[:] = False

    def drawn(chosen: Bools) -> Bootstrap:
        numbers = np.flatnonzero(chosen)
        return bootstrap_difference(spending.outcomes(0, numbers), spending.outcomes(1, numbers), alpha=alpha)

    return Compared(
        items=items,
        metric="amount",
        customers=a.count + b.count,
        mean_a=np.where(a.count > 0, a.mean[..., 0], np.nan),
        mean_b=np.where(b.count > 0, b.mean[..., 0], np.nan),
        comparison=found,
        raw=found,
        is_enough=enough,
        bootstrap=resampled(found, is_drawn, drawn, alpha),
        **told_of_cap([found.test] * len(pairs), most),
    )


def summary(pairs: pl.LazyFrame) -> pl.LazyFrame:
    """How often each promotion was the better one of a pair.

    Args:
        pairs: the rows of ``promotion_comparison``, with ``slice``.
    """
    better = {"promotion_a": "decrease", "promotion_b": "increase"}
    sides = [
        pairs.select(
            "slice",
            pl.col(side).alias("promotion_id"),
            wins=pl.col("significant") & (pl.col("direction") == own),
            losses=pl.col("significant") & (pl.col("direction") != own),
            ties=~pl.col("significant"),
            without_verdict=pl.col("significant").is_null(),
        )
        for side, own in better.items()
    ]
    counts = ("wins", "losses", "ties", "without_verdict")
    told = pl.col("wins") + pl.col("losses") + pl.col("ties")
    return (
        pl.concat(sides)
        .group_by("slice", "promotion_id")
        .agg(pl.col(counts).fill_null(value=False).sum().cast(pl.Int64))
        .with_columns(reject_ratio=pl.when(told > 0).then((pl.col("wins") + pl.col("losses")) / told))
    )
