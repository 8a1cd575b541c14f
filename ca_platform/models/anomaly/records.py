"""What a watch over daily figures reads and what it says: metrics, panels, marked days, scores and flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from ca_platform.errors import ValidationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]
Days = NDArray[np.datetime64]
Kind = Literal["count", "amount", "ratio"]
# What was sold on a day: products by number, each once, and how many orders contain each.
Sold = tuple[Ints, Ints]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a day.

    Attributes:
        kind: ``count`` (of events), ``amount`` (of money, or any sum or mean that is not a count) or ``ratio`` (of two
            counts, the first among the second, 0 to 1 or a little above).
        numerator, denominator: names of the metrics that it is made of, where it is: a conversion is ``orders`` by
            ``sessions``, a mean amount ``revenue`` by ``orders``. They need not stand in the same panel. What is divided
            counts as coming after what it is divided by: when sessions are lost, so are orders. An amount that is a sum
            names what it is a sum over by the denominator of its mean, where the panel has one.
        hours_of: name of the count in whose hours it looks (``hours``); a ratio that is made of nothing else.
        products_of: name of the count in whose products it looks (``assortment``); such a ratio, too.
    """

    name: str
    kind: Kind
    numerator: str | None = None
    denominator: str | None = None
    hours_of: str | None = None
    products_of: str | None = None

    @property
    def looks_within(self) -> bool:
        """Whether it looks at what a day is made of, rather than at how much there was."""
        return self.hours_of is not None or self.products_of is not None


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Figures of consecutive days.

    Attributes:
        days: n days, each once, ascending, none left out; the last one is whole.
        metrics: m of them, names apart.
        values: (n, m) raw figures; NaN where a figure is not known or has no value (a mean of nothing).
        sizes: (n, m) events behind each figure: a count itself, the orders behind an amount, the denominator of a ratio.
        hours: (n, 24) what came in each hour, of every count and sum that the figures are made of; None where it is not
            known. Incidents that are planted for a test act on it.
        sold: what was sold on each of the n days; None where it is not known. Such incidents act on it, too.

    Raises:
        ValidationError: shapes differ, days are missing or doubled, names are doubled.
    """

    days: Days
    metrics: tuple[Metric, ...]
    values: Floats
    sizes: Floats
    hours: Mapping[str, Floats] | None = None
    sold: Sequence[Sold] | None = None

    def __post_init__(self) -> None:
        shape = (self.days.size, len(self.metrics))
        if self.values.shape != shape or self.sizes.shape != shape:
            raise ValidationError(
                f"Figures of shape {self.values.shape} and sizes of shape {self.sizes.shape} for {shape[0]} days and"
                f" {shape[1]} metrics. Give a row per day and a column per metric."
            )
        if self.days.size > 1 and not (np.diff(self.days) == np.timedelta64(1, "D")).all():
            raise ValidationError(
                "The days of a panel are not consecutive. Give every day once, NaN where a figure is unknown."
            )
        if len({metric.name for metric in self.metrics}) != len(self.metrics):
            raise ValidationError("A metric stands twice in a panel. Give each metric a name of its own.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(metric.name for metric in self.metrics)

    def head(self, days: int) -> Panel:
        """The first days alone."""
        hours = None if self.hours is None else {name: values[:days] for name, values in self.hours.items()}
        sold = None if self.sold is None else self.sold[:days]
        return Panel(self.days[:days], self.metrics, self.values[:days], self.sizes[:days], hours, sold)

    def with_figures(self, values: Floats, sizes: Floats) -> Panel:
        """The same days and metrics with other figures, of which neither hours nor products are known."""
        return replace(self, values=values, sizes=sizes, hours=None, sold=None)


@dataclass(frozen=True, slots=True, eq=False)
class DayMarks:
    """Days on which something known happens: never flagged, and left out of what is held to be usual.

    Attributes:
        holiday, event: (n,) names, None on other days.
    """

    holiday: Texts
    event: Texts

    @classmethod
    def none(cls, days: int) -> Self:
        """No marked day."""
        return cls(np.full(days, None, object), np.full(days, None, object))

    @property
    def is_marked(self) -> Flags:
        """(n,) whether a day is a holiday or has an event."""
        found: Flags = np.array(
            [holiday is not None or event is not None for holiday, event in zip(self.holiday, self.event, strict=True)],
            bool,
        )
        return found

    def names(self) -> list[str | None]:
        """What is marked on each day: the event before the holiday."""
        return [holiday if event is None else event for holiday, event in zip(self.holiday, self.event, strict=True)]

    def head(self, days: int) -> DayMarks:
        """The first days alone."""
        return DayMarks(self.holiday[:days], self.event[:days])


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What a watch says of each day; a row depends on that day and those before it alone.

    Attributes:
        expected, low, high: (n, m) in the metric's own unit: what was expected, and the band within which a quiet day
            lies but for as many days as the budget allows; NaN before there is enough history.
        residual: (n, m) logarithm of the actual figure over the expected one (of counts with half an event added).
        deviation: (n, m) the residual in standard deviations of what is usual.
        score: (n,) how far the day as a whole is from what was expected, by the detector that serves; larger is farther.
        p_value: (n,) share of quiet days with at least this score.
        is_flagged: (n,) whether the day is called an anomaly.
        is_alarm: (n,) whether it is the first day of a run of flagged days.
        carries: (n, m) which metrics the deviation rests on; all False on days that are not scored.
        leading: (n,) column of the metric that carries most, -1 on days that are not scored.
        notes: (n, m) what could not be taken out of the figure, in words; None where nothing is left in it.
        scores: by detector, (n,) each.
    """

    expected: Floats
    low: Floats
    high: Floats
    residual: Floats
    deviation: Floats
    score: Floats
    p_value: Floats
    is_flagged: Flags
    is_alarm: Flags
    carries: Flags
    leading: Ints
    notes: Texts
    scores: Mapping[str, Floats] = field(default_factory=dict)
