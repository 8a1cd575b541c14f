"""What the models of delivery times take and give: arrays of one length, a row per delivery."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.integer[Any]]
"""Whole numbers of millions of rows, in as few bytes as they need; counted with only as ``Ints``."""
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[Any] | slice

SLOTS = 168
"""Hours of the week."""


@dataclass(frozen=True, slots=True, eq=False)
class _Record:
    """Arrays of one length."""

    def take(self, rows: Rows) -> Self:
        """Some rows of it."""
        return type(self)(**{field.name: _picked(getattr(self, field.name), rows) for field in fields(self)})


def _picked(values: Any, rows: Rows) -> Any:
    return tuple(column[rows] for column in values) if isinstance(values, tuple) else values[rows]


@dataclass(frozen=True, slots=True, eq=False)
class Durations(_Record):
    """One duration of some deliveries, in the order in which they became known.

    Attributes:
        day: on which the duration was known, in days since 1970-01-01; ascending.
        part: number of the part of the shop (all of it, or a dimension value) that the row is judged in, from 0.
        minutes: the duration, 0 or more.
        slot: hour of the week, 0 (Monday 00:00) to 167.
        customer: number of the customer, from 0; a customer of two parts has two (see ``pairs``).
        places: number of the map cell, from 0, and of ever coarser cells around it, the same; -1 where the place is not
            known.
        latitude, longitude: degrees, NaN where the place is not known.
    """

    day: Codes
    part: Codes
    minutes: Floats
    slot: Codes
    customer: Codes
    places: tuple[Codes, ...]
    latitude: Floats
    longitude: Floats

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True, eq=False)
class Judged(_Record):
    """What is said of deliveries.

    Attributes:
        row: which row of the durations.
        expected: minutes to be expected given the hour of the week, the place and the customer.
        score: by how many standard deviations the logarithm of the duration lies above what the place or the customer
            lets expect, whichever says more.
        p_customer, p_location, p_slot: probability of so long a duration given the customer, the place, the hour of the
            week; NaN where nothing can be told: too few deliveries were known, or the place is not.
        customer, location, slot: so long is abnormal given that.
    """

    row: Ints
    expected: Floats
    score: Floats
    p_customer: Floats
    p_location: Floats
    p_slot: Floats
    customer: Flags
    location: Flags
    slot: Flags

    @property
    def rule_1(self) -> Flags:
        """Abnormal for the customer, the place and the hour alike."""
        return self.customer & self.location & self.slot

    @property
    def rule_2(self) -> Flags:
        """Abnormal for the hour, and for the place or the customer."""
        return (self.customer | self.location) & self.slot


def together(pieces: list[Judged]) -> Judged:
    """Pieces below each other."""
    if not pieces:
        floats, flags = np.zeros(0), np.zeros(0, np.bool_)
        return Judged(np.zeros(0, np.int64), floats, floats, floats, floats, floats, flags, flags, flags)
    return Judged(*(np.concatenate([getattr(piece, field.name) for piece in pieces]) for field in fields(Judged)))
