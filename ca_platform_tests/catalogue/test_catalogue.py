"""The catalogue is whole: every name leads somewhere, every column says what it is."""

from __future__ import annotations

import pytest

from ca_platform.catalogue import (
    FAMILIES,
    PAGES,
    Kind,
    connected,
    missing_inputs,
    report_names,
    report_spec,
    report_specs,
    table_spec,
    table_specs,
)
from ca_platform.errors import ReportError
from ca_platform.settings import Settings
from ca_platform.settings.models import Sources
from ca_platform.settings.sources import SourceSettings

SESSIONS = SourceSettings(kind="csv", path="sessions.csv")


def with_sessions(**changes: object) -> Settings:
    return Settings(sources=Sources(sessions=SESSIONS.model_copy(update=changes)))


def test_names_are_unique_over_reports_and_tables() -> None:
    names = [*report_names(), *(spec.name for spec in table_specs())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", report_names())
def test_report_says_what_it_is(name: str) -> None:
    spec = report_spec(name)
    assert spec.family in FAMILIES
    assert spec.page in PAGES
    assert spec.title
    assert spec.description.endswith(".")
    assert set(spec.key) <= set(spec.column_names)
    assert len(set(spec.column_names)) == len(spec.columns)


def test_unit_is_never_missing_for_time_and_money() -> None:
    of_reports = [(spec.name, column) for spec in report_specs() for column in spec.columns]
    of_tables = [(spec.name, column) for spec in table_specs() for column in spec.columns]
    for name, column in (*of_reports, *of_tables):
        assert column.description, (name, column.name)
        if column.kind not in (Kind.TEXT, Kind.FLAG):
            assert column.unit, (name, column.name)


def test_tables_come_after_what_they_are_made_from() -> None:
    seen: set[str] = set()
    for spec in table_specs():
        assert set(spec.inputs) <= seen, spec.name
        seen.add(spec.name)
        assert set(spec.sort) <= {column.name for column in spec.columns}
    layers = [spec.layer for spec in table_specs()]
    assert layers == sorted(layers, key=["lake", "facts", "models"].index)


# Dimension values and all promotions together; customers who have no gap between orders, or had no order yet.
NULLABLE_KEYS = {"value", "promotion_id", "frequency_hours", "frequency_bin", "bin_index", "segment_before"}


def test_key_of_a_column_is_never_null_but_where_null_means_something() -> None:
    for spec in report_specs():
        nullable = {column.name for column in spec.columns if column.nullable}
        assert nullable & set(spec.key) <= NULLABLE_KEYS, spec.name


def test_unknown_report_is_refused_with_near_names() -> None:
    with pytest.raises(ReportError, match="daily_funnel"):
        report_spec("dayly_funnel")
    with pytest.raises(ReportError, match="ca-platform reports"):
        report_spec("zzz")
    with pytest.raises(ReportError, match="sessions, customers"):
        table_spec("zzz")


def test_report_without_its_input_says_what_to_connect() -> None:
    spec = report_spec("dimension_kpis")
    assert missing_inputs(spec, Settings()) == ("sessions", "sessions.dimensions")
    assert missing_inputs(spec, with_sessions()) == ("sessions.dimensions",)
    assert connected(spec, with_sessions(dimensions=("region",)))
    assert connected(report_spec("kpis"), with_sessions())


def test_either_of_two_inputs_will_do() -> None:
    spec = report_spec("experiments")
    assert missing_inputs(spec, with_sessions()) == ("sessions.experiments or assignments",)
    assert connected(spec, with_sessions(experiments=("page",)))
    sources = {name: {"kind": "csv", "path": "x.csv"} for name in ("sessions", "assignments")}
    assert connected(spec, Settings.model_validate({"sources": sources}))
