"""Which segment customers of which scores belong to: the table, its default, and that it is whole.

Scores go from 1 to 5, and 5 is the best: most recent, shortest gap between orders, highest mean amount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Annotated, Literal, get_args

from pydantic import Field

from ca_platform.settings.types import Model

Segment = Literal[
    "champions",
    "loyal customers",
    "potential loyalist",
    "newcomers",
    "promising",
    "need attention",
    "about to sleep",
    "at risk",
    "can't lose them",
    "hibernating",
    "lost",
]
SEGMENTS: tuple[Segment, ...] = get_args(Segment)
"""From the best to the lost."""

Score = Annotated[int, Field(ge=1, le=5)]
Cell = tuple[int, int, int]
"""Scores of recency, frequency and amount."""

_ALL = (1, 2, 3, 4, 5)


class SegmentRule(Model):
    """All combinations of these scores belong to a segment; a score that is not named may be any.

    Newcomers are placed by the date of their one order, before any rule is asked.
    """

    segment: Segment
    recency: tuple[Score, ...] = _ALL
    frequency: tuple[Score, ...] = _ALL
    monetary: tuple[Score, ...] = _ALL

    @property
    def cells(self) -> Iterator[Cell]:
        return product(self.recency, self.frequency, self.monetary)


def _rule(segment: Segment, recency: Sequence[int], frequency: Sequence[int], monetary: Sequence[int]) -> SegmentRule:
    return SegmentRule(segment=segment, recency=tuple(recency), frequency=tuple(frequency), monetary=tuple(monetary))


# Few borders between segments: each is one that a silent customer crosses in time.
DEFAULT_SEGMENTS: tuple[SegmentRule, ...] = (
    _rule("champions", (4, 5), (4, 5), (4, 5)),
    _rule("loyal customers", (4, 5), (4, 5), (1, 2, 3)),
    _rule("potential loyalist", (4, 5), (2, 3), _ALL),
    _rule("promising", (4, 5), (1,), _ALL),
    _rule("need attention", (3,), (3, 4, 5), _ALL),
    _rule("about to sleep", (2, 3), (1, 2), _ALL),
    _rule("can't lose them", (1, 2), (4, 5), (4, 5)),
    _rule("at risk", (1, 2), (4, 5), (1, 2, 3)),
    _rule("at risk", (1, 2), (3,), _ALL),
    _rule("hibernating", (1,), (2,), _ALL),
    _rule("lost", (1,), (1,), _ALL),
)


def segments_by_cell(rules: Sequence[SegmentRule]) -> dict[Cell, Segment]:
    """The segment of each of the 125 combinations of scores.

    Raises:
        ValueError: a combination has no segment, or several.
    """
    every = Counter(cell for rule in rules for cell in rule.cells)
    cells = list(product(_ALL, _ALL, _ALL))
    missing = [cell for cell in cells if not every[cell]]
    doubled = [cell for cell in cells if every[cell] > 1]
    if missing or doubled:
        raise ValueError(" and ".join(_said(missing, "no segment") + _said(doubled, "several segments")))
    return {cell: rule.segment for rule in rules for cell in rule.cells}


def _said(cells: Sequence[Cell], what: str) -> list[str]:
    if not cells:
        return []
    recency, frequency, monetary = cells[0]
    others = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
    return [f"recency {recency}, frequency {frequency}, monetary {monetary}{others} of the 125 have {what}"]
