"""The records of which the catalogue is made. A leaf: no functions on data, no imports of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """Type of a column at the edge: in reports, documents, figures and CSV."""

    DATE = "date"
    INSTANT = "instant"  # microseconds, UTC
    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    MONEY = "money"  # Decimal inside, Float64 rounded to the minor unit at the edge
    FLAG = "flag"
    TEXTS = "texts"  # a list of texts, such as the products of a set; a JSON array in the cell of a CSV file


Storage = Literal["document", "lake"]
Parts = Literal["report", "day"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, unit and meaning.

    Attributes:
        unit: never empty for time and money: ``currency``, ``hours``, ``minutes``, ``days``, ``share``, ``count`` …
        nullable: whether a row may have no value.
        dynamic: the column stands for one column per declared name (actions, dimensions).
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """One report of the catalogue.

    Attributes:
        name: public name; also the Dagster asset key.
        family: Dagster group and step; see ``catalogue.FAMILIES``.
        grain: what one row is, in words (``day × step``).
        description: the definition in one or more sentences; shown in Dagster, the API and the dashboards.
        columns: in the order of the frame.
        key: the columns that identify a row within one (day, dimension, value); also the sort order.
        facts: names of the fact tables and datasets it reads, its lineage in Dagster.
        page: route of the dashboard page that shows it.
        by_dimension: exists for every dimension value besides ``main``.
        storage: ``document`` (document store) or ``lake`` (per-customer tables).
        parts: of a table in the lake, what its part of a report day holds: the whole report, or the rows of that day,
            and reading joins the days of the window.
        window: ``days`` when the table is cut to the last ``reports.history_days`` days, ``cohorts`` when it is cut to
            the last ``reports.cohort_days`` cohorts.
        requires: optional inputs that must be connected, as ``source`` or ``source.column``; ``one or another`` where
            either will do.
    """

    name: str
    family: str
    title: str
    grain: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    facts: tuple[str, ...]
    page: str
    by_dimension: bool = True
    storage: Storage = "document"
    parts: Parts = "report"
    window: Literal["all", "days", "cohorts"] = "all"
    requires: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One dataset of the lake or one fact table.

    Attributes:
        layer: ``lake`` (loaded from a source), ``facts`` (derived, prefix-stable) or ``models`` (fitted, by training day).
        partitioned: one part per local day; a snapshot (``customers``) has a single part.
        key: columns that identify a row; parts are sorted by ``sort``.
        inputs: names of the tables it is made from (empty for the lake: their input is a source).
        more_inputs: further ones, without which it can be made: they count where their sources are connected.
        dynamic: column groups added by the settings, such as ``dimensions.*``.
    """

    name: str
    layer: Literal["lake", "facts", "models"]
    title: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sort: tuple[str, ...] = ()
    partitioned: bool = True
    inputs: tuple[str, ...] = ()
    more_inputs: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = field(default=())
