"""Who saw which variant first: by hand, day by day, and after a correction."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.facts import ensure_facts
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings

START = date(2024, 3, 1)
TEXT = """\
business: {time_zone: UTC, currency: EUR, start_date: 2024-03-01}
sources: {sessions: {kind: csv, path: sessions.csv, experiments: [page, mail]}}
"""
HEADER = "order_id,client,session_start_date,payment_amount,has_purchased,page,mail\n"
ROWS = (
    "1,a,2024-03-01T10:00Z,0,false,,\n"
    "2,a,2024-03-01T12:00Z,0,false,old,\n"
    "3,b,2024-03-01T11:00Z,0,false,new,one\n"
    "4,a,2024-03-02T10:00Z,0,false,old,two\n"
    "5,a,2024-03-02T11:00Z,0,false,new,two\n"
    "6,b,2024-03-03T10:00Z,0,false,new,one\n"
    "7,c,2024-03-03T10:00Z,0,false,old,\n"
)
SEEN = [
    ("2024-03-01 11:00:00", "mail", "b", "one"),
    ("2024-03-01 11:00:00", "page", "b", "new"),
    ("2024-03-01 12:00:00", "page", "a", "old"),
    ("2024-03-02 10:00:00", "mail", "a", "two"),
    ("2024-03-02 11:00:00", "page", "a", "new"),
    ("2024-03-03 10:00:00", "page", "c", "old"),
]


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Settings, Lake, Path]:
    (tmp_path / "ca_platform.yaml").write_text(TEXT)
    (tmp_path / "sessions.csv").write_text(HEADER + ROWS)
    settings = load_settings(tmp_path / "ca_platform.yaml", {})
    return settings, Lake.open(settings), tmp_path / "sessions.csv"


def days(first: int = 0, count: int = 3) -> list[date]:
    return [START + timedelta(days=first + n) for n in range(count)]


def seen(settings: Settings, lake: Lake, asked: list[date]) -> list[tuple[str, str, str, str]]:
    for name in ("client_numbers", "experiment_variants"):
        ensure_facts(name, asked, settings, lake)
    main = lake.scan("experiment_variants").filter(pl.col("slice") == 0)
    rows = main.join(lake.scan("client_numbers").drop("day"), on="customer")
    at = pl.col("at").dt.to_string("%F %T")
    return sorted(rows.select(at, "experiment", "client", "variant").collect().rows())


def test_first_session_with_each_variant_counts_and_empty_is_none(shop: tuple[Settings, Lake, Path]) -> None:
    settings, lake, _ = shop
    ingest("sessions", days(), settings, lake)
    assert seen(settings, lake, days()) == SEEN


def test_dimension_values_have_first_sessions_of_their_own(shop: tuple[Settings, Lake, Path]) -> None:
    _, lake, file = shop
    changed = file.parent / "ca_platform.yaml"
    changed.write_text(TEXT.replace("experiments: [page, mail]", "dimensions: [mail], experiments: [page]"))
    settings = load_settings(changed, {})
    ingest("sessions", days(), settings, lake)
    ensure_facts("experiment_variants", days(), settings, lake)
    names = dict(lake.scan("dimension_values").select("slice", "value").collect().rows())
    clients = dict(lake.scan("client_numbers").select("customer", "client").collect().rows())
    rows = lake.scan("experiment_variants").filter(pl.col("slice") > 0).collect()
    found = {
        (names[slice_], clients[customer], variant, day.day)
        for slice_, customer, variant, day in rows.select("slice", "customer", "variant", "day").rows()
    }
    assert found == {
        (None, "a", "old", 1),
        ("one", "b", "new", 1),
        ("two", "a", "old", 2),
        ("two", "a", "new", 2),
        (None, "c", "old", 3),
    }


def test_days_one_by_one_are_days_at_once(shop: tuple[Settings, Lake, Path]) -> None:
    settings, lake, _ = shop
    for number in range(3):
        ingest("sessions", days(number, 1), settings, lake)
        found = seen(settings, lake, days(0, number + 1))
        assert found == [row for row in SEEN if row[0] < str(START + timedelta(days=number + 1))]


def test_correction_of_a_day_changes_what_is_first_later(shop: tuple[Settings, Lake, Path]) -> None:
    settings, lake, file = shop
    ingest("sessions", days(), settings, lake)
    seen(settings, lake, days())
    file.write_text(HEADER + ROWS.replace("3,b,2024-03-01T11:00Z,0,false,new,one\n", ""))
    ingest("sessions", days(0, 1), settings, lake)
    moved = [("2024-03-03 10:00:00", *row[1:]) if row[2] == "b" else row for row in SEEN]
    assert seen(settings, lake, days()) == sorted(moved)
