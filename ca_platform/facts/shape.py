"""What the settings say about the shape of the facts: dimensions, steps, time zone, first day.

No data here. A change of anything in a ``Shape`` makes other facts: its ``digest`` goes into every part's inputs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.facts.churn import ChurnRule
from ca_platform.money import MONEY

if TYPE_CHECKING:
    from ca_platform.settings import Settings

# Goes into every digest: raise it when a fact's meaning changes, so that old parts are made again.
VERSION = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """The declared names that columns and rows of the facts follow.

    Attributes:
        actions: declared session actions in their order, without ``session_start`` and ``purchase``.
        max_values: a dimension with more values is refused.
        experiments: declared columns of the sessions, for ``experiment_variants`` alone.
        churn: shapes ``churn_weeks`` alone.
        geohash_precision: shapes ``delivery_times`` alone.
    """

    time_zone: str
    start_date: date
    dimensions: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    max_values: int = 1000
    experiments: tuple[str, ...] = ()
    churn: ChurnRule = field(default_factory=ChurnRule)
    geohash_precision: int = 7

    @classmethod
    def of(cls, settings: Settings) -> Shape:
        source = settings.sources.sessions
        return cls(
            time_zone=settings.business.time_zone,
            start_date=settings.business.start_date,
            dimensions=tuple(source.dimensions) if source else (),
            actions=tuple(source.actions) if source else (),
            max_values=settings.reports.dimensions.max_values,
            experiments=tuple(source.experiments) if source else (),
            churn=ChurnRule(**settings.reports.churn.model_dump()),
            geohash_precision=settings.reports.deliveries.geohash_precision,
        )

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps of a session in their order."""
        return ("session_start", *self.actions, "purchase")

    @property
    def session_schema(self) -> dict[str, pl.DataType]:
        """Columns of the sessions that facts are made of."""
        return {
            "day": pl.Date(),
            "client": pl.String(),
            "session_start_date": INSTANT,
            "payment_amount": MONEY,
            "discount_amount": MONEY,
            "has_purchased": pl.Boolean(),
            **{f"dimensions.{name}": pl.String() for name in self.dimensions},
            **{f"actions.{name}": pl.Boolean() for name in self.actions},
            **{f"action_times.{name}": INSTANT for name in self.actions},
        }

    @property
    def digest(self) -> str:
        """Changes with everything that shapes a fact but the data."""
        names = (VERSION, self.time_zone, self.start_date.isoformat(), self.dimensions, self.actions)
        return hashlib.sha256(repr(names).encode()).hexdigest()[:16]

    def options(self, name: str) -> str:
        """What else shapes one fact."""
        own = {
            "churn_weeks": self.churn,
            "experiment_variants": self.experiments,
            "delivery_times": self.geohash_precision,
        }
        return repr(own[name]) if name in own else ""
