"""What becomes of the columns that are none of ours: dimensions, and steps on the way to an order."""

from __future__ import annotations

from typing import Any

from ca_platform.settings.sources import CANONICAL, RESERVED_STEPS
from ca_platform.sources.guests import ADDRESS
from ca_platform.sources.likeness import Columns
from ca_platform.sources.synonyms import AMOUNTS, CANCELLED, NO_ACTIONS, means, plain_name, words_for

_MOST_VALUES = 100
"""More distinct texts than this are no dimension."""
_DELIVERY_DATES = ("delivery_date", "prepare_date", "return_date", "promised_date")


def add_own(mapping: dict[str, Any], columns: Columns, confidence: dict[str, str]) -> None:
    """Columns that are left over as dimensions (few texts) and actions (flags and times)."""
    left = [name for name in columns.kinds if name not in columns.used and is_usable(name)]
    steps = [n for n in left if columns.kinds[n] in ("flag", "date") and columns.distinct[n] > 1 and _may_be_a_step(n)]
    for key, names, words in (
        ("dimensions", few_texts(columns), "few different texts"),
        ("actions", steps, "flags or times"),
    ):
        mapping[key] = list(names)
        confidence |= dict.fromkeys(names, f"a guess: {words}, so perhaps one of the {key}; check it")


def few_texts(columns: Columns) -> list[str]:
    """Columns that may be dimensions: several texts, but not who somebody is."""
    return [
        name
        for name, kind in columns.kinds.items()
        if kind == "text"
        and name not in columns.used
        and is_usable(name)
        and columns.distinct[name] <= _MOST_VALUES
        and columns.rows[name].drop_nulls().n_unique() > 1
        and not columns.looks_like(name, ADDRESS)
    ]


def _may_be_a_step(name: str) -> bool:
    """Whether flags or times may be a step to an order: no part of the order itself, nor what comes after it."""
    after = (
        *NO_ACTIONS,
        *CANCELLED,
        *(word for each in ("session_start_date", *_DELIVERY_DATES) for word in words_for(each)),
    )
    # Its ones and zeros may number something, such as stores.
    plain = plain_name(name)
    return not (means(name, after) or plain.endswith(("id", *AMOUNTS)) or plain.startswith(AMOUNTS))


def is_usable(name: str) -> bool:
    reserved = {*CANONICAL["sessions"], *CANONICAL["customers"], "updated_at", "main", *RESERVED_STEPS}
    return bool(name) and name == name.strip() and name not in reserved and not any(mark in name for mark in '=."\n')
