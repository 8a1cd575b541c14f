"""Before and after first uses in a shop with enough customers for verdicts, against loops over its orders."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ca_platform.drill import COUNTS, Scope
from ca_platform.lake import Lake
from ca_platform.models.experiments import Moments, Values, difference_in_differences, power, sign_flips
from ca_platform.models.experiments.special import normal_tails
from ca_platform.reports import opened_items
from ca_platform.settings import Settings
from ca_platform.settings.reports import AbTest
from ca_platform_tests.computed import computed
from ca_platform_tests.drill.cells import opened_alone, wrong_cells
from ca_platform_tests.oracle.before_after import REPORTS, Found, found_products, found_promotions, is_small
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.world import Line, Session, Shop, world

START, DAYS, CUSTOMERS = date(2024, 3, 4), 84, 160
LAST = START + timedelta(days=DAYS - 1)
NAMES = (*REPORTS, "ab_families", "ab_distributions")
EFFECT = "BACKSOON"


def shop() -> Shop:
    """Customers who order every week or two, promotions of which one brings them back, products that do nothing."""
    dice = random.Random(7)
    begin = datetime(2024, 3, 4, tzinfo=UTC)
    sessions: list[Session] = []
    for number in range(CUSTOMERS):
        at, rate = dice.uniform(0, 30), dice.uniform(0.05, 0.2)
        while at < DAYS:
            promotion = dice.choice([None, None, None, EFFECT, "NOTHING"])
            region = dice.choice(["north", "south"])
            amount = Decimal(dice.randrange(500, 9_000)) / 100
            start = (begin + timedelta(days=at)).replace(microsecond=0)
            sessions.append(
                Session(
                    f"o{len(sessions)}",
                    f"c{number:03}",
                    start,
                    amount,
                    purchased=True,
                    dimensions={"region": region},
                    promotion=promotion,
                )
            )
            at += 2.5 if promotion == EFFECT and dice.random() < 0.5 else dice.expovariate(rate)
    lines = [
        Line(s.order_id, name, Decimal(1))
        for s in sessions
        for name in [*dice.sample([f"p{n:02}" for n in range(40)], 2), *["often"] * (dice.random() < 0.3)]
    ]
    return Shop(sessions, [], START, "Europe/Berlin", dimensions=("region",), lines=lines)


SHOP = shop()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return load_frames(SHOP, tmp_path_factory.mktemp("before_after"), LAST)


@pytest.fixture(scope="module")
def frames(loaded: tuple[Settings, Lake]) -> dict[str, pl.DataFrame]:
    return computed(NAMES, [LAST], *loaded)


def test_number_of_compared_customers_opens_as_many(
    loaded: tuple[Settings, Lake], frames: dict[str, pl.DataFrame]
) -> None:
    scope = Scope.of(LAST, *loaded)
    opened = [count for count in COUNTS if count.report in frames and frames[count.report].height]
    assert len({count.report for count in opened}) >= 4
    for count in opened:
        assert wrong_cells(count, frames[count.report], scope).rows() == [], (count.report, count.column)
    for count in (count for count in opened if count.column == "matched_customers"):
        for cell, number, rows in opened_alone(count, frames[count.report], LAST, *loaded, 2, random.Random(4)):
            assert number == rows, cell
    some = frames["product_usage_before_after_orders"]
    assert 0 < some["matched_customers"].sum() < some["customers"].sum()


def of_test(one: Found, metric: str) -> dict[str, float]:
    """Statistic, p-values and power of an item with enough customers."""
    beyond = np.array(one.beyond)
    if one.variance:
        spread = sqrt(sum(one.variance))
        statistic, error = beyond.sum() / spread, spread / beyond.size
        p = float(normal_tails(statistic))
    else:
        kinds = dict(one.controls)
        number = {stratum: place for place, stratum in enumerate(kinds)}
        change = [one.factor * (after - before) for before, after in one.matched]
        treated = Moments.by_item([number[stratum] for stratum, _ in one.controls], len(kinds), change)
        every = [(number[stratum], value) for stratum, controls in kinds.items() for value in controls]
        controls = Moments.by_item([place for place, _ in every], len(kinds), [value for _, value in every])
        matched = difference_in_differences(treated, controls)
        flipped = sign_flips(Values.of(beyond), noise=float(matched.noise))
        assert matched.comparison.standard_error is not None
        statistic, error = float(flipped.statistic[0]), float(matched.comparison.standard_error)
        p = float(flipped.p_value[0])
    raw = sign_flips(Values.of([after - before for before, after in one.sides]), step=float(metric == "orders"))
    before = np.mean([before for before, _ in one.sides])
    return {
        "statistic": statistic,
        "p_value": p,
        "raw_p_value": float(raw.p_value[0]),
        "power": float(power(0.1 * before, error)),
    }


@pytest.mark.parametrize("metric", ["orders", "amount"])
@pytest.mark.parametrize("kind", ["promotion", "product"])
def test_verdicts_follow_from_the_changes_around_each_first_use(
    frames: dict[str, pl.DataFrame], kind: str, metric: str
) -> None:
    known = world(SHOP, LAST)
    found = (found_promotions if kind == "promotion" else found_products)(known, metric)
    rows = {row["item"]: row for row in frames[f"{kind}_usage_before_after_{metric}"].iter_rows(named=True)}
    assert list(rows) == [one.item for one in found]
    large = [one for one in found if not is_small(one)]
    assert len(large) >= 2
    for one in found:
        row = rows[one.item]
        assert (row["customers"], row["matched_customers"]) == (len(one.sides), len(one.matched))
        assert row["note"] == ("insufficient" if one not in large else None)
        if one.beyond:
            assert row["difference"] == pytest.approx(np.mean(one.beyond), abs=1e-9)
        for column, value in (of_test(one, metric) if one in large else {}).items():
            assert row[column] == pytest.approx(value, rel=1e-6, abs=1e-12), (one.item, column)


def test_promotion_that_brings_customers_back_is_accepted_and_the_other_is_not(frames: dict[str, pl.DataFrame]) -> None:
    rows = frames["promotion_usage_before_after_orders"]
    assert rows.filter("significant")["item"].to_list() == [EFFECT]
    assert frames["promotion_usage_before_after_orders_accept"].equals(rows.filter(pl.col("item") == EFFECT))
    assert frames["promotion_usage_before_after_orders_reject"].is_empty()


def test_interval_lies_around_the_difference_and_is_about_as_wide_as_its_error(frames: dict[str, pl.DataFrame]) -> None:
    for name in ("promotion_usage_before_after_amount", "product_usage_before_after_orders"):
        for row in frames[name].filter(pl.col("note").is_null()).iter_rows(named=True):
            assert row["ci_low"] < row["difference"] < row["ci_high"]
            assert (row["ci_low"] <= 0 <= row["ci_high"]) or row["p_value"] < 0.15
            assert 0 <= row["accept_ratio"] <= 1


def test_product_in_many_orders_is_insufficient(frames: dict[str, pl.DataFrame]) -> None:
    row = frames["product_usage_before_after_orders"].row(by_predicate=pl.col("item") == "often", named=True)
    assert (row["test"], row["note"], row["significant"]) == ("item_permutation_frequent", "insufficient", None)


def opened(frames: dict[str, pl.DataFrame], name: str, **key: Any) -> pl.DataFrame:
    return frames[name].filter(**key)


def test_opened_item_shows_the_shares_of_its_customers(frames: dict[str, pl.DataFrame]) -> None:
    sides = next(one for one in found_promotions(world(SHOP, LAST), "orders") if one.item == EFFECT).sides
    shown = opened(frames, "ab_distributions", item_kind="promotion", item=EFFECT, metric="orders")
    sums = dict(shown.group_by("series").agg(pl.col("share").sum()).iter_rows())
    assert sums == pytest.approx(dict.fromkeys(("before", "after", "fitted", "bootstrap"), 1.0))
    for place, series in enumerate(("before", "after")):
        shares = dict(shown.filter(series=series).select("low", "share").iter_rows())
        assert shares == pytest.approx(
            {low: sum(side[place] == low for side in sides) / len(sides) for low in map(float, shares)}
        )


def test_best_family_has_the_smallest_criterion_and_the_mean_of_both_sides(frames: dict[str, pl.DataFrame]) -> None:
    sides = next(one for one in found_promotions(world(SHOP, LAST), "orders") if one.item == EFFECT).sides
    fitted = opened(frames, "ab_families", item_kind="promotion", item=EFFECT, metric="orders").sort("aic")
    assert fitted["is_best"].to_list() == [True, *[False] * (fitted.height - 1)]
    mean = sum(before + after for before, after in sides) / (2 * len(sides))
    assert fitted.filter(family="poisson")["parameters"].item() == f"mean {mean:.6g}"


def test_several_days_at_once_are_the_days_one_by_one(frames: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    days = [LAST - timedelta(days=40), LAST - timedelta(days=7), LAST]
    together = computed(NAMES, days, settings, lake)
    alone = computed(NAMES, days[1:2], settings, lake)
    for name in NAMES:
        assert together[name].filter(report_date=LAST).equals(frames[name]), name
        assert together[name].filter(report_date=days[1]).equals(alone[name]), name


def test_values_of_dimensions_are_compared_where_they_are_asked_for(tmp_path: Path) -> None:
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    asked = settings.model_copy(
        update={"reports": settings.reports.model_copy(update={"ab_test": AbTest(by_dimension=True)})}
    )
    frames = computed(NAMES, [LAST], asked, lake)
    for kind, find in (("promotion", found_promotions), ("product", found_products)):
        rows = frames[f"{kind}_usage_before_after_amount"]
        for value in ("north", "south"):
            own = rows.filter(report_dimension="region", report_value=value)
            found = find(world(SHOP, LAST, "region", value), "amount")
            assert own["item"].to_list() == [one.item for one in found]
            assert own["matched_customers"].to_list() == [len(one.matched) for one in found]
            means = [float(np.mean(one.beyond)) if one.beyond else None for one in found]
            assert own["difference"].to_list() == pytest.approx(means)
    assert set(frames["ab_families"]["report_dimension"]) == {"main", "region"}
    verdict = ("item", "matched_customers", "difference", "significant", "note")
    alone = computed(REPORTS, [LAST], settings, lake)
    for name, frame in alone.items():
        assert frame.select(verdict).equals(frames[name].filter(report_dimension="main").select(verdict)), name


def test_distributions_are_kept_of_the_clearest_items(
    frames: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened_items, "MOST_OPENED", 2)
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    kept = computed(["ab_distributions"], [LAST], settings, lake)["ab_distributions"]
    for kind, metric in (("product", "orders"), ("product", "amount")):
        tested = frames[f"{kind}_usage_before_after_{metric}"].drop_nulls("p_value").sort("p_value")["item"]
        own = kept.filter(item_kind=kind, metric=metric)
        assert tested.len() > 2 and set(own["item"]) == set(tested[:2])
        every = frames["ab_distributions"].filter(pl.col("item").is_in(tested[:2].implode()))
        assert own.equals(every.filter(item_kind=kind, metric=metric))
