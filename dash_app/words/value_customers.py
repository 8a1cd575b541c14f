"""The customers of whom most is expected, in one sentence."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look
from dash_app.words.dates import day
from dash_app.words.formats import formats, plural

_FIRST = 20


def best(frame: pl.DataFrame, look: Look) -> str:
    """What the first customers of the list are expected to bring together."""
    form = formats(look)
    known = frame.drop_nulls("expected_revenue") if "expected_revenue" in frame.columns else frame.clear()
    if known.is_empty():
        return "No forecast of customers is computed: the report client_feature_predicted has no rows of this day."
    top = known.head(_FIRST)
    amount = float(top["expected_revenue"].cast(pl.Float64).sum())
    if not amount:
        return f"No revenue is expected of any of {form.count(look.total)} {plural(look.total, 'customer')}."
    as_of = f", as of the end of {day(look.day)}" if look.day else ""
    return (
        f"The {form.count(top.height)} {plural(top.height, 'customer')} of whom most is expected "
        f"{plural(top.height, 'is', 'are')} to bring {form.compact_money(amount)}{as_of}; "
        f"{form.count(look.total)} {plural(look.total, 'customer')} in all."
    )
