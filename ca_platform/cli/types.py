"""The kinds of values that commands take: days, names of reports, dimension values. Each completes itself."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import click
from click.shell_completion import CompletionItem

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class DayType(click.ParamType[date]):
    """A local day."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if _DAY.fullmatch(value) is None:
            self.fail(f"{value!r} is no day: write year-month-day, such as 2024-03-31.", param, ctx)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            self.fail(f"{value} is no day of the calendar ({error}).", param, ctx)


class ReportName(click.ParamType[str]):
    """A report of the catalogue. Unknown names are refused where the report is looked up, with near ones."""

    name = "report"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from ca_platform.catalogue import report_specs

        return [
            CompletionItem(spec.name, help=spec.title) for spec in report_specs() if spec.name.startswith(incomplete)
        ]


class SourceName(click.ParamType[str]):
    """One of the sources; ``products`` is another word for ``lines``."""

    name = "source"
    names = ("sessions", "customers", "lines", "deliveries", "assignments")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        source = "lines" if value == "products" else str(value)
        if source not in self.names:
            from ca_platform.errors import near

            self.fail(f"There is no source {value!r}{near(source, self.names)}", param, ctx)
        return source

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in self.names if name.startswith(incomplete)]


DAY = DayType()
REPORT = ReportName()
SOURCE = SourceName()
