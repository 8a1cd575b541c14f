"""Who is given which variant of the experiment that acts on nothing, and when: the file of assignments.

Drawn by dice of its own, so that a shop is the same with and without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from ca_platform.simulate.clock import DAY, Ints, midnight
from ca_platform.simulate.customers import Customers
from ca_platform.simulate.parameters import Experiment, ShopParameters

_MEAN_DELAY_DAYS = 2.0


@dataclass(frozen=True, slots=True)
class Assignments:
    """Customers of an experiment by the time of their assignment; instants are seconds since 1970 UTC."""

    experiment: Experiment
    customer: Ints
    variant: Ints
    at: Ints


def draw_assignments(
    customers: Customers, experiment: Experiment, parameters: ShopParameters, rng: np.random.Generator
) -> Assignments:
    """Everybody who is a customer while the experiment runs, soon after its beginning or after the download."""
    first, last = experiment.days(parameters.days)
    begin, end = (
        midnight(parameters.start + timedelta(days=index), parameters.time_zone) for index in (first, last + 1)
    )
    delay = (rng.exponential(_MEAN_DELAY_DAYS, len(customers)) * DAY).astype(np.int64)
    variant = rng.integers(0, len(experiment.variants), len(customers))
    at = np.maximum(customers.download, begin) + delay
    chosen = np.flatnonzero(at < end)
    ordered = chosen[np.argsort(at[chosen], kind="stable")]
    return Assignments(experiment, ordered, variant[ordered], at[ordered])
