"""Lists for any number of customers, batch by batch, so that memory does not grow with the customers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from ca_platform.models.baskets.counting import threads
from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.blend import Weights, batches, best, evidence
from ca_platform.models.recommend.fit import Fit
from ca_platform.models.recommend.reasons import Recommended, explain


def recommendations(fit: Fit, customers: Ints, weights: Weights, count: int = 10) -> Recommended:
    """The best items of each customer with their reasons.

    Args:
        customers: numbers of the fit's history; one without a purchase gets what is popular.

    Returns:
        ``rows`` are places in ``customers``.
    """
    fit.learn(weights.decay, is_plain=weights.is_plain)
    parts = list(batches(fit, customers, weights.decay))
    with threads() as pool:
        found = list(pool.map(lambda batch: _of_batch(fit, batch, weights, count), parts))
    first = np.cumsum([0, *(batch.size for batch in parts)])
    columns = {name: [getattr(each, name) for each in found] for name in (field.name for field in fields(Recommended))}
    columns["rows"] = [rows + start for rows, start in zip(columns["rows"], first, strict=False)]
    return Recommended(*(_joined(own) for own in columns.values()))


def _of_batch(fit: Fit, customers: Ints, weights: Weights, count: int) -> Recommended:
    parts = evidence(fit, customers, weights)
    return explain(fit, customers, parts, weights, best(parts, weights, count))


def _joined(columns: list[Any]) -> Any:
    return np.concatenate(columns) if columns else np.empty(0, np.int64)
