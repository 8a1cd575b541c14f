"""Attributes of HTML that Dash takes by name alone, typed so that they may be given to any component."""

from __future__ import annotations

from typing import Any

HIDDEN: dict[str, Any] = {"aria-hidden": "true"}
"""Only to be seen: what it means is said in words beside it."""


def label(text: str) -> dict[str, Any]:
    """The name of a component for those who do not see it."""
    return {"aria-label": text}


def data(**values: str) -> dict[str, Any]:
    """``data-`` attributes, for style sheets, scripts and tests."""
    return {f"data-{name}": value for name, value in values.items()}


def labelled_by(identity: str) -> dict[str, Any]:
    """The component whose text is the name."""
    return {"aria-labelledby": identity}
