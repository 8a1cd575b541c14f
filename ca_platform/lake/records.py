"""The small records of the lake. No input or output here."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from ca_platform.errors import LakeError

# One text column holds a local day or nothing, so that it can be part of a primary key in every database.
NO_DAY = ""
_SHOWN_PARTS = 3

QUARANTINE_SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "source": pl.String(),
        "day": pl.Date(),
        "file": pl.String(),
        "row_number": pl.Int64(),
        "reason": pl.String(),
        "column": pl.String(),
        "row": pl.String(),
    }
)
ACCOUNTING_COUNTS = ("read", "loaded", "quarantined", "out_of_range", "open", "adjusted")
ACCOUNTING_SCHEMA = pl.Schema(
    {"source": pl.String(), "day": pl.Date(), **{name: pl.Int64() for name in ACCOUNTING_COUNTS}}
)

_DATASET = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Part:
    """One valid Parquet file of a dataset: a local day of it, or all of it (``day`` is None, a snapshot).

    Attributes:
        path: absolute path or object-store URL.
        inputs: digest of what the part was made from, as its writer gave it; "" where it gave none.
        columns: JSON text of the file's columns and types, in order.
    """

    dataset: str
    day: date | None
    path: str
    rows: int
    bytes: int
    write_id: str
    inputs: str
    written_at: datetime
    columns: str = field(repr=False, default="{}")

    def __str__(self) -> str:
        return f"{self.dataset} of {self.day} ({self.path})" if self.day else f"{self.dataset} ({self.path})"


def listed(parts: Sequence[Part]) -> str:
    """The first of some parts, and how many more there are, in words."""
    more = f" and {len(parts) - _SHOWN_PARTS} more" if len(parts) > _SHOWN_PARTS else ""
    return ", ".join(map(str, parts[:_SHOWN_PARTS])) + more


def day_to_text(day: date | None) -> str:
    """Manifest form of a day."""
    return NO_DAY if day is None else day.isoformat()


def day_from_text(text: str) -> date | None:
    """Inverse of ``day_to_text``."""
    return None if text == NO_DAY else date.fromisoformat(text)


def columns_text(schema: pl.Schema) -> str:
    """Columns and types of a part as JSON text, equal for equal schemas."""
    return json.dumps({name: str(dtype) for name, dtype in schema.items()}, ensure_ascii=False)


def check_dataset(dataset: str) -> str:
    """The name itself, refused when it could not be a folder everywhere."""
    if _DATASET.fullmatch(dataset) is None:
        raise LakeError(
            f"{dataset!r} is no name for a dataset of the lake: use small letters, digits and _, a letter first."
        )
    return dataset
