"""The simulated files are what an outsider expects of them."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from ruamel.yaml import YAML

from ca_platform.errors import ConfigurationError
from ca_platform.settings import load_settings
from ca_platform.simulate import ShopParameters, simulate_shop, volume_shop

from .conftest import DAYS, START, STEPS, Shop


def digest(folder: Path) -> str:
    """One digest of all files of a shop, names included."""
    total = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        total.update(str(path.relative_to(folder)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def test_same_seed_gives_the_same_bytes_whatever_the_number_of_threads(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from ca_platform.simulate import simulate_shop;"
    script += "simulate_shop(Path(sys.argv[1]), 20, 400, 3)"
    for threads in ("1", "4"):
        command = [sys.executable, "-c", script, str(tmp_path / threads)]
        subprocess.run(command, check=True, env={**os.environ, "POLARS_MAX_THREADS": threads})
    assert digest(tmp_path / "1") == digest(tmp_path / "4")


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate_shop(tmp_path / str(seed), 5, 200, seed)
    assert digest(tmp_path / "1") != digest(tmp_path / "2")


def test_every_day_has_a_file_of_each_input(shop: Shop) -> None:
    for name in ("sessions", "lines", "deliveries"):
        days = sorted(path.stem for path in (shop.folder / name).iterdir())
        assert len(days) == DAYS
        assert (days[0], days[-1]) == (str(shop.truth.first_day), str(shop.truth.last_day))


def test_rows_lie_in_the_file_of_their_local_day(shop: Shop, sessions: pl.DataFrame) -> None:
    deliveries = shop.read("deliveries").filter(pl.col("delivery_date").is_not_null())
    for frame, instant in ((sessions, "session_start_date"), (deliveries, "delivery_date")):
        local = pl.col(instant).dt.convert_time_zone("Europe/London").dt.date().cast(pl.String)
        assert frame.filter(~pl.col("file").str.contains(local)).is_empty()


def test_hours_skipped_by_daylight_saving_do_not_occur(shop: Shop) -> None:
    text = (shop.folder / "sessions" / "2024-03-31.csv").read_text()
    assert "2024-03-31T01:" not in text
    assert "+00:00" in text
    assert "+01:00" in text


def test_doubled_hour_has_both_offsets(tmp_path: Path) -> None:
    parameters = ShopParameters(days=1, customers=30_000, start=date(2024, 10, 27), baskets=False)
    simulate_shop(tmp_path, parameters=parameters)
    text = (tmp_path / "sessions" / "2024-10-27.csv").read_text()
    starts = [line.split(",")[2] for line in text.splitlines()[1:]]
    assert {start[-6:] for start in starts if "T01:" in start} == {"+00:00", "+01:00"}


def test_keys_are_unique_and_references_hold(shop: Shop, sessions: pl.DataFrame, customers: pl.DataFrame) -> None:
    assert sessions["order_id"].is_unique().all()
    assert customers["client"].is_unique().all()
    orders = sessions.filter(pl.col("has_purchased") == "true")
    for name in ("lines", "deliveries"):
        assert shop.read(name).join(orders, on="order_id", how="anti").is_empty()
    assert shop.read("deliveries")["order_id"].is_unique().all()


def test_clients_without_row_are_few_and_listed(shop: Shop, sessions: pl.DataFrame, customers: pl.DataFrame) -> None:
    missing = set(sessions["client"]) - set(customers["client"])
    assert missing
    assert missing <= set(shop.truth.clients_without_row)
    assert len(missing) < 0.02 * sessions["client"].n_unique()


def test_some_customers_never_come(sessions: pl.DataFrame, customers: pl.DataFrame) -> None:
    assert customers.join(sessions, on="client", how="anti").height > 0.02 * customers.height


def test_nobody_comes_before_the_download(sessions: pl.DataFrame, customers: pl.DataFrame) -> None:
    joined = sessions.join(customers, on="client")
    assert joined.filter(pl.col("session_start_date") < pl.col("download_date")).is_empty()


def test_amounts_are_those_of_the_lines(shop: Shop, sessions: pl.DataFrame) -> None:
    money = ("price", "quantity", "discount_amount")
    lines = shop.read("lines").with_columns(pl.col(name).cast(pl.Decimal(18, 2)) for name in money)
    gross = (pl.col("price") * pl.col("quantity") - pl.col("discount_amount")).sum()
    totals = lines.group_by("order_id").agg(gross=gross.cast(pl.Decimal(18, 2)))
    orders = sessions.filter(pl.col("has_purchased") == "true").join(totals, on="order_id", how="left")
    paid = pl.col("payment_amount").cast(pl.Decimal(18, 2)) + pl.col("discount_amount").cast(pl.Decimal(18, 2))
    assert orders.filter(paid.ne_missing(pl.col("gross"))).is_empty()
    others = sessions.filter(pl.col("has_purchased") == "false")
    assert set(others["payment_amount"]) == {"0.00"}


def test_delivery_dates_are_in_order(shop: Shop, sessions: pl.DataFrame) -> None:
    joined = shop.read("deliveries").join(sessions, on="order_id")
    in_order = ("session_start_date", "prepare_date", "delivery_date", "return_date")
    for earlier, later in itertools.pairwise(in_order):
        assert joined.filter(pl.col(earlier) > pl.col(later)).is_empty()


def test_settings_name_every_declared_column(shop: Shop, sessions: pl.DataFrame) -> None:
    text = (shop.folder / "ca_platform.yaml").read_text()
    settings = YAML(typ="safe").load(text)
    source = settings["sources"]["sessions"]
    assert "simulated" in text
    assert settings["business"]["start_date"] == START
    assert settings["document_store"]["kind"] == "embedded"
    assert tuple(source["actions"]) == STEPS[:3]
    assert {*source["dimensions"], *source["actions"], *source["experiments"]} <= set(sessions.columns)


def test_settings_load_without_a_word(shop: Shop) -> None:
    settings = load_settings(shop.folder / "ca_platform.yaml", environment={})
    assert settings.business.start_date == START
    assert settings.sources.sessions is not None
    assert tuple(settings.sources.sessions.actions) == STEPS[:3]
    assert settings.sources.assignments is not None
    plan = settings.reports.experiments["homepage_variant"]
    assert (plan.control, plan.last_day) == ("control", shop.truth.experiments[0]["last_day"])


def test_truth_counts_the_rows(shop: Shop, sessions: pl.DataFrame, customers: pl.DataFrame) -> None:
    truth = json.loads((shop.folder / "truth.json").read_text())
    counts = truth["counts"]
    assert truth["simulated"] is True
    assert counts["sessions"] == sessions.height
    assert counts["customers"] == customers.height
    assert counts["orders"] == sessions.filter(pl.col("has_purchased") == "true").height
    assert counts["lines"] == shop.read("lines").height
    deliveries = shop.read("deliveries")
    assert counts["deliveries"] + counts["open_deliveries"] == deliveries.height
    assert counts["open_deliveries"] == deliveries["delivery_date"].null_count()
    assert str(sessions["payment_amount"].cast(pl.Decimal(18, 2)).sum()) == counts["revenue"]


def test_assignments_lie_within_the_days_of_their_experiment(shop: Shop) -> None:
    rows = shop.read("assignments.csv").with_columns(at=pl.col("assigned_at").str.to_datetime("%+", time_zone="UTC"))
    truth = json.loads((shop.folder / "truth.json").read_text())
    (planted,) = (item for item in truth["experiments"] if item["source"] == "assignments")
    assert rows.height == truth["counts"]["assignments"] > 3_000
    assert rows["client"].is_unique().all()
    assert set(rows["variant"]) == set(planted["conversion"]) == {"one_column", "two_columns"}
    local = rows["at"].dt.convert_time_zone("Europe/London").dt.date().cast(pl.String)
    assert planted["first_day"] <= str(local.min()) <= str(local.max()) <= planted["last_day"]
    share = rows.filter(variant="one_column").height / rows.height
    assert abs(share - 0.5) < 4 * 0.5 / rows.height**0.5


def test_an_experiment_without_effect_changes_nothing_else(tmp_path: Path) -> None:
    for name, chosen in (("with", ShopParameters()), ("without", ShopParameters(idle_experiment=None))):
        simulate_shop(tmp_path / name, 5, 200, 2, parameters=chosen)
        (tmp_path / name / "truth.json").unlink()
        (tmp_path / name / "ca_platform.yaml").unlink()
    (tmp_path / "with" / "assignments.csv").unlink()
    assert digest(tmp_path / "with") == digest(tmp_path / "without")


def test_days_of_an_experiment_are_those_with_its_variants(sessions: pl.DataFrame, shop: Shop) -> None:
    truth = json.loads((shop.folder / "truth.json").read_text())
    (planted,) = (item for item in truth["experiments"] if item["source"] == "sessions")
    shown = sessions.filter(pl.col(planted["experiment"]).is_not_null())
    days = shown["session_start_date"].dt.convert_time_zone("Europe/London").dt.date().cast(pl.String)
    assert (days.min(), days.max()) == (planted["first_day"], planted["last_day"])
    assert planted["conversion"] == {"control": 1.0, "large_picture": 1.12}


def test_volume_shop_has_exactly_the_asked_sessions(tmp_path: Path) -> None:
    truth = simulate_shop(tmp_path, parameters=volume_shop(12_345, days=10, dimensions=(20, 5)))
    sessions = pl.read_csv(tmp_path / "sessions" / "*.csv", infer_schema=False)
    assert sessions.height == truth.counts.sessions == 12_345
    assert sessions["d1"].n_unique() == 20
    assert sessions["d2"].n_unique() == 5
    assert not (tmp_path / "lines").exists()


def test_smallest_shop(tmp_path: Path) -> None:
    truth = simulate_shop(tmp_path, 1, 1)
    assert (tmp_path / "sessions" / "2024-01-01.csv").exists()
    assert truth.first_day == truth.last_day


def test_a_folder_that_holds_a_shop_is_refused(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match="already holds sessions"):
        simulate_shop(shop.folder, 1, 1)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"customers": 0}, {"seed": -1}])
def test_impossible_numbers_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        simulate_shop(tmp_path, wrong.get("days", 1), wrong.get("customers", 1), wrong.get("seed", 1))


def test_progress_is_told_by_day(tmp_path: Path) -> None:
    told: list[tuple[date, int]] = []
    truth = simulate_shop(tmp_path, 3, 500, on_day=lambda day, count: told.append((day, count)))
    assert [day for day, _ in told] == [date(2024, 1, day) for day in (1, 2, 3)]
    assert sum(count for _, count in told) == truth.counts.sessions
