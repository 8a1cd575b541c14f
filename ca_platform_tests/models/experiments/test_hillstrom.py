"""The randomised e-mail experiment of Hillstrom: known rates, and the verdicts that other libraries give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from ca_platform.models.experiments import Moments, cuped, proportions, sample_ratio, welch

PUBLISHED = {
    "Mens E-Mail": (0.1828, 0.01253, 1.4226),
    "Womens E-Mail": (0.1514, 0.00884, 1.0772),
    "No E-Mail": (0.1062, 0.00573, 0.6528),
}


@pytest.fixture(scope="module")
def arms(public_data: Path) -> dict[str, pl.DataFrame]:
    customers = pl.read_parquet(public_data / "hillstrom" / "customers.parquet")
    return {str(key[0]): part for key, part in customers.group_by("segment")}


def test_means_are_the_published_ones(arms: dict[str, pl.DataFrame]) -> None:
    for arm, (visit, conversion, spend) in PUBLISHED.items():
        mean = Moments.of(*(arms[arm][column] for column in ("visit", "conversion", "spend"))).mean
        assert mean[0] == pytest.approx(visit, abs=5e-5)
        assert mean[1] == pytest.approx(conversion, abs=5e-6)
        assert mean[2] == pytest.approx(spend, abs=5e-5)


def test_sides_came_out_as_planned(arms: dict[str, pl.DataFrame]) -> None:
    # 21,307, 21,387 and 21,306 of 64,000: a chi-square of .20254 with two degrees of freedom.
    assert sample_ratio([arms[arm].height for arm in PUBLISHED]) == pytest.approx(np.exp(-0.10127), abs=1e-5)


def test_conversion_of_mens_mail_is_statsmodels(arms: dict[str, pl.DataFrame]) -> None:
    none, mail = arms["No E-Mail"], arms["Mens E-Mail"]
    case = (int(none["conversion"].sum()), none.height, int(mail["conversion"].sum()), mail.height)
    found = proportions(*case)
    low, high = confint_proportions_2indep(case[2], case[3], case[0], case[1], compare="diff", method="newcomb")
    assert found.p_value < 1e-12
    assert found.estimate == pytest.approx(267 / 21_307 - 122 / 21_306, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)


def test_spend_of_mens_mail_is_scipys_and_narrower_with_the_history(arms: dict[str, pl.DataFrame]) -> None:
    none, mail = arms["No E-Mail"], arms["Mens E-Mail"]
    a, b = (Moments.of(part["spend"], part["history"]) for part in (none, mail))
    plain = welch(a.column(0), b.column(0))
    known = stats.ttest_ind(mail["spend"], none["spend"], equal_var=False)
    assert plain.p_value == pytest.approx(known.pvalue, rel=1e-9)
    assert plain.estimate == pytest.approx(0.76983, abs=1e-5)
    adjusted = cuped(a, b)
    assert adjusted.high - adjusted.low < plain.high - plain.low
