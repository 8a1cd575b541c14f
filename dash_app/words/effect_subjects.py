"""What the pages of A/B tests compare, in words."""

from __future__ import annotations

from dash_app.filters import ChangeGrain, EffectMetric
from dash_app.words.effects import Subject

MEASURES: dict[EffectMetric, str] = {"amount": "revenue", "orders": "orders"}
OF_EXPERIMENTS = {
    "revenue_per_customer": "revenue",
    "orders_per_customer": "orders",
    "conversion": "conversion",
    "capped_revenue_per_customer": "revenue up to a cap",
    "sessions_per_customer": "sessions",
    "discount_per_customer": "discount",
}
METRICS: dict[str, str] = {**{str(name): said for name, said in MEASURES.items()}, **OF_EXPERIMENTS}
"""Every metric in words."""

PROMOTIONS = Subject(
    noun="promotion",
    nouns="promotions",
    names=("item",),
    unit="per customer, the week after first use less the week before, beyond the change of like customers",
    after="In the week after a first order with",
    than="in the week before, beyond the change of like customers",
    raw="without like customers",
)
PRODUCTS = Subject(
    noun="product",
    nouns="products",
    names=("item",),
    unit="per customer, the week after its first order less the week before, orders with it left out, beyond their other orders",
    after="In the week after a first order of",
    than="in the week before, beyond what their other orders show",
    raw="whatever their other orders show",
    matched="whose other orders tell something",
)
PAIRS = Subject(
    noun="pair",
    nouns="pairs of promotions",
    names=("promotion_a", "promotion_b"),
    unit="per customer, in orders with the second promotion less in orders with the first",
    after="With",
    than="with the other",
    raw="without adjustment",
    base="the mean with the first",
)
_TIMES: dict[ChangeGrain, tuple[str, str]] = {
    "day": ("on the day", "on that weekday in the four weeks before"),
    "week": ("in the latest whole week", "in a week of the four before"),
    "month": ("in the latest whole month", "in a month of the four before"),
}


def segments(grain: ChangeGrain) -> Subject:
    """Segments of customers, a period against the mean of four before it."""
    now, then = _TIMES[grain]
    return Subject(
        noun="segment",
        nouns="segments",
        names=("item",),
        unit=f"per customer, {now} less {then}, beyond the change of all others",
        after=f"{now.capitalize()}, in the segment",
        than=f"{then}, beyond the others' change",
        raw="the shop's own change in it",
    )
