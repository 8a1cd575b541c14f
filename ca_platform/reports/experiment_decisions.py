"""What to do with a variant, in words: from the verdicts on its metrics to one or two sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ca_platform.catalogue.ab_experiments import GOAL, GUARD, MISMATCH
from ca_platform.catalogue.ab_tests import INSUFFICIENT, WITHHELD
from ca_platform.models.experiments import detectable
from ca_platform.models.experiments.verdicts import LEAST_CUSTOMERS, LEAST_OUTCOMES

# Of these less is better.
_COSTS = frozenset({"discount_per_customer"})
# What a customer has whose outcome is not 0; the others are made of orders.
_OUTCOMES = {"sessions_per_customer": "a session", "discount_per_customer": "a discount"}
# Percentages from here on are told without a decimal.
_ROUND = 10


@dataclass(frozen=True, slots=True)
class Said:
    """What the report says of a variant by one metric.

    Attributes:
        direction: increase or decrease where significant.
        relative: difference over the mean of the control; None where that is 0.
        mean: of the control.
        standard_error: of the difference; None where nothing is known.
    """

    metric: str
    role: str
    note: str | None
    direction: str | None
    relative: float | None
    mean: float
    standard_error: float | None
    customers: tuple[int, int]

    @property
    def words(self) -> str:
        capped = self.metric.removeprefix("capped_")
        return f"{capped.replace('_', ' ')}{' up to a cap' if capped != self.metric else ''}"

    @property
    def is_better(self) -> bool:
        return self.direction == ("decrease" if self.metric in _COSTS else "increase")

    @property
    def is_worse(self) -> bool:
        return self.direction is not None and not self.is_better

    @property
    def moved(self) -> str:
        """The metric and by how much it differs, such as ``conversion rose by 3.1%``."""
        verb = "rose" if self.direction == "increase" else "fell"
        by = "" if self.relative is None else f" by {100 * abs(self.relative):.1f}%"
        return f"{self.words} {verb}{by}"


def decision(
    told: Sequence[Said], variant: str, control: str, planned_until: date, *, is_over: bool, alpha: float = 0.05
) -> str:
    """What to do with a variant. The goal decides; a guard that got worse speaks against it.

    Args:
        told: what each metric says, the goal among them.
        is_over: the planned end has come.

    >>> goal = Said("conversion", "goal", None, "increase", 0.031, 0.2, 0.001, (5000, 5000))
    >>> decision([goal], "new", "old", date(2024, 5, 1), is_over=False)
    'Take new: conversion rose by 3.1% compared with old, and no guard metric got worse.'
    """
    goal = next((said for said in told if said.role == GOAL), None)
    if goal is None:
        return "No decision: the goal is only known for the whole shop, not for this part of it."
    harmed = [said for said in told if said.role == GUARD and said.is_worse]
    harm = _and([said.moved for said in harmed])
    if goal.note is not None:
        return _withheld(goal)
    if goal.is_worse:
        return f"Stay with {control}: {goal.moved} with {variant}."
    if goal.is_better and harmed:
        return f"Weigh what {variant} gains against what it costs: {goal.moved} compared with {control}, but {harm}."
    if goal.is_better:
        return f"Take {variant}: {goal.moved} compared with {control}, and {_quiet(told)}."
    if harmed:
        return f"Stay with {control}: no difference in {goal.words} can be shown for {variant}, but {harm}."
    if not is_over:
        return f"Let it run until {planned_until.day} {planned_until:%B %Y}: so far the difference in {goal.words} may be chance."
    return (
        f"Stay with {control}, or plan a larger experiment: no difference in {goal.words} can be shown for {variant}."
        f"{_least(goal, alpha)}"
    )


def _withheld(goal: Said) -> str:
    """Why there is no decision."""
    if goal.note == MISMATCH:
        return (
            f"No decision: the groups have {goal.customers[0]:,} and {goal.customers[1]:,} customers, which is too far from "
            "the plan to be chance. Find out how customers were assigned before you read anything else."
        )
    if goal.note == INSUFFICIENT:
        return (
            f"No decision yet: each group needs at least {LEAST_CUSTOMERS} customers, and at least {LEAST_OUTCOMES} of them "
            f"with {_OUTCOMES.get(goal.metric, 'an order')}."
        )
    assert goal.note == WITHHELD  # noqa: S101
    return (
        f"No decision: between random groups of this shop's own customers, where nothing differs, the test of {goal.words} "
        "finds a difference too often or too rarely."
    )


def _quiet(told: Sequence[Said]) -> str:
    """What may be said of guards of which none got worse."""
    unknown = [said.words for said in told if said.role == GUARD and said.note is not None]
    return f"nothing can be said about {_and(unknown)}" if unknown else "no guard metric got worse"


def _least(goal: Said, alpha: float) -> str:
    """The change that would have been found with the customers that there are."""
    if goal.standard_error is None or not goal.mean:
        return ""
    least = 100 * float(detectable(goal.standard_error, alpha=alpha)) / goal.mean
    return f" With this many customers, a true change of {least:.{0 if least >= _ROUND else 1}f}% is found four times out of five."


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
