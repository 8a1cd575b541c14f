"""Pairs of promotions and changes of segments in a shop with enough customers for verdicts, by loops and textbook formulas."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import copysign, inf, sqrt
from pathlib import Path
from statistics import fmean, pstdev, variance
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ca_platform.drill import COUNTS, Scope
from ca_platform.lake import Lake
from ca_platform.models.experiments import Values, sign_flips
from ca_platform.settings import Settings
from ca_platform_tests.computed import computed
from ca_platform_tests.drill.cells import opened_alone, wrong_cells
from ca_platform_tests.oracle.ab_comparisons import REPORTS, Segment, mean, plain, segments, sides
from ca_platform_tests.oracle.before_after import METRICS
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.world import Session, Shop, World, values_of, world

START, DAYS, CUSTOMERS = date(2024, 3, 4), 182, 360
# A Sunday, and a day in the middle of week and month.
LAST, MIDDLE = START + timedelta(days=DAYS - 1), START + timedelta(days=150)
ALPHA = 0.05
SMALL, LARGE = "ONE", "TWO"
OPENED = ("segments_change_families", "segments_change_distributions")
OPENED_PAIRS = ("promotion_comparison_families", "promotion_comparison_distributions")
SERIES = ("before", "after", "fitted", "bootstrap")
SINGLE = [f"promotion_usage_before_after_{metric}" for metric in METRICS]


def shop() -> Shop:
    """Customers who order every week or so, and two promotions of which one is for larger orders."""
    dice = random.Random(11)
    begin = datetime(2024, 3, 4, 6, tzinfo=UTC)
    sessions: list[Session] = []
    for number in range(CUSTOMERS):
        rate, region = dice.uniform(0.02, 0.3), dice.choice(["north", "south", None])
        at = dice.uniform(0, 30)
        while at < DAYS - 1:
            amount = Decimal(dice.randrange(500, 9_000)) / 100
            promotion = dice.choice([*[None] * 30, SMALL, LARGE])
            start = (begin + timedelta(days=at)).replace(microsecond=0)
            sessions.append(
                Session(
                    f"o{len(sessions)}",
                    f"c{number:03}",
                    start,
                    3 * amount if promotion == LARGE else amount,
                    purchased=True,
                    dimensions={"region": region},
                    promotion=promotion,
                )
            )
            at += dice.expovariate(rate)
    return Shop(sessions, [], START, "Europe/Berlin", dimensions=("region",))


SHOP = shop()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    """A shop whose dimension values are compared, too."""
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("comparisons"), LAST)
    ab_test = settings.reports.ab_test.model_copy(update={"by_dimension": True})
    reports = settings.reports.model_copy(update={"ab_test": ab_test})
    return settings.model_copy(update={"reports": reports}), lake


@pytest.fixture(scope="module")
def frames(loaded: tuple[Settings, Lake]) -> dict[str, pl.DataFrame]:
    """Of both days, for the whole shop and each region."""
    return computed([*REPORTS, *SINGLE, *OPENED, *OPENED_PAIRS], [MIDDLE, LAST], *loaded)


def test_numbers_of_compared_customers_open_as_many(
    loaded: tuple[Settings, Lake], frames: dict[str, pl.DataFrame]
) -> None:
    dice = random.Random(3)
    opened = [count for count in COUNTS if count.report in REPORTS]
    assert {count.report for count in opened} == set(REPORTS) - {"promotion_comparison_summary"}
    for day in (MIDDLE, LAST):
        scope = Scope.of(day, *loaded)
        for count in opened:
            report = frames[count.report].filter(report_date=day)
            assert wrong_cells(count, report, scope).rows() == [], (count.report, count.column)
    for count in (count for count in opened if count.report == "promotion_comparison"):
        report = frames[count.report].filter(report_date=LAST)
        for cell, number, rows in opened_alone(count, report, LAST, *loaded, 2, dice):
            assert number == rows, cell


def places() -> list[tuple[str, str | None]]:
    return [("main", None), *(("region", value) for value in values_of(SHOP, LAST, "region"))]


def rows_of(frame: pl.DataFrame, day: date, place: tuple[str, str | None]) -> list[dict[str, Any]]:
    dimension, value = place
    own = pl.col("report_value").is_null() if value is None else pl.col("report_value") == value
    chosen = (pl.col("report_date") == day) & (pl.col("report_dimension") == dimension) & own
    return list(frame.filter(chosen).iter_rows(named=True))


# ---- textbook formulas


def hall(t: float, skewness: float) -> float:
    return t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6


def root_of(target: float, skewness: float) -> float:
    """The statistic that ``hall`` makes the target of, by halving."""
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if hall(middle, skewness) < target else (low, middle)
    return low


def told(estimate: float, error: float, skewness: float, degrees: float, mean_a: float) -> dict[str, float]:
    """What follows from an estimate."""
    statistic = hall(estimate / error, skewness)
    quantile, normal = float(stats.t.ppf(1 - ALPHA / 2, degrees)), float(stats.norm.ppf(1 - ALPHA / 2))
    shift = 0.1 * mean_a / error
    return {
        "statistic": statistic,
        "p_value": float(2 * stats.t.sf(abs(statistic), degrees)),
        "ci_low": estimate - error * root_of(quantile, skewness),
        "ci_high": estimate - error * root_of(-quantile, skewness),
        "power": float(stats.norm.cdf(shift - normal) + stats.norm.cdf(-shift - normal)),
    }


def corrected(p_values: list[float], *, by_any: bool) -> list[float]:
    """Benjamini and Hochberg, or Yekutieli, by their definition."""
    count = len(p_values)
    factor = sum(1 / n for n in range(1, count + 1)) if by_any else 1.0
    ranked = sorted(p_values)
    return [
        min([1.0, *(factor * count * ranked[n] / (n + 1) for n in range(count) if ranked[n] >= p)]) for p in p_values
    ]


def has_enough(segment: Segment) -> bool:
    def large(outcomes: list[list[float]]) -> bool:
        return len(outcomes) >= 30 and sum(value > 0 for own in outcomes for value in own) >= 50

    return large(segment.outcomes) and large(segment.others)


def of_segment(segment: Segment, metric: str) -> dict[str, float]:
    """The change beyond the others, of a segment that is large enough."""
    r, own, others = segment.factor, segment.outcomes, segment.others
    assert r is not None
    changes, rest = ([one[0] - r * sum(one[1:]) / 4 for one in group] for group in (own, others))
    weight = sum(sum(one[1:]) for one in own) / sum(sum(one[1:]) for one in others)
    noise = weight**2 * sum(e**2 for e in rest)
    count = len(own)
    every = [value for one in own for value in one]
    each = sum(every) / (4 + r)
    second, third = (sum(value**power for value in every) / sum(every) * each for power in (2, 3))
    spread = second * (r + r**2 / 4) + noise
    skewness = (third * (r - r**3 / 16) - weight**3 * sum(e**3 for e in rest)) / spread**1.5
    error = sqrt(variance(changes) / count + noise / count**2)
    raw = sign_flips(Values.of([one[0] - sum(one[1:]) / 4 for one in own]), step=0.25 * (metric == "orders"))
    found = told(fmean(changes), error, skewness, count - 1, fmean(sum(one[1:]) / 4 for one in own))
    return {**found, "raw_p_value": float(raw.p_value[0])}


def of_pair(a: list[float], b: list[float]) -> dict[str, float]:
    shares = [variance(side) / len(side) for side in (a, b)]
    error = sqrt(sum(shares))
    degrees = error**4 / sum(share**2 / (len(side) - 1) for share, side in zip(shares, (a, b), strict=True))
    both = [*a, *b]
    centre = fmean(both)
    cubes, squares = (fmean((value - centre) ** power for value in both) for power in (3, 2))
    skewness = cubes * (1 / len(b) ** 2 - 1 / len(a) ** 2) / (squares * (1 / len(a) + 1 / len(b))) ** 1.5
    found = told(fmean(b) - fmean(a), error, skewness, degrees, fmean(a))
    plain_t = stats.ttest_ind(b, a, equal_var=False)
    assert found["p_value"] == pytest.approx(plain_t.pvalue, abs=0.05)
    return {**found, "raw_p_value": found["p_value"]}


# ---- held against them


def holds(rows: list[dict[str, Any]], want: list[dict[str, float] | None], *, by_any: bool) -> int:
    """Figures, corrections and verdicts of rows; those that are None have no verdict. Returns how many have one."""
    judged = [(row, figures) for row, figures in zip(rows, want, strict=True) if figures is not None]
    fair = corrected([figures["p_value"] for _, figures in judged], by_any=by_any)
    for (row, figures), adjusted in zip(judged, fair, strict=True):
        for column, value in {**figures, "p_adjusted": adjusted}.items():
            assert row[column] == pytest.approx(value, rel=1e-6, abs=1e-9), (row, column)
        assert row["significant"] == (adjusted <= ALPHA)
        assert row["direction"] == (_way(row["difference"]) if row["significant"] else None)
        assert 0 <= row["accept_ratio"] <= 1
        assert row["note"] is None
    for row, known in zip(rows, want, strict=True):
        if known is None:
            assert row["note"] in ("insufficient", "not observed")
            assert [row[name] for name in ("p_value", "p_adjusted", "significant", "ci_low", "power")] == [None] * 5
    return len(judged)


def _way(difference: float) -> str:
    return "increase" if copysign(1, difference) > 0 else "decrease"


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("word", ["daily", "weekly", "monthly"])
def test_changes_of_segments_equal_the_second_implementation(
    frames: dict[str, pl.DataFrame], word: str, metric: str
) -> None:
    verdicts = 0
    for day in (MIDDLE, LAST):
        for place in places():
            known = segments(world(SHOP, day, *place), word, metric)
            rows = {row["item"]: row for row in rows_of(frames[_name(word, metric)], day, place)}
            assert set(rows) == {one.name for one in known}
            for one in known:
                own = {**plain(one), "moved_customers": one.moved}
                assert {name: rows[one.name][name] for name in own} == pytest.approx(own, nan_ok=False)
            want = [of_segment(one, metric) if has_enough(one) else None for one in known]
            verdicts += holds([rows[one.name] for one in known], want, by_any=False)
    assert verdicts >= 4


@pytest.mark.parametrize("word", ["daily", "weekly", "monthly"])
def test_opened_segment_shows_what_its_customers_ordered_in_each_window(
    frames: dict[str, pl.DataFrame], word: str
) -> None:
    families, distributions = (frames[name].filter(item_kind=f"segment_{word}", metric="orders") for name in OPENED)
    shown = 0
    for place in places():
        for one in (one for one in segments(world(SHOP, LAST, *place), word, "orders") if has_enough(one)):
            rows = rows_of(distributions.filter(item=one.name), LAST, place)
            sums = {name: sum(row["share"] for row in rows if row["series"] == name) for name in SERIES}
            assert sums == pytest.approx(dict.fromkeys(SERIES, 1.0))
            for name, windows in (("after", slice(0, 1)), ("before", slice(1, 5))):
                counts = [count for outcome in one.outcomes for count in outcome[windows]]
                told = {row["low"]: row["share"] for row in rows if row["series"] == name}
                # The last bin is that of this count and more.
                least = dict.fromkeys(told, 1.0) | {max(told): inf}
                held = {low: sum(low <= count < low + width for count in counts) for low, width in least.items()}
                assert told == pytest.approx({low: count / len(counts) for low, count in held.items()})
            own = rows_of(families.filter(item=one.name), LAST, place)
            assert [row["is_best"] for row in own].count(True) == 1
            every = mean([count for outcome in one.outcomes for count in outcome])
            poisson = next(row for row in own if row["family"] == "poisson")
            assert poisson["parameters"] == f"mean {every:.6g}"
            shown += 1
    assert shown >= 2


def _name(word: str, metric: str) -> str:
    return f"segments_change_{word}_before_after_{metric}"


def amounts(known: World) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    return {pair: ([*a.values()], [*b.values()]) for pair, (a, b, _) in sides(known).items()}


def test_pairs_equal_the_second_implementation(frames: dict[str, pl.DataFrame]) -> None:
    for place in places():
        known = amounts(world(SHOP, LAST, *place))
        rows = rows_of(frames["promotion_comparison"], LAST, place)
        assert [(row["promotion_a"], row["promotion_b"]) for row in rows] == sorted(known)
        want = [of_pair(a, b) if min(len(a), len(b)) >= 30 else None for _, (a, b) in sorted(known.items())]
        assert holds(rows, want, by_any=True) >= (place == ("main", None))
        for row, (a, b) in zip(rows, known.values(), strict=True):
            assert (row["customers_a"], row["customers_b"]) == (len(a), len(b))
            assert (row["mean_a"], row["mean_b"]) == pytest.approx((mean(a), mean(b)))
    summary = {
        row["promotion_id"]: row for row in rows_of(frames["promotion_comparison_summary"], LAST, ("main", None))
    }
    figures = ("wins", "losses", "ties", "without_verdict", "reject_ratio")
    assert {name: [row[figure] for figure in figures] for name, row in summary.items()} == {
        LARGE: [1, 0, 0, 0, 1.0],
        SMALL: [0, 1, 0, 0, 1.0],
    }


def test_opened_pair_shows_what_the_customers_of_both_sides_paid(frames: dict[str, pl.DataFrame]) -> None:
    families, distributions = (frames[name] for name in OPENED_PAIRS)
    (a, b) = amounts(world(SHOP, LAST))[SMALL, LARGE]
    rows = rows_of(distributions, LAST, ("main", None))
    assert {(row["promotion_a"], row["promotion_b"], row["metric"]) for row in rows} == {(SMALL, LARGE, "amount")}
    for name, paid in (("a", a), ("b", b)):
        told = [row for row in rows if row["series"] == name]
        last = max(row["low"] for row in told)
        held = [sum(row["low"] <= one < (inf if row["low"] == last else row["high"]) for one in paid) for row in told]
        assert [row["share"] for row in told] == pytest.approx([count / len(paid) for count in held])
    resampled = [row for row in rows if row["series"] == "bootstrap"]
    middle = sum((row["low"] + row["high"]) / 2 * row["share"] for row in resampled)
    (found,) = rows_of(frames["promotion_comparison"], LAST, ("main", None))
    width = found["ci_high"] - found["ci_low"]
    assert middle == pytest.approx(found["difference"], abs=0.1 * width)
    fitted = {row["family"]: row for row in rows_of(families, LAST, ("main", None))}
    both = [*a, *b]
    assert fitted["gaussian"]["aic"] == pytest.approx(
        4 - 2 * float(stats.norm.logpdf(both, fmean(both), pstdev(both)).sum())
    )
    (best,) = (name for name, row in fitted.items() if row["is_best"])
    assert best == min(fitted, key=lambda name: fitted[name]["aic"]) == found["distribution"]


def test_both_metrics_of_promotions_are_one_family(frames: dict[str, pl.DataFrame]) -> None:
    each = pl.concat(_main(frames[name], LAST) for name in SINGLE).sort("item", "metric")
    both = _main(frames["order_and_payment_amount_differences"], LAST)
    judged = ("p_adjusted", "significant", "direction")
    assert both.drop(judged).equals(each.drop(judged))
    told = both.drop_nulls("significant")
    assert told.height == 4
    assert told["p_adjusted"].to_list() == pytest.approx(corrected(told["p_value"].to_list(), by_any=False))
    assert told["significant"].to_list() == [p <= ALPHA for p in told["p_adjusted"]]


def test_days_one_by_one_and_other_orders_of_rows_give_the_same(
    frames: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    mixed = [SHOP.sessions[n] for n in np.random.default_rng(2).permutation(len(SHOP.sessions))]
    settings, lake = load_frames(replace(SHOP, sessions=mixed), tmp_path, LAST)
    names = [name for name in REPORTS if name != "order_and_payment_amount_differences"]
    for name, alone in computed(names, [MIDDLE], settings, lake).items():
        assert set(alone["report_dimension"]) == {"main"}
        # Resamples are drawn for all items together.
        drawn = {"accept_ratio"} & set(alone.columns)
        assert _main(frames[name], MIDDLE).drop(drawn).equals(alone.drop(drawn)), name


def _main(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    return frame.filter(report_date=day, report_dimension="main")
