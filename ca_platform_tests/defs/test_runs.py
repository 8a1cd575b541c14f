"""Runs through Dagster on a tiny shop: what is stored, what is recorded, and what happens when something fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from ca_platform.catalogue import report_names, report_specs
from ca_platform.defs import attempts, launch, specs
from ca_platform.defs.assemble import assemble
from ca_platform.defs.checks import LOSS
from ca_platform.defs.days import DayRange
from ca_platform.defs.instance import home
from ca_platform.defs.schedules import DAILY
from ca_platform.errors import ReportError, RunError
from ca_platform.reports import compute_pieces
from ca_platform.store import Dimension
from ca_platform_tests.defs.conftest import DAYS, Shop

Pieces = Iterator[tuple[Sequence[date], pl.DataFrame]]
COUNTS = ("read", "loaded", "quarantined", "out_of_range", "open", "adjusted")


DATASETS = ("sessions", "customers", "lines", "deliveries", "assignments")
ORDERS = tuple(spec.name for spec in report_specs() if spec.family == "orders")


def materialize(
    shop: Shop, start: int, end: int | None = None, *, select: Sequence[str] = (), **arguments: Any
) -> dg.ExecuteInProcessResult:
    """The job of a day or a range of days, as Dagster's UI runs it; where assets are selected, they and what they need."""
    definitions = assemble(shop.settings)
    days = DayRange(shop.day(start), shop.day(start if end is None else end))
    graph = definitions.resolve_asset_graph()
    chosen = [*dg.AssetSelection.assets(*select).upstream().resolve(graph)] if select else None
    return definitions.resolve_job_def(DAILY).execute_in_process(
        tags=days.tags, raise_on_error=False, asset_selection=chosen, **arguments
    )


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """Reports that fail, by name, with their error."""
    errors: dict[str, Exception] = {}
    real = compute_pieces

    def compute(names: Sequence[str], *arguments: Any) -> Iterator[tuple[str, Pieces]]:
        for name, pieces in real(names, *arguments):
            yield name, _raising(errors[name]) if name in errors else pieces

    monkeypatch.setattr(attempts, "compute_pieces", compute)
    return errors


def _raising(error: Exception) -> Pieces:
    raise error
    yield


def test_day_is_made_end_to_end(shop: Shop) -> None:
    result = materialize(shop, 0)
    assert result.success
    made = materialized(result)
    assert {"sessions", "customers", "lines", "deliveries", "orders", "downloads", "session_steps"} <= made
    assert set(report_names()) <= made
    with shop.store() as store:
        assert set(store.reports()) == {spec.name for spec in report_specs() if spec.storage == "document"}
        table = store.report("kpis", shop.day(0))
        assert table is not None
        sessions = table.filter(metric="visitors")["value"].item()
        assert sessions == shop.lake.scan("sessions").select(pl.col("client").n_unique()).collect().item()
        assert store.report("kpis", shop.day(0), Dimension("country", "England")) is not None
        assert len(next(store.scan("orders"))) == shop.lake.parts("sessions")[0].rows
    for name in ("client_kpis", "daily_products_of_sales"):
        assert [part.day for part in shop.lake.parts(name)] == [shop.day(0)]


def test_lines_that_cannot_be_loaded_stop_the_reports_of_products_and_no_other(shop: Shop) -> None:
    for file in (shop.file.parent / "lines").iterdir():
        file.write_text("nonsense\n", encoding="utf-8")
    result = materialize(shop, 0)
    assert not result.success
    of_products = {spec.name for spec in report_specs() if "lines" in specs.further_sources(spec)}
    assert of_products
    made = materialized(result)
    assert {name for name in report_names() if name not in made} == of_products


def test_assignments_that_cannot_be_loaded_stop_the_experiments_alone(shop: Shop) -> None:
    (shop.file.parent / "assignments.csv").write_text("nonsense\n", encoding="utf-8")
    result = materialize(shop, 0)
    assert not result.success
    made = materialized(result)
    assert [name for name in report_names() if name not in made] == ["experiments"]


def test_range_at_once_equals_single_days(shop: Shop, tmp_path: Path) -> None:
    single, ranged = shop.copy(tmp_path / "single"), shop.copy(tmp_path / "ranged")
    for number in range(3):
        assert materialize(single, number).success
    assert materialize(ranged, 0, 2).success
    assert ranged.content() == single.content()


def test_row_accounting_and_row_counts_are_recorded_for_each_day(shop: Shop) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialize(shop, 0, 2, select=("kpis",), instance=instance).success
        accounts = shop.lake.accounting("sessions").filter(pl.col("day").is_not_null())
        records = instance.fetch_materializations(dg.AssetKey("sessions"), limit=10).records
        found = {str(record.partition_key): record.asset_materialization for record in records}
        assert sorted(found) == [str(shop.day(number)) for number in range(3)]
        for row in accounts.iter_rows(named=True):
            event = found[str(row["day"])]
            assert event is not None
            assert {name: event.metadata[name].value for name in COUNTS} == {name: row[name] for name in COUNTS}
            assert event.metadata["dagster/partition_row_count"].value == row["loaded"]
        kpis = instance.fetch_materializations(dg.AssetKey("kpis"), limit=10).records
        rows = {record.partition_key: record.asset_materialization for record in kpis}
        with shop.store() as store:
            for number in range(3):
                table, event = store.report("kpis", shop.day(number)), rows[str(shop.day(number))]
                assert table is not None
                assert event is not None
                assert event.metadata["dagster/partition_row_count"].value == table.height


def test_the_newest_day_shows_a_few_rows_of_the_table_unless_they_name_customers(shop: Shop) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialize(shop, 0, 2, select=ORDERS, instance=instance).success

        def metadata(name: str) -> dict[str, Mapping[str, dg.MetadataValue[Any]]]:
            records = instance.fetch_materializations(dg.AssetKey(name), limit=10).records
            return {
                str(it.partition_key): it.asset_materialization.metadata for it in records if it.asset_materialization
            }

        newest, earlier = str(shop.day(2)), str(shop.day(1))
        orders, kpis, clients = metadata("daily_orders"), metadata("kpis"), metadata("client_kpis")
        assert "preview" not in orders[earlier]
        preview = orders[newest]["preview"]
        assert isinstance(preview, dg.TableMetadataValue)
        assert [record.data["date"] for record in preview.records] == [str(shop.day(number)) for number in range(3)]
        unknown = kpis[newest]["preview"]
        assert isinstance(unknown, dg.TableMetadataValue)
        assert "" in [record.data["change_rel"] for record in unknown.records]
        assert "preview" not in clients[newest]


def test_every_load_is_checked(shop: Shop) -> None:
    result = materialize(shop, 0, select=DATASETS)
    found = {
        (check.asset_key.to_user_string(), check.check_name): check.passed
        for check in result.get_asset_check_evaluations()
    }
    assert found.pop(("sessions", "history_is_complete"))
    assert found == {
        (dataset, check): True
        for dataset in DATASETS
        for check in ("rows_are_accounted_for", "few_rows_are_quarantined", "columns_are_as_declared", LOSS)
    }


def test_day_whose_file_is_gone_is_warned_of_when_it_is_loaded_again(shop: Shop) -> None:
    assert materialize(shop, 0, 1, select=["sessions"]).success
    had = shop.lake.parts("sessions", shop.day(1), shop.day(1))[0].rows
    (shop.folder / "sessions" / f"{shop.day(1)}.csv").rename(shop.folder / "moved.csv")
    result = materialize(shop, 0, 1, select=["sessions"])
    assert result.success
    (check,) = [each for each in result.get_asset_check_evaluations() if each.check_name == LOSS]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert f"1 day has lost more than half of the rows of the load before: {shop.day(1)} ({had} before, 0 now)" in str(
        check.description
    )


def test_hole_in_the_history_stops_everything_after_the_sessions_and_is_named(shop: Shop) -> None:
    assert materialize(shop, 0, select=DATASETS).success
    result = materialize(shop, 4)
    assert not result.success
    assert materialized(result) == {"sessions", "customers", "assignments"}
    (check,) = [each for each in result.get_asset_check_evaluations() if each.check_name == "history_is_complete"]
    assert not check.passed
    assert check.blocking
    assert check.description is not None
    assert f"{shop.day(1)} to {shop.day(3)}" in check.description


def test_failed_report_leaves_the_others_and_is_named(shop: Shop, failing: dict[str, Exception]) -> None:
    failing["kpis"] = ReportError("no metric today")
    failing["daily_orders"] = ZeroDivisionError("division by zero")
    result = materialize(shop, 0, select=ORDERS)
    assert not result.success
    assert set(ORDERS) - materialized(result) == {"kpis", "daily_orders"}
    (failure,) = result.get_step_failure_events()
    assert failure.step_key == "orders_reports"
    assert failure.step_failure_data.user_failure_data is not None
    description = failure.step_failure_data.user_failure_data.description or ""
    assert "kpis: no metric today" in description
    assert "daily_orders: ZeroDivisionError: division by zero" in description


def test_error_that_comes_again_is_not_tried_again(shop: Shop, failing: dict[str, Exception]) -> None:
    failing["kpis"] = ReportError("no metric today")
    result = materialize(shop, 0, select=("kpis",))
    assert not result.success
    assert not [event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]


def test_run_loads_what_is_missing_and_nothing_else(shop: Shop) -> None:
    steps: list[tuple[str, int, int]] = []
    first = launch.run(shop.day(3), shop.day(3), shop.settings, progress=lambda *step: steps.append(step))
    rows = sum(part.rows for part in shop.lake.parts("sessions"))
    assert first["sources"]["sessions"]["loaded"] == rows
    assert first["reports"] == {"written": len(report_names()), "failed": []}
    assert shop.lake.days("sessions") == [shop.day(number) for number in range(4)]
    assert ("reports", len(report_names()), len(report_names())) in steps
    assert {phase for phase, _, _ in steps} == {"load", "facts", "documents", "reports"}
    again = launch.run(shop.day(3), shop.day(3), shop.settings)
    assert again["sources"] == {}
    with shop.store() as store:
        assert store.days("kpis") == [shop.day(3)]


def test_load_reads_the_asked_days_anew(shop: Shop) -> None:
    launch.load(shop.day(0), shop.day(DAYS - 1), shop.settings)
    before = {part.day: part.write_id for part in shop.lake.parts("sessions")}
    summary = launch.load(shop.day(2), shop.day(3), shop.settings, sources=["sessions"])
    after = {part.day: part.write_id for part in shop.lake.parts("sessions")}
    assert list(summary["sources"]) == ["sessions"]
    assert summary["reports"] == {"written": 0, "failed": []}
    assert {day for day in before if before[day] != after[day]} == {shop.day(2), shop.day(3)}


def test_selection_makes_only_what_it_names(shop: Shop) -> None:
    summary = launch.run(shop.day(0), shop.day(0), shop.settings, select=["kpis", "family:funnels"])
    with shop.store() as store:
        found = set(store.reports())
    assert "kpis" in found
    assert "daily_funnel" in found
    assert "daily_orders" not in found
    assert summary["reports"]["written"] == len(found)


@pytest.mark.parametrize(
    ("name", "message"),
    [("kpi", "Did you mean kpis"), ("family:funnel", "There is no family 'funnel'; there are funnels")],
)
def test_unknown_selection_is_refused_with_what_is_near(shop: Shop, name: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        launch.run(shop.day(0), shop.day(0), shop.settings, select=[name])


def test_report_whose_input_is_not_connected_is_refused_by_name(shop: Shop) -> None:
    text = shop.file.read_text(encoding="utf-8").replace("    dimensions: [country, channel, device]\n", "")
    shop.file.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"dimension_kpis cannot be computed.* \(sources\.sessions\.dimensions\)"):
        launch.run(shop.day(0), shop.day(0), shop.settings, select=["dimension_kpis"])


def test_without_loading_an_incomplete_history_fails_with_the_missing_days(shop: Shop) -> None:
    launch.load(shop.day(0), shop.day(1), shop.settings)
    with pytest.raises(RunError, match=f"{shop.day(2)} to {shop.day(3)}") as caught:
        launch.run(shop.day(3), shop.day(3), shop.settings, load=False)
    assert caught.value.exit_code == 1
    assert caught.value.summary is not None
    assert set(caught.value.summary["reports"]["failed"]) == set(report_names())


def test_failed_report_ends_the_command_with_1_and_everything_named(shop: Shop, failing: dict[str, Exception]) -> None:
    failing["kpis"] = ReportError("no metric today")
    with pytest.raises(RunError, match="kpis: no metric today") as caught:
        launch.run(shop.day(0), shop.day(1), shop.settings, select=ORDERS)
    assert caught.value.exit_code == 1
    assert caught.value.summary is not None
    assert caught.value.summary["reports"] == {"written": len(ORDERS) - 1, "failed": ["kpis"]}
    with shop.store() as store:
        assert store.days("daily_orders") == [shop.day(0), shop.day(1)]
        assert store.days("kpis") == []


def test_damaged_source_ends_the_command_with_2_and_its_name(shop: Shop) -> None:
    file = shop.folder / "sessions" / f"{shop.day(1)}.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("order_id", "number", 1), encoding="utf-8")
    with pytest.raises(RunError, match="order_id") as caught:
        launch.run(shop.day(2), shop.day(2), shop.settings)
    assert caught.value.exit_code == 2
    assert "sessions" in str(caught.value)


def test_runs_are_seen_in_the_ui_afterwards(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    launch.run(shop.day(2), shop.day(2), shop.settings, select=["kpis"])
    folder = home(shop.settings)
    assert folder == shop.folder / ".dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        assert {run.job_name for run in runs} == {DAILY}
        days = [str(shop.day(number)) for number in range(3)]
        assert sorted(instance.get_materialized_partitions(dg.AssetKey("sessions"))) == days
        assert instance.get_materialized_partitions(dg.AssetKey("kpis")) == {days[-1]}
        newest = instance.get_latest_materialization_event(dg.AssetKey("kpis"))
        assert newest is not None
        assert newest.asset_materialization is not None
        assert newest.asset_materialization.partition == days[-1]


def test_dagster_home_is_used_where_it_is_set(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "elsewhere"))
    launch.load(shop.day(0), shop.day(0), shop.settings)
    assert (tmp_path / "elsewhere" / "dagster.yaml").exists()
    assert not (shop.folder / ".dagster").exists()


def test_nothing_is_written_on_the_screen(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    launch.run(shop.day(0), shop.day(0), shop.settings)
    assert capfd.readouterr() == ("", "")


def test_customers_of_the_store_are_those_of_the_newest_day(shop: Shop) -> None:
    from ca_platform.store import CustomerQuery

    launch.run(shop.day(0), shop.day(5), shop.settings, select=["client_kpis"])
    with shop.store() as store:
        page = store.customers(CustomerQuery(limit=1000))
    part = shop.lake.scan("client_kpis", shop.day(5), shop.day(5)).collect()
    assert page.day == shop.day(5)
    assert page.total == part.height > 0


@pytest.mark.parametrize(
    ("day", "kept"),
    [(date(2024, 5, 10), True), (date(2024, 5, 1), True), (date(2024, 4, 30), True), (date(2024, 4, 29), False)],
)
def test_last_days_and_month_ends_of_customer_tables_are_kept(day: date, *, kept: bool) -> None:
    from ca_platform.defs.publish import is_kept

    assert is_kept(day, date(2024, 5, 10), 10) == kept


def test_customer_tables_that_are_outdated_are_dropped(shop: Shop) -> None:
    small = shop.configured(CA_REPORTS__KEEP_DAILY="2")
    launch.run(shop.day(0), shop.day(3), small.settings, select=["client_kpis"])
    assert small.lake.days("client_kpis") == [shop.day(2), shop.day(3)]
    launch.run(shop.day(4), shop.day(4), small.settings, select=["client_kpis"])
    assert small.lake.days("client_kpis") == [shop.day(3), shop.day(4)]
