"""The small autoencoder, and the contest between it and the baseline."""

from __future__ import annotations

import numpy as np

from ca_platform.models.deliveries.autoencoder import train
from ca_platform.models.deliveries.contest import BASELINE, FACTORS, NETWORK, found, hold


def bent(rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """A first column that hangs on the others in a bend, with noise, and a column that says nothing."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, rows))
    return np.column_stack((np.abs(x) + 0.5 * y + rng.normal(0, 0.1, rows), x, y, np.ones(rows)))


def test_it_restores_what_hangs_on_the_other_columns() -> None:
    rows = bent(3_000)
    network = train(rows[:2_000])
    error = rows[2_000:, 0] - network.restored(rows[2_000:])
    assert np.std(error) < 0.45 * np.std(rows[:, 0])


def test_what_it_restores_does_not_hang_on_the_column_itself() -> None:
    rows = bent(500)
    network = train(rows)
    changed = rows.copy()
    changed[:, 0] = 1e9
    np.testing.assert_array_equal(network.restored(rows), network.restored(changed))


def test_it_is_the_same_every_time() -> None:
    rows = bent(300)
    np.testing.assert_array_equal(train(rows).restored(rows), train(rows).restored(rows))


def test_the_network_serves_where_it_finds_more() -> None:
    rows = bent(3_000)
    outcome = hold(7, "location", rows, np.zeros(3_000))
    assert outcome.contest.served == NETWORK
    assert outcome.network is not None
    assert outcome.contest.planted == 750
    recall = outcome.contest.recall
    assert all(recall[NETWORK, factor] >= recall[BASELINE, factor] for factor in FACTORS)


def test_the_baseline_serves_where_it_knows_all() -> None:
    rows = bent(1_000)
    outcome = hold(7, "location", rows, np.abs(rows[:, 1]) + 0.5 * rows[:, 2])
    assert outcome.contest.served == BASELINE
    assert outcome.network is None


def test_recall_is_the_share_above_all_but_one_in_a_hundred() -> None:
    errors = np.arange(101) / 100  # all but the last lie below .99, its quantile
    assert found(errors, float(np.exp(0.5))) == 51 / 101
