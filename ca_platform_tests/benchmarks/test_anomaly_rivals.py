"""The rivals of the anomaly detectors that are written here."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.anomaly_rivals import raw_logarithms, three_sigma
from ca_platform.models.anomaly import Metric, Panel


def panel(values: np.ndarray) -> Panel:
    days = np.datetime64("2024-01-01") + np.arange(values.shape[0])
    return Panel(days, (Metric("sessions", "count"), Metric("revenue", "amount")), values, values)


def test_three_sigma_is_the_largest_distance_from_four_weeks_in_their_standard_deviations() -> None:
    values = np.column_stack([np.tile([90.0, 110.0], 15), np.full(30, 7.0)])
    values[29] = [150.0, np.nan]
    scores = three_sigma(panel(values))
    assert np.isnan(scores[:28]).all()
    assert scores[28:].tolist() == pytest.approx([1.0, 5.0])
    assert three_sigma(panel(values), 29).tolist() == scores[29:].tolist()


def test_raw_logarithms_tell_the_weekday() -> None:
    features = raw_logarithms(panel(np.array([[0.0, 1.0]] * 8)))
    assert features[:, :2] == pytest.approx(np.log1p([[0.0, 1.0]] * 8))
    # A Monday.
    assert features[[0, 6, 7], 2:].argmax(axis=1).tolist() == [0, 6, 0]
