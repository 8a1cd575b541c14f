"""What a trained autoencoder says, without torch: each day by itself, and the same after it was kept."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ca_platform.models.anomaly.autoencoder import Autoencoder, Network, learnable

NAMES = ("sessions", "orders", "revenue", "orders/sessions")
FIRST, SECOND = 84, 168


def network(day: int, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    sizes = (4, 8, 2, 8, 4)
    weights = tuple(rng.normal(0, 0.5, (3, given, made)).astype(np.float32) for given, made in pairwise(sizes))
    biases = tuple(rng.normal(0, 0.1, (3, made)).astype(np.float32) for made in sizes[1:])
    return Network(day, weights, biases, np.stack([np.eye(6)] * 3), np.array([1.0, 2.0, 0.5]))


@pytest.fixture
def autoencoder() -> Autoencoder:
    return Autoencoder(NAMES, (network(FIRST, 1), network(SECOND, 2)))


@pytest.fixture
def deviation() -> np.ndarray:
    found = np.random.default_rng(3).normal(size=(200, 4))
    found[100, 2] = np.nan
    found[120] = np.nan
    return found


def test_a_day_is_scored_by_the_newest_network_of_its_past(autoencoder: Autoencoder, deviation: np.ndarray) -> None:
    scores = autoencoder.scores(deviation, NAMES)
    assert np.isnan(scores[:FIRST]).all()
    assert np.array_equal(scores[FIRST:SECOND], autoencoder.networks[0].scores(deviation[FIRST:SECOND]), equal_nan=True)
    assert np.array_equal(scores[SECOND:], autoencoder.networks[1].scores(deviation[SECOND:]))


def test_a_score_is_the_same_whatever_days_stand_beside_it(autoencoder: Autoencoder, deviation: np.ndarray) -> None:
    whole = autoencoder.scores(deviation, NAMES)
    for days in (FIRST, 90, SECOND, 171):
        assert np.array_equal(autoencoder.scores(deviation[:days], NAMES), whole[:days], equal_nan=True)
        assert np.array_equal(autoencoder.scores(deviation[days:], NAMES, days), whole[days:], equal_nan=True)


def test_the_score_is_that_of_the_formulas(autoencoder: Autoencoder, deviation: np.ndarray) -> None:
    served, day = autoencoder.networks[0], deviation[90]
    found = []
    for member in range(3):
        weights, biases = ([layer[member] for layer in layers] for layers in (served.weights, served.biases))
        few = np.tanh(day @ weights[0] + biases[0]) @ weights[1] + biases[1]
        rebuilt = np.tanh(few @ weights[2] + biases[2]) @ weights[3] + biases[3]
        squares = ((day - rebuilt) ** 2).sum() + (few**2).sum()
        found.append(np.sqrt(squares / 6) / served.scale[member])
    assert served.scores(day[None])[0] == pytest.approx(np.mean(found), rel=1e-5)


def test_unknown_figures_count_as_usual_and_a_day_of_them_has_no_score(
    autoencoder: Autoencoder, deviation: np.ndarray
) -> None:
    scores = autoencoder.scores(deviation, NAMES)
    assert np.isfinite(scores[100])
    assert np.isnan(scores[120])
    without = autoencoder.scores(deviation[:, [0, 1, 3]], ("sessions", "orders", "orders/sessions"))
    assert without[100] == scores[100]
    with_more = np.column_stack([np.full(200, 50.0), deviation])
    assert np.array_equal(autoencoder.scores(with_more, ("views", *NAMES)), scores, equal_nan=True)


def test_what_was_kept_scores_the_same(autoencoder: Autoencoder, deviation: np.ndarray) -> None:
    kept = Autoencoder.from_parameters(autoencoder.to_parameters())
    assert kept.names == NAMES
    assert np.array_equal(kept.scores(deviation, NAMES), autoencoder.scores(deviation, NAMES), equal_nan=True)


def test_marked_days_and_days_without_figures_are_not_learnt_from() -> None:
    rows = learnable(np.array([[0.0, 9.0], [1.0, 1.0], [np.nan, np.nan], [np.nan, -9.0]]), np.array([0, 1, 0, 0]) == 1)
    assert np.array_equal(rows, [[0.0, 4.0], [np.nan, -4.0]], equal_nan=True)
