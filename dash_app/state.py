"""What a page shows, as it stands in the address: ``?date=2026-01-31&compare=2026-01-24&dimension=country=UK&by=week``.

What belongs here: reading and writing the query. What does not: which days and values exist (``reader``), and what can
be chosen on which page (``filters``).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator

from ca_platform.errors import ReportError
from ca_platform.store import MAIN, Dimension
from dash_app.filters import Filters

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = 500
"""Characters of nonsense that a notice repeats."""
LONGEST_ADDRESS = 256 * 1024
"""Characters of a query that is read. Two names of 32,766 bytes, the longest that can be searched, have room in it."""
_FIELDS_ALLOWED = 50
_SHARED = ("date", "compare", "dimension")

Model = TypeVar("Model", bound=BaseModel)


def _day(value: Any) -> dt.date:
    if isinstance(value, dt.date):
        return value
    if not _DAY.fullmatch(str(value)):
        raise ValueError("write a day as year-month-day, such as 2026-01-31")
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("there is no such day") from None


def _dimension(value: Any) -> Dimension:
    try:
        return Dimension.parse(value)
    except ReportError:
        raise ValueError("write a dimension as name=value, such as region=EU") from None


Day = Annotated[dt.date, BeforeValidator(_day)]


class View(BaseModel):
    """What the address asks for.

    Attributes:
        date: the report day; None: the newest.
        compare: an earlier day to compare with.
        dimension: everything, or one value of one dimension.
        filters: the choices that belong to the page.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    date: Day | None = None
    compare: Day | None = None
    dimension: Annotated[Dimension, BeforeValidator(_dimension)] = MAIN
    filters: Filters = Filters()

    @field_validator("date", "compare", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        return None if value == "" else value

    def query(self) -> str:
        """The query of an address that asks for this, beginning with ``?``; empty for the default.

        >>> View(date=dt.date(2026, 1, 31), dimension=Dimension("country", "U K")).query()
        '?date=2026-01-31&dimension=country=U%20K'
        """
        parts = [f"{name}={day}" for name, day in (("date", self.date), ("compare", self.compare)) if day]
        if not self.dimension.is_main:
            parts.append(f"dimension={quote(str(self.dimension), safe='=')}")
        parts += [f"{name}={quote(value, safe='')}" for name, value in self.filters.chosen().items()]
        return f"?{'&'.join(parts)}" if parts else ""

    def without_filters(self) -> View:
        """What other pages share with this one."""
        return self.model_copy(update={"filters": Filters()})

    def with_date(self, day: dt.date) -> View:
        """The same on another day; a comparison that is not earlier falls away."""
        compare = self.compare if self.compare and self.compare < day else None
        return self.model_copy(update={"date": day, "compare": compare})


def parse(
    query: str | None, dimensions: tuple[str, ...], filters: type[Filters] = Filters
) -> tuple[View, tuple[str, ...]]:
    """What a query asks for, and a sentence for each part that is nonsense and was left out.

    Args:
        query: with or without its question mark.
        dimensions: names that the shop has declared.
        filters: the choices of the page.
    """
    if query and len(query) > LONGEST_ADDRESS:
        return View(filters=filters()), (
            f"What the address asks for was left out: it has {len(query):,} characters, and {LONGEST_ADDRESS:,} are read.",
        )
    given = _given(query)
    notices: list[str] = []
    chosen = _understood(filters, filters.given(given), notices)
    shared: dict[str, str] = {name: given[name] for name in _SHARED if given.get(name)}
    view = _understood(View, shared, notices).model_copy(update={"filters": chosen})
    return _sensible(view, dimensions, notices)


def _given(query: str | None) -> dict[str, str]:
    """The parameters of a query; the first where one is given twice."""
    try:
        found = parse_qs((query or "").removeprefix("?"), keep_blank_values=True, max_num_fields=_FIELDS_ALLOWED)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _understood(model: type[Model], given: dict[str, str], notices: list[str]) -> Model:
    """The model of what makes sense; the rest is named in the notices and left to its default."""
    while True:
        try:
            return model.model_validate(given)
        except ValidationError as error:
            for problem in error.errors():
                name = str(problem["loc"][0])
                notices.append(f"{name}={_short(given.pop(name, ''))} was left out: {_reason(problem)}.")


def _reason(problem: Any) -> str:
    if problem["type"] == "literal_error":
        expected = str(problem["ctx"]["expected"]).replace("'", "")
        return f"it can be {expected}"
    return str(problem["msg"]).removeprefix("Value error, ")


def _sensible(view: View, dimensions: tuple[str, ...], notices: list[str]) -> tuple[View, tuple[str, ...]]:
    if not view.dimension.is_main and view.dimension.name not in dimensions:
        known = f"there is {', '.join(dimensions)}" if dimensions else "this shop has declared none"
        notices.append(f"dimension={_short(str(view.dimension))} was left out: no such dimension, {known}.")
        view = view.model_copy(update={"dimension": MAIN})
    if view.date and view.compare and view.compare >= view.date:
        notices.append(f"compare={view.compare} was left out: it is not before {view.date}.")
        view = view.model_copy(update={"compare": None})
    return view, tuple(notices)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
