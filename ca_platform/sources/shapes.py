"""Tables as they are, made into orders: which query, if any, ``init`` proposes for one. A person reads it before it is used.

Belongs here: what is done to a table of whole orders. Tables of lines of orders are in ``order_lines``, logs of events in
``event_logs``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ca_platform.sources.event_logs import of_events
from ca_platform.sources.likeness import Columns
from ca_platform.sources.mapped import Guess
from ca_platform.sources.order_lines import of_lines
from ca_platform.sources.order_rows import OrderRows, table
from ca_platform.sources.sql import quoted
from ca_platform.sources.states import state_doubts, undone, unpaid
from ca_platform.sources.synonyms import means, words_for

_DISCOUNT = "discount_given"
_MOMENT = "date_and_time"
_CUSTOMER = "customer_or_guest"


def shaped(base: Mapping[str, Any], columns: Columns, source: str | None) -> tuple[Guess, ...]:
    """Sessions and lines of one file; empty where its rows are orders, or something else.

    Args:
        source: what the file is said to be; None: not said.
    """
    if source not in (None, "sessions", "lines"):
        return ()
    found = of_events(base, columns) or of_lines(base, columns)
    return tuple(guess for guess in found if source in (None, guess.source))


def whole_orders(orders: Guess, columns: Columns) -> Guess:
    """The same orders as they have to be read.

    Orders that were cancelled, and visits that nothing was paid in, become sessions without a purchase; guests are told
    apart; discounts that are written as negative amounts become positive ones.
    """
    if orders.source != "sessions":
        return orders
    rows = OrderRows(orders.mapping, columns, {**orders.mapping.get("columns", {}), **orders.named}, {})
    mapping = {key: value for key, value in orders.mapping.items() if key != "table"}
    made, words = {}, dict(orders.confidence)
    for target, name, sql, said in _mended(orders, rows):
        made[name] = sql
        words[target] = f"a guess: {said}; check the query"
        mapping["constants"] = {key: value for key, value in mapping.get("constants", {}).items() if key != target}
        if name != target:
            mapping["columns"] = {**mapping.get("columns", {}), target: name}
    if _MOMENT in made and rows.date_format is not None:
        mapping["date_format"] = rows.date_format
    doubts = (*orders.doubts, *_doubts(rows))
    if not made:
        return replace(orders, doubts=doubts)
    listed = "".join(f",\n       {sql} as {quoted(name)}" for name, sql in made.items())
    query = f"select *{listed}\nfrom {table(orders.mapping)}"
    kept = {key: value for key, value in mapping.items() if value != {}}
    named = {**orders.named, **({"has_purchased": ""} if "has_purchased" in made else {})}
    return replace(orders, mapping={**kept, "query": query}, confidence=words, doubts=doubts, named=named)


def _mended(orders: Guess, rows: OrderRows) -> Iterator[tuple[str, str, str, str]]:
    """What the table says otherwise than the platform: our name, that of the new column, its SQL, and that in words."""
    bought = (
        undone(rows) or unpaid(rows, orders.named) if "has_purchased" in orders.mapping.get("constants", {}) else None
    )
    if bought is not None:
        yield "has_purchased", "has_purchased", f"case when {bought.of_row} then 0 else 1 end", bought.words
    if "client" in rows.order and rows.customer.sql:
        yield "client", _CUSTOMER, rows.customer.sql, rows.customer.words
    if "session_start_date" in rows.order and rows.clock is not None:
        yield "session_start_date", _MOMENT, rows.moment, f"{rows.date} with the time of day in {rows.clock}"
    columns = rows.columns
    discount = next((name for name in columns.kinds if _is_discount(name) and columns.is_negative(name)), None)
    if discount is not None:
        yield (
            "discount_amount",
            _DISCOUNT,
            f"abs({rows.number(discount)})",
            f"{discount} is written as a negative amount",
        )


def _doubts(rows: OrderRows) -> Iterator[str]:
    if "client" in rows.order and rows.customer.doubt:
        yield rows.customer.doubt
    yield from state_doubts(rows.columns)


def _is_discount(name: str) -> bool:
    return means(name, words_for("discount_amount"))
