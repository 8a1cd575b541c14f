"""How far the tests are right in this shop: what they find between random halves of its own customers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import polars as pl

from ca_platform.catalogue.ab_tests import CAPPED, TESTS
from dash_app.records import Look, Tile
from dash_app.words.effect_opened import test
from dash_app.words.effect_subjects import METRICS
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.names import capital

TOO_FEW = (
    "These tests have not been tried on this shop's own customers yet: it takes enough of them, and enough time. Until then "
    "they are offered."
)


def of_tests(frame: pl.DataFrame, _: Look, tests: Collection[str], metrics: Collection[str]) -> pl.DataFrame:
    """The tests that a page uses, of the metrics that it shows; those up to a cap in place of plain amounts."""
    known = frame["test"].unique()
    capped = {name: other for name, other in CAPPED.items() if name in tests and other in known}
    is_replaced = pl.col("test").is_in(list(capped)) & (pl.col("metric") == "amount")
    own = pl.col("test").is_in([*tests, *capped.values()]) & pl.col("metric").is_in(list(metrics))
    return frame.filter(own & ~is_replaced)


def without_tests(frame: pl.DataFrame, tests: Collection[str], metrics: Collection[str]) -> bool:
    """Whether none of them has been tried on the shop's customers."""
    return of_tests(frame, Look(), tests, metrics).is_empty()


def measured(frame: pl.DataFrame, look: Look) -> str:
    """How often the tests find a difference where there is none, and which of them are withheld."""
    form = formats(look)
    if frame.is_empty():
        return "The tests have not been tried on this shop's own customers yet."
    rows = frame.sort("rejection_rate")
    rates = " to ".join(dict.fromkeys(form.share(float(rows["rejection_rate"][place])) for place in (0, -1)))
    trials = frame["splits"].sort()
    splits = " to ".join(dict.fromkeys(form.count(int(trials[place])) for place in (0, -1)))
    out = frame.filter(~pl.col("is_offered")).height
    held = f"{out} of {frame.height} {plural(out, 'is', 'are')} withheld" if out else "all are offered"
    return (
        f"Between random groups of this shop's own customers, where nothing differs, the tests find a difference in {rates} "
        f"of {splits} trials ({form.share(look.alpha, 0)} is right); {held}.{_capped(frame, form)}"
    )


def _capped(frame: pl.DataFrame, form: Formats) -> str:
    """What orders count up to, where the tests of all that was paid are wrong."""
    most = cast("float | None", frame["cap"].max())
    if most is None:
        return ""
    return f" In tests of amounts an order counts up to {form.money(most)}: a few very large ones would else decide."


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """False positives of each test and metric, with their interval."""
    form = formats(look)
    return tuple(_tile(row, form) for row in frame.sort("test", "metric").iter_rows(named=True))


def _tile(row: dict[str, Any], form: Formats) -> Tile:
    what = METRICS.get(row["metric"], row["metric"])
    held = "" if row["is_offered"] else ", withheld"
    return Tile(
        f"{capital(test(row['test']))}, {what}",
        form.share(row["rejection_rate"]),
        f"{form.share(row['ci_low'])} to {form.share(row['ci_high'])} false positives{held}",
        title=TESTS.get(row["test"], ""),
    )
