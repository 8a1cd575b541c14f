"""Which source column becomes which lake column, of what kind.

Belongs here: the mapping of the settings as a list of fields. Not here: reading values (``values``), rules (``rules``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

import polars as pl

from ca_platform.settings import SourceSettings
from ca_platform.settings.sources import CANONICAL, REQUIRED
from ca_platform.sources.base import require_columns


class Kind(Enum):
    """How the values of a field are read."""

    TEXT = auto()
    INSTANT = auto()
    MONEY = auto()
    FLAG = auto()
    ACTION = auto()
    """A flag or an instant, found per column."""
    DEGREES = auto()


_KINDS = {
    "order_id": Kind.TEXT,
    "client": Kind.TEXT,
    "promotion_id": Kind.TEXT,
    "product": Kind.TEXT,
    "category": Kind.TEXT,
    "experiment": Kind.TEXT,
    "variant": Kind.TEXT,
    "payment_amount": Kind.MONEY,
    "discount_amount": Kind.MONEY,
    "price": Kind.MONEY,
    "quantity": Kind.MONEY,
    "has_purchased": Kind.FLAG,
    "latitude": Kind.DEGREES,
    "longitude": Kind.DEGREES,
}
"""Everything else is an instant."""


@dataclass(frozen=True)
class Field:
    """One column of the lake and where its values come from.

    Attributes:
        target: name in the lake; of an action the name behind ``actions.`` and ``action_times.``.
        column: source column; None: absent, the value is null, or ``constant`` where that is given.
        is_text: whether its numbers are written as the settings say: those that a server knows as numbers are not.
    """

    target: str
    kind: Kind
    column: str | None
    is_required: bool = False
    constant: Any = None
    is_text: bool = True

    @property
    def is_given(self) -> bool:
        """Whether the source or a constant gives values."""
        return self.column is not None or self.constant is not None


def map_fields(name: str, source: SourceSettings, schema: Mapping[str, pl.DataType], label: str) -> list[Field]:
    """The fields of a source, required ones first.

    Columns that the mapping leaves out are looked for under their own name.

    Args:
        schema: the columns that the source has.
        label: how messages call the source.

    Raises:
        SourceError: a mapped or required column is not there; the message shows near names.
    """
    wanted = list(_wanted(name, source))
    named = [field.column for field in wanted if field.column and (field.is_required or _is_mapped(field, source))]
    require_columns(named, list(schema), name, label)
    fields = [_of(schema.get(field.column or ""), field) for field in wanted]
    return sorted(fields, key=lambda field: not field.is_required)


def _of(dtype: pl.DataType | None, field: Field) -> Field:
    """A field whose column has this type; None: there is no such column."""
    return replace(field, column=None) if dtype is None else replace(field, is_text=dtype == pl.String())


def columns_of(fields: list[Field]) -> list[str]:
    """Source columns that the fields need, each once."""
    return list(dict.fromkeys(field.column for field in fields if field.column is not None))


def _is_mapped(field: Field, source: SourceSettings) -> bool:
    short = field.target.rpartition(".")[2] if "." in field.target else field.target
    own = {*source.dimensions, *source.actions, *source.experiments}
    return short in source.columns or short in own or (field.target == "promotion_id" and bool(source.promotion_id))


def _wanted(name: str, source: SourceSettings) -> Iterator[Field]:
    for target in CANONICAL[name]:
        yield _field(target, target, _KINDS.get(target, Kind.INSTANT), source, required=target in REQUIRED[name])
    if name == "customers" and "updated_at" in source.columns:
        yield _field("updated_at", "updated_at", Kind.INSTANT, source)
    action_kind = Kind.INSTANT if name == "customers" else Kind.ACTION
    for key, prefix, kind in (
        ("dimensions", "dimensions.", Kind.TEXT),
        ("actions", "action_times.", action_kind),
        ("experiments", "experiments.", Kind.TEXT),
    ):
        for own in getattr(source, key):
            yield _field(own, prefix + own, kind, source)


def _field(name: str, target: str, kind: Kind, source: SourceSettings, *, required: bool = False) -> Field:
    if name in source.constants:
        return Field(target, kind, None, required, source.constants[name])
    if name == "promotion_id" and source.promotion_id:
        return Field(target, kind, source.promotion_id, required)
    return Field(target, kind, source.columns.get(name, name), required)
