"""What was planned of an experiment before it began. Everything has a default, so that an experiment needs no entry."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ca_platform.settings.types import Day, Model

Metric = Literal[
    "revenue_per_customer",
    "orders_per_customer",
    "conversion",
    "capped_revenue_per_customer",
    "sessions_per_customer",
    "discount_per_customer",
]


class Experiment(Model):
    """The plan of one randomised experiment.

    Attributes:
        control: the variant that the others are held against; None: the alphabetically first.
        shares: how customers were to be split, by variant; they need not sum to 1. None: equally.
        goal: the metric that decides.
        guards: metrics besides the goal that must not get worse: less of anything, but more of the discount.
        planned_days: days from the first assignment to the planned end, fixed before the beginning; verdicts may be
            looked at on every day up to it. None: up to ``last_day``, else 28.
        last_day: what comes later does not count; None: everything counts up to the report day.
    """

    control: str | None = Field(default=None, min_length=1)
    shares: dict[str, float] | None = None
    goal: Metric = "revenue_per_customer"
    guards: tuple[Metric, ...] = ("sessions_per_customer", "discount_per_customer")
    planned_days: int | None = Field(default=None, ge=1, le=3650)
    last_day: Day | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.shares is not None:
            if len(self.shares) < 2 or not all(share > 0 for share in self.shares.values()):
                raise ValueError("`shares` names every variant, two at least, with a share above 0")
            if self.control is not None and self.control not in self.shares:
                raise ValueError(f"`shares` does not name the control {self.control}")
        if self.goal in self.guards and "guards" in self.model_fields_set:
            raise ValueError(f"{self.goal} is the goal and a guard; a guard is a metric besides the goal")
        return self
