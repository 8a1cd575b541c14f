"""Changing a settings file by program, with its comments and order kept."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ca_platform.errors import ConfigurationError
from ca_platform.settings.document import read_document
from ca_platform.settings.secrets import resolve
from ca_platform.settings.template import template


class _Any(dict[str, str]):
    """An environment in which every variable is set: only the form of the file is looked at."""

    def get(self, key: str, *_: Any) -> Any:
        return super().get(key, "set")

    def __missing__(self, key: str) -> str:
        return "set"


def write_settings(path: Path, changes: Mapping[str, Any]) -> None:
    """Set values in a settings file; one that does not exist begins as the commented template.

    The file is replaced as a whole: a reader sees the old or the new one. Nothing but the form is checked; load the
    settings afterwards to see whether they hold.

    Args:
        changes: value by dotted key (``{"schedule.every": "weekly"}``); None removes the key; a mapping replaces the
            whole section. A secret must be a reference (``${NAME}``).
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    if path.exists():
        read_document(path)
    text = path.read_text("utf-8-sig") if path.exists() else template()
    try:
        root = yaml.load(text)
    except YAMLError as error:
        raise ConfigurationError(f"{path}: this is no YAML: {str(error).splitlines()[0]}") from error
    root = root if root is not None else {}
    for key, value in changes.items():
        _set(root, key.split("."), value, path)
    out = io.StringIO()
    yaml.dump(root, out)
    _replace(path, out.getvalue())


def _set(root: Any, keys: list[str], value: Any, path: Path) -> None:
    section = root
    for key in keys[:-1]:
        if section.get(key) is None:
            if value is None:
                return
            section[key] = {}
        section = section[key]
        if not hasattr(section, "get"):
            raise ConfigurationError(f"{path}: `{key}` is a single value; `{'.'.join(keys)}` cannot be set below it.")
    if value is None:
        section.pop(keys[-1], None)
    else:
        section[keys[-1]] = _plain(value)


def _plain(value: Any) -> Any:
    """Mappings and tuples as YAML writes them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        _refuse_secrets(draft, path)
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"The settings file {path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _refuse_secrets(draft: Path, path: Path) -> None:
    document = read_document(draft)
    resolve(document, _Any())
    if document.problems:
        problem = document.problems[0]
        raise ConfigurationError(f"{path} was not changed: {'.'.join(map(str, problem.path))}: {problem.message}")
