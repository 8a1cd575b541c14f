"""Map cells held against the cells around them."""

from __future__ import annotations

import numpy as np

from ca_platform.models.deliveries import score_cells


def cells(means: list[float], count: int = 10, spread: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deliveries, sums and sums of squares of cells whose logarithms have these means."""
    mean = np.array(means)
    number = np.full(len(means), count)
    return number, number * mean, number * (mean**2 + spread**2)


def test_a_cell_above_its_neighbours_is_abnormal_and_a_far_area_is_not() -> None:
    near, far = [3.0, 3.1, 2.9, 3.05, 2.95, 5.0], [6.0, 6.1, 5.9, 6.05, 5.95, 6.0]
    around = np.repeat([0, 1], 6)
    score, abnormal = score_cells(np.zeros(12, np.int64), around, *cells(near + far))
    assert abnormal.tolist() == [False] * 5 + [True] + [False] * 6
    assert np.all(np.abs(score[6:]) < 3)


def test_few_deliveries_are_never_abnormal() -> None:
    _, abnormal = score_cells(np.zeros(4, np.int64), np.zeros(4, np.int64), *cells([3.0, 3.1, 2.9, 9.0], count=4))
    assert not abnormal.any()


def test_parts_are_apart() -> None:
    figures = cells([3.0, 3.1, 2.9, 5.0] * 2)
    zeros = np.zeros(8, np.int64)
    score, abnormal = score_cells(np.repeat([0, 1], 4), zeros, *figures)
    alone, flags = score_cells(zeros[:4], zeros[:4], *(column[:4] for column in figures))
    np.testing.assert_array_equal(score, np.tile(alone, 2))
    assert abnormal.tolist() == [*flags, *flags]


def test_a_cell_without_another_has_no_score() -> None:
    one = np.zeros(1, np.int64)
    score, abnormal = score_cells(one, one, np.array([9]), np.array([27.0]), np.array([81.0]))
    assert np.isnan(score[0])
    assert not abnormal[0]
    assert len(score_cells(one[:0], one[:0], one[:0], np.zeros(0), np.zeros(0))[0]) == 0


def test_equal_cells_are_alike() -> None:
    score, abnormal = score_cells(np.zeros(5, np.int64), np.zeros(5, np.int64), *cells([3.0] * 5, spread=0.0))
    assert score.tolist() == [0.0] * 5
    assert not abnormal.any()
