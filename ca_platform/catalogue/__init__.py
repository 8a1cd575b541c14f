"""What exists: datasets, fact tables, reports, families and pages. A leaf that everything else may read.

What belongs here: names, schemas, units, descriptions, and which inputs a report needs. What does not: any work on
data. ``ca_platform.facts`` and ``ca_platform.reports`` bind functions to these names.
"""

from ca_platform.catalogue.families import FAMILIES, PAGES, Family, PageSpec
from ca_platform.catalogue.registry import (
    add_report,
    connected,
    connected_facts,
    connected_inputs,
    missing_inputs,
    report_names,
    report_spec,
    report_specs,
    table_spec,
    table_specs,
)
from ca_platform.catalogue.spec import Column, Kind, ReportSpec, TableSpec

__all__ = [
    "FAMILIES",
    "PAGES",
    "Column",
    "Family",
    "Kind",
    "PageSpec",
    "ReportSpec",
    "TableSpec",
    "add_report",
    "connected",
    "connected_facts",
    "connected_inputs",
    "missing_inputs",
    "report_names",
    "report_spec",
    "report_specs",
    "table_spec",
    "table_specs",
]
