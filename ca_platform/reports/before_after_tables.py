"""Before and after first uses, for some report days: reads the lake, compares, and keeps what a day gave.

What is compared is in ``before_after``, who used what first in ``first_uses``, the windows around orders in
``order_windows``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl

from ca_platform.calendar import start_of_day
from ca_platform.catalogue.ab_tests import CAPPED, FREQUENT_ITEMS
from ca_platform.models.experiments.order_windows import (
    METRICS,
    WINDOW,
    OrderWindows,
    order_windows,
)
from ca_platform.models.experiments.records import Bools, Ints
from ca_platform.models.threads import one_thread
from ca_platform.reports.ab_calibration import CalibrationTables
from ca_platform.reports.ab_verdicts import together, verdicts
from ca_platform.reports.before_after import (
    FREQUENT,
    Asked,
    Bought,
    Uses,
    matched_of_products,
    matched_of_promotions,
    products_before_after,
    promotions_before_after,
)
from ca_platform.reports.first_uses import Firsts, FirstUses
from ca_platform.reports.milestones import valid_on
from ca_platform.reports.opened import Opened
from ca_platform.reports.opened_items import Naming, distributions, families
from ca_platform.reports.reading import FactReader
from ca_platform.settings.models import Sources
from ca_platform.settings.reports import AbTest
from ca_platform.training.orders import day_number

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known at the end of a day.

    Attributes:
        windows: the rows that are known.
        place: of each row of all among these; -1 where it is not known.
        observed: of these, see ``OrderWindows.observed``.
        orders: rows by slice.
    """

    windows: OrderWindows
    place: Ints
    observed: Bools
    orders: Ints

    def of(self, rows: Ints) -> Bools:
        """Which of these rows are known."""
        return np.asarray(self.place[rows] >= 0)


@dataclass(frozen=True, slots=True)
class _Compared:
    """All that a day says of one kind of items."""

    rows: pl.DataFrame
    families: pl.DataFrame
    distributions: pl.DataFrame


class BeforeAfterTables:
    """Comparisons of the customers of promotions and products before and after the first use.

    Args:
        options: of the tests.
        sources: which of them are connected.
        spells: what is known of customers, see ``milestones.spells``.
        calibrations: what was found of the tests.
    """

    def __init__(
        self,
        facts: FactReader,
        options: AbTest,
        sources: Sources,
        spells: Callable[[], pl.DataFrame],
        calibrations: CalibrationTables,
    ) -> None:
        self._facts = facts
        self._options = options
        self._sources = sources
        self._spells = spells
        self._calibrations = calibrations
        self._firsts = FirstUses(facts, by_dimension=options.by_dimension)
        self._windows = lru_cache(maxsize=2)(self._around)
        self._days: dict[tuple[str, date], _Compared] = {}
        self._last: tuple[date, _Known] | None = None

    def compared(self, kind: str, metric: str, day: date) -> pl.LazyFrame:
        """The rows of one kind of items with one metric."""
        return self._of(kind, day).rows.lazy().filter(pl.col("metric") == metric)

    def both(self, kind: str, day: date) -> pl.LazyFrame:
        """The rows of one kind of items with both metrics, as one family."""
        return together(self._of(kind, day).rows, alpha=self._options.alpha, within=["slice"]).lazy()

    def families(self, day: date) -> pl.LazyFrame:
        """``ab_families`` of the kinds that are connected."""
        return pl.concat([self._of(kind, day).families for kind in self._kinds]).lazy()

    def distributions(self, day: date) -> pl.LazyFrame:
        """``ab_distributions`` of the kinds that are connected."""
        return pl.concat([self._of(kind, day).distributions for kind in self._kinds]).lazy()

    def customers(self, kind: str, day: date) -> pl.LazyFrame:
        """Who is compared: ``slice``, ``item``, ``customer``, a row for each."""
        known = self._known(day)
        items, uses, _ = _known_firsts(self._firsts_of(kind), known)
        return _named(known, items, uses.those(known.observed[uses.row]))

    def matched(self, kind: str, metric: str, day: date) -> pl.LazyFrame:
        """Who of them has controls, with one metric."""
        known = self._known(day)
        items, uses, is_known = _known_firsts(self._firsts_of(kind), known)
        if kind == "promotion":
            return _named(known, items, matched_of_promotions(known.windows, known.observed, uses, items.height))
        bought = self._bought(known, items, uses, is_known, is_allowed=self._allows_frequent(metric, day))
        return _named(known, items, matched_of_products(known.windows, known.observed, uses, bought, metric))

    def _firsts_of(self, kind: str) -> Firsts:
        return self._firsts.promotions if kind == "promotion" else self._firsts.products

    @property
    def _kinds(self) -> list[str]:
        sessions = self._sources.sessions
        has = {
            "promotion": sessions is not None and sessions.gives("promotion_id"),
            "product": self._sources.lines is not None,
        }
        return [kind for kind, is_given in has.items() if is_given]

    def _of(self, kind: str, day: date) -> _Compared:
        if (kind, day) not in self._days:
            with one_thread():
                self._days[kind, day] = self._compare(kind, day)
        return self._days[kind, day]

    def _compare(self, kind: str, day: date) -> _Compared:
        compare = self._promotions if kind == "promotion" else self._products
        caps = {"orders": None, "amount": self._calibrations.cap(day)}
        found = compare([Asked(kind, metric, day, self._options.alpha, caps[metric]) for metric in METRICS])
        # Each report is a family of its own, and so is each value of a dimension.
        rows = verdicts(
            [one.compared for one in found],
            alpha=self._options.alpha,
            offers=self._calibrations.offers(day),
            within=("slice", "metric"),
        )
        rows = rows.with_columns(item_kind=pl.lit(kind))
        return _Compared(rows, families(Naming(kind), found), distributions(Naming(kind), found))

    def _promotions(self, asked: Sequence[Asked]) -> list[Opened]:
        known = self._known(asked[0].day)
        items, uses, _ = _known_firsts(self._firsts.promotions, known)
        return [promotions_before_after(known.windows, known.observed, uses, items, one) for one in asked]

    def _products(self, asked: Sequence[Asked]) -> list[Opened]:
        known = self._known(asked[0].day)
        items, uses, is_known = _known_firsts(self._firsts.products, known)
        found = []
        for one in asked:
            is_allowed = self._allows_frequent(one.metric, one.day)
            bought = self._bought(known, items, uses, is_known, is_allowed=is_allowed)
            found.append(products_before_after(known.windows, known.observed, uses, bought, items, one))
        return found

    def _allows_frequent(self, metric: str, day: date) -> bool:
        """Whether the calibration allows products that are in many orders."""
        is_capped = metric == "amount" and self._calibrations.cap(day) is not None
        test = CAPPED[FREQUENT_ITEMS] if is_capped else FREQUENT_ITEMS
        allowed = self._calibrations.offers(day).get((test, metric))
        return allowed is not None and allowed[3]

    def _bought(self, known: _Known, items: pl.DataFrame, uses: Uses, is_known: Bools, *, is_allowed: bool) -> Bought:
        windows = known.windows
        use, row = self._firsts.products.again
        fits = known.of(row)
        # Those who are known keep their order.
        number = np.cumsum(is_known) - 1
        use, row = number[use[fits]], known.place[row[fits]]
        times = 1 + np.bincount(use, minlength=uses.row.size)
        soon = windows.at[row] <= windows.at[uses.row[use]] + WINDOW
        dropped = {
            name: np.asarray(np.bincount(use[soon], values[row[soon]], uses.row.size), np.float64)
            for name, values in windows.own.items()
        }
        orders = known.orders[items["slice"].to_numpy()]
        is_frequent = np.bincount(uses.item, times, items.height) > FREQUENT * orders
        return Bought(times, dropped, is_frequent, is_frequent & (not is_allowed))

    def _known(self, day: date) -> _Known:
        if self._last is None or self._last[0] != day:
            number = day_number(day)
            windows, is_known = self._windows(self._calibrations.cap(day)).until(number)
            place = np.where(is_known, np.cumsum(is_known) - 1, -1)
            shape = self._facts.shape
            first = pl.Series([start_of_day(shape.start_date, shape.time_zone)]).dt.epoch("us").item()
            observed = windows.observed(number, first, self._downloads(day))
            orders = np.bincount(self._firsts.instants["slice"].to_numpy()[is_known])
            self._last = day, _Known(windows, place, observed, orders)
        return self._last[1]

    def _downloads(self, day: date) -> Ints:
        """The download of each customer's number as it is known at the end of a day."""
        rows = self._spells().filter(valid_on(day) & pl.col("customer").is_not_null())
        customer = rows["customer"].to_numpy().astype(np.int64)
        with_orders = self._firsts.instants["customer"].cast(pl.Int64).to_numpy()
        downloads = np.full(int(with_orders.max(initial=-1)) + 1, _NEVER)
        # Customers without an order have larger numbers, too.
        is_within = customer < downloads.size
        downloads[customer[is_within]] = rows["download"].dt.epoch("us").to_numpy()[is_within]
        return downloads

    def _around(self, most: float | None) -> OrderWindows:
        """The time around instants with an order, each of which counts up to a cap."""
        rows = self._firsts.instants if most is None else self._firsts.instants_up_to(most)
        return order_windows(rows, self._facts.shape.time_zone)


def _named(known: _Known, items: pl.DataFrame, uses: Uses) -> pl.LazyFrame:
    """Whose first uses these are: ``slice``, ``item``, ``customer``."""
    customer = pl.Series("customer", known.windows.customer[uses.row], dtype=pl.UInt32)
    return items[uses.item].with_columns(customer).lazy()


def _known_firsts(firsts: Firsts, known: _Known) -> tuple[pl.DataFrame, Uses, Bools]:
    """Items that are known at the end of a day, renumbered, their first uses, and which of all these are."""
    is_known = known.of(firsts.uses.row)
    uses = firsts.uses.those(is_known)
    present, item = np.unique(uses.item, return_inverse=True)
    return firsts.items[present], Uses(known.place[uses.row], item.astype(np.int64)), is_known
