"""Tables whose rows are lines of orders: the SQL that makes orders of them, and their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from ca_platform.sources.likeness import Columns
from ca_platform.sources.mapped import Guess
from ca_platform.sources.order_rows import OrderRows, cuts_of, from_query, order_rows
from ca_platform.sources.sql import quoted
from ca_platform.sources.states import state_doubts, undone
from ca_platform.sources.synonyms import LINE_TOTALS, means, words_for

_LEAST_REPEATS = 0.2
"""So many rows are further ones of an order at least: a few are orders that were written twice."""
_CLEARLY = 0.8
_BOUGHT_IN_SEVERAL = 3
"""Rows of products that were bought in different quantities, from which on they tell what an amount is."""


def of_lines(base: Mapping[str, Any], columns: Columns) -> tuple[Guess, ...]:
    """Orders and lines of a table; empty where its rows are no lines."""
    rows = order_rows(base, columns)
    if rows is None or "has_purchased" in rows.order or not _are_lines(rows):
        return ()
    bought = undone(rows)
    amount = _amount(rows, bought.lines if bought is not None else "")
    if amount is None:
        return ()
    fields = {
        "order_id": (rows.order_id, f"the rows with the same {' and '.join(rows.key)} are one order"),
        "client": (rows.least_client, rows.customer.words),
        "session_start_date": (f"min({rows.moment})", "the first of an order"),
        "payment_amount": amount,
    }
    if bought is not None:
        fields["has_purchased"] = (bought.bought, bought.words)
    discount = rows.order.get("discount_amount")
    if discount is not None and "order_id" in rows.order and rows.is_constant(discount):
        fields["discount_amount"] = (f"max({rows.number(discount)})", "the same in all rows of an order")
    coupon = rows.order.get("promotion_id")
    if coupon is not None:
        fields["promotion_id"] = (f"min({rows.text(coupon)})", "")
    cuts = cuts_of(rows)
    fields |= cuts
    orders = from_query(rows, "sessions", fields, by=rows.key, doubts=tuple(_doubts(rows)), dimensions=list(cuts))
    goods = goods_of(rows, where=bought.counts if bought is not None else "")
    return (orders, goods) if goods is not None else (orders,)


def goods_of(rows: OrderRows, where: str = "") -> Guess | None:
    """The lines of a table; None where nothing says what one cost.

    Args:
        where: SQL of the rows that are lines; "": all are.
    """
    if "product" not in rows.line:
        return None
    price = _unit_price(rows)
    if price is None:
        return None
    fields = {"order_id": (rows.order_id, ""), "product": (quoted(rows.line["product"]), ""), "price": price}
    if "quantity" in rows.line:
        fields["quantity"] = (rows.number(rows.line["quantity"]), "")
    if "category" in rows.line:
        fields["category"] = (rows.text(rows.line["category"]), "")
    return from_query(rows, "lines", fields | {"date": (rows.moment, "")}, where=where)


def line_amount(rows: OrderRows) -> tuple[str, str] | None:
    """SQL of what a line cost, and that in words; None: no column tells."""
    total, price, pieces = _line_total(rows), rows.line.get("price"), rows.line.get("quantity")
    if total is not None and (pieces is None or _is_of_line(rows, total) is not False):
        return rows.number(total), f"the sum of {total}"
    each = price if price is not None else total
    if each is None:
        return None
    if pieces is None:
        return rows.number(each), f"the sum of {each}"
    if _is_of_line(rows, each):
        return rows.number(each), f"the sum of {each}, which grows with {pieces} and so is that of a line"
    return f"{rows.number(pieces)} * {rows.number(each)}", f"the sum of {pieces} × {each}"


def _are_lines(rows: OrderRows) -> bool:
    """Whether many rows are further ones of an order, each of one customer."""
    if "order_id" not in rows.order:
        return not rows.columns.is_unique(rows.client) and not _has_gaps(rows.columns)
    height, orders = rows.columns.rows.height, rows.columns.rows.n_unique(rows.key)
    return height - orders >= _LEAST_REPEATS * height and rows.is_constant(rows.client) and "product" in rows.line


def _has_gaps(columns: Columns) -> bool:
    """Whether a column is called the number of an order, and some rows have one: the others are no orders by themselves."""
    names = words_for("order_id")
    return any(means(name, names) and columns.filled(name) for name in columns.kinds if not columns.rows.is_empty())


def _amount(rows: OrderRows, undone_lines: str) -> tuple[str, str] | None:
    """SQL of what an order cost; None: no column tells. An order with an amount that cannot be read has none.

    Args:
        undone_lines: SQL of lines that do not count; "": all do.
    """
    total = rows.order.get("payment_amount")
    if total is not None and _is_of_order(rows, total):
        return f"max({rows.number(total)})", "the same in all rows of an order"
    each = line_amount(rows)
    if each is None:
        return None
    sql, words = each
    if undone_lines:
        sql, words = f"case when {undone_lines} then 0 else {sql} end", f"{words} of the lines that count"
    return f"case when count({sql}) = count(*) then round(sum({sql}), 4) end", words


def _is_of_order(rows: OrderRows, total: str) -> bool:
    return "order_id" in rows.order and rows.is_constant(total)


def _line_total(rows: OrderRows) -> str | None:
    """The column of what a line cost."""
    total = rows.order.get("payment_amount")
    if total is not None and not _is_of_order(rows, total):
        return total
    numbers = (name for name, kind in rows.columns.kinds.items() if kind == "number" and rows.columns.filled(name))
    return next((name for name in numbers if means(name, LINE_TOTALS)), None)


def _unit_price(rows: OrderRows) -> tuple[str, str] | None:
    """SQL of what one unit of a line cost, and that in words."""
    pieces, price = rows.line.get("quantity"), rows.line.get("price")
    of_line = price is not None and pieces is not None and _is_of_line(rows, price)
    if price is not None and not of_line:
        return rows.number(price), "that of one unit"
    total = price if price is not None else _line_total(rows)
    if total is None:
        return None
    if pieces is None or _is_of_line(rows, total) is False:
        return rows.number(total), ""
    return f"{rows.number(total)} / nullif({rows.number(pieces)}, 0)", f"{total} is that of a line, of {pieces} units"


def _is_of_line(rows: OrderRows, amount: str) -> bool | None:
    """Whether an amount is that of a whole line and not of a unit; None: the rows do not tell.

    Where a product was bought in several quantities, the one of the two that varies less is what it cost.
    """
    product, pieces = rows.line.get("product"), rows.line.get("quantity")
    if product is None or pieces is None:
        return None
    frame = pl.DataFrame(
        {
            "product": rows.columns.rows[product],
            "each": rows.columns.number(amount),
            "pieces": rows.columns.number(pieces),
        }
    )
    spread = (pl.col("x") - pl.col("x").median().over("product")).abs().sum()
    several = frame.filter((pl.col("each") > 0) & (pl.col("pieces") > 0)).filter(
        pl.col("pieces").n_unique().over("product") > 1
    )
    if several.height < _BOUGHT_IN_SEVERAL:
        return None
    as_unit = several.with_columns(x=pl.col("each").log()).select(spread).item()
    as_line = several.with_columns(x=(pl.col("each") / pl.col("pieces")).log()).select(spread).item()
    if as_line < _CLEARLY * as_unit:
        return True
    return False if as_unit < _CLEARLY * as_line else None


def _doubts(rows: OrderRows) -> Iterator[str]:
    what = "lines of one order" if "order_id" in rows.order else "one order, as no column is the number of an order"
    yield f"rows with the same {' and '.join(rows.key)} are taken for {what}: the query makes one row of them, check it"
    if rows.customer.doubt:
        yield rows.customer.doubt
    price, pieces = rows.line.get("price"), rows.line.get("quantity")
    if price is not None and pieces is not None and _is_of_line(rows, price) is None:
        yield f"{price} is taken for that of one unit, which the rows do not tell from that of a line"
    yield from state_doubts(rows.columns)
