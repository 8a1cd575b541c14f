"""What a reader may choose on a page besides day, comparison and dimension: one model per page, read from the address.

What belongs here: the choices, their defaults and their names. What does not: reading the address (``state``), and what
a choice changes: a card says when it is shown (``records``), a figure looks at ``Look.filters``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict

MOST_CHOICES = 200
"""Choices that come from data are offered up to so many."""


@dataclass(frozen=True, slots=True)
class Control:
    """How a choice is offered.

    Attributes:
        label: above the control.
        names: what stands for each value, in the order in which they are offered.
        report, column: where the choices come from when they are data: a column of a report of the shown day. In the
            address an empty text stands for its null value: no other value is empty.
        nothing: what stands for no choice among data.
    """

    label: str
    names: Mapping[str, str] = field(default_factory=dict)
    report: str = ""
    column: str = ""
    nothing: str = "all"


class Filters(BaseModel):
    """The choices of a page; this one has none. Every value is a text as it stands in the address, or None: nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, filters: Filters) -> Self:
        """The choices where they are those of this page; its defaults on any other page."""
        return filters if isinstance(filters, cls) else cls()

    @classmethod
    def controls(cls) -> dict[str, Control]:
        """The controls by the name of their parameter."""
        return {
            name: control
            for name, info in cls.model_fields.items()
            for control in info.metadata
            if isinstance(control, Control)
        }

    @classmethod
    def given(cls, parameters: Mapping[str, str]) -> dict[str, str]:
        """What the parameters of an address say about the choices, by the name of the field."""
        controls = cls.controls().items()
        asked = ((name, parameters.get(name), control) for name, control in controls)
        return {name: text for name, text, control in asked if text or (text == "" and control.report)}

    def value(self, name: str) -> str | None:
        """What is chosen."""
        chosen = getattr(self, name)
        return None if chosen is None else str(chosen)

    def chosen(self) -> dict[str, str]:
        """Choices that are not the default."""
        defaults = type(self)()
        values = {name: self.value(name) for name in self.controls() if self.value(name) != defaults.value(name)}
        return {name: value for name, value in values.items() if value is not None}

    def kept(self) -> dict[str, str]:
        """Those that no control shows."""
        return {name: value for name, value in self.chosen().items() if name not in self.controls()}


Kind = Literal["0-1", "1-2", "2-3", "3-4"]
CohortGrain = Literal["week", "day"]
CellMetric = Literal["rate", "cumulative", "customers"]


class CohortFilters(Filters):
    """``/cohorts``."""

    kind: Annotated[
        Kind,
        Control(
            "From",
            {
                "0-1": "download to 1st order",
                "1-2": "1st to 2nd",
                "2-3": "2nd to 3rd",
                "3-4": "3rd to 4th order",
            },
        ),
    ] = "0-1"
    by: Annotated[CohortGrain, Control("By", {"week": "week", "day": "day"})] = "week"
    metric: Annotated[
        CellMetric, Control("Cells", {"rate": "rate", "cumulative": "rate so far", "customers": "customers"})
    ] = "rate"


class RetentionFilters(Filters):
    """``/retention``."""

    by: Annotated[Literal["month", "week"], Control("By", {"month": "month", "week": "week"})] = "month"
    metric: Annotated[Literal["rate", "customers"], Control("Cells", {"rate": "rate", "customers": "customers"})] = (
        "rate"
    )


class OrderFilters(Filters):
    """``/orders``."""

    by: Annotated[
        Literal["day", "week", "month"], Control("Orders by", {"day": "day", "week": "week", "month": "month"})
    ] = "day"


class ChurnFilters(Filters):
    """``/churn``."""

    weeks: Annotated[
        Literal["all", "52", "26"], Control("Weeks shown", {"all": "all", "52": "last 52", "26": "last 26"})
    ] = "all"


ProductMetric = Literal["revenue", "orders", "units"]
PairOrder = Literal["orders", "lift"]


class ProductFilters(Filters):
    """``/products``; no category stands for all, an empty one for products without a category."""

    metric: Annotated[
        ProductMetric, Control("Sorted by", {"revenue": "revenue", "orders": "orders", "units": "units"})
    ] = "revenue"
    top: Annotated[Literal["10", "20", "50"], Control("Top", {"10": "10", "20": "20", "50": "50"})] = "10"
    pairs: Annotated[PairOrder, Control("Pairs by", {"orders": "orders", "lift": "lift"})] = "orders"
    category: Annotated[str | None, Control("Category", report="most_ordered_categories", column="category")] = None


PromotionMetric = Literal["revenue", "discount", "orders"]


class PromotionFilters(Filters):
    """``/promotions``."""

    metric: Annotated[
        PromotionMetric, Control("Metric", {"revenue": "revenue", "discount": "discount", "orders": "orders"})
    ] = "revenue"
    top: Annotated[Literal["6", "12", "24"], Control("Top", {"6": "6", "12": "12", "24": "24"})] = "6"


EffectMetric = Literal["amount", "orders"]
EffectOrder = Literal["effect", "certainty", "customers"]
ChangeGrain = Literal["day", "week", "month"]

_METRIC = Control("Metric", {"amount": "revenue", "orders": "orders"})
_SORT = Control("Sorted by", {"effect": "effect", "certainty": "certainty", "customers": "customers"})
_TOP = Control("Top", {"20": "20", "50": "50", "100": "100"})


class EffectFilters(Filters):
    """What pages of comparisons share."""

    metric: Annotated[EffectMetric, _METRIC] = "amount"
    sort: Annotated[EffectOrder, _SORT] = "effect"


class OpenedFilters(EffectFilters):
    """One item is opened; None: the one that stands out most."""

    item: str | None = None


class ItemFilters(OpenedFilters):
    """There are many items."""

    top: Annotated[Literal["20", "50", "100"], _TOP] = "20"


def _pair(value: str | None) -> str | None:
    if not value:
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(one, str) for one in found):
        raise ValueError('write two promotions, such as ["A", "B"]')
    return value


class PromotionTestFilters(ItemFilters):
    """``/ab-tests/promotions``; and the pair that is opened, as the text of a JSON array of two promotions."""

    item: Annotated[
        str | None,
        Control("Opened", report="promotion_usage_before_after_amount", column="item", nothing="strongest"),
    ] = None
    pair: Annotated[str | None, AfterValidator(_pair)] = None

    @classmethod
    def given(cls, parameters: Mapping[str, str]) -> dict[str, str]:
        """The pair too, which no control shows: a mark leads to it."""
        pair = parameters.get("pair")
        return super().given(parameters) | ({"pair": pair} if pair else {})

    def chosen(self) -> dict[str, str]:
        return super().chosen() | ({"pair": self.pair} if self.pair else {})


class ProductTestFilters(ItemFilters):
    """``/ab-tests/products``."""

    item: Annotated[
        str | None,
        Control("Opened", report="product_usage_before_after_amount", column="item", nothing="strongest"),
    ] = None


class SegmentTestFilters(OpenedFilters):
    """``/ab-tests/segments``."""

    by: Annotated[ChangeGrain, Control("Compared", {"day": "day", "week": "week", "month": "month"})] = "week"
    item: Annotated[
        str | None,
        Control("Opened", report="segments_change_weekly_before_after_amount", column="item", nothing="strongest"),
    ] = None


class ExperimentFilters(Filters):
    """``/ab-tests/experiments``."""

    experiment: Annotated[
        str | None, Control("Experiment", report="experiments", column="experiment", nothing="newest")
    ] = None


Duration = Literal["deliver", "prepare", "ride", "return"]


def _geohash(value: str | None) -> str | None:
    if value and not re.fullmatch(r"[0-9b-hjkmnp-z]{1,12}", value):
        raise ValueError("write the beginning of a geohash, such as gcpv")
    return value


class DeliveryFilters(Filters):
    """``/deliveries``: which duration; part of the map, as the beginning of a geohash; the order that is opened."""

    duration: Annotated[
        Duration,
        Control("Duration", {"deliver": "delivery", "prepare": "preparation", "ride": "ride", "return": "return"}),
    ] = "deliver"
    top: Annotated[Literal["20", "50", "100"], _TOP] = "20"
    area: Annotated[str | None, AfterValidator(_geohash)] = None
    order: str | None = None

    @classmethod
    def given(cls, parameters: Mapping[str, str]) -> dict[str, str]:
        """Area and order too, which no control shows: marks and names lead to them."""
        return super().given(parameters) | {name: parameters[name] for name in _MARKED if parameters.get(name)}

    def chosen(self) -> dict[str, str]:
        return super().chosen() | {name: value for name in _MARKED if (value := self.value(name))}


_MARKED = ("area", "order")
