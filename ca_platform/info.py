"""What a report means, as Python users are told it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ca_platform import catalogue

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a report.

    Attributes:
        type: ``date``, ``instant`` (UTC), ``text``, ``integer``, ``float``, ``money``, ``flag`` or ``texts`` (a list).
        dtype: its type in the frame.
        unit: never empty for time and money.
        nullable: whether a row may have no value.
    """

    name: str
    type: str
    dtype: pl.DataType
    unit: str
    meaning: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class ReportInfo:
    """What a report means.

    Attributes:
        grain: what one row is.
        storage: ``document`` (document store) or ``lake`` (per-customer tables).
        columns: in the order of the frame.
        by_dimension: whether it exists for every dimension value besides ``main``.
        inputs: sources and columns that must be connected.
        page: address of the dashboard page that shows it.
    """

    name: str
    title: str
    meaning: str
    family: str
    grain: str
    storage: str
    columns: tuple[ColumnInfo, ...]
    by_dimension: bool
    inputs: tuple[str, ...]
    page: str


def report_info(name: str) -> ReportInfo:
    """Meaning, grain and columns of a report."""
    from ca_platform.store.schema import EDGE_TYPES

    spec = catalogue.report_spec(name)
    columns = tuple(
        ColumnInfo(
            column.name,
            str(column.kind),
            EDGE_TYPES[column.kind],
            column.unit,
            column.description,
            column.nullable,
        )
        for column in spec.columns
    )
    return ReportInfo(
        name=spec.name,
        title=spec.title,
        meaning=spec.description,
        family=spec.family,
        grain=spec.grain,
        storage=spec.storage,
        columns=columns,
        by_dimension=spec.by_dimension,
        inputs=("sessions", *spec.requires),
        page=spec.page,
    )
