"""The rows of one report of first uses, and what is shown of an item when it is opened.

What the adjusted changes are, and by which test they are judged, says ``before_after``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from ca_platform.catalogue.ab_tests import NOT_OBSERVED
from ca_platform.models.experiments import (
    Bootstrap,
    Comparison,
    Values,
    best_family,
    bootstrap_mean,
    fit_families,
    is_enough,
    sign_flips,
)
from ca_platform.models.experiments.bootstrap import RESAMPLES
from ca_platform.models.experiments.means import one_sample
from ca_platform.models.experiments.order_windows import OrderWindows
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.reports.ab_resampling import MOST_OUTCOMES, resampled
from ca_platform.reports.ab_verdicts import Compared, told_of_cap
from ca_platform.reports.opened import Opened, differences, distributions, some


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """First uses: the customer's first order with an item.

    Attributes:
        row: of the order among the windows.
        item: number of the item, in the order of ``items`` of the report.
    """

    row: Ints
    item: Ints

    def those(self, chosen: Bools) -> Uses:
        """Some of them."""
        return Uses(self.row[chosen], self.item[chosen])


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared.

    Attributes:
        kind: of the items.
        metric: ``orders`` or ``amount``.
        day: the report day.
        alpha: of the intervals.
        cap: what an order counts up to in the windows; None: all of it.
    """

    kind: str
    metric: str
    day: date
    alpha: float
    cap: float | None = None

    @property
    def seed(self) -> int:
        """Of all that is drawn: the same whenever the report is made again."""
        text = f"{self.kind} {self.metric} {self.day}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """What all first uses that can be compared show before and after.

    Attributes:
        uses: those.
        dropped: of the time after each, what does not count.
    """

    windows: OrderWindows
    asked: Asked
    items: pl.DataFrame
    uses: Uses
    dropped: Floats | None = None

    def opened(
        self,
        beyond: Values,
        is_own: Bools,
        found: Comparison,
        noise: Floats,
        tests: list[str] | None = None,
        refusal: list[str | None] | None = None,
    ) -> Opened:
        """The report.

        Args:
            beyond: adjusted changes of those who have controls.
            is_own: which of the uses are theirs.
            found: the test of these changes.
            noise: see ``Matched``.
            tests, refusal: see ``Compared``.
        """
        size, item = self.items.height, self.uses.item
        before, after = self._outcomes()
        customers, matched = np.bincount(item, minlength=size), np.bincount(item[is_own], minlength=size)
        divisor = np.maximum(customers, 1)
        step = 1.0 if self.asked.metric == "orders" else 0.0
        enough = np.logical_and.reduce(
            [is_enough(matched, np.bincount(item[is_own], side[is_own] > 0, size)) for side in (before, after)]
        )
        enough &= found.is_sufficient
        shown = np.flatnonzero(enough)
        drawn, bootstrap = self._resampled(beyond, found, enough, noise)
        a, b = (some(Values.of(values, item, size), shown) for values in (before, after))
        families = fit_families(a + b)
        best = best_family(families).tolist()
        given = refusal or [None] * size
        notes = [NOT_OBSERVED if not count else note for count, note in zip(customers.tolist(), given, strict=True)]
        compared = Compared(
            items=self.items,
            metric=self.asked.metric,
            customers=customers,
            mean_a=np.where(customers > 0, np.bincount(item, before, size) / divisor, np.nan),
            mean_b=np.where(customers > 0, np.bincount(item, after, size) / divisor, np.nan),
            comparison=replace(found, estimate=np.where(matched > 0, found.estimate, np.nan)),
            raw=_raw(Values.of(after - before, item, size), shown, step, self.asked.alpha),
            is_enough=enough,
            bootstrap=bootstrap,
            matched_customers=matched,
            distribution=distributions(shown, best, size),
            refusal=notes,
            **told_of_cap(tests or [found.test] * size, self.asked.cap),
        )
        return Opened(compared, shown, a, b, families, best, drawn)

    def _resampled(self, beyond: Values, found: Comparison, enough: Bools, noise: Floats) -> tuple[Floats, Bootstrap]:
        """Resampled differences of items with enough customers, and what they say; of very large ones what they tend to."""
        shown = np.flatnonzero(enough)
        is_few = beyond.customers[shown] <= MOST_OUTCOMES
        few = shown[is_few]
        drawn = np.zeros((few.size, RESAMPLES))
        own = bootstrap_mean(
            some(beyond, few), seed=self.asked.seed, alpha=self.asked.alpha, noise=noise[few], keep=drawn
        )
        is_chosen = np.zeros(enough.size, bool)
        is_chosen[few] = True
        limit = resampled(found, is_chosen, lambda _: own, self.asked.alpha)
        low, high = limit.low.copy(), limit.high.copy()
        low[few], high[few] = own.bca_low, own.bca_high
        return differences(found, shown, is_few, drawn), replace(limit, bca_low=low, bca_high=high)

    def _outcomes(self) -> tuple[Floats, Floats]:
        """Of each use, before and after."""
        before, after = (side[self.asked.metric][self.uses.row] for side in (self.windows.before, self.windows.after))
        return before, after if self.dropped is None else after - self.dropped


def _raw(changes: Values, chosen: Ints, step: float, alpha: float) -> Comparison:
    """The plain change, nothing where nobody is; tested for some of the items."""
    found = one_sample("sign_flip", changes.moments(), alpha)
    statistic, p_value = np.zeros(len(changes)), np.ones(len(changes))
    tested = sign_flips(some(changes, chosen), step=step, alpha=alpha)
    statistic[chosen], p_value[chosen] = tested.statistic, tested.p_value
    estimate = np.where(changes.customers > 0, found.estimate, np.nan)
    return replace(found, estimate=estimate, statistic=statistic, p_value=p_value)
