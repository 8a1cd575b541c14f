"""What the fact tables of all families share: how one is declared, and the columns that all of them name alike."""

from __future__ import annotations

from ca_platform.catalogue.columns import day, text
from ca_platform.catalogue.spec import Column, Kind, TableSpec

DAY = day("day", "Local calendar day; the partition.")
DIMENSION = text("dimension", "The dimension, or main for the whole shop.")
VALUE = text("value", "Its value; null is a value, and is what main has.", nullable=True)
SLICE = Column("slice", Kind.INTEGER, "0 for main, else the number of the dimension value.", "number")
CUSTOMER = Column("customer", Kind.INTEGER, "Number of the customer.", "number")
NUMBER = Column("number", Kind.INTEGER, "Number of the order, from 1.", "number")


def fact(
    name: str,
    title: str,
    description: str,
    columns: tuple[Column, ...],
    *,
    key: tuple[str, ...],
    inputs: tuple[str, ...] = ("sessions",),
    dynamic: tuple[str, ...] = (),
) -> TableSpec:
    """A fact table: one part for each day, in which a row is identified by ``key``."""
    return TableSpec(
        name=name,
        layer="facts",
        title=title,
        description=description,
        columns=(DAY, *columns),
        key=("day", *key),
        sort=key,
        inputs=inputs,
        dynamic=dynamic,
    )
