"""Why an item is recommended: what a shop assistant would say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.blend import Evidence, Weights
from ca_platform.models.recommend.fit import Fit
from ca_platform.models.recommend.ranking import NONE, Ranked, best_items
from ca_platform.models.recommend.rows import entries

REASONS = ("bought before", "bought together", "similar customers", "popular")
BEFORE, TOGETHER, SIMILAR, POPULAR = range(len(REASONS))


@dataclass(frozen=True, slots=True)
class Recommended:
    """Recommended items with their reasons, one row each.

    Attributes:
        rows: number of the customer's list.
        ranks: 1 for the best item of the list.
        reasons: place in ``REASONS``.
        times: the customer's orders with the item.
        last_days: day of the last of them; ``NEVER`` of an item that is new to the customer.
        because: what the customer bought that is most like the item; ``NONE`` for other reasons.
    """

    rows: Ints
    items: Ints
    scores: npt.NDArray[np.float64]
    ranks: Ints
    reasons: Ints
    times: Ints
    last_days: Ints
    because: Ints


def explain(fit: Fit, customers: Ints, found: Evidence, weights: Weights, ranked: Ranked) -> Recommended:
    """The listed items, each with what speaks for it most.

    What was bought before is recommended for that. A new item is so because it is similar to something that was bought
    or, where that counts for less, because it is popular. Similar items stand in the same orders, or else are bought by
    the same customers.

    Args:
        found, weights: from which the lists were made.
    """
    rows, place = np.nonzero(ranked.items != NONE)
    items = ranked.items[rows, place]
    times, last_days = fit.purchases(customers[rows], items)
    similar = entries(found.similar, rows, items) * weights.new_similar
    is_similar = (times == 0) & (similar > 0) & (similar >= found.popular[items] * weights.new_popular)
    reasons = np.where(times > 0, BEFORE, POPULAR)
    because = np.full(items.size, NONE)
    because[is_similar] = _most_similar(fit, customers[rows[is_similar]], items[is_similar], weights)
    is_explained = because != NONE
    own = because[is_explained], items[is_explained]
    reasons[is_explained] = np.where(entries(fit.cosines.orders, *own) > 0, TOGETHER, SIMILAR)
    return Recommended(rows, items, ranked.scores[rows, place], place + 1, reasons, times, last_days, because)


def _most_similar(fit: Fit, customers: Ints, items: Ints, weights: Weights) -> Ints:
    """What each customer bought that speaks most for the item: own share times similarity."""
    if not items.size:
        return np.empty(0, np.int64)
    near: Any = fit.near_columns(is_plain=weights.is_plain)[items]
    parts = fit.shares(weights.decay)[customers].multiply(near).tocsr()
    found: Ints = best_items(parts, np.zeros(fit.order.size), fit.order, 1).items[:, 0]
    return found
