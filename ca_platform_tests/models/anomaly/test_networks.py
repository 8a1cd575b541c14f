"""What an autoencoder learns of the figures of usual days."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly.autoencoder import Autoencoder, trained_autoencoder
from ca_platform_tests.models.networks.shops import needs_torch

NAMES = ("sessions", "orders", "revenue")
DAYS = 130


def usual(days: int = DAYS) -> np.ndarray:
    """Three figures that mostly move together."""
    rng = np.random.default_rng(5)
    return 0.95 * rng.normal(size=(days, 1)) + 0.3 * rng.normal(size=(days, 3))


@pytest.fixture(scope="module")
def trained() -> Autoencoder:
    return trained_autoencoder(usual(), NAMES, np.zeros(DAYS, bool))


@needs_torch
def test_a_figure_that_goes_its_own_way_is_strange_and_so_is_a_fall_of_all(trained: Autoencoder) -> None:
    scores = trained.networks[-1].scores
    together, apart, fall = scores(np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [-5.0, -5.0, -5.0]]))
    quiet = np.quantile(scores(usual(2000)), 0.97)
    assert together < quiet < min(apart, fall)


@needs_torch
def test_the_same_days_give_the_same_networks_whatever_comes_later(trained: Autoencoder) -> None:
    days = usual()
    days[84:] *= 3
    again = trained_autoencoder(days, NAMES, np.zeros(DAYS, bool), known=Autoencoder(NAMES, trained.networks[1:2]))
    assert [item.day for item in again.networks] == [56, 84, 126]
    assert again.networks[1] is trained.networks[1]
    first, other = (item.networks[0].scores(usual()) for item in (trained, again))
    assert np.array_equal(first, other)


@needs_torch
def test_too_few_days_give_no_network() -> None:
    assert trained_autoencoder(usual(55), NAMES, np.zeros(55, bool)).networks == ()
    nothing = trained_autoencoder(np.full((60, 3), np.nan), NAMES, np.zeros(60, bool))
    assert nothing.networks == ()
    assert np.isnan(nothing.scores(usual(60), NAMES)).all()
