"""Logs of events, one of which is the purchase: the SQL that makes sessions of them, and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ca_platform.settings.sources import RESERVED_STEPS
from ca_platform.sources.likeness import Columns
from ca_platform.sources.mapped import Guess
from ca_platform.sources.order_lines import goods_of, line_amount
from ca_platform.sources.order_rows import OrderRows, cuts_of, from_query, order_rows
from ca_platform.sources.sql import literal, quoted
from ca_platform.sources.states import is_few
from ca_platform.sources.synonyms import EVENTS, PURCHASES, means, plain_name


def of_events(base: Mapping[str, Any], columns: Columns) -> tuple[Guess, ...]:
    """Sessions of a log of events, and the lines of their orders; empty where a table is none."""
    rows, event = order_rows(base, columns), _event_of(columns)
    if rows is None or event is None or "order_id" not in rows.order:
        return ()
    counts = columns.rows[event].cast(pl.String()).value_counts(sort=True)
    names: list[str] = counts[event].drop_nulls().to_list()
    bought = next((name for name in names if plain_name(name) in PURCHASES), None)
    amount = _amount(rows, event, bought) if bought is not None else None
    if bought is None or amount is None or not rows.is_constant(rows.client):
        return ()
    taken = {*rows.order, *rows.columns.kinds, *RESERVED_STEPS}
    steps = [name for name in names if name != bought and name.isidentifier() and name not in taken]
    happened = f"{rows.text(event)} = "
    cuts = {name: cut for name, cut in cuts_of(rows).items() if name != event}
    fields = {
        "order_id": (rows.order_id, f"the events with the same {' and '.join(rows.key)} are one session"),
        "client": (rows.least_client, rows.customer.words),
        "session_start_date": (f"min({quoted(rows.date)})", "the first event"),
        "session_end_date": (f"max({quoted(rows.date)})", "the last event"),
        "payment_amount": amount,
        "has_purchased": (f"max(case when {happened}{literal(bought)} then 1 else 0 end)", f"{event} is {bought}"),
        **{
            name: (f"min(case when {happened}{literal(name)} then {quoted(rows.date)} end)", "the first such event")
            for name in steps
        },
        **cuts,
    }
    doubt = (
        f"events with the same {' and '.join(rows.key)} are taken for one session, {bought} for its order: the query makes one "
        "row of them, check it"
    )
    doubts = tuple(filter(None, (doubt, rows.customer.doubt)))
    sessions = from_query(rows, "sessions", fields, by=rows.key, doubts=doubts, dimensions=list(cuts), actions=steps)
    goods = goods_of(_purchases(rows, event, bought), where=f"{happened}{literal(bought)}")
    return (sessions,) if goods is None else (sessions, goods)


def _amount(rows: OrderRows, event: str, bought: str) -> tuple[str, str] | None:
    """SQL of what the orders of a session cost, and that in words; None: no column tells."""
    orders, happened = _purchases(rows, event, bought), f"{rows.text(event)} = {literal(bought)}"
    total = rows.order.get("payment_amount")
    if total is not None and orders.columns.filled(total) and orders.is_constant(total):
        # Each line of an order repeats its total; two orders of a session have two.
        return f"coalesce(sum(distinct case when {happened} then {rows.number(total)} end), 0)", f"{total} of {bought}"
    each = line_amount(orders)
    if each is None:
        return None
    sql, words = each
    return f"round(sum(case when {happened} then {sql} else 0 end), 4)", f"{words} over the events {bought}"


def _purchases(rows: OrderRows, event: str, bought: str) -> OrderRows:
    return rows.where(pl.col(event).cast(pl.String) == bought)


def _event_of(columns: Columns) -> str | None:
    """The column that says what a row of a log is."""
    return next((name for name in columns.kinds if means(name, EVENTS) and is_few(columns, name)), None)
