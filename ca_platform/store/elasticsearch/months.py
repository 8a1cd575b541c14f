"""Which index holds the orders of a month: one for all, until there are so many that new months get their own.

A month never moves and never lies in two indices, so that an order has one document whatever index it is in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ca_platform.calendar import as_of, first_of_month, start_of_day
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.mappings import IndexPlan, create_index
from ca_platform.store.elasticsearch.search import Query, count


class MonthlyIndices:
    """The indices behind the alias of the orders.

    Args:
        plan: of the index that holds every month at first.
        above: number of orders from which on a new month gets an index of its own.
    """

    def __init__(self, connection: Connection, plan: IndexPlan, time_zone: str, above: int) -> None:
        self._connection = connection
        self._plan = plan
        self._alias = plan.alias or plan.index
        self._time_zone = time_zone
        self._above = above

    def of(self, days: Iterable[date], adding: int) -> dict[date, str]:
        """Index by first day of the month, for the months of these days; those that are needed are made.

        Args:
            adding: how many orders are about to be written.
        """
        months = sorted({first_of_month(day) for day in days})
        there = set(self._connection.call("GET", f"/{self._alias}/_alias", missing={}))
        is_large = count(self._connection, self._alias, {"match_all": {}}) + adding > self._above
        return {month: self._place(month, there, is_large=is_large) for month in months}

    def _place(self, month: date, there: set[str], *, is_large: bool) -> str:
        own = f"{self._alias}-{month:%Y-%m}"
        if own in there:
            return own
        if not is_large or count(self._connection, self._plan.index, self._during(month)):
            return self._plan.index
        create_index(self._connection, replace(self._plan, index=own))
        return own

    def _during(self, month: date) -> Query:
        last = date(month.year + month.month // 12, month.month % 12 + 1, 1).toordinal() - 1
        bounds = {
            "gte": start_of_day(month, self._time_zone).isoformat(),
            "lt": as_of(date.fromordinal(last), self._time_zone).isoformat(),
        }
        return {"range": {"session_start_date": bounds}}
