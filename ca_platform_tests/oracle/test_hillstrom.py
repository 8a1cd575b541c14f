"""Hillstrom's randomised e-mails as a declared experiment: golden values, and the verdict of statsmodels."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from ca_platform.settings import load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.experiments import loaded_all

HILLSTROM = """\
business: {time_zone: UTC, currency: USD, start_date: 2008-01-01}
reports: {experiments: {mail: {control: No E-Mail, planned_days: 14, guards: []}}}
sources:
  sessions:
    kind: parquet
    path: sessions.parquet
  assignments:
    kind: parquet
    path: assignments.parquet
"""
PUBLISHED = {"No E-Mail": (0.00573, 0.6528), "Mens E-Mail": (0.01253, 1.4226), "Womens E-Mail": (0.00884, 1.0772)}


@pytest.fixture(scope="module")
def hillstrom(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("hillstrom")
    rows = pl.read_parquet(public_data / "hillstrom" / "customers.parquet").with_row_index("number")
    client = pl.format("c{}", "number")
    given, visited = datetime(2008, 1, 2, tzinfo=UTC), datetime(2008, 1, 9, tzinfo=UTC)
    rows.select(
        client.alias("client"), experiment=pl.lit("mail"), variant="segment", assigned_at=pl.lit(given)
    ).write_parquet(folder / "assignments.parquet")
    rows.filter(pl.col("visit") == 1).select(
        client.alias("client"),
        order_id=client,
        session_start_date=pl.lit(visited),
        has_purchased=pl.col("conversion") == 1,
        payment_amount="spend",
    ).write_parquet(folder / "sessions.parquet")
    (folder / "ca_platform.yaml").write_text(HILLSTROM)
    days = 15
    settings, lake = loaded_all(load_settings(folder / "ca_platform.yaml", {}), days)
    return computed(["experiments"], [date(2008, 1, days)], settings, lake)["experiments"]


def test_hillstrom_has_the_published_rates_and_spend(hillstrom: pl.DataFrame) -> None:
    assert hillstrom.height == 8
    for row in hillstrom.filter(metric="conversion").iter_rows(named=True):
        assert row["mean_a"] == pytest.approx(PUBLISHED["No E-Mail"][0], abs=5e-6)
        assert row["mean_b"] == pytest.approx(PUBLISHED[row["variant"]][0], abs=5e-6)
        assert row["customers_a"] == 21_306
    for row in hillstrom.filter(metric="revenue_per_customer").iter_rows(named=True):
        assert row["mean_a"] == pytest.approx(PUBLISHED["No E-Mail"][1], abs=5e-5)
        assert row["mean_b"] == pytest.approx(PUBLISHED[row["variant"]][1], abs=5e-5)


def test_hillstroms_verdict_on_mens_mail_is_statsmodels(hillstrom: pl.DataFrame) -> None:
    row = hillstrom.filter(metric="conversion", variant="Mens E-Mail").row(0, named=True)
    low, high = confint_proportions_2indep(267, 21_307, 122, 21_306, compare="diff", method="newcomb")
    assert row["difference"] == pytest.approx(267 / 21_307 - 122 / 21_306, rel=1e-9)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))
    assert (row["significant"], row["direction"], row["test"]) == (True, "increase", "proportions")
    assert row["p_adjusted"] < 1e-10
    assert row["srm_p_value"] == pytest.approx(np.exp(-0.10127), abs=1e-5)
    assert row["decision"].startswith("Take Mens E-Mail: revenue per customer rose by 117.9% compared with No E-Mail")
