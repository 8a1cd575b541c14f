"""Revenue by day, what came and what is expected: one line through today, with a band, and earlier forecasts over it."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, OTHER, clear, scheme
from dash_app.figures.frame import figure, money_left, period_axis, value_axis
from dash_app.figures.periods import MEAN_DAYS
from dash_app.records import Figure, Look
from dash_app.words.dates import day
from dash_app.words.formats import formats

HEIGHT_OF_COURSE = 420
_MANY_DAYS = 60
_WHOLE, _NEWCOMERS = OKABE_ITO[0], OKABE_ITO[1]
_PALE = OKABE_ITO[5]
"""Of days and bands: thin or clear, it is seen on a dark ground too."""
_BAND, _EARLIER_BAND = clear(_PALE, 0.2), clear(OTHER, 0.3)
_NO_LINE = {"width": 0}


def course(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_clv``: what came solid, what is expected dashed, 80 % of the days between the ends of the band.

    Many days are drawn as their mean over seven, the days themselves pale behind it. A forecast of an earlier day is
    dotted, over what then came.
    """
    rows = _smoothed(frame)
    is_smooth = frame.height > _MANY_DAYS
    came, expected = (rows.filter(data_type=kind) for kind in ("actual", "predicted"))
    earlier = _earlier(look)
    has_band = bool(expected["low"].is_not_null().any())
    has_newcomers = bool((expected["newcomers_part"].fill_null(0) > 0).any())
    notes = (
        f"revenue per day{f', mean of {MEAN_DAYS} days' if is_smooth else ''}: solid what came, dashed what is expected",
        "area: between its ends lie 80% of days" if has_band else "",
        "orange: of customers who are still to come" if has_newcomers else "",
        f"dotted: forecast of {day(look.compare_day)}" if earlier is not None and look.compare_day else "",
    )
    write = _hover(look)
    data = [
        *([] if earlier is None else _earlier_traces(earlier, look)),
        *(_band(expected, _BAND) if has_band else []),
        *([_days(came, write)] if is_smooth else []),
        _line(came, "shown", "came", _WHOLE, write, is_solid=True),
        _line(_joined(came, expected), "shown", "expected", _WHOLE, f"{write} expected"),
        *(
            [_line(expected, "shown_newcomers", "newcomers", _NEWCOMERS, f"{write} of customers still to come")]
            if has_newcomers
            else []
        ),
    ]
    return figure(
        data,
        look,
        notes,
        left=money_left(look),
        shapes=[_today(look)] if look.day and expected.height else [],
        xaxis=period_axis(look, "day", encode.days(frame["date"])),
        yaxis=value_axis(look, money=True),
    )


def sums(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_clv``: what is expected in all up to each day, and beside it an earlier forecast with what then came."""
    expected = _summed(frame)
    has_band = bool(expected["shown_low"].is_not_null().any())
    earlier = _earlier_sums(look)
    then = look.compare_day
    notes = (
        "revenue expected in all, from the day of the report on",
        "area: 80% interval of the sum" if has_band else "",
        f"dotted: as expected on {day(then)}; solid: what came since" if earlier is not None and then else "",
    )
    hover = f"{_hover(look)} in all"
    data = [] if earlier is None else _sums_then(earlier, frame, look)
    data += [*(_band(expected, _BAND) if has_band else []), _line(expected, "shown", "expected", _WHOLE, hover)]
    places = encode.days(pl.concat([expected["date"], *([] if earlier is None else [earlier["date"]])]).unique().sort())
    return figure(
        data,
        look,
        notes,
        left=money_left(look),
        shapes=[_today(look)] if look.day and earlier is not None else [],
        xaxis=period_axis(look, "day", places),
        yaxis=value_axis(look, money=True),
    )


def _summed(frame: pl.DataFrame) -> pl.DataFrame:
    """The forecast as sums, in the columns of which bands and lines are drawn."""
    rows = frame.filter(data_type="predicted").sort("date")
    return rows.with_columns(shown="sum_amount", shown_low="sum_low", shown_high="sum_high")


def _earlier_sums(look: Look) -> pl.DataFrame | None:
    if look.compare is None or look.compare_day is None or look.compare_day == look.day:
        return None
    rows = _summed(look.compare)
    return None if rows.is_empty() else rows


def _sums_then(earlier: pl.DataFrame, frame: pl.DataFrame, look: Look) -> list[dict[str, Any]]:
    """The earlier forecast, and what has come since."""
    since = frame.filter(pl.col("data_type") == "actual", pl.col("date") > look.compare_day).sort("date")
    came = since.with_columns(shown=pl.col("amount").cast(pl.Float64).cum_sum())
    line = _line(came, "shown", "came", _WHOLE, f"{_hover(look)} came in all", is_solid=True)
    return [*_earlier_traces(earlier, look), *([line] if came.height else [])]


def without_money(frame: pl.DataFrame) -> bool:
    """Whether nothing came and nothing is expected."""
    return not bool((frame["amount"].fill_null(0) > 0).any())


def without_forecast(frame: pl.DataFrame) -> bool:
    """Whether nothing is expected."""
    return without_money(frame.filter(data_type="predicted"))


def _smoothed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of time with what is drawn of them: ``shown``, ``shown_newcomers``, ``shown_low``, ``shown_high``.

    What is expected begins with the mean of its first week: what came last is no part of it.
    """
    rows = frame.sort("date")
    if frame.height <= _MANY_DAYS:
        return rows.with_columns(shown="amount", shown_newcomers="newcomers_part", shown_low="low", shown_high="high")
    columns = {"": "amount", "_newcomers": "newcomers_part", "_low": "low", "_high": "high"}
    means = {
        f"shown{name}": pl.col(column).cast(pl.Float64).rolling_mean(MEAN_DAYS).over("data_type")
        for name, column in columns.items()
    }
    is_expected = pl.col("data_type") == "predicted"
    filled = [pl.when(is_expected).then(pl.col(name).backward_fill()).otherwise(name).alias(name) for name in means]
    return rows.with_columns(**means).with_columns(filled).drop_nulls("shown")


def _earlier(look: Look) -> pl.DataFrame | None:
    """The forecast of the earlier day; None where there is none."""
    if look.compare is None or look.compare_day is None or look.compare_day == look.day:
        return None
    rows = _smoothed(look.compare).filter(data_type="predicted")
    return None if rows.is_empty() else rows


def _earlier_traces(rows: pl.DataFrame, look: Look) -> list[dict[str, Any]]:
    band = _band(rows, _EARLIER_BAND) if rows["low"].is_not_null().any() else []
    line = _line(rows, "shown", "earlier", scheme(dark=look.dark).text, f"{_hover(look)} expected then", is_solid=True)
    return [*band, line | {"line": line["line"] | {"width": 1.5, "dash": "dot"}}]


def _joined(came: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
    """What is expected, begun at the last day that came, so that no gap lies between the lines."""
    return pl.concat([came.tail(1), expected]) if expected.height else expected


def _line(
    rows: pl.DataFrame, column: str, name: str, colour: str, hover: str, *, is_solid: bool = False
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        **encode.along(rows["date"]),
        "y": encode.rough(rows[column].fill_null(0.0)),
        "line": {"color": colour, "width": 2} | ({} if is_solid else {"dash": "dash"}),
        "hovertemplate": f"{hover}<extra></extra>",
    }


def _days(rows: pl.DataFrame, hover: str) -> dict[str, Any]:
    """The days themselves, behind their mean."""
    line = _line(rows, "amount", "day", _WHOLE, f"{hover} on the day", is_solid=True)
    return line | {"opacity": 0.4, "line": {"color": _PALE, "width": 1}}


def _band(rows: pl.DataFrame, colour: str) -> list[dict[str, Any]]:
    """An area between the ends of the intervals; where there is none yet it is as thin as the line."""
    ends = rows.with_columns(pl.col("shown_low", "shown_high").fill_null(pl.col("shown")))
    common = {"type": "scatter", "mode": "lines", **encode.along(rows["date"]), "line": _NO_LINE, "hoverinfo": "skip"}
    low = common | {"name": "low", "y": encode.rough(ends["shown_low"])}
    return [
        low,
        common | {"name": "high", "y": encode.rough(ends["shown_high"]), "fill": "tonexty", "fillcolor": colour},
    ]


def _hover(look: Look) -> str:
    before, after = formats(look).affixes
    return f"{before}%{{y:,.0f}}{after}"


def _today(look: Look) -> dict[str, Any]:
    """Where what came ends."""
    line = {"color": scheme(dark=look.dark).muted, "width": 1.5, "dash": "dot"}
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": str(look.day),
        "x1": str(look.day),
        "y0": 0,
        "y1": 1,
        "line": line,
    }
