"""When a report is computed and has nothing to show: tables by period have a row for every quiet day."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def without(measure: str) -> Callable[[pl.DataFrame], bool]:
    """Whether a frame has no row in which ``measure`` is more than nothing.

    >>> without("orders")(pl.DataFrame({"orders": [0, None]}, schema={"orders": pl.Int64}))
    True
    """

    def is_blank(frame: pl.DataFrame) -> bool:
        return frame.filter(pl.col(measure) > 0).is_empty()

    return is_blank
