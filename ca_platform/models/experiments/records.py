"""What the tests take and give: sufficient statistics that can be added up, distinct values, and comparisons.

All arrays may have leading axes, so that one call compares thousands of items at once. A side that says nothing (no
customer, one customer, no variance) is no error and no NaN: the estimate is 0 where a side has nobody, the interval is
the whole line, p is 1, and ``is_sufficient`` is false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.errors import ValidationError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

# Below this share of the mean square a variance is what rounding leaves of a constant.
_ROUNDING = 1e-12
_FEW_ITEMS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Count, sums and sums of products of columns of customers: all that tests of means need to know of a side.

    Two records of disjoint customers add up to the record of all of them; a resample or a stratum is one more record.

    Attributes:
        count: customers, of any shape: one number per item.
        sums: the same shape and one axis of the columns (outcome, then covariates), in their units.
        products: two axes of the columns: sums of products, in products of their units.

    >>> one, other = Moments.of([1.0, 3.0]), Moments.of([8.0])
    >>> (one + other).mean, (one + other).variance()
    (array([4.]), array(13.))
    """

    count: Floats
    sums: Floats
    products: Floats

    @classmethod
    def of(cls, *columns: ArrayLike) -> Moments:
        """Of one item: a column per argument, a row per customer."""
        arrays = [np.asarray(column, np.float64).ravel() for column in columns]
        return cls.by_item(np.zeros(arrays[0].size, np.int64), 1, *arrays)[0]

    @classmethod
    def by_item(cls, item: ArrayLike, items: int, *columns: ArrayLike) -> Moments:
        """Of many items at once.

        Args:
            item: the number of each row's item, 0 to ``items`` − 1.
            items: how many there are; one without a row has count 0.
            columns: a value per row.

        >>> Moments.by_item([0, 0, 2], 3, [1.0, 3.0, 5.0]).count
        array([2., 0., 1.])
        """
        place = np.asarray(item, np.int64)
        arrays = [np.asarray(column, np.float64) for column in columns]
        _refuse_odd(place.size, arrays)
        sums: Floats = np.stack([np.bincount(place, column, items) for column in arrays], axis=-1)
        products = np.empty((items, len(arrays), len(arrays)))
        for row, one in enumerate(arrays):
            for column, other in enumerate(arrays[: row + 1]):
                products[:, row, column] = products[:, column, row] = np.bincount(place, one * other, items)
        return cls(np.bincount(place, minlength=items).astype(np.float64), sums, products)

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.count + other.count, self.sums + other.sums, self.products + other.products)

    def __getitem__(self, place: Any) -> Moments:
        """Some of the items; a number gives the record of one."""
        return Moments(np.asarray(self.count[place]), self.sums[place], self.products[place])

    def total(self, axis: int = 0) -> Moments:
        """The items along an axis together. The axis counts from the front."""
        return Moments(self.count.sum(axis), self.sums.sum(axis), self.products.sum(axis))

    def combined(self, *coefficients: float) -> Moments:
        """One column, the sum of all columns times their coefficients: (−1, 1) is the change from the first to the second.

        >>> Moments.of([1.0, 2.0], [4.0, 9.0]).combined(-1, 1).mean
        array([5.])
        """
        factors = np.asarray(coefficients, np.float64)
        squares = np.einsum("...ij,i,j->...", self.products, factors, factors)
        return Moments(self.count, (self.sums @ factors)[..., None], np.maximum(squares, 0)[..., None, None])

    def column(self, number: int) -> Moments:
        """One of the columns by itself."""
        part = slice(number, number + 1)
        return Moments(self.count, self.sums[..., part], self.products[..., part, part])

    def columns(self, *numbers: int) -> Moments:
        """Some of the columns, in this order."""
        part = list(numbers)
        return Moments(self.count, self.sums[..., part], self.products[..., part, :][..., part])

    @property
    def mean(self) -> Floats:
        """Mean of each column, 0 without customers."""
        return np.asarray(self.sums / np.maximum(self.count, 1)[..., None])

    @property
    def covariance(self) -> Floats:
        """Sample covariance of the columns (divisor count − 1); 0 for fewer than two customers.

        A variance that rounding alone leaves of a constant column is 0, and so are its covariances.
        """
        mean = self.mean
        centred = self.products - self.count[..., None, None] * mean[..., :, None] * mean[..., None, :]
        squares = np.diagonal(self.products, axis1=-2, axis2=-1)
        varies = np.diagonal(centred, axis1=-2, axis2=-1) > _ROUNDING * squares
        known = varies[..., :, None] & varies[..., None, :] & (self.count >= 2)[..., None, None]
        return np.where(known, centred / np.maximum(self.count - 1, 1)[..., None, None], 0.0)

    def variance(self, number: int = 0) -> Floats:
        """Sample variance of a column; 0 for a constant one and for fewer than two customers."""
        return np.asarray(self.column(number).covariance[..., 0, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The distinct values of each item and how many customers have them: what ranks, signs and resamples need to know.

    Counts and zeros make few distinct values of many customers. Sorted by item and value, so that nothing that is drawn
    depends on the order of rows.

    Attributes:
        value: distinct within an item, in the unit of the outcome.
        weight: customers with it, 1 and up.
        begin: where each item begins, and the end: one more than there are items.

    >>> few = Values.of([0.0, 5.0, 0.0, 0.0])
    >>> few.value, few.weight, few.begin
    (array([0., 5.]), array([3., 1.]), array([0, 2]))
    """

    value: Floats
    weight: Floats
    begin: Ints

    @classmethod
    def of(cls, value: ArrayLike, item: ArrayLike | None = None, items: int = 1) -> Values:
        """From a value per customer and the number of its item; all are of one item unless said."""
        column = np.asarray(value, np.float64).ravel()
        place = np.zeros(column.size, np.int64) if item is None else np.asarray(item, np.int64)
        _refuse_odd(place.size, [column])
        return cls._merged(column, np.ones(column.size), place, items)

    def __len__(self) -> int:
        return self.begin.size - 1

    def __add__(self, other: Values) -> Values:
        """Disjoint customers of the same items together."""
        return Values._merged(
            np.append(self.value, other.value),
            np.append(self.weight, other.weight),
            np.append(self.item, other.item),
            len(self),
        )

    @property
    def item(self) -> Ints:
        """The item of each distinct value."""
        return np.repeat(np.arange(len(self)), np.diff(self.begin))

    @property
    def customers(self) -> Floats:
        """Customers of each item."""
        return self.sums(self.weight)

    def sums(self, column: Floats) -> Floats:
        """Sum of a column of the distinct values by item."""
        return np.asarray(np.bincount(self.item, column, len(self)), np.float64)

    def moments(self) -> Moments:
        """Count, sum and sum of squares of each item."""
        sums, squares = self.sums(self.weight * self.value), self.sums(self.weight * self.value**2)
        return Moments(self.customers, sums[:, None], squares[:, None, None])

    def one(self, number: int) -> tuple[Floats, Floats]:
        """Values and weights of one item."""
        part = slice(self.begin[number], self.begin[number + 1])
        return self.value[part], self.weight[part]

    @classmethod
    def _merged(cls, value: Floats, weight: Floats, item: Ints, items: int) -> Values:
        order = np.argsort(value)
        # Of 16 bits NumPy sorts by counting.
        kind = np.uint16 if items <= _FEW_ITEMS else np.int64
        order = order[np.argsort(item[order].astype(kind), kind="stable")]
        value, item = value[order], item[order]
        fresh = np.ones(value.size, bool)
        fresh[1:] = (value[1:] != value[:-1]) | (item[1:] != item[:-1])
        first = np.flatnonzero(fresh)
        weights = np.add.reduceat(weight[order], first) if first.size else np.empty(0)
        begin = np.searchsorted(item[first], np.arange(items + 1))
        return cls(value[first], weights, begin.astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Side B held against side A, for one item or for many.

    Attributes:
        test: its name.
        estimate: B minus A in the unit of the outcome, or B over A, as ``measure`` says.
        standard_error: of the estimate, in its unit; infinite where a side says nothing. None for tests that have none.
        low, high: interval of the estimate.
        statistic: what the test looked up.
        p_value: two-sided; 1 where a side says nothing.
        is_sufficient: whether both sides say anything. Where they do not there is no verdict.
    """

    test: str
    estimate: Floats
    standard_error: Floats | None
    low: Floats
    high: Floats
    statistic: Floats
    p_value: Floats
    is_sufficient: Bools
    measure: Literal["difference", "ratio"] = "difference"

    def __getitem__(self, place: Any) -> Comparison:
        """Some of the items."""
        error = None if self.standard_error is None else self.standard_error[place]
        names = ("low", "high", "statistic", "p_value", "is_sufficient")
        parts = {name: getattr(self, name)[place] for name in names}
        return Comparison(self.test, self.estimate[place], error, measure=self.measure, **parts)


def _refuse_odd(rows: int, columns: list[Floats]) -> None:
    for number, column in enumerate(columns):
        if column.shape != (rows,):
            raise ValidationError(
                f"Column {number} of the customers to compare has the shape {column.shape}, the items have {rows:,} rows; "
                "give one value per customer."
            )
        bad = ~np.isfinite(column)
        if bad.any():
            raise ValidationError(
                f"{int(bad.sum()):,} values of column {number} of the customers to compare are no numbers, the first at "
                f"row {int(bad.argmax()):,}; a customer without an order counts as 0, a missing covariate needs a column "
                "that says so."
            )
