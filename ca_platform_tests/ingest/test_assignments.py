"""Assignments to experiments: every rule has a row that breaks it, and a customer who comes again is no mistake."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ca_platform.cli.guessing import propose
from ca_platform.ingest import Reason, day_range, preview
from ca_platform_tests.ingest.small import START, SmallShop, days

HEADER = "experiment,client,variant,assigned_at"
D1, D2 = days(count=2)


def connected(shop: SmallShop, *rows: str) -> SmallShop:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.write("assignments.csv", *rows, header=HEADER)
    shop.connect("assignments", "assignments.csv")
    return shop


def test_assignment_belongs_to_its_local_day(shop: SmallShop) -> None:
    # Midnight of the first of April is an hour earlier in UTC: the clocks have changed.
    connected(shop, "page,c,new,2024-03-31T23:30:00Z", "page,d,old,2024-03-25 10:00")
    summary = shop.load("assignments")
    assert summary.totals["loaded"] == 2
    assert [(row["day"], row["client"]) for row in shop.rows("assignments")] == [
        (START, "d"),
        (date(2024, 4, 1), "c"),
    ]
    assert shop.rows("assignments")[1]["assigned_at"] == datetime(2024, 3, 31, 23, 30, tzinfo=UTC)


def test_each_broken_rule_has_its_reason(shop: SmallShop) -> None:
    connected(
        shop,
        ",c,new,2024-03-25",
        "page,,new,2024-03-25",
        "page,c,,2024-03-25",
        "page,c,new,",
        "page,c,new,some day",
        "page,c,new,9999-12-31",
        "page,c,new,2024-03-24T12:00:00Z",
        *("page,c,new,2024-03-25T12:00:00Z" for _ in range(6)),
    )
    summary = shop.load("assignments")
    assert sorted(shop.reasons("assignments"), key=str) == [
        (Reason.DATE_OUT_OF_BOUNDS.value, "assigned_at"),
        (Reason.MISSING_VALUE.value, "assigned_at"),
        (Reason.MISSING_VALUE.value, "client"),
        (Reason.MISSING_VALUE.value, "experiment"),
        (Reason.MISSING_VALUE.value, "variant"),
        (Reason.UNREADABLE_DATE.value, "assigned_at"),
    ]
    assert summary.totals["out_of_range"] == 1
    assert summary.totals["loaded"] == 6


def test_customer_who_is_assigned_again_is_kept_as_often(shop: SmallShop) -> None:
    connected(shop, "page,c,old,2024-03-26T08:00Z", "page,c,new,2024-03-25T08:00Z", "page,c,old,2024-03-26T09:00Z")
    shop.load("assignments")
    assert [row["variant"] for row in shop.rows("assignments")] == ["new", "old", "old"]


def test_loading_a_day_again_replaces_it(shop: SmallShop) -> None:
    connected(shop, "page,c,old,2024-03-25T08:00Z", "page,d,new,2024-03-26T08:00Z")
    shop.load("assignments")
    shop.write("assignments.csv", "page,c,old,2024-03-25T08:00Z", "page,e,new,2024-03-26T08:00Z", header=HEADER)
    shop.load("assignments", [D2])
    assert [row["client"] for row in shop.rows("assignments")] == ["c", "e"]


def test_preview_and_days_are_those_of_the_file(shop: SmallShop) -> None:
    connected(shop, "page,c,old,2024-03-25T08:00Z", "page,d,new,2024-03-26T08:00Z", "page,d,,2024-03-26T08:00Z")
    found = preview("assignments", shop.settings)
    assert (found.totals["loaded"], found.totals["quarantined"]) == (2, 1)
    assert found.rows.columns == ["day", "experiment", "client", "variant", "assigned_at"]
    assert day_range("assignments", shop.settings) == (D1, D2)


def test_columns_of_other_names_are_recognized(shop: SmallShop) -> None:
    file = shop.write("tests.csv", "page,c,new,2024-03-25", "page,d,old,2024-03-25", header="Test,Customer ID,Arm,At")
    found = propose([f"assignments={file}"], shop.folder, None)
    assert found.sources["assignments"]["columns"] == {
        "experiment": "Test",
        "client": "Customer ID",
        "variant": "Arm",
        "assigned_at": "At",
    }
    own = shop.write("own.csv", "page,c,new,2024-03-25", header=HEADER)
    assert list(propose([str(own)], shop.folder, None).sources) == ["assignments"]
