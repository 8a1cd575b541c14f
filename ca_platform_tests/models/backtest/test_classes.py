"""Metrics of forecast classes against scikit-learn, and what they say where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ca_platform.models.backtest import accuracy, confusion, log_loss, macro_f1, recalls

PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


@settings(max_examples=40)
@given(PAIRS)
def test_metrics_of_classes_equal_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn import metrics

    came, said = (np.array(column) for column in zip(*pairs, strict=True))
    counts = confusion(came, said, classes=3)
    seen = sorted({*came.tolist(), *said.tolist()})
    assert counts.tolist() == metrics.confusion_matrix(came, said, labels=[0, 1, 2]).tolist()
    assert accuracy(counts) == pytest.approx(metrics.accuracy_score(came, said))
    assert macro_f1(counts) == pytest.approx(metrics.f1_score(came, said, average="macro", labels=seen))
    theirs = metrics.recall_score(came, said, average=None, labels=[0, 1, 2], zero_division=np.nan)
    assert recalls(counts) == pytest.approx(theirs, nan_ok=True)


@settings(max_examples=40)
@given(
    arrays.arrays(np.float64, (20, 3), elements=st.floats(0.01, 1)),
    st.lists(st.integers(0, 2), min_size=20, max_size=20),
)
def test_log_loss_equals_that_of_scikit_learn(weights: np.ndarray, came: list[int]) -> None:
    from sklearn import metrics

    chances = weights / weights.sum(axis=1, keepdims=True)
    assert log_loss(came, chances) == pytest.approx(metrics.log_loss(came, chances, labels=[0, 1, 2]))


def test_a_class_said_to_be_impossible_costs_a_finite_loss() -> None:
    assert log_loss([1], [[1.0, 0.0]]) == pytest.approx(np.log(1e6))


def test_without_customers_no_metric_has_a_value() -> None:
    counts = confusion([], [], classes=3)
    assert counts.shape == (3, 3)
    assert np.isnan([accuracy(counts), macro_f1(counts), log_loss([], np.zeros((0, 3)))]).all()
    assert np.isnan(recalls(counts)).all()
