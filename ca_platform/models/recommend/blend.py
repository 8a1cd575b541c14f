"""Recommendations as a weighted sum of what speaks for an item, and the plain methods that it must beat.

What a customer has bought before and what is new to the customer are weighed apart, because other things speak for it:
own habits for the one, similar items and what is popular for the other. A score is 0 to 1, comparable between the items
of a customer, not between customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.fit import NEIGHBOURS, Fit
from ca_platform.models.recommend.history import Floats
from ca_platform.models.recommend.ranking import Ranked, best_items, most_rows
from ca_platform.models.recommend.rows import row_maxima, times_columns, times_rows

# Additions of a batch of customers, which bound its memory to some 200 MB.
_BATCH_ADDITIONS = 4_000_000
_BATCH_ROWS = 50_000

Kind = Literal["all", "repeat", "new"]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts; those of an item sum to 1 at most.

    Attributes:
        own, popular, similar: of items that the customer has bought before: the customer's own share, the popularity
            in the shop, the similarity to everything that the customer bought.
        new_popular, new_similar: likewise of all other items.
        decay: how much less each earlier order of the customer counts than the one after it.
        is_plain: popularity of all time, no trend, no rates of repetition, and similarity by customers alone: as in
            the textbook.
    """

    own: float
    popular: float
    similar: float
    new_popular: float
    new_similar: float
    decay: float = 1.0
    is_plain: bool = False


def blended(popular: float, similar: float, new: float, decay: float) -> Weights:
    """Weights from four proportions.

    Args:
        popular: weight of popularity beside the own share, which counts 1, of items bought before.
        similar: share of similarity, 0 to 1, of new items; the rest is popularity.
        new: how much new items count beside those bought before, 0 to 1.

    >>> blended(popular=1, similar=0.75, new=0.4, decay=0.9)
    Weights(own=0.5, popular=0.5, similar=0.0, new_popular=0.1, new_similar=0.30000000000000004, decay=0.9, is_plain=False)
    """
    own = 1 / (1 + popular)
    return Weights(own, popular * own, 0.0, (1 - similar) * new, similar * new, decay)


# So little that popularity only decides between items that the customer bought equally often.
OWN_THEN_POPULAR = Weights(1 - 1e-4, 1e-4, 0, 1e-4, 0, is_plain=True)
ITEM_COSINE = Weights(0, 0, 1, 0, 1, is_plain=True)
POPULAR = Weights(0, 1, 0, 1, 0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each item, of some customers: every part before it is weighed, 0 to 1.

    Attributes:
        bought: sparse, customers × items: 1 for everything that was bought.
        own: the customer's own shares, by how often each item is repeated.
        similar: similarity to what the customer bought, the highest of each customer being 1; of new items alone where
            it counts for those alone.
        popular: popularity of each item, the highest being 1.
        order: place of each item among those with the same score.
    """

    bought: Any
    own: Any
    similar: Any
    popular: Floats
    order: Ints


def evidence(fit: Fit, customers: Ints, weights: Weights) -> Evidence:
    """The parts as ``decay`` and ``is_plain`` of the weights say; similarity is left empty where it counts nowhere."""
    shares = fit.shares(weights.decay)[customers]
    bought = shares.sign()
    is_plain = weights.is_plain
    own = times_columns(shares, fit.is_sold if is_plain else fit.repeats)
    return Evidence(bought, own, _similar(fit, shares, weights), fit.ever if is_plain else fit.recent, fit.order)


def _similar(fit: Fit, shares: Any, weights: Weights) -> Any:
    if not weights.similar and not weights.new_similar:
        return shares * 0
    found = shares @ (fit.plain_near if weights.is_plain else fit.near)
    if not weights.similar:
        found = (found - found.multiply(shares.sign())).tocsr()
    return times_rows(found, 1 / row_maxima(found))


def best(found: Evidence, weights: Weights, count: int, kind: Kind = "all") -> Ranked:
    """The best items of the customers; popular ones for those who have bought nothing.

    Args:
        count: of items, at most.
        kind: whether only what the customer bought before, or only what is new to the customer, is listed.
    """
    bought, similar = found.bought, found.similar
    everywhere = found.popular * weights.new_popular
    similar_bought = similar.multiply(bought)
    # What is popular counts everywhere: of what was bought it is taken back, which leaves a score of 0, never listed.
    new = (similar - similar_bought) * weights.new_similar - times_columns(bought, everywhere)
    if kind == "new":
        return best_items(new.tocsr(), everywhere, found.order, count)
    popular = times_columns(bought, found.popular * weights.popular)
    repeated = found.own * weights.own + popular + similar_bought * weights.similar
    if kind == "repeat":
        return best_items(repeated.tocsr(), np.zeros(everywhere.size), found.order, count)
    return best_items((repeated + new).tocsr(), everywhere, found.order, count)


def batches(fit: Fit, customers: Ints, decay: float) -> Iterator[Ints]:
    """The customers in runs that fit into memory together."""
    work = np.append(0, np.cumsum(np.diff(fit.shares(decay).indptr)[customers] * NEIGHBOURS + 1))
    rows = min(_BATCH_ROWS, most_rows(fit.history.n_items))
    start = 0
    while start < customers.size:
        end = int(np.searchsorted(work, work[start] + _BATCH_ADDITIONS, side="right")) - 1
        end = min(max(end, start + 1), start + rows)
        yield customers[start:end]
        start = end
