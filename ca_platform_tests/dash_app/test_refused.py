"""Rows that a load refused: pages say what all their figures lack."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from ca_platform.lake import Lake
from ca_platform.lake.records import ACCOUNTING_SCHEMA
from ca_platform_tests.dash_app.conftest import write_settings
from dash_app.refused import Refused, said
from dash_app.words.formats import Formats

FORM = Formats("GBP")
DAY = date(2026, 3, 1)


def counts(*rows: tuple[str, date | None, int, int]) -> pl.DataFrame:
    """Row accounting: source, day, rows read, rows quarantined."""
    known = [(source, day, read, read - bad, bad, 0, 0, 0) for source, day, read, bad in rows]
    return pl.DataFrame(known, schema=ACCOUNTING_SCHEMA, orient="row")


def test_sources_that_lack_one_row_in_a_hundred_are_named_with_their_counts() -> None:
    told = said(counts(("sessions", DAY, 1_500, 30), ("lines", DAY, 1_000, 9)), DAY, FORM)
    assert "2.0% of the rows of sessions (30 of 1,500)" in told
    assert "lines" not in told


def test_rows_of_later_days_are_not_missing_yet() -> None:
    assert said(counts(("sessions", DAY, 10, 0), ("sessions", date(2026, 3, 2), 10, 10)), DAY, FORM) == ""


def test_rows_whose_day_could_not_be_read_are_missing_on_every_day() -> None:
    assert "(5 of 15)" in said(counts(("sessions", DAY, 10, 0), ("sessions", None, 5, 5)), DAY, FORM)


def test_accounting_of_the_lake_is_what_is_told(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    assert Refused(settings, FORM).notices(DAY) == []
    with Lake.open(settings).write() as write:
        write.account("sessions", counts(("sessions", DAY, 100, 40)).drop("source"))
    assert "(40 of 100)" in Refused(settings, FORM).notices(DAY)[0]
    assert Refused(settings, FORM).notices(None) == []
