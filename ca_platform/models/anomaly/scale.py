"""The scale on which figures are compared: logarithms, so that a deviation is a share of what was expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats, Ints, Panel

# Half an event is added to counts, so that none at all has a logarithm (Anscombe 1948 for the logarithm of counts).
HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A panel on the scale of logarithms.

    Attributes:
        value: (n, m) logarithms; NaN where the figure is not known.
        added: (n, m) what was added to the figure in its own unit before.
        size: (n, m) events behind each figure.
        is_count, is_amount, is_ratio: (m,) kind of the metrics.
    """

    value: Floats
    added: Floats
    size: Floats
    is_count: Flags
    is_amount: Flags
    is_ratio: Flags

    def row(self, day: int) -> Scaled:
        """One day alone, arrays of shape (m,)."""
        return self._with(self.value[day], self.added[day], self.size[day])

    def rows(self, days: Ints | slice) -> Scaled:
        """Some of the days alone."""
        return self._with(self.value[days], self.added[days], self.size[days])

    def _with(self, value: Floats, added: Floats, size: Floats) -> Scaled:
        return Scaled(value, added, size, self.is_count, self.is_amount, self.is_ratio)

    def raw(self, value: Floats) -> Floats:
        """Logarithms back in the metric's own unit, never below 0."""
        with np.errstate(over="ignore"):
            found: Floats = np.maximum(np.exp(value) - self.added, 0.0)
        return found


def scaled(panel: Panel) -> Scaled:
    """The logarithms of a panel's figures.

    A count before its first event is not known rather than zero: the shop, or the recording of a step, had not begun. To
    a ratio half an event among its denominator is added, to an amount half of what an event usually brings, which is 0
    for as long as nothing is known of it.
    """
    kinds = np.array([metric.kind for metric in panel.metrics])
    is_count, is_amount, is_ratio = (kinds == kind for kind in ("count", "amount", "ratio"))
    values = np.where(np.isfinite(panel.values) & (panel.values >= 0), panel.values, np.nan)
    sizes = np.where(np.isfinite(panel.sizes) & (panel.sizes >= 0), panel.sizes, np.nan)
    begun = np.maximum.accumulate(np.where(np.isnan(values), 0.0, values) > 0, axis=0)
    values = np.where(begun, values, np.nan)
    values[:, is_ratio] = np.where(sizes[:, is_ratio] > 0, values[:, is_ratio], np.nan)
    added = np.full(values.shape, HALF)
    with np.errstate(divide="ignore", invalid="ignore"):
        added[:, is_ratio] = HALF / (sizes[:, is_ratio] + 1)
        added[:, is_amount] = HALF * _usual_unit(values[:, is_amount], sizes[:, is_amount])
        logarithm = np.log(values + added)
    return Scaled(np.where(np.isfinite(logarithm), logarithm, np.nan), added, sizes, is_count, is_amount, is_ratio)


def _usual_unit(values: Floats, sizes: Floats) -> Floats:
    """What the smallest part of an amount is worth, by the mean up to each day: sums alone need it when they are 0."""
    known = np.isfinite(values) & np.isfinite(sizes)
    total = np.cumsum(np.where(known, values, 0.0), axis=0)
    events = np.cumsum(np.where(known, sizes, 0.0), axis=0)
    return np.where(events > 0, total / np.maximum(events, 1.0), 0.0) * 0.01
