"""A computed report becomes documents, however its rows are mixed."""

from __future__ import annotations

from datetime import date

import polars as pl

from ca_platform.store.reportframe import ReportFrame

DAYS = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)]
ROWS = [
    (day, dimension, value, f"{day} {dimension} {value} {number}")
    for day in DAYS[:2]
    for dimension, value in (("main", None), ("region", None), ("region", "EU"))
    for number in range(3)
]


def documents(rows: list[tuple[date, str, str | None, str]]) -> dict[tuple[date, str, str | None], list[str]]:
    names = ["report_date", "report_dimension", "report_value", "text"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    report = ReportFrame.make("r", DAYS, frame, {"text": "text"}, 2)
    return {
        (day, dimension, value): report.rows.slice(offset, length)["text"].to_list()
        for day, dimension, value, length, offset in report.keys.iter_rows()
    }


def test_mixed_rows_give_the_same_documents_in_the_same_order_of_rows() -> None:
    mixed = [row for number in range(3) for row in ROWS[number::3]]
    assert documents(mixed) == documents(ROWS)
    assert documents(ROWS)[DAYS[0], "region", "EU"] == [f"2024-01-01 region EU {n}" for n in range(3)]


def test_documents_that_come_in_any_order_stay_whole() -> None:
    assert documents(ROWS[9:] + ROWS[:9]) == documents(ROWS)


def test_day_without_rows_has_an_empty_document_for_main() -> None:
    assert documents(ROWS)[DAYS[2], "main", None] == []
    assert documents([]) == {(day, "main", None): [] for day in DAYS}
