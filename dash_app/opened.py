"""A number that is opened: as it stands in the address, ``report=churn&count=churned`` or with ``key.cohort=2026-01-05``.

What belongs here: reading and writing it. What does not: whom it counts (``ca_platform.drill``) and the list (``lists``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import BeforeValidator, InstanceOf

from ca_platform.drill import Count, What, count_of
from ca_platform.errors import ReportError
from dash_app.filters import Filters

PREFIX = "key."


@dataclass(frozen=True, slots=True)
class Opened:
    """One number of a report; which day and dimension value, the view says.

    Attributes:
        count: what it counts.
        key: name and value of each key column.
    """

    count: Count
    key: tuple[tuple[str, Any], ...]

    @property
    def report(self) -> str:
        return self.count.report

    @property
    def what(self) -> What:
        return self.count.what

    def parameters(self) -> dict[str, str]:
        """As it stands in an address; a key without value is left out."""
        key = {f"{PREFIX}{name}": _text(value) for name, value in self.key if value is not None}
        return {"report": self.count.report, "count": self.count.column, **key}

    def __hash__(self) -> int:
        return hash((self.count.report, self.count.column, self.key))


def read(given: Mapping[str, str]) -> Opened:
    """The number that the parameters of an address name.

    Raises:
        ReportError: there is none.
    """
    key = {name.removeprefix(PREFIX): text for name, text in given.items() if name.startswith(PREFIX)}
    count, values = count_of(given.get("report", ""), given.get("count", ""), key)
    return Opened(count, tuple((name, values[name]) for name in count.key))


def _read(value: Any) -> Opened | None:
    if value is None or isinstance(value, Opened):
        return value
    try:
        return read(dict(parse_qsl(f"report={value}", keep_blank_values=True)))
    except ReportError as error:
        raise ValueError(str(error).rstrip(".?")) from None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


class CustomerFilters(Filters):
    """``/customers``: all customers, or those whom a number counts, or its orders."""

    report: Annotated[InstanceOf[Opened] | None, BeforeValidator(_read)] = None

    @classmethod
    def given(cls, parameters: Mapping[str, str]) -> dict[str, str]:
        """The parameters of an address that say which number; none of them: no number."""
        others = {name: text for name, text in parameters.items() if name == "count" or name.startswith(PREFIX)}
        report = parameters.get("report", "")
        # As one text, so that what is nonsense in it is left out as a whole.
        return {"report": "&".join([quote(report, safe=""), *filter(None, [urlencode(others)])])} if report else {}

    def chosen(self) -> dict[str, str]:
        return self.report.parameters() if self.report else {}


def opened_in(filters: Filters) -> Opened | None:
    """The number whose list a page shows, where it shows one."""
    return filters.report if isinstance(filters, CustomerFilters) else None
