"""Columns that many tables share, so that a name has one meaning everywhere."""

from __future__ import annotations

from ca_platform.catalogue.spec import Column, Kind


def count(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.INTEGER, description, "count", nullable=nullable)


def share(name: str, description: str) -> Column:
    """A part of a whole; null where the whole is 0."""
    return Column(name, Kind.FLOAT, description, "share", nullable=True)


def money(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.MONEY, description, "currency", nullable=nullable)


def flag(name: str, description: str) -> Column:
    return Column(name, Kind.FLAG, description)


def instant(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.INSTANT, description, "UTC", nullable=nullable)


def day(name: str, description: str) -> Column:
    return Column(name, Kind.DATE, description, "local day")


def text(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.TEXT, description, nullable=nullable)


STEP = text("step", "Name of the step.")
STEP_INDEX = count("step_index", "Position of the step, from 0.")
HOUR = Column("hour", Kind.INTEGER, "Local hour of the day, 0 to 23.", "hour of day")
DAYS = Column("days", Kind.INTEGER, "Calendar days covered, quiet ones included: the divisor of the mean.", "days")
IS_PARTIAL = flag("is_partial", "The period is not wholly inside the time from the start date to the end of the day.")
