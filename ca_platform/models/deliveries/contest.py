"""Which serves: delays are planted into the latest deliveries, and whoever finds more of them wins.

The network learns from the older three quarters of the remembered rows. Into the later quarter delays are planted,
one after the other into every row, so that chance does not choose them; both candidates flag as many rows without a
delay, and the share of planted delays above that border counts. The network has to be ahead beyond chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.deliveries.autoencoder import Autoencoder, train
from ca_platform.models.deliveries.records import Floats

BASELINE = "robust baseline"
NETWORK = "autoencoder"
FACTORS = (1.5, 2.0, 3.0)
"""By how many times the planted deliveries take longer."""
FALSE_SHARE = 0.01
"""Share of the other deliveries above the border."""

_LEARNT = 0.75


@dataclass(frozen=True, slots=True)
class Contest:
    """One back-test.

    Attributes:
        origin: day of the first row that it served for, in days since 1970-01-01.
        base: location or customer.
        recall: by candidate and factor, the share of planted delays that was found.
        planted: how many were planted for each factor.
        served: name of the winner.
    """

    origin: int
    base: str
    recall: dict[tuple[str, float], float]
    planted: int
    served: str


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What follows from a contest.

    Attributes:
        network: where it has won.
        late: the rows that the candidates competed on.
        residuals: of the winner on these rows.
    """

    contest: Contest
    network: Autoencoder | None
    late: slice
    residuals: Floats


def hold(origin: int, base: str, columns: Floats, baseline: Floats) -> Outcome:
    """Train the network, and let it compete.

    Args:
        columns: (rows, columns) in the order of time; the residual of the logarithm of the duration first.
        baseline: what the baseline expects of it.
    """
    cut = int(len(columns) * _LEARNT)
    network = train(columns[:cut])
    residual, late = columns[cut:, 0], slice(cut, len(columns))
    errors = {BASELINE: residual - baseline[cut:], NETWORK: residual - network.restored(columns[cut:])}
    recall = {(name, factor): found(error, factor) for name, error in errors.items() for factor in FACTORS}
    mean = {name: float(np.mean([recall[name, factor] for factor in FACTORS])) for name in errors}
    # By more than two standard errors of a share near a half.
    wins = mean[NETWORK] - mean[BASELINE] > 1 / np.sqrt(len(residual))
    contest = Contest(origin, base, recall, len(residual), NETWORK if wins else BASELINE)
    return Outcome(contest, network if wins else None, late, errors[contest.served])


def found(errors: Floats, factor: float) -> float:
    """Share of delays of a factor that lie above all but ``FALSE_SHARE`` of the deliveries without one.

    >>> found(np.zeros(10), 2.0)
    1.0
    """
    border = np.quantile(errors, 1 - FALSE_SHARE)
    return float(np.mean(errors + np.log(factor) > border))
