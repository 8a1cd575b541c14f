"""Which rows are no orders: they were cancelled, or are visits in which nothing was paid.

Belongs here: by what columns that is known, the SQL that says it, and what a person has to look at. Not: the query it
becomes a part of, which is in ``shapes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from ca_platform.sources.likeness import FLAGS, TRUE, Columns
from ca_platform.sources.order_rows import OrderRows
from ca_platform.sources.sql import literal, quoted
from ca_platform.sources.synonyms import CANCELLED, CURRENCIES, STATE_PREFIX, STATES, UNDONE, VISITS, means, plain_name

_MOST_STATES = 20
_SHOWN = 8
_REFUNDS = ("refundedamount", "amountrefunded", "totalrefunded", "refund", "refunds", "refundamount")


@dataclass(frozen=True)
class Undone:
    """Rows in which nothing was bought.

    Attributes:
        sql: true for rows of orders that are none; "": no column says it of whole orders.
        words: when nothing was bought.
        lines: true for lines that are none beside others of their order that count; "": orders are cancelled as a whole.
    """

    sql: str
    words: str
    lines: str = ""

    @property
    def of_row(self) -> str:
        """SQL that is true for rows that are none, where each row is an order."""
        return " or ".join(filter(None, (self.sql, self.lines)))

    @property
    def bought(self) -> str:
        """SQL of whether an order was bought, from all its rows."""
        orders = f"min(case when {self.sql} then 0 else 1 end)" if self.sql else ""
        lines = f"max(case when {self.lines} then 0 else 1 end)" if self.lines else ""
        return " * ".join(filter(None, (orders, lines)))

    @property
    def counts(self) -> str:
        """SQL that is true for lines that count; "": all do."""
        return f"case when {self.lines} then 0 else 1 end = 1" if self.lines else ""


def undone(rows: OrderRows) -> Undone | None:
    """Orders that were cancelled, by all columns that say so; None: none does."""
    found = [each for name in rows.columns.kinds if (each := _by_state(rows, name) or _by_mark(rows, name)) is not None]
    if not found:
        return None
    sql, lines = (" or ".join(filter(None, parts)) for parts in ([u.sql for u in found], [u.lines for u in found]))
    return Undone(sql, "; ".join(each.words for each in found), lines)


def unpaid(rows: OrderRows, named: Mapping[str, str]) -> Undone | None:
    """Visits without an amount; None: these are no visits, or all have one."""
    total = named.get("payment_amount")
    if total is None or not means(named.get("order_id", ""), VISITS):
        return None
    amounts = rows.columns.number(total).fill_null(0)
    if not 0 < (amounts > 0).sum() < len(amounts):
        return None
    return Undone(f"{rows.number(total)} is null or {rows.number(total)} <= 0", f"where {total} is empty or 0")


def is_few(columns: Columns, name: str) -> bool:
    """Whether a column has few texts, and so may say what kind a row is of."""
    return columns.kinds[name] == "text" and columns.distinct[name] <= _MOST_STATES


def telling(columns: Columns) -> list[str]:
    """Columns whose rare values matter: states of orders, and currencies."""
    return [name for name in columns.kinds if means(name, (*STATES, *CURRENCIES)) and is_few(columns, name)]


def state_doubts(columns: Columns) -> Iterator[str]:
    """Columns of states by numbers, whose meaning only the shop knows, and of what was paid back of orders that count."""
    bought = _bought(columns)
    for name in columns.kinds:
        values = columns.rows[name].drop_nulls().n_unique()
        if _is_numbered_state(columns, name) and 1 < values <= _MOST_STATES:
            yield (
                f"{name} says by numbers what has become of an order; each row counts as one: where some mean that it was "
                "cancelled, leave those out by `query`"
            )
        if means(name, _REFUNDS) and columns.kinds[name] == "number":
            back = int(((columns.number(name).fill_null(0) != 0) & bought).sum())
            if back:
                yield (
                    f"{back:,} of the first {columns.rows.height:,} rows have a refund in {name}, which is not subtracted from "
                    "the amounts: subtract it by `query` where you want that"
                )


def _bought(columns: Columns) -> pl.Series:
    """Which rows no column of states says to be undone."""
    bought = pl.Series([True]).new_from_index(0, columns.rows.height)
    for name in columns.kinds:
        if means(name, STATES) and is_few(columns, name):
            bought &= ~columns.texts(name).is_in([value.strip() for value in _bad(columns, name)]).fill_null(
                value=False
            )
    return bought


def _bad(columns: Columns, name: str) -> list[str]:
    """States in which an order is none."""
    return [value for value in columns.values(name) if value.strip().casefold().removeprefix(STATE_PREFIX) in UNDONE]


def _is_numbered_state(columns: Columns, name: str) -> bool:
    plain = plain_name(name)
    is_state = means(name, STATES) or any(plain == f"{state}{end}" for state in STATES for end in ("id", "code"))
    values = columns.rows[name].drop_nulls().cast(str, strict=False)
    # Hexadecimal keys say as little as numbers.
    return is_state and not values.is_empty() and bool(values.str.contains(r"^[0-9]+$|^[0-9a-f-]{16,}$").all())


def _by_state(rows: OrderRows, name: str) -> Undone | None:
    if not means(name, STATES) or not is_few(rows.columns, name):
        return None
    values, bad = rows.columns.values(name), _bad(rows.columns, name)
    good = [value for value in values if value not in bad]
    if not bad or not good:
        return None
    listed = ", ".join(map(literal, bad))
    shown = ", ".join(good[:_SHOWN]) + (", …" if len(good) > _SHOWN else "")
    count = "counts" if len(good) == 1 else "count"
    sql = f"cast({quoted(name)} as varchar) in ({listed})"
    words = f"where {name} is {' or '.join(bad)} nothing was bought ({shown} {count} as bought)"
    return Undone("", words, sql) if _differs_in_orders(rows, name, bad) else Undone(sql, words)


def _differs_in_orders(rows: OrderRows, name: str, bad: list[str]) -> bool:
    """Whether some lines of an order are undone and others are not."""
    if not {"client", "session_start_date"} <= rows.order.keys():
        return False
    is_bad = pl.col(name).cast(pl.String).is_in(bad)
    orders = rows.columns.rows.group_by(rows.key).agg(is_bad.drop_nulls().n_unique().alias("states"))
    return bool((orders["states"] > 1).any())


def _by_mark(rows: OrderRows, name: str) -> Undone | None:
    """By a column that is filled, or true, for cancelled orders alone."""
    columns = rows.columns
    if not means(name, CANCELLED) or not columns.filled(name) > 0 or columns.distinct[name] < 2:
        return None
    values = {value.strip().lower() for value in columns.values(name)}
    if values <= FLAGS:
        true = ", ".join(map(literal, TRUE))
        return Undone(f"lower(cast({quoted(name)} as varchar)) in ({true})", f"where {name} is set nothing was bought")
    if columns.filled(name) == 1 or columns.kinds[name] not in ("date", "text"):
        return None
    return Undone(f"{quoted(name)} is not null", f"where {name} has a value nothing was bought")
