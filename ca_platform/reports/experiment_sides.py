"""Declared randomised experiments as they stand at the end of a day: plans, metrics, and the people of each variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform.calendar import as_of
from ca_platform.catalogue.ab_experiments import GOAL, GUARD, OTHER
from ca_platform.models.experiments.records import Ints
from ca_platform.settings.experiments import Experiment

PLANNED_DAYS = 28
"""Length of an experiment of which nothing is said."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How a metric is computed: what is summed since the assignment, and what of the time before foretells it.

    Attributes:
        is_share: who has any counts as 1.
        is_capped: a customer counts up to the ``cap`` of everybody who was assigned.
    """

    outcome: str
    history: str
    is_share: bool = False
    is_capped: bool = False


MEASURES = {
    "revenue_per_customer": Measure("revenue", "revenue_before"),
    "orders_per_customer": Measure("orders", "orders_before"),
    "conversion": Measure("orders", "orders_before", is_share=True),
    "capped_revenue_per_customer": Measure("revenue", "revenue_before", is_capped=True),
    "sessions_per_customer": Measure("sessions", "sessions_before"),
    "discount_per_customer": Measure("discount", "revenue_before"),
}
ALWAYS = ("revenue_per_customer", "orders_per_customer", "conversion", "capped_revenue_per_customer")
"""Metrics that every experiment has; the others only as goal or guard."""


@dataclass(frozen=True, slots=True, eq=False)
class Experiments:
    """All experiments at the end of a day.

    Attributes:
        people: a row for everybody who was assigned: ``slice``, ``experiment``, ``variant``, ``at``, ``switched``, outcomes since
            (``orders``, ``revenue``, ``sessions``, ``discount``), figures of the time before (``*_before``,
            ``idle_days``, ``is_new``).
        plans: by experiment, where the settings say anything.
        alpha: largest corrected p-value of a significant difference.
        has_discount: whether the shop tells discounts.
    """

    people: pl.DataFrame
    plans: Mapping[str, Experiment]
    day: date
    time_zone: str
    alpha: float = 0.05
    has_discount: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """One experiment: its people with the numbers of their variants, the control among these."""

    name: str
    slice: int
    people: pl.DataFrame
    code: Ints
    variants: tuple[str, ...]
    control: str
    plan: Experiment
    begun: datetime
    planned_until: date
    end: date
    time_zone: str

    @property
    def elapsed(self) -> float:
        """Days from the first assignment to the end of what counts."""
        return (as_of(self.end, self.time_zone) - self.begun) / timedelta(days=1)

    @property
    def planned(self) -> float:
        """Days from the first assignment to the planned end."""
        return (as_of(self.planned_until, self.time_zone) - self.begun) / timedelta(days=1)

    @property
    def others(self) -> list[int]:
        """Numbers of the variants that are held against the control."""
        return [number for number, name in enumerate(self.variants) if name != self.control]

    @property
    def pairs(self) -> tuple[list[int], list[int]]:
        """The control as often as there are others, and those."""
        return [self.variants.index(self.control)] * len(self.others), self.others

    def metrics(self, *, has_discount: bool) -> list[str]:
        """What is measured: of an unknown discount nothing can be told, nor of a dimension value what days alone know."""
        named = {*ALWAYS, self.plan.goal, *self.plan.guards}
        unknown = {"sessions", "discount"} if self.slice else set() if has_discount else {"discount"}
        return [name for name in MEASURES if name in named and MEASURES[name].outcome not in unknown]

    def role(self, metric: str) -> str:
        if metric == self.plan.goal:
            return GOAL
        return GUARD if metric in self.plan.guards else OTHER


def sides_of(name: str, number: int, people: pl.DataFrame, given: Experiments) -> Sides:
    """One experiment of a day in a slice, with what was planned of it."""
    plan = given.plans.get(name, Experiment())
    seen = sorted(people["variant"].unique())
    control = plan.control or seen[0]
    begun: Any = people["at"].min()
    until = begun.astimezone(ZoneInfo(given.time_zone)).date() + timedelta(days=(plan.planned_days or PLANNED_DAYS) - 1)
    if plan.planned_days is None and plan.last_day is not None:
        until = plan.last_day
    variants = tuple(sorted({*seen, control, *(plan.shares or ())}))
    numbers = {variant: number for number, variant in enumerate(variants)}
    return Sides(
        name=name,
        slice=number,
        people=people,
        code=people["variant"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy(),
        variants=variants,
        control=control,
        plan=plan,
        begun=begun,
        planned_until=until,
        end=min(given.day, plan.last_day) if plan.last_day is not None else given.day,
        time_zone=given.time_zone,
    )


def every_side(given: Experiments) -> Iterator[Sides]:
    """All experiments with more than one variant, by slice and name of those who were assigned."""
    for (number, name), people in given.people.group_by("slice", "experiment", maintain_order=True):
        sides = sides_of(str(name), int(str(number)), people, given)
        if sides.others:
            yield sides


def pairs_of(given: Experiments) -> pl.DataFrame:
    """What is held against what: ``slice``, ``experiment``, ``variant``, ``control``."""
    rows = [
        (sides.slice, sides.name, sides.variants[other], sides.control)
        for sides in every_side(given)
        for other in sides.others
    ]
    columns = {"slice": pl.UInt32(), **dict.fromkeys(("experiment", "variant", "control"), pl.String())}
    return pl.DataFrame(rows, schema=columns, orient="row")
