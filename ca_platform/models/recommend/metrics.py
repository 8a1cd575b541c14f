"""How good lists of recommendations were, once it is known what was bought: numbers of each customer, and their mean."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.history import Floats

Hits = npt.NDArray[np.bool_]


def recall(hits: Hits, wanted: Ints) -> Floats:
    """Share of the wanted items that are on the list, of each customer.

    From 0 to 1, which only lists that are as long as what is wanted can reach; a list of random items scores about its
    length over the number of items. Null (NaN) for a customer who wanted nothing.

    Args:
        hits: customers × places of the list, the best first: whether the item there was wanted.
        wanted: number of items that each customer wanted.

    >>> recall(np.array([[True, False, True], [False, False, False]]), np.array([4, 1])).tolist()
    [0.5, 0.0]
    """
    with np.errstate(invalid="ignore"):
        shares: Floats = hits.sum(axis=1) / np.where(wanted > 0, wanted, np.nan)
    return shares


def ndcg(hits: Hits, wanted: Ints) -> Floats:
    """Discounted gain of the list over that of an ideal one, of each customer.

    A wanted item at place i gains 1 / log2(i + 1) (Järvelin and Kekäläinen 2002, "Cumulated Gain-Based Evaluation of IR
    Techniques", section 2.2, base 2 as is usual since). The ideal list holds all wanted items, also where those are more
    than a list has places, as in the published comparisons of next-basket methods (Hu and others 2020); cut lists then
    stay below 1. Null (NaN) for a customer who wanted nothing.

    Args:
        hits, wanted: as in ``recall``.

    >>> ndcg(np.array([[True, False, True], [False, True, False]]), np.array([2, 1])).round(4).tolist()
    [0.9197, 0.6309]
    """
    ideal = np.append(0.0, np.cumsum(_gains(int(wanted.max(initial=0)))))
    with np.errstate(invalid="ignore"):
        found: Floats = hits @ _gains(hits.shape[1]) / np.where(wanted > 0, ideal[wanted], np.nan)
    return found


def _gains(places: int) -> Floats:
    gains: Floats = 1 / np.log2(np.arange(places) + 2)
    return gains
