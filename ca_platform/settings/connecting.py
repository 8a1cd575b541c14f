"""How the settings connect what a report needs: the one wording of it, for messages everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from ca_platform.settings.sources import REQUIRED

_OWN_KEYS = {
    "dimensions": "a dimension",
    "actions": "an action",
    "experiments": "an experiment",
}


def to_connect(needs: Iterable[str]) -> str:
    """What has to be connected and under which keys, as a part of a sentence.

    Args:
        needs: ``source``, ``source.column`` or ``one or another``, as ``missing_inputs`` of the catalogue names them.

    >>> to_connect(["lines"])
    'the source lines (sources.lines, with the columns order_id, product and price)'
    >>> to_connect(["lines", "lines.category"])
    'the source lines (sources.lines, with the columns order_id, product, price and category)'
    >>> to_connect(["sessions.promotion_id"])
    'the column promotion_id of sessions (sources.sessions.columns.promotion_id)'
    >>> to_connect(["sessions.dimensions"])
    'a dimension of sessions (sources.sessions.dimensions)'
    >>> to_connect(["sessions.actions or sessions.dimensions"])
    'an action of sessions (sources.sessions.actions) or a dimension of sessions (sources.sessions.dimensions)'
    """
    wanted = list(needs)
    either = [" or ".join(to_connect([one]) for one in need.split(" or ")) for need in wanted if " or " in need]
    asked = [need.partition(".")[::2] for need in wanted if " or " not in need]
    sources = [name for name, column in asked if not column]
    columns = [(name, column) for name, column in asked if column]
    # A source that is connected anew is connected with them.
    along = [(name, column) for name, column in columns if name in sources and column not in _OWN_KEYS]
    parts = [_source(name, [column for of, column in along if of == name]) for name in sources]
    parts += [_column(name, column) for name, column in columns if (name, column) not in along]
    return _and([*parts, *either])


def _source(name: str, columns: list[str]) -> str:
    return f"the source {name} (sources.{name}, with the columns {_and([*REQUIRED[name], *columns])})"


def _column(name: str, column: str) -> str:
    if column in _OWN_KEYS:
        return f"{_OWN_KEYS[column]} of {name} (sources.{name}.{column})"
    return f"the column {column} of {name} (sources.{name}.columns.{column})"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
