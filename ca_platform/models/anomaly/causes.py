"""What can go wrong with a panel of figures: which of them move together when one thing happens.

Figures are tied: when sessions are lost, orders and revenue are lost with them and the conversion stays; when a step is
not recorded, its own count falls alone and two ratios move; bots that order go through all steps and leave nothing. Each
cause is a direction in the space of log residuals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats, Ints, Metric

_ROUNDING = 1e-9
# Logarithms of the odds of a cause before anything is seen: what comes to a shop at all goes wrong, or moves with the world
# outside, more often than a step does, and a step more often than its recording. Chosen on simulated shops that are not
# those of the benchmark; without them four of ten falls of everything were given to the step that fell furthest by chance.
_ODDS = {"flow": 1.0, "record": 0.0, "through": 1.0, "silence": 0.0, "gone": 0.0}
_ODDS_OF_ROOT = 3.0
# What goes wrong takes away: by so many mean excesses a cause that adds must be more surprising, and one that adds by its
# nature (bots) when it takes away.
_DOUBT = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Causes:
    """Directions of deviation.

    Attributes:
        names: k of them.
        shifts: (k, m) by how much the logarithm of each metric moves when the cause moves by one; 0 for
            those of ``through``, which depend on the day.
        leading: (k,) column of the metric that names the cause.
        prior: (k,) logarithm of the odds of each before anything is seen.
        through: by the row of a cause, the columns of the count that is added and of those before it; they move by its
            share of them.
        parts: per metric the columns of its numerator and denominator, None where they do not stand in the panel.
    """

    names: tuple[str, ...]
    shifts: Floats
    leading: Ints
    prior: Floats
    through: dict[int, tuple[int, tuple[int, ...]]]
    parts: tuple[tuple[int | None, int | None], ...]

    @property
    def roots(self) -> Ints:
        """Rows of the causes that move all that comes after nothing: visits, or the world outside."""
        found: Ints = np.flatnonzero(self.prior == _ODDS_OF_ROOT)
        return found

    @property
    def fleeting(self) -> Flags:
        """(m,) metrics that may be known on some days and not on others: those of products."""
        found: Flags = np.zeros(self.shifts.shape[1], bool)
        found[[lead for name, lead in zip(self.names, self.leading, strict=True) if name.startswith("gone ")]] = True
        return found

    @property
    def doubt(self) -> Floats:
        """(2k,) how much less surprising each cause is upwards, and then downwards."""
        adds = np.isin(np.arange(len(self.names)), list(self.through))
        return _DOUBT * np.concatenate([~adds, adds]).astype(np.float64)

    def likeliest(self, strength: Floats) -> Ints:
        """(n,) the likeliest cause of each day; -1 where there are none.

        Args:
            strength: (n, k) by how many standard deviations each has moved, if it is the one that has: half its square is
                the logarithm of a likelihood ratio.
        """
        if not self.names:
            return np.full(strength.shape[0], -1)
        found: Ints = (strength**2 / 2 + self.prior).argmax(axis=1)
        return found

    def directions(self, expected: Floats) -> Floats:
        """(n, k, m) the directions on days of which this was expected, on the scale of logarithms."""
        found = np.broadcast_to(self.shifts, (expected.shape[0], *self.shifts.shape))
        if not self.through:
            return found
        found = found.copy()
        for row, (at, before) in self.through.items():
            moved = np.zeros(expected.shape)
            moved[:, at] = 1.0
            for other in before:
                with np.errstate(over="ignore", invalid="ignore"):
                    share = np.exp(expected[:, at] - expected[:, other])
                moved[:, other] = np.where(np.isfinite(share), np.minimum(share, 1.0), 0.0)
            for column, (numerator, denominator) in enumerate(self.parts):
                if denominator is not None or numerator is not None:
                    above = moved[:, numerator] if numerator is not None else 0.0
                    below = moved[:, denominator] if denominator is not None else 0.0
                    found[:, row, column] = above - below
                else:
                    found[:, row, column] = moved[:, column]
        return found


def causes(metrics: tuple[Metric, ...]) -> Causes:
    """The causes that a panel of these metrics can tell apart.

    For each count or sum named in the panel, also as part of a ratio: all that comes after it moves too (``flow``), or it
    moves alone (``record``: something is not recorded, or visits come that go nowhere). For each count whose hours are
    looked at: it and all that comes after it move by as much as its busy hours (``silence``). For each count whose products
    are looked at: they alone move (``gone``). For each count after which no other comes: it and the counts before it get
    more of what brings nothing (``through``). Of causes with the same direction the first is kept.

    Example:
        >>> found = causes((Metric("sessions", "count"), Metric("orders", "count"),
        ...                 Metric("orders/sessions", "ratio", "orders", "sessions")))
        >>> list(zip(found.names, found.shifts.tolist()))[:3]
        [('flow sessions', [1.0, 1.0, 0.0]), ('record sessions', [1.0, 0.0, -1.0]), ('flow orders', [0.0, 1.0, 1.0])]
        >>> found.names[3], found.directions(np.log([[100.0, 10.0, 0.1]]))[0, 3].round(2).tolist()
        ('through orders', [0.1, 1.0, 0.9])
    """
    after = comes_after(metrics)
    candidates: list[tuple[str, Floats, int]] = []
    for base in after:
        for kind, moved in (("flow", {base} | after[base]), ("record", {base})):
            shift = np.array([_shift(metric, moved) for metric in metrics])
            lead = _leading(base, metrics, shift)
            if lead is not None:
                candidates.append((f"{kind} {base}", shift, lead))
    candidates += _silences(metrics, after)
    kept = _distinct(candidates)
    place = {metric.name: at for at, metric in enumerate(metrics)}
    through: dict[int, tuple[int, tuple[int, ...]]] = {}
    for name, before in _through(metrics, after):
        through[len(kept)] = (place[name], tuple(place[other] for other in before))
        kept.append((f"through {name}", np.zeros(len(metrics)), place[name]))
    first = set(after) - set().union(*after.values())
    # What nothing comes after is no visit; where that is all there is, each moves for reasons of its own.
    roots = {name for name in first if after[name]} or first
    return Causes(
        tuple(name for name, _, _ in kept),
        np.array([shift for _, shift, _ in kept]).reshape(len(kept), len(metrics)),
        np.array([lead for _, _, lead in kept], np.int64),
        np.array([_prior(name, roots) for name, _, _ in kept]),
        through,
        tuple((place.get(str(metric.numerator)), place.get(str(metric.denominator))) for metric in metrics),
    )


def comes_after(metrics: tuple[Metric, ...]) -> dict[str, set[str]]:
    """What comes after each count or sum, by the ratios and means of the panel."""
    bases = [metric.name for metric in metrics if metric.denominator is None and not metric.looks_within]
    parts = [(metric.numerator, metric.denominator) for metric in metrics if metric.numerator and metric.denominator]
    for numerator, denominator in parts:
        bases += [str(part) for part in (denominator, numerator)]
    after: dict[str, set[str]] = {name: set() for name in bases}
    for numerator, denominator in parts:
        after[str(denominator)].add(str(numerator))
    for _ in after:
        for later in after.values():
            later.update(*(after[name] for name in tuple(later)))
    return after


def _silences(metrics: tuple[Metric, ...], after: dict[str, set[str]]) -> Iterator[tuple[str, Floats, int]]:
    """Hours in which nothing comes, and with them as large a part of all that comes in them; products that do not sell."""
    for at, metric in enumerate(metrics):
        if metric.hours_of is not None:
            moved = {metric.hours_of} | after[metric.hours_of]
            yield (
                f"silence {metric.hours_of}",
                np.array([_shift(other, moved) for other in metrics]) + np.eye(len(metrics))[at],
                at,
            )
        elif metric.products_of is not None:
            # What is lost with them depends on what else is bought instead.
            yield f"gone {metric.products_of}", np.eye(len(metrics))[at], at


def _through(metrics: tuple[Metric, ...], after: dict[str, set[str]]) -> list[tuple[str, list[str]]]:
    """Counts that stand in the panel with counts before them and none after them, with the counts before."""
    counts = {metric.name for metric in metrics if metric.kind == "count"}
    found = []
    for name, later in after.items():
        before = [other for other, others in after.items() if name in others and other in counts]
        if name in counts and before and not later & counts:
            found.append((name, before))
    return found


def _prior(name: str, roots: set[str]) -> float:
    kind, base = name.split(" ", 1)
    return _ODDS_OF_ROOT if kind == "flow" and base in roots else _ODDS[kind]


def _shift(metric: Metric, moved: set[str]) -> float:
    if metric.denominator is None:
        return float(metric.name in moved)
    return float(metric.numerator in moved) - float(metric.denominator in moved)


def _leading(base: str, metrics: tuple[Metric, ...], shift: Floats) -> int | None:
    """The metric by which a cause is named: the base itself, else the first ratio or mean that it moves."""
    for at, metric in enumerate(metrics):
        if metric.name == base and abs(shift[at]) > _ROUNDING:
            return at
    moved = np.flatnonzero(np.abs(shift) > _ROUNDING)
    return int(moved[0]) if moved.size else None


def _distinct(candidates: list[tuple[str, Floats, int]]) -> list[tuple[str, Floats, int]]:
    kept: list[tuple[str, Floats, int]] = []
    for name, shift, lead in candidates:
        if not any(np.array_equal(shift, other) or np.array_equal(shift, -other) for _, other, _ in kept):
            kept.append((name, shift, lead))
    return kept
