"""File and environment to checked settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ca_platform.settings import environment as overrides
from ca_platform.settings import secrets
from ca_platform.settings.document import read_document
from ca_platform.settings.models import Settings
from ca_platform.settings.problems import Document, KeyPath, raise_problems
from ca_platform.settings.types import Model, near

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

VARIABLE = "CA_SETTINGS"
DEFAULT_NAME = "ca_platform.yaml"

_WANTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text (put it in quotes)",
    "model_type": "keys with values below it",
    "model_attributes_type": "keys with values below it",
    "dict_type": "keys with values below it",
    "tuple_type": "a list, such as [a, b]",
    "list_type": "a list, such as [a, b]",
    "too_short": "at least one value",
    "string_too_short": "a text that is not empty",
}


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file, with the overrides of the environment.

    Args:
        path: the file; None: what CA_SETTINGS names, else ``ca_platform.yaml`` in the working directory, and where
            that does not exist the built-in defaults.
        environment: None: that of the process.

    Raises:
        ConfigurationError: names every problem with file and line, or with the variable.
    """
    variables = os.environ if environment is None else environment
    file = _find(path, variables)
    document = read_document(file) if file is not None else Document()
    secrets.resolve(document, variables)
    overrides.override(document, variables)
    _rename_products(document)
    settings = _validate(document)
    return settings.placed(file, file.parent if file is not None else Path.cwd())


def _find(path: Path | None, variables: Mapping[str, str]) -> Path | None:
    named = str(path) if path is not None else variables.get(VARIABLE, "")
    if named:
        return Path(named).expanduser().absolute()
    default = Path.cwd() / DEFAULT_NAME
    return default if default.exists() else None


def _rename_products(document: Document) -> None:
    """``products`` is accepted as ``lines``."""
    sources = document.values.get("sources")
    if not isinstance(sources, dict) or "products" not in sources:
        return
    if "lines" in sources:
        document.add_problem(
            ("sources", "products"), "`products` is another name of `lines`, which is given, too; keep one"
        )
        del sources["products"]
        return
    sources["lines"] = sources.pop("products")
    for path in [path for path in document.places if path[:2] == ("sources", "products")]:
        document.places["sources", "lines", *path[2:]] = document.places[path]


def _validate(document: Document) -> Settings:
    from pydantic import ValidationError

    try:
        settings = Settings.model_validate(document.values)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=True):
            path = _key_path(details["loc"])
            _add(document, path, _message(details, path))
        settings = Settings()
    if document.problems:
        raise_problems(document.problems)
    return settings


def _key_path(loc: tuple[int | str, ...]) -> KeyPath:
    """Location without the names that pydantic adds for the members of a union."""
    return tuple(part for part in loc if part not in ("bool", "int", "float", "date", "str"))


def _add(document: Document, path: KeyPath, message: str) -> None:
    if document.problems and any(path[: len(problem.path)] == problem.path for problem in document.problems):
        return  # A reference that is not set gives an empty value, which would be reported a second time.
    # A problem of a whole section stands on the line of the key that it names first.
    named = re.findall(r"`([^`]+)`", message)
    inner = next(((*path, key) for key in named if (*path, key) in document.places), path)
    document.add_problem(inner, message)


def _message(details: ErrorDetails, path: KeyPath) -> str:
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        return f"unknown key{near(str(path[-1]), _siblings(path)) or _known(path)}"
    if kind == "missing":
        return "this key is missing"
    if kind == "value_error":
        return str(details["ctx"]["error"])
    shown = "" if secrets.HIDDEN_KEYS & set(path) else f", not {value!r}"
    if kind == "literal_error":
        return f"expected {details['ctx']['expected']}{shown}{near(str(value), _options(details))}"
    if kind in _WANTED:
        return f"expected {_WANTED[kind]}{shown if not isinstance(value, (dict, list)) else ''}"
    text = details["msg"].removeprefix("Input ")
    return f"{text[:1].lower()}{text[1:]}{shown}"


def _options(details: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(details["ctx"]["expected"]))


def _known(path: KeyPath) -> str:
    names = sorted(_siblings(path))
    return f"; known here: {', '.join(names)}" if names else ""


def _siblings(path: KeyPath) -> set[str]:
    """Keys that the section of ``path`` knows."""
    section: Any = Settings
    for key in path[:-1]:
        if isinstance(key, int):
            continue
        section = next(iter(_models(section.model_fields[key].annotation)), None) if section else None
    names = set(section.model_fields) if section else set()
    return names | {"products"} if section is not None and section.__name__ == "Sources" else names


def _models(annotation: Any) -> Iterator[type[Model]]:
    """Model classes inside a type such as ``Event``, ``Email | None`` or ``tuple[Event, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)
