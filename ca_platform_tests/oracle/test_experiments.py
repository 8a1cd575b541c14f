"""Declared experiments against a second implementation: loops over records, SciPy and statsmodels for the tests."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ca_platform.drill import COUNTS, Scope
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform_tests.computed import computed
from ca_platform_tests.drill.cells import opened_alone, wrong_cells
from ca_platform_tests.oracle.experiments import (
    ASSIGNMENTS,
    DAYS,
    LAST,
    SESSIONS,
    by_regression,
    country,
    entries,
    groups,
    loaded_all,
    local_day,
    write,
)

ON = [date(2024, 2, 9), date(2024, 2, 16), date(2024, 3, 10), date(2024, 3, 30)]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return loaded_all(write(tmp_path_factory.mktemp("experiments"), [*enumerate(SESSIONS)], ASSIGNMENTS), DAYS)


@pytest.fixture(scope="module")
def found(loaded: tuple[Settings, Lake]) -> pl.DataFrame:
    return computed(["experiments"], ON, *loaded)["experiments"]


def cases(found: pl.DataFrame) -> Iterator[tuple[dict[str, Any], date]]:
    for row in found.iter_rows(named=True):
        yield row, min(row["report_date"], LAST if row["experiment"] == "page" else row["report_date"])


def test_rows_are_those_of_variants_that_were_seen_by_then(found: pl.DataFrame) -> None:
    rows = (
        found.group_by("report_date", "experiment")
        .agg(pl.col("variant").unique().sort())
        .sort("report_date", "experiment")
    )
    assert rows.rows() == [
        (ON[1], "mail", ["one", "two"]),
        (ON[1], "page", ["new"]),
        (ON[2], "mail", ["one", "two"]),
        (ON[2], "page", ["new"]),
        (ON[3], "mail", ["one", "two"]),
        (ON[3], "page", ["new"]),
    ]
    assert set(found.filter(experiment="mail", role="goal")["metric"]) == {"conversion"}
    assert set(found.filter(experiment="mail", role="guard")["metric"]) == {"revenue_per_customer"}


def test_sizes_means_and_changes_of_variant_are_those_by_loops(found: pl.DataFrame) -> None:
    for row, day in cases(found):
        by_variant = groups(row["experiment"], day)
        a, b = (by_variant.get(row[name], []) for name in ("control", "variant"))
        assert (row["customers_a"], row["customers_b"]) == (len(a), len(b))
        for name, side in (("mean_a", a), ("mean_b", b)):
            mean = sum(one.outcome[row["metric"]] for one in side) / len(side)
            assert row[name] == pytest.approx(mean, rel=1e-9), (row["metric"], row["report_date"])
        who = entries(row["experiment"], day)
        switched = sum(late for variant, _, late in who.values() if variant in (row["control"], row["variant"]))
        assert row["switched_customers"] == switched
        sizes = [
            len(by_variant.get(name, []))
            for name in (["new", "old"] if row["experiment"] == "page" else ["none", "one", "two"])
        ]
        shares = [1, 1] if row["experiment"] == "page" else [2, 1, 1]
        expected = [sum(sizes) * share / sum(shares) for share in shares]
        assert row["srm_p_value"] == pytest.approx(stats.chisquare(sizes, expected).pvalue, rel=1e-9)


def test_numbers_of_customers_open_as_many(found: pl.DataFrame, loaded: tuple[Settings, Lake]) -> None:
    opened = [count for count in COUNTS if count.report == "experiments"]
    assert {count.column for count in opened} == {"customers_a", "customers_b", "switched_customers"}
    settings, lake = loaded
    ab_test = settings.reports.ab_test.model_copy(update={"by_dimension": True})
    whole = settings.model_copy(update={"reports": settings.reports.model_copy(update={"ab_test": ab_test})})
    by_value = computed(["experiments"], [ON[2]], whole, lake)["experiments"]
    for report, day, own in ((found, ON[1], settings), (found, ON[3], settings), (by_value, ON[2], whole)):
        rows = report.filter(report_date=day)
        for count in opened:
            assert wrong_cells(count, rows, Scope.of(day, own, lake)).rows() == [], (count.column, day)
            for cell, number, alone in opened_alone(count, rows, day, own, lake, 2, random.Random(1)):
                assert number == alone, cell
    assert found["switched_customers"].sum() > 0
    assert set(by_value["report_value"]) > {"far"}


def test_adjusted_differences_are_least_squares_of_statsmodels(found: pl.DataFrame) -> None:
    judged = 0
    for row, day in cases(found.filter(pl.col("p_value").is_not_null())):
        by_variant = groups(row["experiment"], day)
        a, b = by_variant[row["control"]], by_variant[row["variant"]]
        difference, error, p = by_regression(a, b, row["metric"])
        assert row["test"] == "regression_adjusted"
        assert row["difference"] == pytest.approx(difference, rel=1e-9, abs=1e-12)
        assert row["p_value"] == pytest.approx(p, rel=1e-9)
        plain = stats.ttest_ind(*([one.outcome[row["metric"]] for one in side] for side in (b, a)), equal_var=False)
        assert row["raw_p_value"] == pytest.approx(plain.pvalue, rel=1e-9)
        own = np.sqrt(sum(np.var([one.outcome[row["metric"]] for one in side], ddof=1) / len(side) for side in (a, b)))
        assert row["variance_reduction"] == pytest.approx(1 - (error / own) ** 2, rel=1e-9)
        judged += 1
    assert judged > 25


def test_p_values_for_every_day_and_their_correction_are_those_by_the_formulas(found: pl.DataFrame) -> None:
    for (day, experiment), rows in found.filter(pl.col("p_value").is_not_null()).group_by("report_date", "experiment"):
        begun = min(given for _, given, _ in entries(str(experiment), ON[3]).values())
        last = LAST if experiment == "page" else date.fromordinal(local_day(begun).toordinal() + 29)
        end = min(day, LAST) if experiment == "page" else day
        done, planned = (
            (datetime.combine(of, datetime.min.time(), UTC) + timedelta(days=1) - begun) / timedelta(days=1)
            for of in (end, last)
        )
        assert set(rows["planned_until"]) == {last}
        for row in rows.iter_rows(named=True):
            z = row["statistic"]
            share = (done / planned) ** 2
            bound = 4 * stats.norm.sf(abs(z) * math.sqrt(share)) if share <= 1 + 1e-9 else 1
            spread = (-2 * math.log(0.025) + math.log(-2 * math.log(0.025) + 1)) * share / 0.25
            sequence = math.sqrt(1 + spread) * math.exp(-0.5 * z**2 * spread / (1 + spread))
            known = min(1, 2 * min(1, bound, sequence))
            assert row["p_value_sequential"] == pytest.approx(max(known, row["p_value"]), rel=1e-9)
        family = rows.filter((pl.col("role") != "guard") & pl.col("note").is_null())
        known_p = multipletests(family["p_value_sequential"].to_numpy(), method="fdr_bh")[1]
        assert family["p_adjusted"].to_numpy() == pytest.approx(known_p, rel=1e-9)
        assert family["significant"].to_list() == (known_p <= 0.05).tolist()


def test_nothing_changes_after_the_last_day_of_an_experiment(
    found: pl.DataFrame, loaded: tuple[Settings, Lake]
) -> None:
    frozen = computed(["experiments"], [LAST], *loaded)["experiments"]
    late = found.filter(report_date=ON[3], experiment="page")
    assert late.drop("report_date").equals(frozen.filter(experiment="page").drop("report_date"))


def test_days_at_once_are_days_one_by_one_and_nothing_of_later_is_used(
    found: pl.DataFrame, loaded: tuple[Settings, Lake]
) -> None:
    for day in ON[1:3]:
        alone = computed(["experiments"], [day], *loaded)["experiments"]
        assert alone.equals(found.filter(report_date=day))


def test_dimension_value_is_the_shop_that_had_only_its_sessions(loaded: tuple[Settings, Lake], tmp_path: Path) -> None:
    settings, lake = loaded
    options = {"ab_test": settings.reports.ab_test.model_copy(update={"by_dimension": True})}
    whole = settings.model_copy(update={"reports": settings.reports.model_copy(update=options)})
    values = computed(["experiments"], [ON[2], ON[3]], whole, lake)["experiments"].filter(report_value="far")
    inside = [(place, s) for place, s in enumerate(SESSIONS) if country(place) == "far"]
    for day in (ON[2], ON[3]):
        visitors = {s.client for _, s in inside if local_day(s.at) <= day}
        folder = tmp_path / str(day)
        folder.mkdir()
        alone = write(folder, inside, [a for a in ASSIGNMENTS if a.client in visitors])
        known = computed(["experiments"], [day], *loaded_all(alone, DAYS))["experiments"]
        unknown = pl.col("metric").is_in(["sessions_per_customer", "discount_per_customer"])
        names = [*known.columns[:3], "decision"]
        own = values.filter(report_date=day)
        assert set(own["experiment"]) == {"page", "mail"}
        assert own.drop(names).equals(known.filter(~unknown).drop(names))
