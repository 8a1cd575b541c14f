"""YAML text to plain values that know their lines. No meaning of any key here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ca_platform.errors import ConfigurationError
from ca_platform.settings.problems import AGAIN, Document, KeyPath, Place

_MAX_DEPTH = 20
_MAX_BYTES = 1_000_000
_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset({"", "str", "int", "float", "bool", "null", "timestamp", "merge", "value"})
_WORDS = {"true": True, "false": False}


def read_document(file: Path) -> Document:
    """The file as plain values. A text that is no YAML at all is refused here; other problems are collected."""
    text = _read_text(file)
    document = Document()
    document.places[()] = Place(str(file), 1)
    root = _compose(text, file)
    if root is None:
        return document
    if root.id != "mapping":
        raise ConfigurationError(
            f"{file}:1: the settings must be keys with values, such as `business:`; this is a {root.id}."
        )
    document.values = _Reader(document, str(file)).value(root, ())
    return document


def parse_value(text: str) -> Any:
    """One YAML value, for an environment variable that holds a list or a mapping."""
    document = Document()
    root = _compose(text, Path("value"))
    return _Reader(document, "value").value(root, ()) if root is not None else None


def _read_text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"The settings file {file} does not exist. Make one with `ca-platform init`, or correct CA_SETTINGS."
        ) from error
    except OSError as error:
        raise ConfigurationError(f"The settings file {file} cannot be read: {error.strerror}.") from error
    if len(data) > _MAX_BYTES:
        raise ConfigurationError(f"{file} is larger than 1 MB: that is no settings file. Correct CA_SETTINGS.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            f"{file}:{line}: the text is not UTF-8. Save the file in the encoding UTF-8."
        ) from error


def _compose(text: str, file: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        node: Any = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark is not None else 0) + 1
        raise ConfigurationError(
            f"{file}:{line}: {_explain(text, line, error.problem or 'this is no YAML')}"
        ) from error
    except ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise ConfigurationError(f"{file}:{line}: a control character stands in the text. Delete it.") from error
    except (YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{file}: this is no YAML: {str(error).splitlines()[0]}") from error
    return node


def _explain(text: str, line: int, problem: str) -> str:
    lines = text.splitlines()
    content = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in content[: len(content) - len(content.lstrip())] or "'\\t'" in problem:
        return "a tab stands where YAML wants blanks. Indent with blanks."
    if "another document" in problem:
        return "a second document begins here (`---`). Keep one."
    return f"this is no YAML ({problem}). Check indentation, quotes and brackets on this line and the one above."


class _Reader:
    """Nodes to plain values."""

    def __init__(self, document: Document, source: str) -> None:
        self._document = document
        self._source = source

    def value(self, node: Any, path: KeyPath) -> Any:
        if len(path) > _MAX_DEPTH:
            raise ConfigurationError(f"{self._source}:{node.start_mark.line + 1}: keys are nested too deeply.")
        if node.id == "mapping":
            return self._mapping(node, path)
        if node.id == "sequence":
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _item(self, node: Any, path: KeyPath) -> Any:
        self._document.places[path] = self._place(node)
        return self.value(node, path)

    def _mapping(self, node: Any, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if key_node.id == "scalar" else ""
            here = (*path, key)
            line = key_node.start_mark.line + 1
            if key in first:
                # The place of the doubled key itself, not of the first one.
                self._document.places[*here, AGAIN] = Place(self._source, line)
                self._document.add_problem(
                    (*here, AGAIN), f"`{key}` stands here again, after line {first[key]}; keep one"
                )
                continue
            first[key] = line
            self._document.places[here] = Place(self._source, line)
            value = self.value(value_node, here)
            # An empty value, as a section with nothing but comments has, means the default.
            if value is not None:
                values[key] = value
        return values

    def _scalar(self, node: Any, path: KeyPath) -> Any:
        text, tag = str(node.value), str(node.tag or "")
        if tag.removeprefix(_CORE) not in _TAGS:
            self._document.add_problem(path, f"the tag {tag} is not allowed here; write a plain value")
            return None
        if node.style in ('"', "'", "|", ">"):
            return text
        return _plain(text, tag.removeprefix(_CORE))

    def _place(self, node: Any) -> Place:
        return Place(self._source, node.start_mark.line + 1)


def _plain(text: str, kind: str) -> Any:
    """Value of a scalar without quotes. Dates and clock times stay text: the fields know what they want."""
    if kind == "null":
        return None
    if kind == "bool":
        return _WORDS.get(text.lower(), text)
    try:
        # "007" is an id and no number: a number is what Python writes the same way.
        if kind == "int" and str(int(text)) == text.lstrip("+"):
            return int(text)
        if kind == "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    return text
