"""Which weights are best, and how good they then are: lists made at an origin, held against the next basket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.blend import (
    ITEM_COSINE,
    OWN_THEN_POPULAR,
    POPULAR,
    Evidence,
    Kind,
    Weights,
    best,
    blended,
    evidence,
)
from ca_platform.models.recommend.fit import Fit
from ca_platform.models.recommend.history import Floats, Purchases
from ca_platform.models.recommend.metrics import ndcg, recall
from ca_platform.models.recommend.ranking import Ranked

T = TypeVar("T")

HORIZON = 28
"""Days after an origin in which a customer's first order is the basket that was to be foreseen."""
PLACES = 10
"""Places of a list."""
SERVED: Final = "blend"
BASELINES: Mapping[str, Weights] = {
    "own history, then popularity": OWN_THEN_POPULAR,
    "item cosine": ITEM_COSINE,
    "popularity": POPULAR,
}
_DECAYS = (0.9, 0.8, 1.0)
_POPULAR = (0.1, 0.03, 0.3, 1.0)
_SIMILAR = (0.9, 0.5, 0.2, 0.0)
_NEW = (0.1, 0.03, 0.01, 0.3)
USUAL = blended(_POPULAR[0], _SIMILAR[0], _NEW[0], _DECAYS[0])
"""The weights of a shop that is too young to be tuned."""
# A shop in small that bounds the time of tuning: so many customers whose lists are made, of so many that are learnt from.
_MOST_LISTS = 1_000
_MOST_CUSTOMERS = 20_000
_DIGITS = 9
_MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Score:
    """A figure of one kind of wanted items: mean over the customers who wanted such an item."""

    kind: Kind
    recall: float
    ndcg: float
    customers: int


@dataclass(frozen=True)
class HoldOut:
    """A history cut at an origin, and the basket of each of its customers afterwards.

    Attributes:
        customers: whose lists are judged; all have bought something.
        wanted: at least one purchase of each of them.
    """

    fit: Fit
    customers: Ints
    wanted: Purchases

    @cached_property
    def pairs(self) -> dict[Kind, Ints]:
        """What was wanted, as one sorted number for customer and item: all of it, what was bought before, the rest."""
        wanted, bought = _pairs(self.wanted), _pairs(self.fit.history)
        is_repeat = _is_in(wanted, bought)
        return {"all": wanted, "repeat": wanted[is_repeat], "new": wanted[~is_repeat]}


def _pairs(history: Purchases) -> Ints:
    return np.unique(history.customers.astype(np.int64) * history.n_items + history.items)


def _is_in(values: Ints, known: Ints) -> npt.NDArray[np.bool_]:
    """Whether each value is among the sorted known ones."""
    if not known.size:
        return np.zeros(values.shape, bool)
    found: npt.NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, values), known.size - 1)] == values
    return found


def hold_out(history: Purchases, origin: int, order: Ints) -> HoldOut:
    """Cut the history at the end of the day ``origin``.

    Customers who had bought nothing by then are left out: all methods have the same list for them. Of a large shop
    every k-th customer stands for all, so that the time is bounded.

    Args:
        history: may hold later orders; of those, the ones within ``HORIZON`` days are looked at.
    """
    known = history.until(origin)
    step = -(-known.buyers().size // _MOST_CUSTOMERS) or 1
    known = known.every(step)
    wanted = history.after(origin).until(origin + HORIZON).every(step).first_baskets()
    customers = np.intersect1d(known.buyers(), wanted.buyers())
    return HoldOut(Fit(known, origin, order), customers, wanted)


def tuned(history: Purchases, day: int, order: Ints) -> Weights:
    """The weights that would have been best ``HORIZON`` days before the end of ``day``; the usual ones if nobody came."""
    held = hold_out(history.until(day), day - HORIZON, order)
    return best_weights(held) if held.customers.size else USUAL


def best_weights(held: HoldOut) -> Weights:
    """The weights whose lists hold most of what was bought.

    First the decay and the weight of popularity, by how items bought before are ranked among each other; then the share
    of similarity, by how new ones are; then how much new ones count, by whole lists. Judged by the sum of recall and
    NDCG of ten places over at most 1,000 customers; candidates that are not better than the usual by a twentieth are not
    chosen: on small shops that is chance.
    """
    step = -(-held.customers.size // _MOST_LISTS)
    held = replace(held, customers=held.customers[::step])
    decay, popular = _chosen(
        product(_DECAYS, _POPULAR), lambda one: _worth(held, blended(one[1], 0.0, 0.0, one[0]), "repeat")
    )
    parts = evidence(held.fit, held.customers, blended(popular, 1.0, 1.0, decay))
    similar = _chosen(_SIMILAR, lambda one: _worth(held, blended(popular, one, 1.0, decay), "new", parts))
    new = _chosen(_NEW, lambda one: _worth(held, blended(popular, similar, one, decay), "all", parts))
    return blended(popular, similar, new, decay)


def _worth(held: HoldOut, weights: Weights, kind: Kind, parts: Evidence | None = None) -> float:
    """Recall and NDCG together; 0 where nobody wanted such an item."""
    own = parts or evidence(held.fit, held.customers, weights)
    found = judge(held, best(own, weights, PLACES, kind), kind)
    return round(found.recall + found.ndcg, _DIGITS) if found.customers else 0.0


def _chosen(candidates: Iterable[T], worth: Callable[[T], float]) -> T:
    """The best candidate, or the first one, the usual, where the best is hardly better: that would be chance."""
    judged = [(worth(one), one) for one in candidates]
    usual, best_one = judged[0], max(judged, key=lambda each: each[0])
    return best_one[1] if best_one[0] > _MARGIN * usual[0] else usual[1]


def judge(held: HoldOut, ranked: Ranked, kind: Kind = "all") -> Score:
    """Recall and NDCG of lists against the baskets that came.

    Args:
        ranked: a list for each of the customers, of items of this kind alone.
        kind: which of the wanted items are meant: all, those that the customer had bought before, or the others.
    """
    width, wanted = held.wanted.n_items, held.pairs[kind]
    hits = _is_in(held.customers[:, None].astype(np.int64) * width + ranked.items, wanted) & (ranked.items >= 0)
    counts = np.bincount(wanted // max(width, 1), minlength=held.fit.history.n_customers)[held.customers]
    return Score(kind, _mean(recall(hits, counts)), _mean(ndcg(hits, counts)), int((counts > 0).sum()))


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def backtest(history: Purchases, origin: int, order: Ints) -> dict[str, list[Score]]:
    """What each method would have been worth at an origin, all items, repeated and new ones apart.

    The weights are those that were best before the origin. Lists of repeated (or new) items hold nothing else, so that
    each kind is judged by its own ranking.

    Returns:
        By method; kinds that nobody wanted are left out. Empty where no customer came back.
    """
    held = hold_out(history, origin, order)
    if not held.customers.size:
        return {}
    methods = {SERVED: tuned(history, origin, order), **BASELINES}
    kinds: tuple[Kind, ...] = ("all", "repeat", "new")
    found: dict[str, list[Score]] = {}
    for name, weights in methods.items():
        parts = evidence(held.fit, held.customers, weights)
        scores = [judge(held, best(parts, weights, PLACES, kind), kind) for kind in kinds]
        found[name] = [score for score in scores if score.customers]
    return found


def winner(origins: list[dict[str, list[Score]]]) -> str:
    """The method with the highest mean of recall and NDCG over all origins; ours where there is none yet."""
    if not origins:
        return SERVED
    means = {
        name: round(float(np.mean([scores[name][0].recall + scores[name][0].ndcg for scores in origins])), _DIGITS)
        for name in (SERVED, *BASELINES)
    }
    return max(means, key=lambda name: means[name])
