"""Overrides by environment: ``CA_DOCUMENT_STORE__HOSTS`` is ``document_store.hosts``.

Names without a double underscore are not ours, but for CA_SETTINGS, which names the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ca_platform.errors import ConfigurationError
from ca_platform.settings.document import parse_value
from ca_platform.settings.problems import Document, KeyPath, Place
from ca_platform.settings.secrets import HIDDEN_KEYS

PREFIX = "CA_"
_EMPTY = ("", "null", "~")


def override(document: Document, environment: Mapping[str, str]) -> None:
    """Put the overrides into the document, in place, each with its variable as its place."""
    for variable in sorted(environment):
        path = _path(variable)
        if path:
            _put(document, path, environment[variable], Place(variable))


def _path(variable: str) -> KeyPath:
    if not variable.startswith(PREFIX) or "__" not in variable:
        return ()
    return tuple(part.lower() for part in variable.removeprefix(PREFIX).split("__"))


def _put(document: Document, path: KeyPath, text: str, place: Place) -> None:
    target: Any = document.values
    for key in path[:-1]:
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            document.places[path] = place
            document.add_problem(path, f"`{key}` is a single value and has no keys")
            return
    _forget_places(document, path)
    document.places[path] = place
    # A section that only the environment gives has no line of its own.
    for length in range(1, len(path)):
        document.places.setdefault(path[:length], place)
    if text.strip() in _EMPTY:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = _value(document, path, text)


def _value(document: Document, path: KeyPath, text: str) -> Any:
    """The text itself, which the fields turn into what they want; lists and mappings in YAML's short form."""
    if not text.lstrip().startswith(("[", "{")) or path[-1] in HIDDEN_KEYS - {"hosts"}:
        return text
    try:
        return parse_value(text)
    except ConfigurationError:
        document.add_problem(
            path, "the value begins like a list or a mapping but is none: write [a, b] or {key: value}"
        )
        return text


def _forget_places(document: Document, path: KeyPath) -> None:
    for known in [known for known in document.places if known[: len(path)] == path]:
        del document.places[known]
