"""The kinds of values that commands take: days, names of reports, dimension values. Each completes itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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


class SelectedNames(ReportName):
    """Names with commas between them, of reports or of ``family:NAME``. The last one is completed."""

    name = "names"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from ca_platform.catalogue import FAMILIES

        before, comma, begun = incomplete.rpartition(",")
        families = [CompletionItem(f"family:{name}") for name in FAMILIES if f"family:{name}".startswith(begun)]
        return [
            CompletionItem(f"{before}{comma}{item.value}", help=item.help)
            for item in (*super().shell_complete(ctx, param, begun), *families)
        ]


class Word(click.ParamType[str]):
    """One of a few words.

    Args:
        name: what they are.
        others: what else is understood, and as which of the words.
    """

    def __init__(self, name: str, words: Iterable[str], others: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.words = tuple(words)
        self.others = dict(others or {})

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = self.others.get(value, str(value))
        if word not in self.words:
            from ca_platform.errors import near

            self.fail(f"There is no {self.name} {word!r}{near(word, self.words)}", param, ctx)
        return word

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        return f"Choose from: {', '.join(self.words)}"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


DAY = DayType()
REPORT = ReportName()
SELECTED = SelectedNames()
SOURCE = Word("source", ("sessions", "customers", "lines", "deliveries", "assignments"), {"products": "lines"})
