"""Loading again, in parts, with late rows; keys that are unique over the whole lake; rows that wait."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.errors import LakeError, SourceError
from ca_platform.ingest import Reason
from ca_platform.ingest import parts as parts_module
from ca_platform.ingest import repeats as repeats_module
from ca_platform.ingest.locations import mark_suspects
from ca_platform.sources import csv_source
from ca_platform_tests.ingest.small import START, SmallShop, closes, days, snapshot

D1, D2, D3, D4 = (date(2024, 3, number) for number in (25, 26, 27, 28))


def test_loading_again_changes_nothing(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "1,c,2024-03-26,1,true", "2,c,2024-03-26,-1,true", "2,c,2024-03-26,-1,true")
    shop.load()
    before = snapshot(shop.lake)
    shop.load()
    assert snapshot(shop.lake) == before
    assert len(before["quarantine"]) == 3


def test_days_one_by_one_equal_all_days_at_once(tmp_path: Path) -> None:
    once, single = SmallShop(tmp_path / "once"), SmallShop(tmp_path / "single")
    for shop in (once, single):
        rows = [f"{n},c{n % 3},2024-03-{25 + n % 5}T{n % 24:02}:00:00Z,{n - 1},true" for n in range(60)]
        shop.sessions(*rows, "x,c,never,1,true", "0,c,2024-03-29,1,true", "y,c,2024-01-01,1,true")
    once.load(asked=days(D1, 5))
    for day in days(D1, 5):
        single.load(asked=[day])
    assert snapshot(once.lake) == snapshot(single.lake)


def test_loading_a_day_again_replaces_it(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-26,1,true", "3,c,2024-03-26,-1,true")
    shop.load()
    shop.sessions("1,c,2024-03-25,1,true", "4,c,2024-03-26,9,true")
    shop.load(asked=[D2])
    assert [row["order_id"] for row in shop.rows()] == ["1", "4"]
    assert shop.reasons() == []
    assert shop.lake.accounting("sessions", D2, D2).row(0, named=True)["loaded"] == 1


def test_order_id_is_unique_over_the_whole_lake(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load(asked=[D1])
    shop.sessions("1,c,2024-03-26,2,true", "2,c,2024-03-26,1,true")
    summary = shop.load(asked=[D2])
    assert summary.reasons == {Reason.REPEATED_ORDER.value: 1}
    # The day that has it is loaded again without it: now the other one is the first.
    shop.load(asked=[D1])
    shop.load(asked=[D2])
    assert {row["order_id"]: row["day"] for row in shop.rows()} == {"1": D2, "2": D2}


def test_first_row_of_a_repeated_order_in_source_order_is_loaded(shop: SmallShop) -> None:
    shop.write("sessions/b.csv", "1,late,2024-03-25T09:00:00Z,1,true")
    shop.write("sessions/a.csv", "1,bad,2024-03-26T09:00:00Z,-1,true", "1,first,2024-03-26T10:00:00Z,1,true")
    shop.connect("sessions", "sessions/*.csv")
    shop.load()
    assert [row["client"] for row in shop.rows()] == ["first"]
    assert sorted(shop.reasons()) == [
        (Reason.NEGATIVE_AMOUNT.value, "payment_amount"),
        (Reason.REPEATED_ORDER.value, "order_id"),
    ]


def test_repeats_far_apart_are_found(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats_module, "HELD_ROWS", 10)
    monkeypatch.setattr(csv_source, "BATCH_ROWS", 1)
    for number in range(10):
        rows = [f"{number}-{n},c,2024-03-25T{number:02}:00:00Z,1,true" for n in range(5)]
        shop.write(f"sessions/{number}.csv", *rows, f"0-{number % 5},again,2024-03-26,1,true")
    shop.connect("sessions", "sessions/*.csv")
    summary = shop.load()
    assert (summary.totals["loaded"], summary.reasons) == (50, {Reason.REPEATED_ORDER.value: 10})
    assert {row["client"] for row in shop.rows()} == {"c"}


def test_days_in_any_order_in_little_memory_are_one_sorted_part_each(
    shop: SmallShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n:03},c{n % 7},2024-03-{25 + n % 3}T{n % 24:02}:00:00Z,1,true" for n in range(200)]
    shop.write("all.csv", *rows)
    shop.connect("sessions", "all.csv")
    shop.load()
    expected = shop.rows()
    monkeypatch.setattr(parts_module, "HELD_BYTES", 1)
    monkeypatch.setattr(csv_source, "BATCH_ROWS", 1)
    monkeypatch.setattr(repeats_module, "HELD_ROWS", 1)
    for number in range(20):
        shop.write(f"pieces/{number:02}.csv", *rows[number * 10 : number * 10 + 10])
    shop.connect("sessions", "pieces/*.csv")
    shop.load()
    assert shop.rows() == expected
    for day in (D1, D2, D3):
        frame = shop.lake.scan("sessions", day, day).collect()
        assert frame.equals(frame.sort("client", "session_start_date", "order_id"))
    # No piece is left behind.
    found = {path.name for path in (shop.folder / "lake" / "sessions").glob("*.parquet")}
    assert {Path(part.path).name for part in shop.lake.parts("sessions")} <= found


def test_failed_load_leaves_the_last_one(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    before = snapshot(shop.lake)
    shop.write("sessions.csv", "2,c,2024-03-25,1,true", '3,c,2024-03-25,1,"true')
    with pytest.raises(SourceError, match="never closed"):
        shop.load()
    assert snapshot(shop.lake) == before

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    shop.sessions("2,c,2024-03-25,1,true")
    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(LakeError, match="disk is full|Free some space"):
        shop.load()
    monkeypatch.undo()
    assert snapshot(shop.lake) == before


# ---- lines and deliveries ----------------------------------------------------------------------------------------


def connect_lines(shop: SmallShop, *rows: str, header: str = "order_id,product,price") -> None:
    shop.write("lines.csv", *rows, header=header)
    shop.connect("lines", "lines.csv")


def test_lines_are_numbered_in_source_order_and_identical_ones_stay(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-26,1,true")
    shop.load()
    connect_lines(shop, "2,b,1", "1,z,1", "2,a,1", "2,a,1")
    assert shop.load("lines").totals["loaded"] == 4
    numbered = [(row["day"], row["order_id"], row["line_number"], row["product"]) for row in shop.rows("lines")]
    assert numbered == [(D1, "1", 0, "z"), (D2, "2", 0, "b"), (D2, "2", 1, "a"), (D2, "2", 2, "a")]


def test_quantity_is_one_and_discount_nothing_where_they_are_not_given(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    connect_lines(shop, "1,tea,2.5")
    shop.load("lines")
    row = shop.rows("lines")[0]
    assert (row["quantity"], row["discount_amount"], row["category"]) == (1, 0, None)


def test_lines_of_orders_of_other_days_are_not_read(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-26,1,true")
    shop.load()
    connect_lines(shop, "1,a,1", "2,b,1", "2,c,1")
    summary = shop.load("lines", [D2])
    assert (summary.totals["read"], summary.totals["loaded"]) == (2, 2)


@pytest.mark.parametrize("dated", [True, False])
def test_line_that_waits_for_its_order_is_loaded_by_a_later_load(shop: SmallShop, *, dated: bool) -> None:
    header = "order_id,product,price,date" if dated else "order_id,product,price"
    tail = {1: ",2024-03-25", 2: ",2024-03-26"} if dated else {1: "", 2: ""}
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    connect_lines(shop, f"1,a,1{tail[1]}", f"2,b,1{tail[2]}", header=header)
    shop.load("lines")
    assert shop.reasons("lines") == [(Reason.NO_SESSION.value, "order_id")]
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-26,1,true")
    shop.load()
    # Another day is loaded; the waiting row goes into its own day all the same.
    summary = shop.load("lines", [D1])
    assert shop.reasons("lines") == []
    assert [(row["day"], row["product"]) for row in shop.rows("lines")] == [(D1, "a"), (D2, "b")]
    assert any("waited" in note for note in summary.notes)
    counts = shop.lake.accounting("lines").filter(pl.col("read") > 0)
    assert counts.select("day", "read", "loaded", "quarantined").rows() == [(D1, 1, 1, 0), (D2, 1, 1, 0)]
    # All at once gives the same.
    before = snapshot(shop.lake)
    shop.load("lines")
    assert snapshot(shop.lake) == before


def test_line_of_a_quarantined_session_waits_until_it_is_corrected(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,-1,true", "2,c,2024-03-25,1,true")
    shop.load()
    connect_lines(shop, "1,a,1", "2,b,1")
    shop.load("lines")
    assert shop.reasons("lines") == [(Reason.SESSION_QUARANTINED.value, "order_id")]
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-25,1,true")
    shop.load()
    assert shop.load("lines").totals["loaded"] == 2


def test_delivery_that_waits_is_loaded_into_the_day_of_its_delivery(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    rows = ["1,2024-03-26T10:00:00Z", "2,2024-03-27T10:00:00Z"]
    shop.write("deliveries.csv", *rows, header="order_id,delivery_date")
    shop.connect("deliveries", "deliveries.csv")
    shop.load("deliveries")
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-25,1,true")
    shop.load()
    shop.load("deliveries", [D1])
    assert [(row["day"], row["order_id"]) for row in shop.rows("deliveries")] == [(D2, "1"), (D3, "2")]
    assert shop.reasons("deliveries") == []


def test_place_with_a_lost_sign_or_swapped_is_suspect_and_a_far_one_is_not() -> None:
    places = [(51.5 + n / 100, -0.1 - n / 50) for n in range(10)]
    odd = [(-51.5, -0.1), (-0.1, 51.5), (51.5, None), (40.7, -74.0), (None, None)]
    frame = pl.DataFrame([*places, *odd], schema={"latitude": pl.Float64, "longitude": pl.Float64}, orient="row")
    assert mark_suspects(frame)["location_suspect"].to_list() == [False] * 10 + [True, True, True, False, False]


def test_far_place_near_the_equator_is_not_suspect_though_it_would_be_nearer_with_its_sign_changed() -> None:
    # Sao Paulo and around, Boa Vista, and Salvador with and without its minus sign.
    around = [(-23.5 + n / 2, -46.6 + n / 2) for n in range(-4, 5)]
    odd = [(2.82, -60.68), (-12.97, -38.5), (12.97, -38.5)]
    frame = pl.DataFrame([*around, *odd], schema={"latitude": pl.Float64, "longitude": pl.Float64}, orient="row")
    assert mark_suspects(frame)["location_suspect"].to_list() == [False] * 9 + [False, False, True]


LOST = 9
"""Hour of the delivery whose minus sign is lost."""


def few_a_day(shop: SmallShop) -> None:
    """Four deliveries on each of three days; of the third day's, one has lost its minus sign and one is half a place."""
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    places = [(26 + n // 4, n % 4, f"-51.{n},-0.1") for n in range(12)]
    rows = [f"1,2024-03-{day}T1{hour}:00:00Z,{place}" for day, hour, place in places]
    rows += [f"1,2024-03-28T0{LOST}:00:00Z,51.5,-0.1", "1,2024-03-28T07:00:00Z,,-0.1"]
    shop.connect("deliveries", "deliveries.csv")
    shop.write("deliveries.csv", *rows, header="order_id,delivery_date,latitude,longitude")


@pytest.mark.parametrize("runs", [[[D2, D3, D4]], [[D2], [D3], [D4]], [[D2, D3], [D4], [D4]], [[D4], [D2, D3], [D4]]])
def test_lost_sign_of_a_day_with_few_deliveries_is_seen_beside_the_days_before(
    shop: SmallShop, runs: list[list[date]]
) -> None:
    few_a_day(shop)
    for asked in runs:
        shop.load("deliveries", asked)
    suspect = [row["delivery_date"].hour for row in shop.rows("deliveries") if row["location_suspect"]]
    assert suspect == [7, LOST]
    assert len(shop.rows("deliveries")) == 14


def test_few_places_are_never_judged_by_later_days(shop: SmallShop) -> None:
    few_a_day(shop)
    shop.load("deliveries", [D4])
    shop.load("deliveries", [D2, D3])
    assert [row["delivery_date"].hour for row in shop.rows("deliveries") if row["location_suspect"]] == [7]


def test_deliveries_with_a_place_that_looks_wrong_are_counted_in_the_notes(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    rows = [f"1,2024-03-26T12:00:0{n}Z,51.{n},-0.1" for n in range(9)]
    header = "order_id,delivery_date,latitude,longitude"
    shop.connect("deliveries", "deliveries.csv")
    shop.write("deliveries.csv", *rows, header=header)
    assert shop.load("deliveries").notes == ()
    shop.write("deliveries.csv", *rows, "1,2024-03-26T13:00:00Z,-51.5,-0.1", header=header)
    (note,) = shop.load("deliveries").notes
    assert note.startswith("Deliveries whose coordinates look wrong")
    assert ": 1." in note


# ---- customers ---------------------------------------------------------------------------------------------------


def test_customers_are_a_snapshot_that_each_load_replaces(shop: SmallShop) -> None:
    header = "client,download_date,signup_date,login"
    shop.write("customers.csv", "a,2020-01-01,,", "b,2024-01-01,2024-01-02,2024-01-03", header=header)
    shop.connect("customers", "customers.csv", actions=["login"])
    shop.load("customers")
    assert [row["client"] for row in shop.rows("customers")] == ["a", "b"]
    assert shop.rows("customers")[1]["action_times.login"].date() == date(2024, 1, 3)
    shop.write("customers.csv", "c,2024-01-01,,", header=header)
    shop.load("customers")
    assert [row["client"] for row in shop.rows("customers")] == ["c"]


def test_customers_with_updated_at_are_read_from_the_last_change_on(shop: SmallShop) -> None:
    header = "client,download_date,changed"
    shop.connect("customers", "customers.csv", columns={"updated_at": "changed"})
    shop.write("customers.csv", "a,2024-01-01,2024-02-01", "b,2024-01-01,2024-02-02", "c,,2024-02-02", header=header)
    shop.load("customers")
    assert len(shop.reasons("customers")) == 1
    rows = ["a,2023-01-01,2024-02-01", "b,2024-01-05,2024-02-03", "c,2024-01-07,2024-02-04"]
    shop.write("customers.csv", *rows, header=header)
    summary = shop.load("customers")
    assert summary.totals["read"] == 2
    downloads = {row["client"]: row["download_date"].date() for row in shop.rows("customers")}
    assert downloads == {"a": date(2024, 1, 1), "b": date(2024, 1, 5), "c": date(2024, 1, 7)}
    assert shop.reasons("customers") == []


def test_customers_without_a_row_are_counted_in_the_notes(shop: SmallShop) -> None:
    shop.write("customers.csv", "a,2024-01-01", header="client,download_date")
    shop.connect("customers", "customers.csv")
    shop.load("customers")
    shop.sessions("1,a,2024-03-25,1,true", "2,b,2024-03-25,1,true", "3,b,2024-03-25,1,true")
    assert [note for note in shop.load().notes if note.startswith("1 customer has no row")]


# ---- files that are not there ------------------------------------------------------------------------------------


def test_folder_without_data_is_told_from_one_that_is_not_there(shop: SmallShop) -> None:
    (shop.folder / "empty").mkdir()
    shop.connect("sessions", "empty")
    with pytest.raises(SourceError, match=r"the folder \S+empty has no file that ends with .csv or"):
        shop.load()


def test_glob_without_a_match_is_an_error_at_first_and_a_note_later(shop: SmallShop) -> None:
    shop.connect("sessions", "sessions/*.csv")
    with pytest.raises(SourceError, match="no file matches"):
        shop.load()
    path = shop.write("sessions/1.csv", "1,a,2024-03-25,1,true")
    shop.load(asked=[D1])
    path.unlink()
    summary = shop.load(asked=[D2])
    assert any("no file matches" in note for note in summary.notes)
    assert shop.lake.days("sessions") == [D1, D2]
    closes(summary)


def test_740_days_are_one_manifest_transaction(shop: SmallShop) -> None:
    shop.start_date = date(2023, 1, 1)
    asked = days(shop.start_date, 740)
    shop.sessions(*(f"{n},c,{day}T12:00:00Z,1,true" for n, day in enumerate(asked)))
    shop.load(asked=asked)
    parts = shop.lake.parts("sessions")
    assert len(parts) == 740
    assert len({part.write_id for part in parts}) == 1
    assert all(part.rows == 1 for part in parts)
    assert parts[-1].day == START + timedelta(days=(asked[-1] - START).days)
