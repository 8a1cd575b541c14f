"""Small operations on rows of sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ca_platform.models.recommend.history import Floats


def times_columns(rows: Any, factors: Floats) -> Any:
    """Each entry times the factor of its column."""
    found = rows.copy()
    found.data = found.data * factors[found.indices]
    return found


def times_rows(rows: Any, factors: Floats) -> Any:
    """Each entry times the factor of its row."""
    found = rows.copy()
    found.data = found.data * np.repeat(factors, np.diff(found.indptr))
    return found


def row_maxima(rows: Any) -> Floats:
    """The highest entry of each row; 1 where there is none above 0."""
    highest = np.zeros(rows.shape[0])
    filled = np.flatnonzero(np.diff(rows.indptr))
    if filled.size:
        highest[filled] = np.maximum.reduceat(rows.data, rows.indptr[filled])
    return np.where(highest > 0, highest, 1.0)


def entries(rows: Any, row: Any, column: Any) -> Floats:
    """The entries at these places; 0 where there is none."""
    found: Floats = np.asarray(rows[row, column]).ravel() if len(row) else np.zeros(0)
    return found
