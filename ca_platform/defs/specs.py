"""From the catalogue to asset specs: what every asset says about itself in Dagster."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from ca_platform.catalogue import (
    FAMILIES,
    Column,
    Kind,
    ReportSpec,
    TableSpec,
    connected,
    connected_facts,
    report_specs,
    table_spec,
    table_specs,
)
from ca_platform.settings import Settings

OWNERS = ("team:analytics",)
DATASETS = tuple(spec.name for spec in table_specs("lake"))
CUSTOMERS = "customer_documents"
DOCUMENTS = ("orders", "downloads", CUSTOMERS)
ROW_COUNT = "dagster/partition_row_count"
SCHEMA = "dagster/column_schema"

# Where the settings add columns to a table: prefix, key of the source, type, meaning and unit.
_DYNAMIC = {
    "dimensions.*": ("dimensions", Kind.TEXT, "Value of the dimension {}.", ""),
    "actions.*": ("actions", Kind.FLAG, "Whether the session carries {}.", ""),
    "action_times.*": ("actions", Kind.INSTANT, "When {} happened; null where only a flag is known.", "UTC"),
    "experiments.*": ("experiments", Kind.TEXT, "Variant of the experiment {}.", ""),
    "steps.*": ("actions", Kind.INTEGER, "Sessions that carry {}.", "count"),
    "closed.*": ("actions", Kind.INTEGER, "Sessions that carry {} and every earlier step.", "count"),
    "slices.*": ("dimensions", Kind.INTEGER, "Number of the order's value of the dimension {}.", "number"),
    "numbers.*": (
        "dimensions",
        Kind.INTEGER,
        "The customer's orders with the product and the same value of {}, up to this one.",
        "count",
    ),
}


def common(settings: Settings) -> dict[str, Any]:
    """What holds for all assets alike, said once."""
    return {"owners": list(OWNERS), "tags": {"simulated": "true"} if settings.business.simulated else {}}


def store_kind(settings: Settings) -> str:
    """Kind of what lies in the document store."""
    return "sqlite" if settings.document_store.kind == "embedded" else "elasticsearch"


def column_schema(columns: Iterable[Column]) -> dg.TableSchema:
    """Columns with types, units and meaning, as Dagster's catalogue shows them."""
    return dg.TableSchema(columns=[_column(column) for column in columns])


def _column(column: Column) -> dg.TableColumn:
    unit = f" Unit: {column.unit}." if column.unit else ""
    constraints = dg.TableColumnConstraints(nullable=column.nullable)
    return dg.TableColumn(column.name, column.kind.value, f"{column.description}{unit}", constraints)


def table_columns(spec: TableSpec, settings: Settings) -> tuple[Column, ...]:
    """The columns of a dataset with those that the settings declare."""
    return (*spec.columns, *_declared(spec, settings))


def _declared(spec: TableSpec, settings: Settings) -> Iterator[Column]:
    sources = settings.sources.connected()
    # What the settings add to a fact, they declare for the sessions.
    source = sources.get(spec.name if spec.layer == "lake" else "sessions")
    for group in spec.dynamic if source is not None else ():
        if group in _DYNAMIC:
            key, kind, meaning, unit = _DYNAMIC[group]
            names = (*getattr(source, key), "purchase") if group == "closed.*" else getattr(source, key)
            for name in names:
                column = f"{group.removesuffix('*')}{name}"
                nullable = kind in {Kind.TEXT, Kind.INSTANT}
                yield Column(column, kind, meaning.format(name), unit, nullable=nullable)


def table_metadata(spec: TableSpec, settings: Settings) -> dict[str, Any]:
    """What a dataset or fact table says besides its description."""
    return {
        SCHEMA: column_schema(table_columns(spec, settings)),
        "key": ", ".join(spec.key),
        "path": dg.MetadataValue.path(f"{settings.lake.path}/{spec.name}"),
    }


def connected_datasets(settings: Settings) -> list[TableSpec]:
    """Datasets whose source is in the settings; without sessions there is nothing that they could belong to."""
    given = settings.sources.connected()
    return [spec for spec in table_specs("lake") if spec.name in given] if "sessions" in given else []


def connected_reports(settings: Settings) -> list[ReportSpec]:
    """Reports whose inputs are in the settings, with the facts of these inputs."""
    return [
        replace(spec, facts=connected_facts(spec, settings)) for spec in report_specs() if connected(spec, settings)
    ]


def needed_facts(reports: Iterable[ReportSpec]) -> list[TableSpec]:
    """Fact tables that these reports read, and those from which those are made, in the order of the catalogue."""
    facts = {spec.name: spec for spec in table_specs("facts")}
    needed: set[str] = set()
    pending = [name for report in reports for name in report.facts]
    while pending:
        name = pending.pop()
        if name in facts and name not in needed:
            needed.add(name)
            pending += facts[name].inputs
    return [spec for spec in facts.values() if spec.name in needed]


def existing(names: Sequence[str], settings: Settings) -> list[str]:
    """Those of ``names`` that are assets: an optional source that is not connected is not."""
    absent = set(DATASETS) - {spec.name for spec in connected_datasets(settings)}
    return [name for name in dict.fromkeys(names) if name not in absent]


def report_asset(spec: ReportSpec, settings: Settings) -> dg.AssetSpec:
    """One report: its meaning, its columns, and what it is made from."""
    shared = common(settings)
    place = store_kind(settings) if spec.storage == "document" else "parquet"
    return dg.AssetSpec(
        spec.name,
        deps=existing(spec.facts, settings),
        group_name=spec.family,
        description=f"{spec.title}. {spec.description}",
        kinds={"polars", place},
        owners=shared["owners"],
        tags={**shared["tags"], "layer": "reports", "family": spec.family},
        metadata={
            SCHEMA: column_schema(spec.columns),
            "grain": spec.grain,
            "key": ", ".join(spec.key),
            "page": spec.page,
            "by_dimension": spec.by_dimension,
        },
        skippable=True,
    )


def steps(reports: Iterable[ReportSpec]) -> dict[str, list[ReportSpec]]:
    """The reports of a family by step: those that read a further source apart, so that they alone wait for it."""
    named: dict[str, list[ReportSpec]] = {}
    for family, members in families(reports).items():
        read = [further_sources(spec) for spec in members]
        # What all of them read parts nothing.
        shared = read[0].intersection(*read)
        for spec, sources in zip(members, read, strict=True):
            apart = sorted(sources - shared)
            named.setdefault("_".join([family, *(f"of_{source}" for source in apart), "reports"]), []).append(spec)
    return named


def further_sources(spec: ReportSpec) -> set[str]:
    """Sources besides sessions and customers that a report reads, also through its facts."""
    return {source for name in spec.facts for source in _sources(name)} - {"sessions", "customers"}


def _sources(name: str) -> set[str]:
    table = table_spec(name)
    return {name} if table.layer == "lake" else {source for own in table.inputs for source in _sources(own)}


def families(reports: Iterable[ReportSpec]) -> dict[str, list[ReportSpec]]:
    """The reports by family, in the order of the catalogue; families without a report are left out."""
    by_family: dict[str, list[ReportSpec]] = {name: [] for name in FAMILIES}
    for report in reports:
        by_family.setdefault(report.family, []).append(report)
    return {name: members for name, members in by_family.items() if members}
