"""The e-mail experiment of Hillstrom: published means, and what statsmodels, SciPy and the formulas of gbstats say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.ab_populations import Floats
from ca_platform.models import experiments as ab
from ca_platform.models.experiments import Moments

# Visits, conversion and spend of each side, to the digits that were published.
PUBLISHED = {
    "Mens E-Mail": (0.1828, 0.01253, 1.4226),
    "Womens E-Mail": (0.1514, 0.00884, 1.0772),
    "No E-Mail": (0.1062, 0.00573, 0.6528),
}
_DIGITS = (4, 5, 4)


def found(file: Path) -> dict[str, Any]:
    """``published``: whether all means are as published; the effect of men's mail on conversion; ``off``: the largest
    relative distance of any figure from that of the other libraries."""
    customers = pl.read_parquet(file)
    arms = {str(key[0]): part for key, part in customers.group_by("segment")}
    means = {arm: [arms[arm][name].mean() for name in ("visit", "conversion", "spend")] for arm in PUBLISHED}
    none, mail = arms["No E-Mail"], arms["Mens E-Mail"]
    pairs = [*_conversion(none, mail), *_spend(none, mail), *_adjusted(none, mail)]
    effect, low, high = (round(ours, 6) for ours, _ in pairs[:3])
    return {
        "published": all(
            round(float(str(mean)), digits) == known
            for arm, told in PUBLISHED.items()
            for mean, known, digits in zip(means[arm], told, _DIGITS, strict=True)
        ),
        "effect": effect,
        "low": low,
        "high": high,
        "off": max(abs(ours - theirs) / abs(theirs) for ours, theirs in pairs),
    }


def _conversion(none: pl.DataFrame, mail: pl.DataFrame) -> list[tuple[float, float]]:
    """Effect and both ends of its interval, here and in statsmodels."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    hits, sizes = [int(part["conversion"].sum()) for part in (none, mail)], (none.height, mail.height)
    ours = ab.proportions(hits[0], sizes[0], hits[1], sizes[1])
    ends = confint_proportions_2indep(hits[1], sizes[1], hits[0], sizes[0], compare="diff", method="newcomb")
    effect = hits[1] / sizes[1] - hits[0] / sizes[0]
    return _together((ours.estimate, ours.low, ours.high), (effect, *ends))


def _spend(none: pl.DataFrame, mail: pl.DataFrame) -> list[tuple[float, float]]:
    """Welch's p-value and interval, here and in SciPy."""
    from scipy import stats

    ours = ab.welch(Moments.of(none["spend"]), Moments.of(mail["spend"]))
    known = stats.ttest_ind(mail["spend"], none["spend"], equal_var=False)
    interval = known.confidence_interval()
    return _together((ours.p_value, ours.low, ours.high), (known.pvalue, interval.low, interval.high))


def _adjusted(none: pl.DataFrame, mail: pl.DataFrame) -> list[tuple[float, float]]:
    """Spend beyond what the year before says, here and by the formulas of gbstats (``RegressionAdjustedStatistic``)."""
    from scipy import stats

    sides = [(part["spend"].to_numpy(), part["history"].to_numpy()) for part in (none, mail)]
    a, b = (Moments.of(*side) for side in sides)
    ours = ab.cuped(a, b)
    spend, before = (np.concatenate(column) for column in zip(*sides, strict=True))
    theta = _covariance(spend, before) / _covariance(before, before)
    shares = [
        (_covariance(y, y) + theta**2 * _covariance(x, x) - 2 * theta * _covariance(y, x)) / y.size for y, x in sides
    ]
    effect = float(np.subtract(*(y.mean() - theta * x.mean() for y, x in reversed(sides))))
    degrees = sum(shares) ** 2 / sum(share**2 / (y.size - 1) for share, (y, _) in zip(shares, sides, strict=True))
    width = float(stats.t.ppf(0.975, degrees)) * sum(shares) ** 0.5
    return _together((ours.estimate, ours.low, ours.high), (effect, effect - width, effect + width))


def _covariance(x: Floats, y: Floats) -> float:
    return float(((x * y).sum() - x.sum() * y.sum() / x.size) / (x.size - 1))


def _together(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> list[tuple[float, float]]:
    return [(float(one), float(other)) for one, other in zip(ours, theirs, strict=True)]
