"""What the models of purchases take and give: summaries of customers, estimates and fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.errors import ValidationError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = slice | Ints


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """All that the models need to know of customers with at least one order, a row each; all arrays have one length.

    Attributes:
        repeats: purchase days after the first one (x in the papers), 0 and up. Orders of a day count once.
        recency_weeks: from the first to the last purchase day (t_x), 0 where there is no second one.
        age_weeks: from the first purchase day to the end of what is known (T), never less than ``recency_weeks``.
        weights: customers that a row stands for; 1 unless said.
        log_gaps: sum over all customers of the logarithms of the gaps between purchase days, in log weeks. Needed only
            to compare how regularly customers buy.

    >>> summary = Summary([0, 2, 0], [0, 5, 0], [9, 8, 9])
    >>> small, place = summary.distinct()
    >>> small.repeats, small.weights, place
    (array([0., 2.]), array([2., 1.]), array([0, 1, 0]))
    """

    repeats: Floats
    recency_weeks: Floats
    age_weeks: Floats
    weights: Floats
    log_gaps: float | None = None

    def __init__(
        self,
        repeats: ArrayLike,
        recency_weeks: ArrayLike,
        age_weeks: ArrayLike,
        weights: ArrayLike | None = None,
        log_gaps: float | None = None,
    ) -> None:
        columns = [np.asarray(column, np.float64) for column in (repeats, recency_weeks, age_weeks)]
        columns.append(np.ones(columns[0].shape) if weights is None else np.asarray(weights, np.float64))
        for name, column in zip(("repeats", "recency_weeks", "age_weeks", "weights"), columns, strict=True):
            object.__setattr__(self, name, column)
        object.__setattr__(self, "log_gaps", log_gaps)
        self._check()

    def __len__(self) -> int:
        return self.repeats.size

    @property
    def customers(self) -> float:
        """All customers, by their weights."""
        return float(self.weights.sum())

    @property
    def repeaters(self) -> float:
        """Customers with a second purchase day, by their weights."""
        return float(self.weights[self.repeats > 0].sum())

    def distinct(self) -> tuple[Summary, Ints]:
        """The distinct rows with the weights of all that are like them, and where each row of this one is among them.

        A million customers have few distinct ones where time goes by days, and everything here depends on these alone.
        """
        places = [np.unique(column, return_inverse=True)[1] for column in (self.age_weeks, self.recency_weeks)]
        key = self.repeats.astype(np.int64)
        for place in places:
            key = key * (int(place.max(initial=0)) + 1) + place
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        weights = np.bincount(place, self.weights, minlength=first.size)
        small = Summary(
            self.repeats[first], self.recency_weeks[first], self.age_weeks[first], weights, log_gaps=self.log_gaps
        )
        return small, place

    def _check(self) -> None:
        if {column.shape for column in (self.recency_weeks, self.age_weeks, self.weights)} != {self.repeats.shape}:
            raise ValidationError(
                "The columns of a summary of customers differ in length; give one value per customer."
            )
        if self.repeats.ndim != 1:
            raise ValidationError("A summary of customers has more than one dimension; give plain columns.")
        self._refuse(~np.isfinite(self.repeats + self.recency_weeks + self.age_weeks + self.weights), "are not finite")
        self._refuse((self.repeats < 0) | (self.repeats % 1 != 0), "have no whole number of repeats")
        self._refuse(self.weights < 0, "have a negative weight")
        self._refuse(self.recency_weeks > self.age_weeks, "have a last purchase day after the end of what is known")
        self._refuse((self.repeats > 0) != (self.recency_weeks > 0), "have repeats without a time between them")

    def _refuse(self, bad: NDArray[np.bool_], what: str) -> None:
        if bad.any():
            raise ValidationError(
                f"{int(bad.sum()):,} rows of a summary of customers {what}, the first at row {int(bad.argmax()):,}; "
                "make summaries from purchase days up to one end."
            )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A parameter's estimate.

    Attributes:
        unit: of the value, "1" where it has none.
        standard_error: from the curvature of the likelihood, in the same unit; None where the data say nothing of it.
        is_at_bound: the likelihood still rises where the parameter may go no further.
    """

    name: str
    unit: str
    value: float
    standard_error: float | None
    is_at_bound: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """A model fitted to customers.

    Attributes:
        model: its name, one of ``MODELS`` or ``gamma_gamma``.
        log_likelihood: at the estimates, over all customers; of different models of orders over the same customers the
            largest is the best.
        degenerate: whether the data do not determine the parameters; predictions are finite all the same.
        reason: why, in words; empty where it is not degenerate.
        customers: whose orders it was fitted to.
        regularity: k of the Erlang-k times between orders; 1 is random, larger is more regular.
    """

    model: str
    estimates: tuple[Estimate, ...]
    log_likelihood: float
    degenerate: bool
    reason: str
    customers: float
    regularity: int = 1
    values: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {item.name: item.value for item in self.estimates})

    def __getitem__(self, name: str) -> float:
        """The value of a parameter."""
        return self.values[name]
