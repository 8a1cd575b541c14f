"""What is expected in the coming weeks, what an earlier forecast has become, and how far off such forecasts have been."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look
from dash_app.words import backtests, value_models
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rows import Row
from dash_app.words.versus import more_or_less

NO_DATA = "No customer has ordered yet, so there is nothing to forecast."
NO_MONEY = "Nothing has been paid for any order so far, so no revenue can be forecast."

_AT_A_LIMIT = "the likelihood still rises"
"""How a fit says that a parameter would go on, if it could."""


def why_empty(frame: pl.DataFrame) -> str:
    """Why there is no course to draw, and what the report says about it."""
    told = _note(frame)
    more = f" What is known of it: {told}." if told else ""
    return f"{NO_DATA if frame.is_empty() else NO_MONEY}{more}"


def expected(frame: pl.DataFrame, look: Look) -> str:
    """How much is expected, against as long a time before; the back-test's error and reach, and what else to know."""
    form = formats(look)
    rows = frame.sort("date")
    came, coming = (rows.filter(data_type=kind) for kind in ("actual", "predicted"))
    if coming.is_empty():
        return "There is no forecast: nothing is known of how customers order."
    total, days = _sum(coming, "amount"), coming.height
    before = _sum(came.tail(days), "amount") if came.height >= days else None
    comparison = more_or_less(total, before, form, countable=False)
    against = f", {comparison} in as many days before" if comparison else ""
    newcomers = _sum(coming, "newcomers_part")
    part = (
        f"; {form.share(newcomers / total)} of it from customers who are still to come" if newcomers and total else ""
    )
    last = coming.row(-1, named=True)
    said = (
        f"{form.compact_money(total)} are expected in the {form.count(days)} {plural(days, 'day')} to {day(last['date'])}"
        f"{_between(last, form)}{against}{part}."
    )
    return " ".join(filter(None, [said, _error(look), _untested(days, look), beware(coming)]))


def in_all(frame: pl.DataFrame, look: Look) -> str:
    """What an earlier forecast has become; where none is shown, by when half of the revenue is expected."""
    if said := outcome(frame, look):
        return said
    coming = frame.filter(data_type="predicted").sort("date")
    total = _sum(coming, "amount")
    if not total:
        return "Nothing is expected."
    half = coming.filter(pl.col("amount").cast(pl.Float64).cum_sum() >= total / 2)["date"][0]
    return (
        f"Half of {formats(look).compact_money(total)} is expected by {day(half)}; compare with an earlier day to see what its "
        f"forecast has become. {beware(coming)}"
    ).rstrip()


def outcome(frame: pl.DataFrame, look: Look) -> str:
    """What an earlier forecast said of the days that have passed since, and what came; empty without one."""
    found = laid_over(frame, look)
    if found is None or found.is_empty() or look.compare_day is None:
        return ""
    form = formats(look)
    said, came = _sum(found, "expected"), _sum(found, "amount")
    compared = more_or_less(came, said, form, countable=False)
    versus = f"; that is {compared} expected" if compared else ""
    return (
        f"On {day(look.compare_day)} {form.compact_money(said)} were expected for the {form.count(found.height)} "
        f"{plural(found.height, 'day')} since, and {form.compact_money(came)} came{versus}{_inside(found, came, form)}."
    )


def beware(frame: pl.DataFrame) -> str:
    """What the report warns of, as a sentence; empty where there is nothing."""
    told = _note(frame)
    if told.startswith(_AT_A_LIMIT):
        return f"Beware: the model is at the limit of what these orders can tell ({told})."
    return f"Beware: {told}." if told else ""


def _note(frame: pl.DataFrame) -> str:
    told = frame["note"].drop_nulls() if "note" in frame.columns else pl.Series(dtype=pl.String)
    return str(told[0]).rstrip(".") if told.len() else ""


def laid_over(frame: pl.DataFrame, look: Look) -> pl.DataFrame | None:
    """Days that the earlier report forecast and that have passed: ``date``, ``expected``, ``amount``, ends of their sum.

    None where no earlier report is shown.
    """
    if look.compare is None or look.compare_day is None:
        return None
    then = look.compare.filter(data_type="predicted")
    said = then.select("date", "sum_amount", "sum_low", "sum_high", expected="amount")
    came = frame.filter(data_type="actual").select("date", "amount")
    return said.join(came, on="date").sort("date")


def _between(row: Row, form: Formats) -> str:
    """The interval of a sum."""
    low, high = row["sum_low"], row["sum_high"]
    return "" if low is None or high is None else f" (80%: {form.compact_money(low)} to {form.compact_money(high)})"


def _inside(found: pl.DataFrame, came: float, form: Formats) -> str:
    """Whether the sum that came lies in its interval."""
    last = found.row(-1, named=True)
    if last["sum_low"] is None or last["sum_high"] is None:
        return ""
    where = "inside" if last["sum_low"] <= came <= last["sum_high"] else "outside"
    return (
        f", {where} the 80% interval of {form.compact_money(last['sum_low'])} to {form.compact_money(last['sum_high'])}"
    )


def _error(look: Look) -> str:
    """The back-test's error as a sentence."""
    said = value_models.missed(look.also, look)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _untested(days: int, look: Look) -> str:
    """How far ahead the back-test could look, where the forecast goes farther; empty where it does not."""
    tested = None if look.also is None else look.also["horizon_days"].max()
    if tested is None or days <= float(str(tested)):
        return ""
    reach = backtests.horizon({"horizon_days": tested}, formats(look))
    return f"No forecast of more than {reach} could be tested yet; how far off this one may be is reckoned from those."


def _sum(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].cast(pl.Float64).sum())
