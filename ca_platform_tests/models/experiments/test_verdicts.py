"""Sample ratio, corrections for many tests, and power."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import adjusted, customers_needed, detectable, power, sample_ratio

METHODS = {"benjamini_hochberg": "fdr_bh", "benjamini_yekutieli": "fdr_by"}
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def test_sample_ratio_is_the_chi_square_test() -> None:
    sizes, shares = np.array([5021, 4890, 10_200]), np.array([1, 1, 2])
    known = stats.chisquare(sizes, sizes.sum() * shares / 4).pvalue
    assert sample_ratio(sizes, shares) == pytest.approx(known, rel=1e-9)
    assert sample_ratio([[5000, 5000], [0, 0], [10, 400]])[:2].tolist() == [1.0, 1.0]


def test_variant_that_nobody_was_to_get_is_refused() -> None:
    with pytest.raises(ValidationError, match="above 0"):
        sample_ratio([10, 10], [1, 0])


@given(p_values, st.sampled_from(list(METHODS)))
def test_corrections_are_statsmodels_and_never_below_p(column: list[float], method: str) -> None:
    found = adjusted(column, method)  # type: ignore[arg-type]
    assert found == pytest.approx(multipletests(column, method=METHODS[method])[1], rel=1e-9)
    assert (found >= np.array(column)).all()
    assert (found <= 1).all()


def test_items_that_were_not_tested_are_no_part_of_the_family() -> None:
    tested = np.array([True, False, True, False])
    found = adjusted([0.01, 0.0, 0.02, 1.0], is_sufficient=tested)
    assert found.tolist() == [0.02, 1.0, 0.02, 1.0]
    assert adjusted([], is_sufficient=[]).size == 0
    assert adjusted([0.01], is_sufficient=[False]).tolist() == [1.0]


def test_power_is_statsmodels() -> None:
    # Two groups of 100 with standard deviation 2: the error of the difference is 2 √(2 / 100).
    error = 2 * np.sqrt(2 / 100)
    known = NormalIndPower().power(0.6 / 2, 100, 0.05)
    assert power(0.6, error) == pytest.approx(known, rel=1e-9)
    assert power(-0.6, error) == power(0.6, error)
    assert power([0.0, 0.6], [np.inf, 0.0]) == pytest.approx([0.05, 1.0])


def test_effect_that_can_be_detected_is_found_as_often_as_aimed_at() -> None:
    effect = detectable(0.3, aim=0.9)
    assert power(effect, 0.3) == pytest.approx(0.9, abs=1e-5)
    needed = customers_needed(effect / 3, 0.3, 1000, aim=0.9)
    assert needed == pytest.approx(9000)
    assert customers_needed(0.0, 0.3, 1000) == np.inf
