"""What Dagster sees: every asset, check, job, schedule and sensor, and that the code location loads as it should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from ca_platform.catalogue import FAMILIES, report_spec, report_specs, table_specs
from ca_platform.catalogue.customers import CUSTOMERS as MERGED
from ca_platform.defs.assemble import assemble
from ca_platform.defs.documents import column_lineage
from ca_platform.defs.instance import template
from ca_platform.defs.specs import CUSTOMERS
from ca_platform.facts.registry import OF_DELIVERIES, OF_LINES
from ca_platform.settings import Settings
from ca_platform.store.picture import TABLES
from ca_platform.store.recommended import PRODUCTS, REASONS
from ca_platform_tests.defs.conftest import Shop

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "lightning", "sklearn", "google", "boto3", "elasticsearch", "scipy", "duckdb")


def described(definitions: dg.Definitions) -> dict[str, Any]:
    """All that a change of the graph would change, as plain values."""
    graph = definitions.resolve_asset_graph()
    assets = {
        spec.key.to_user_string(): {
            "group": spec.group_name,
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "kinds": sorted(spec.kinds),
            "owners": list(spec.owners),
            "tags": {name: value for name, value in spec.tags.items() if not name.startswith("dagster/")},
            "partitioned": spec.partitions_def is not None,
            "description": spec.description,
            "columns": [f"{column.name} {column.type}" for column in spec.metadata["dagster/column_schema"].columns]
            if "dagster/column_schema" in spec.metadata
            else None,
        }
        for spec in definitions.resolve_all_asset_specs()
    }
    repository = definitions.get_repository_def()
    return {
        "assets": assets,
        "checks": {
            f"{key.asset_key.to_user_string()}: {key.name}": "blocking" if graph.get(key).blocking else "not blocking"
            for key in sorted(graph.asset_check_keys, key=str)
        },
        "jobs": {
            name: sorted(
                key.to_user_string() for key in definitions.resolve_job_def(name).asset_layer.selected_asset_keys
            )
            for name in repository.job_names
            if not name.startswith("__")
        },
        "schedules": {
            schedule.name: [schedule.cron_schedule, schedule.execution_timezone, schedule.default_status.value]
            for schedule in repository.schedule_defs
        },
        "sensors": {sensor.name: sensor.default_status.value for sensor in repository.sensor_defs},
    }


def names(definitions: dg.Definitions) -> set[str]:
    return {spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()}


def test_graph_is_as_it_was(shop: Shop, snapshot: SnapshotAssertion) -> None:
    assert described(assemble(shop.settings)) == snapshot


def test_every_asset_says_what_it_is(shop: Shop) -> None:
    definitions = assemble(shop.settings)
    for spec in definitions.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.group_name in {"lake", "facts", "store", "models", *FAMILIES}, spec.key


def test_documents_of_customers_come_from_the_reports_that_they_merge_which_are_no_inputs_of_their_step(
    shop: Shop, without_sources: Callable[..., Shop]
) -> None:
    definitions = assemble(shop.settings)
    key = dg.AssetKey(CUSTOMERS)
    parents = {parent.to_user_string() for parent in definitions.resolve_asset_graph().get(key).parent_keys}
    assert set(TABLES) <= parents
    inputs = {name.to_user_string() for name in definitions.resolve_assets_def(key).node_keys_by_input_name.values()}
    assert parents - inputs == set(TABLES), "as inputs, a report that failed would stop them"
    columns = {name: {column.name for column in report_spec(name).columns} for name in TABLES}
    lineage = column_lineage(shop.settings).deps_by_column
    assert {dep.asset_key.to_user_string() for deps in lineage.values() for dep in deps} == set(TABLES)
    assert all(dep.column_name in columns[dep.asset_key.to_user_string()] for deps in lineage.values() for dep in deps)
    shown = definitions.resolve_assets_def(key).specs_by_key[key].metadata["dagster/column_schema"].columns
    assert [column.name for column in shown] == [*(column.name for column in MERGED.columns), PRODUCTS, REASONS]
    fewer = assemble(without_sources("lines").settings).resolve_asset_graph().get(key).parent_keys
    assert dg.AssetKey("product_recommendations") not in fewer


def test_partitioned_assets_share_one_definition_and_one_backfill_policy(shop: Shop) -> None:
    definitions = assemble(shop.settings)
    assets = [asset for asset in definitions.assets or () if isinstance(asset, dg.AssetsDefinition)]
    partitioned = [asset for asset in assets if asset.partitions_def is not None]
    assert len({id(asset.partitions_def) for asset in partitioned}) == 1
    assert {asset.backfill_policy for asset in partitioned} == {dg.BackfillPolicy.multi_run(31)}
    others = {key.to_user_string() for asset in assets if asset.partitions_def is None for key in asset.keys}
    assert others == {"customers", *(table.name for table in table_specs("models"))}


def test_times_and_money_have_a_unit_in_the_column_schema(shop: Shop) -> None:
    for spec in assemble(shop.settings).resolve_all_asset_specs():
        for column in getattr(spec.metadata.get("dagster/column_schema"), "columns", ()):
            if column.type in {"money", "instant"}:
                assert "Unit: " in (column.description or ""), (spec.key, column.name)


def test_report_whose_input_is_not_connected_does_not_exist(without_sources: Callable[..., Shop]) -> None:
    whole = names(assemble(without_sources().settings))
    assert {"customers", "lines", "deliveries"} <= whole
    less = names(assemble(without_sources("lines", "deliveries", "customers").settings))
    of_lines = {spec.name for spec in report_specs() if any(need.startswith("lines") for need in spec.requires)}
    assert {"most_combined_products", "association_rules"} <= of_lines
    of_deliveries = {s.name for s in report_specs() if any(need.startswith("deliveries") for need in s.requires)}
    assert {"deliver_weekday_hour", "return_location", "deliver_kpis"} <= of_deliveries
    gone = whole - less
    assert {"customers", "lines", "deliveries", *of_lines, *of_deliveries} <= gone
    assert gone - of_lines - of_deliveries <= {"customers", "lines", "deliveries", *OF_LINES, *OF_DELIVERIES}


def test_reports_by_dimension_need_a_dimension(shop: Shop) -> None:
    text = shop.file.read_text(encoding="utf-8").replace("    dimensions: [country, channel, device]\n", "")
    shop.file.write_text(text, encoding="utf-8")
    assert not {"dimension_kpis", "daily_dimension_values"} & names(assemble(shop.settings))
    assert "kpis" in names(assemble(shop.settings))


def test_definitions_load_without_a_settings_file() -> None:
    definitions = assemble(Settings())
    assert names(definitions) == set()
    assert "daily_refresh" in definitions.get_repository_def().job_names


def test_running_day_is_a_partition_with_12h_alone(shop: Shop) -> None:
    newest = {}
    for every in ("daily", "12h"):
        partitions = next(
            spec.partitions_def
            for spec in assemble(shop.configured(CA_SCHEDULE__EVERY=every).settings).resolve_all_asset_specs()
            if spec.partitions_def is not None
        )
        newest[every] = partitions.get_partition_keys()[-1]
    assert newest["daily"] < newest["12h"]


def test_overrides_replace_and_resources_are_merged(shop: Shop) -> None:
    definitions = assemble(shop.settings, {"schedules": [], "resources": {"other": 7}})
    assert not definitions.get_repository_def().schedule_defs
    assert set(definitions.resources or ()) == {"platform", "other"}


def run(*command: str, settings: Path | None = None, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A program of the environment, with nothing of the tests' surroundings but the settings file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CA_", "DAGSTER_"))}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "always"}
    if settings is not None:
        environment["CA_SETTINGS"] = str(settings)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def warnings_of_ours(output: str) -> list[str]:
    return [line for line in output.splitlines() if "arning" in line and "ca_platform" in line]


@pytest.mark.parametrize(
    "command",
    [
        ("dg", "check", "defs"),
        ("dagster", "definitions", "validate", "-w", "workspace.yaml"),
        ("dagster", "definitions", "validate", "-m", "ca_platform.definitions"),
    ],
)
def test_dagsters_own_checks_end_with_0_and_no_warning_of_ours(command: tuple[str, ...], shop: Shop) -> None:
    done = run(program(command[0]), *command[1:], settings=shop.file)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert warnings_of_ours(output) == []


def test_broken_settings_file_gives_one_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("business:\n  time_zne: Europe/London\n", encoding="utf-8")
    done = run(program("dagster"), "definitions", "validate", "-m", "ca_platform.definitions", settings=broken)
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"{broken}:2" in output or ("broken.yaml" in output and "line 2" in output)
    assert "did you mean `time_zone`" in output


def test_nothing_heavy_is_loaded(shop: Shop) -> None:
    script = (
        "import json, sys\n"
        "import ca_platform.definitions as location\n"
        "loaded_before = 'ca_platform.settings' in sys.modules\n"
        "location.defs.get_repository_def()\n"
        f"print(json.dumps([loaded_before, [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    done = run(sys.executable, "-c", script, settings=shop.file)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [False, []]


def test_instance_files_of_package_and_checkout_are_the_same() -> None:
    assert (ROOT / "dagster.yaml").read_text(encoding="utf-8") == template()


def test_columns_of_facts_are_those_that_the_facts_have(shop: Shop) -> None:
    from ca_platform.facts import Shape, schema

    shape = Shape.of(shop.settings)
    for spec in assemble(shop.settings).resolve_all_asset_specs():
        if spec.group_name == "facts":
            declared = {column.name for column in spec.metadata["dagster/column_schema"].columns}
            assert declared == set(schema(spec.key.to_user_string(), shape))
