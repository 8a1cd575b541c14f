"""Tables whose rows are no orders: lines of orders, and logs of events. A query makes orders of them.

Belongs here: by what such a table is known, and the SQL that ``init`` proposes for it. A person reads it before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from ca_platform.settings.sources import RESERVED_STEPS
from ca_platform.sources.likeness import Columns
from ca_platform.sources.mapped import Guess, currencies_in, few_texts, map_columns
from ca_platform.sources.order_rows import OrderRows, literal, quoted, table
from ca_platform.sources.synonyms import EVENTS, PURCHASES, STATE_PREFIX, STATES, SYNONYMS, UNDONE, VISITS, plain_name

_LEAST_REPEATS = 0.2
"""So many rows are further ones of an order at least: a few are orders that were written twice."""
_MOST_EVENTS = 20
_DISCOUNT = "discount_given"
_NAMED = ("sure", "likely")


def shaped(base: Mapping[str, Any], columns: Columns, source: str | None) -> tuple[Guess, ...]:
    """Sessions and lines of one file; empty where its rows are orders, or something else.

    Args:
        source: what the file is said to be; None: not said.
    """
    if source not in (None, "sessions", "lines"):
        return ()
    found = _events(base, columns) or _lines(base, columns)
    return tuple(guess for guess in found if source in (None, guess.source))


def _rows(base: Mapping[str, Any], columns: Columns) -> OrderRows | None:
    """The table, where somebody did something at a time by their names."""
    order, line = (_named(map_columns(base, columns.fresh(), name)) for name in ("sessions", "lines"))
    if not {"client", "session_start_date"} <= order.keys() or columns.rows.is_empty():
        return None
    return OrderRows(base, columns, order, line)


def _named(guess: Guess) -> dict[str, str]:
    """Columns that were found by their names."""
    given = guess.mapping.get("columns", {})
    return {
        target: given.get(target, target)
        for target, words in guess.confidence.items()
        if words.startswith(_NAMED) and target not in guess.mapping.get("constants", {})
    }


def _lines(base: Mapping[str, Any], columns: Columns) -> tuple[Guess, ...]:
    rows = _rows(base, columns)
    if rows is None or "has_purchased" in rows.order:
        return ()
    if "order_id" in rows.order:
        is_table_of_lines = _is_repeated(rows) and "product" in rows.line
    else:
        is_table_of_lines = not columns.is_unique(rows.client)
    if not is_table_of_lines:
        return ()
    amount = _amount(rows)
    if amount is None:
        return ()
    fields = {
        "order_id": rows.order_id,
        "client": rows.least(rows.client),
        "session_start_date": f"min({quoted(rows.date)})",
        "payment_amount": amount,
    }
    bought = _is_bought(columns)
    if bought is not None:
        fields["has_purchased"] = f"min({bought[0]})"
    discount = rows.order.get("discount_amount")
    if discount is not None and "order_id" in rows.order and rows.is_constant(discount):
        fields["discount_amount"] = f"max({rows.number(discount)})"
    coupon = rows.order.get("promotion_id")
    if coupon is not None:
        fields["promotion_id"] = f"min({rows.text(coupon)})"
    cuts = _cuts(rows)
    fields |= {name: f"min({rows.text(name)})" for name in cuts}
    what = "lines of one order" if "order_id" in rows.order else "one order, as no column is the number of an order"
    words = f"a guess: rows with the same {' and '.join(rows.key)} are {what}; check the query"
    words += f"; {bought[1]}" if bought is not None else ""
    orders = _guess(rows, "sessions", fields, words, by=rows.key, dimensions=cuts)
    goods = _goods(rows)
    return (orders, goods) if goods is not None else (orders,)


def with_purchases(orders: Guess, columns: Columns) -> Guess:
    """The same orders; those that were cancelled, and visits that nothing was paid in, as sessions without a purchase.

    Discounts that are written as negative amounts become positive ones.
    """
    if orders.source != "sessions":
        return orders
    made, words = {}, dict(orders.confidence)
    mapping = {key: value for key, value in orders.mapping.items() if key != "table"}
    bought = (_is_bought(columns) or _is_paid(orders, columns)) if "constants" in orders.mapping else None
    if bought is not None:
        del mapping["constants"]
        made["has_purchased"] = bought[0]
        words["has_purchased"] = f"a guess: {bought[1]}; check the query"
    discount = next((name for name in columns.kinds if _is_discount(name) and columns.is_negative(name)), None)
    if discount is not None:
        made[_DISCOUNT] = f"abs({OrderRows(orders.mapping, columns, {}, {}).number(discount)})"
        mapping["columns"] = {**mapping.get("columns", {}), "discount_amount": _DISCOUNT}
        words["discount_amount"] = f"a guess: {discount} is written as a negative amount; check the query"
    if not made:
        return orders
    listed = "".join(f",\n       {sql} as {quoted(name)}" for name, sql in made.items())
    query = f"select *{listed}\nfrom {table(orders.mapping)}"
    return replace(orders, mapping={**mapping, "query": query}, confidence=words)


def _is_discount(name: str) -> bool:
    return plain_name(name) in (plain_name("discount_amount"), *SYNONYMS["discount_amount"])


def _is_bought(columns: Columns) -> tuple[str, str] | None:
    """SQL that is 0 for an order that was cancelled, else 1, and that in words; None: no column says it."""
    for name in columns.kinds:
        if plain_name(name) not in STATES or not _tells_kinds(columns, name):
            continue
        values = columns.rows[name].cast(pl.String()).drop_nulls().unique().sort().to_list()
        undone = [value for value in values if value.strip().casefold().removeprefix(STATE_PREFIX) in UNDONE]
        if undone and len(undone) < len(values):
            listed = ", ".join(map(literal, undone))
            sql = f"case when cast({quoted(name)} as varchar) in ({listed}) then 0 else 1 end"
            return sql, f"where {name} is {' or '.join(undone)} nothing was bought"
    return None


def _is_paid(visits: Guess, columns: Columns) -> tuple[str, str] | None:
    """SQL that is 1 for a visit with an amount, else 0, and that in words; None: these are no visits, or all have one."""
    named = _named(visits)
    rows = OrderRows(visits.mapping, columns, named, {})
    total = named.get("payment_amount")
    if total is None or plain_name(named.get("order_id", "")) not in VISITS:
        return None
    amounts = columns.number(total).fill_null(0)
    if not 0 < (amounts > 0).sum() < len(amounts):
        return None
    return f"case when {rows.number(total)} > 0 then 1 else 0 end", f"where {total} is empty or 0 nothing was bought"


def _is_repeated(rows: OrderRows) -> bool:
    """Whether many rows are further ones of an order, each of one customer."""
    height, orders = rows.columns.rows.height, rows.columns.rows.n_unique(rows.key)
    return height - orders >= _LEAST_REPEATS * height and rows.is_constant(rows.client)


def _amount(rows: OrderRows) -> str | None:
    """SQL of what an order cost; None: no column tells. An order with an amount that cannot be read has none."""
    total, price, pieces = (rows.order.get("payment_amount"), rows.line.get("price"), rows.line.get("quantity"))
    if total is not None and "order_id" in rows.order and rows.is_constant(total):
        return f"max({rows.number(total)})"
    if total is None and price is None:
        return None
    each = rows.number(total) if total is not None else rows.number(price or "")
    if total is None and pieces is not None:
        each = f"{rows.number(pieces)} * {each}"
    return f"case when count({each}) = count(*) then round(sum({each}), 4) end"


def _cuts(rows: OrderRows) -> list[str]:
    """Few texts of which an order has one."""
    columns = rows.columns.fresh()
    columns.used |= {*rows.order.values(), *rows.line.values()}
    return [name for name in few_texts(columns) if rows.is_constant(name)]


def _goods(rows: OrderRows) -> Guess | None:
    """The lines of the same file; None where nothing says what one cost."""
    if "product" not in rows.line:
        return None
    total, pieces = rows.order.get("payment_amount"), rows.line.get("quantity")
    if "price" in rows.line:
        price = rows.number(rows.line["price"])
    elif total is None or ("order_id" in rows.order and rows.is_constant(total)):
        return None
    else:
        price = rows.number(total) + (f" / nullif({rows.number(pieces)}, 0)" if pieces is not None else "")
    fields = {"order_id": rows.order_id, "product": quoted(rows.line["product"]), "price": price}
    if pieces is not None:
        fields["quantity"] = rows.number(pieces)
    if "category" in rows.line:
        fields["category"] = rows.text(rows.line["category"])
    return _guess(rows, "lines", fields | {"date": quoted(rows.date)}, "a guess: each row is a line; check the query")


def _events(base: Mapping[str, Any], columns: Columns) -> tuple[Guess, ...]:
    """Sessions of a log of events, one of which is the purchase; its lines."""
    rows, event = _rows(base, columns), _event_of(columns)
    if rows is None or event is None or "order_id" not in rows.order or "price" not in rows.line:
        return ()
    counts = columns.rows[event].cast(pl.String()).value_counts(sort=True)
    names: list[str] = counts[event].drop_nulls().to_list()
    bought = next((name for name in names if plain_name(name) in PURCHASES), None)
    if bought is None or not rows.is_constant(rows.client):
        return ()
    taken = {*rows.order, *RESERVED_STEPS}
    steps = [name for name in names if name != bought and name.isidentifier() and name not in taken]
    happened = f"{rows.text(event)} = "
    each = rows.number(rows.line["price"])
    if "quantity" in rows.line:
        each = f"{rows.number(rows.line['quantity'])} * {each}"
    fields = {
        "order_id": rows.order_id,
        "client": rows.least(rows.client),
        "session_start_date": f"min({quoted(rows.date)})",
        "session_end_date": f"max({quoted(rows.date)})",
        "payment_amount": f"round(sum(case when {happened}{literal(bought)} then {each} else 0 end), 4)",
        "has_purchased": f"max(case when {happened}{literal(bought)} then 1 else 0 end)",
        **{name: f"min(case when {happened}{literal(name)} then {quoted(rows.date)} end)" for name in steps},
    }
    words = f"a guess: events with the same {rows.key[0]} are one session, {bought} its order; check the query"
    sessions = _guess(rows, "sessions", fields, words, by=rows.key, actions=steps)
    goods = _goods(rows)
    if goods is None:
        return (sessions,)
    query = f"{goods.mapping['query']}\nwhere {happened}{literal(bought)}"
    return sessions, replace(goods, mapping=goods.mapping | {"query": query})


def _event_of(columns: Columns) -> str | None:
    """The column that says what a row of a log is."""
    return next((name for name in columns.kinds if plain_name(name) in EVENTS and _tells_kinds(columns, name)), None)


def _tells_kinds(columns: Columns, name: str) -> bool:
    """Whether a column has few texts."""
    return columns.kinds[name] == "text" and columns.distinct[name] <= _MOST_EVENTS


def _guess(
    rows: OrderRows, source: str, fields: Mapping[str, str], words: str, by: list[str] | None = None, **own: list[str]
) -> Guess:
    chosen = ",\n".join(f"       {made} as {quoted(name)}" for name, made in fields.items()).lstrip()
    query = f"select {chosen}\nfrom {table(rows.base)}"
    if by is not None:
        query += f"\ngroup by {', '.join(map(quoted, by))}\norder by {quoted('order_id')}"
    mapping: dict[str, Any] = {key: value for key, value in rows.base.items() if key != "table"} | {"query": query}
    if rows.date in rows.columns.date_formats:
        mapping["date_format"] = rows.columns.date_formats[rows.date]
    if source == "sessions" and "has_purchased" not in fields:
        mapping["constants"] = {"has_purchased": True}
    mapping |= {key: names for key, names in own.items() if names}
    return Guess(
        source,
        mapping,
        dict.fromkeys(fields, words),
        numbers=rows.columns.numbers,
        currencies=currencies_in(rows.columns),
    )
