"""The documentation page of all reports and datasets, made from the catalogue, so that it cannot disagree with it.

What belongs here: Markdown. What does not: what a report means (catalogue). ``python -m ca_platform.docs`` writes
docs/reports.md; ``ca-platform docs FILE`` does the same for users.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ca_platform.catalogue import FAMILIES, PAGES, Column, ReportSpec, TableSpec, report_specs, table_specs

FILE = Path("docs/reports.md")

_INTRODUCTION = """\
# Reports and datasets

Made from the catalogue by `make docs`; change the catalogue, not this page.

Every report is computed for a day and describes the shop at the end of that day. Days, weeks (named by their Monday),
months and hours are those of the business time zone; instants are UTC. Amounts are in the currency of the settings.
Read a report with `ca-platform report NAME`, or in Python with `ca_platform.collect_report("NAME")`. Reports that exist
for every value of every declared dimension are read with `--dimension region=EU`.
"""
_LAYERS = {
    "lake": ("Datasets of the lake", "What the sources become, whatever their own columns are called."),
    "facts": ("Fact tables", "Heavy reductions, made once and shared by many reports."),
    "models": ("Fitted models", "What is kept of models that were trained, one part for each training day."),
}
_DYNAMIC = {
    "dimensions.*": "One text column for each declared dimension.",
    "actions.*": "One flag for each declared action of a session.",
    "action_times.*": "When each declared action happened; null where the source has flags only.",
    "experiments.*": "One text column for each declared experiment: the variant.",
    "slices.*": "For each declared dimension the number of the order's value.",
    "numbers.*": "The same as number, among the customer's orders with the same value of each declared dimension.",
}


def page() -> str:
    """The whole page, ended by one line break."""
    return "\n".join([_INTRODUCTION, *_overview(), *_families(), *_layers()]).rstrip() + "\n"


def _overview() -> Iterator[str]:
    rows = [(f"[{spec.name}](#{spec.name})", spec.family, spec.grain, spec.title) for spec in report_specs()]
    yield "## All reports\n"
    yield _table(("report", "family", "one row is", "shows"), rows)


_REACH = {
    "all": "to the start date",
    "days": "`reports.history_days` days",
    "cohorts": "`reports.cohort_days` days",
}


def _families() -> Iterator[str]:
    for family in FAMILIES.values():
        yield f"## {family.title}\n\n{family.description}\n"
        yield from (_report(spec) for spec in report_specs() if spec.family == family.name)


def _report(spec: ReportSpec) -> str:
    facts = [
        ("one row is", spec.grain),
        ("identified by", ", ".join(spec.key)),
        ("inputs", ", ".join(("sessions", *spec.requires))),
        ("made from", ", ".join(spec.facts)),
        ("for dimension values", "yes" if spec.by_dimension else "no"),
        ("stored", "in the document store" if spec.storage == "document" else "in the lake"),
        ("reaches back", _REACH[spec.window]),
        ("shown on", f"{PAGES[spec.page].title} (`{spec.page}`)" if spec.page in PAGES else f"`{spec.page}`"),
    ]
    lines = "\n".join(f"- {name}: {value}" for name, value in facts if value)
    return f"### {spec.name}\n\n**{spec.title}.** {spec.description}\n\n{lines}\n\n{_columns(spec.columns)}"


def _layers() -> Iterator[str]:
    for layer, (title, description) in _LAYERS.items():
        specs = [spec for spec in table_specs() if spec.layer == layer]
        if specs:
            yield f"## {title}\n\n{description}\n"
            yield from map(_dataset, specs)


def _dataset(spec: TableSpec) -> str:
    facts = [
        ("parts", "one for each local day" if spec.partitioned else "one, replaced by each load"),
        ("identified by", ", ".join(spec.key)),
        ("made from", ", ".join(spec.inputs)),
        ("and, where their source is connected", ", ".join(spec.more_inputs)),
    ]
    lines = "\n".join(f"- {name}: {value}" for name, value in facts if value)
    dynamic = [(f"`{name}`", "", "", _DYNAMIC.get(name, "")) for name in spec.dynamic]
    return f"### {spec.name}\n\n**{spec.title}.** {spec.description}\n\n{lines}\n\n{_columns(spec.columns, dynamic)}"


def _columns(columns: Iterable[Column], more: Sequence[Sequence[str]] = ()) -> str:
    rows = [
        (
            f"`{column.name}`",
            f"{column.kind}, may be null" if column.nullable else str(column.kind),
            column.unit,
            column.description,
        )
        for column in columns
    ]
    return _table(("column", "type", "unit", "meaning"), [*rows, *more])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Write the page into the file that is named, else into the one of the repository."""
    file = Path(arguments[0]) if arguments else FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
