"""Deliveries that took abnormally long, and the back-test that decides what judges them."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, flag, instant, text
from ca_platform.catalogue.deliveries import DURATIONS, NEEDS, SPANS
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_FACTS = ("delivery_times", "dimension_values")
_TITLES = {"deliver": "deliveries", "prepare": "preparations", "ride": "rides", "return": "returns"}


def _degrees(name: str) -> Column:
    return Column(name, Kind.FLOAT, "Where it went, WGS 84; null where that is not known.", "degrees", nullable=True)


def _probability(name: str, given: str, unknown: str = "") -> Column:
    said = f"Probability of so long a duration given {given}, by the deliveries before the week of this one."
    if not unknown:
        return Column(name, Kind.FLOAT, said, "probability")
    return Column(name, Kind.FLOAT, f"{said} Null where {unknown}.", "probability", nullable=True)


def _orders(name: str) -> ReportSpec:
    return ReportSpec(
        name=f"{name}_orders",
        family="deliveries",
        title=f"Orders with abnormally long {_TITLES[name]}",
        grain="delivery",
        description=(
            f"All deliveries for which it took abnormally long {SPANS[name]}, since the start date. A delivery is judged by "
            "what was known before its week: what is usual in the hour of the week, what the place and the customer add to "
            "it, and how irregular these are; what all deliveries of its day have in common, such as closed roads, does not "
            "count against it. A new place or customer is taken to be like its neighbours. Rule 1: abnormal for the "
            "customer, the place and the hour. Rule 2: abnormal for the hour, and for the customer or the place. Abnormal "
            "for the customer or the place is a probability below .0003, for the hour, where near and far places meet, one "
            "below .05. Nothing is said before 300 deliveries are known. What judges place and customer is decided by a "
            "back-test, see delivery_backtest; of a dimension value it is always the robust baseline."
        ),
        columns=(
            text("order_id", "The order."),
            text("client", "The customer."),
            instant("order_time", "Start of the session that ended in the order."),
            instant("delivery_date", "Handed to the customer."),
            _degrees("latitude"),
            _degrees("longitude"),
            text("geohash", "Map cell; null without a location, or with one that looks wrong.", nullable=True),
            Column("minutes", Kind.FLOAT, "What it took.", "minutes"),
            Column("expected_minutes", Kind.FLOAT, "To be expected given hour, place and customer.", "minutes"),
            Column(
                "score",
                Kind.FLOAT,
                "By how many standard deviations the logarithm of the duration lies above what the customer or the place lets "
                "expect, whichever is more.",
                "standard deviations",
            ),
            _probability("p_customer", "the customer"),
            _probability("p_location", "the place", "the place is not known"),
            _probability("p_weekday_hour", "the hour of the week"),
            flag("customer_anomaly", "p_customer is below .0003."),
            flag("location_anomaly", "p_location is below .0003."),
            flag("weekday_hour_anomaly", "p_weekday_hour is below .05."),
            flag("rule_1", "All three."),
            flag("rule_2", "The hour, and the customer or the place."),
            flag("is_abnormal", "Rule 2 holds, and it took longer than expected: true of every row."),
        ),
        key=("order_id", "delivery_date"),
        facts=_FACTS,
        page="/deliveries",
        requires=NEEDS[name],
    )


DELIVERY_ORDERS = (
    *(_orders(name) for name in DURATIONS),
    ReportSpec(
        name="delivery_backtest",
        family="deliveries",
        title="Who finds delays",
        grain="day × duration × base × model × metric",
        description=(
            "Back-tests on the shop's own deliveries. Whenever four times as many are known as at the last one, delays are planted "
            "into the latest of them: each takes 1.5, 2 and 3 times as long. The metric is the share of these delays that "
            "is found when 1 in 100 deliveries without one is called abnormal too. The robust baseline is a running mean of "
            "the place or the customer, shrunk towards its neighbours; the autoencoder is a small network that restores the "
            "duration from what is known of the delivery. It serves from that day on where it finds more."
        ),
        columns=(
            day("date", "From which on the winner serves."),
            text("duration", "deliver, prepare, ride or return."),
            text("base", "What a duration is held against: location or customer."),
            text("model", "robust baseline or autoencoder."),
            text("metric", "recall_1.5x, recall_2x, recall_3x: of delays of that size; recall: their mean."),
            Column("value", Kind.FLOAT, "Share of the planted delays that is found.", "share"),
            count("deliveries", "Deliveries into which the delays were planted."),
            flag("is_served", "The model judges the deliveries from that day on, until the next back-test."),
        ),
        key=("date", "duration", "base", "model", "metric"),
        facts=_FACTS,
        page="/deliveries",
        by_dimension=False,
        requires=("deliveries",),
    ),
)
