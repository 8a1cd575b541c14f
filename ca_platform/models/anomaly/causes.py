"""What can go wrong with a panel of figures: which of them move together when one thing happens.

Figures are tied: when sessions are lost, orders and revenue are lost with them and the conversion stays; when a step is
not recorded, its own count falls alone and two ratios move. Each cause is a direction in the space of log residuals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats, Metric

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Causes:
    """Directions of deviation.

    Attributes:
        names: k of them.
        shifts: (k, m) by how much the logarithm of each metric moves when the cause moves by one.
        leading: (k,) column of the metric that names the cause.
    """

    names: tuple[str, ...]
    shifts: Floats
    leading: Flags


def causes(metrics: tuple[Metric, ...]) -> Causes:
    """The causes that a panel of these metrics can tell apart.

    For each count or sum named in the panel, also as part of a ratio: all that comes after it moves too (``flow``), or it
    moves alone (``record``: something is not recorded, or orders are added that bring nothing). Of causes with the same direction the first is kept; what moves the metric that leads it by
    nothing is left out.

    Example:
        >>> found = causes((Metric("sessions", "count"), Metric("orders", "count"),
        ...                 Metric("orders/sessions", "ratio", "orders", "sessions")))
        >>> list(zip(found.names, found.shifts.tolist()))
        [('flow sessions', [1.0, 1.0, 0.0]), ('record sessions', [1.0, 0.0, -1.0]), ('flow orders', [0.0, 1.0, 1.0])]
    """
    after = _after(metrics)
    candidates: list[tuple[str, Floats, int]] = []
    for base in after:
        for kind, moved in (("flow", {base} | after[base]), ("record", {base})):
            shift = np.array([_shift(metric, moved) for metric in metrics])
            lead = _leading(base, metrics, shift)
            if lead is not None:
                candidates.append((f"{kind} {base}", shift, lead))
    return _distinct(candidates)


def _after(metrics: tuple[Metric, ...]) -> dict[str, set[str]]:
    """What comes after each count or sum, by the ratios and means of the panel."""
    bases = [metric.name for metric in metrics if metric.denominator is None]
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


def _distinct(candidates: list[tuple[str, Floats, int]]) -> Causes:
    kept: list[tuple[str, Floats, int]] = []
    for name, shift, lead in candidates:
        if not any(np.array_equal(shift, other) or np.array_equal(shift, -other) for _, other, _ in kept):
            kept.append((name, shift, lead))
    return Causes(
        tuple(name for name, _, _ in kept),
        np.array([shift for _, shift, _ in kept]),
        np.array([lead for _, _, lead in kept]),
    )
