"""Ids of components. Those of a card are dicts, so that one callback serves the same part of every card."""

from __future__ import annotations

from typing import Any

from dash import MATCH

URL = "url"
SHOWN = "shown"
MAIN = "main"
PAGE = "page"
HEADING = "heading"
LEAD = "lead"
NOTICES = "notices"
SHELL = "shell"
BURGER = "burger"
SCHEME = "scheme"
TOGGLE = "toggle"
CONTROLS = "controls"
DAY = "day"
EARLIER = "earlier"
LATER = "later"
COMPARE = "compare"
DIMENSION = "dimension"
VALUE = "value"
VALUES = "values"
FILTERS = "filters"


def part(role: str, card: Any = MATCH) -> dict[str, Any]:
    """Id of a part of a card; without a card, of that part of every card that has it."""
    return {"card": card, "part": role}


def nav(route: Any) -> dict[str, Any]:
    """Id of a link of the navigation."""
    return {"nav": route}
