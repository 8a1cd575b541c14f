"""Deliveries: how long orders take to be prepared, ridden, delivered and returned, when and where."""

from __future__ import annotations

from ca_platform.catalogue.columns import HOUR, count, day, flag, instant, share, text
from ca_platform.catalogue.fact_columns import fact
from ca_platform.catalogue.spec import Column, Kind, ReportSpec, TableSpec

DURATIONS = ("deliver", "prepare", "ride", "return")
"""What is measured of a delivery, in this order."""
NEEDS: dict[str, tuple[str, ...]] = {
    "deliver": ("deliveries",),
    "prepare": ("deliveries.prepare_date",),
    "ride": ("deliveries.prepare_date",),
    "return": ("deliveries.return_date",),
}
"""By duration what must be connected."""
PLACE_NEEDS = ("deliveries.latitude", "deliveries.longitude")
SPANS = {
    "deliver": "from the order to the delivery",
    "prepare": "from the order until it was ready to leave",
    "ride": "from ready to leave to the delivery",
    "return": "from the delivery to its return",
}
"""By duration what it lasts."""
OLD_NAMES = {name: f"{name}_orders" for name in DURATIONS}
"""Names by which the predecessor's users know reports; some are no names that Dagster allows for an asset."""
_TITLES = {"deliver": "Delivery", "prepare": "Preparation", "ride": "Ride", "return": "Return"}
_FACTS = ("delivery_times", "dimension_values")
_WEEKDAY = Column("weekday", Kind.INTEGER, "Local day of the week of the order, from Monday (1) to Sunday (7).", "day")


def _minutes(name: str, description: str) -> Column:
    return Column(name, Kind.FLOAT, description, "minutes", nullable=True)


DELIVERY_TIMES: TableSpec = fact(
    "delivery_times",
    "Delivery times",
    "Every delivery with its order and how long its parts took, on the local day of its delivery_date. weekday and "
    "hour are those of the order. A return lies on return_date, which may come later than the day of the row. A row "
    "whose dates are out of order, because its session was corrected since, is left out until it is loaded again. "
    "dimensions.NAME is the order's value.",
    (
        text("order_id", "The order."),
        text("client", "The customer."),
        instant("order_time", "Start of the session that ended in the order."),
        instant("delivery_date", "Handed to the customer."),
        _WEEKDAY,
        Column("hour", Kind.INTEGER, "Local hour of the order, 0 to 23.", "hour of day"),
        Column("return_weekday", Kind.INTEGER, "Local weekday of the delivery that came back.", "day", nullable=True),
        Column("return_hour", Kind.INTEGER, "Local hour of that delivery.", "hour of day", nullable=True),
        Column("latitude", Kind.FLOAT, "Where it went, WGS 84.", "degrees", nullable=True),
        Column("longitude", Kind.FLOAT, "Where it went, WGS 84.", "degrees", nullable=True),
        text("geohash", "Map cell; null without a location, or with one that looks wrong.", nullable=True),
        _minutes("deliver_minutes", "From the order to the delivery."),
        _minutes("prepare_minutes", "From the order until it was ready to leave; null when that is unknown."),
        _minutes("ride_minutes", "From then to the delivery."),
        _minutes("return_minutes", "From the delivery to its return; null without one."),
        instant("return_date", "When it came back.", nullable=True),
        Column("is_late", Kind.FLAG, "Delivered after the promised date; null without a promise.", nullable=True),
    ),
    key=("order_id", "delivery_date"),
    inputs=("sessions", "deliveries"),
    dynamic=("dimensions.*",),
)

DELIVERY_FACTS = (DELIVERY_TIMES,)

_DELIVERIES = count("deliveries", "Deliveries of which the duration is known.")
_FIGURES = (
    _DELIVERIES,
    _minutes("mean_minutes", "Mean duration; null without a delivery."),
    _minutes("median_minutes", "Half of them took at most so long."),
    _minutes("p90_minutes", "Nine of ten took at most so long."),
)
_DURATION = text("duration", "deliver, prepare, ride or return.")
_PROMISES = (
    count("promised", "Deliveries with a promised date; of the duration deliver only.", nullable=True),
    count("late", "Those of them after their promised date; null without one.", nullable=True),
    share("share_late", "late over promised."),
)


def _slots(name: str) -> ReportSpec:
    whose = "delivery that came back" if name == "return" else "order"
    return ReportSpec(
        name=f"{name}_weekday_hour",
        family="deliveries",
        title=f"{_TITLES[name]} time by weekday and hour",
        grain="weekday × hour of day",
        description=(
            f"How long it took {SPANS[name]}, by local weekday and hour of the {whose}; every hour of the week has a row. "
            "A slot is abnormal when its mean is in the highest tenth between the least and the most, it has at least "
            "20 deliveries, and their durations are longer than in the other slots beyond chance."
        ),
        columns=(
            Column("weekday", Kind.INTEGER, "Day of the week, from Monday (1) to Sunday (7).", "ISO weekday"),
            HOUR,
            *_FIGURES,
            Column(
                "normalized",
                Kind.FLOAT,
                "Mean from 0 (the least of all slots) to 1 (the most); null where all are alike.",
                "share",
                nullable=True,
            ),
            Column(
                "p_value",
                Kind.FLOAT,
                "How likely chance alone makes the durations of the slot so much longer than those of all others "
                "(Mann–Whitney, one-sided), adjusted for all slots (Benjamini–Hochberg); null without others.",
                "probability",
                nullable=True,
            ),
            flag("is_abnormal", "normalized above 0.9, at least 20 deliveries and p_value below 0.05."),
        ),
        key=("weekday", "hour"),
        facts=_FACTS,
        page="/deliveries",
        requires=NEEDS[name],
    )


def _places(name: str) -> ReportSpec:
    return ReportSpec(
        name=f"{name}_location",
        family="deliveries",
        title=f"{_TITLES[name]} time by place",
        grain="map cell",
        description=(
            f"How long it took {SPANS[name]}, by map cell (a geohash of as many letters as "
            "reports.deliveries.geohash_precision says). Deliveries without a place, or with one that looks wrong, are "
            "left out. A cell is held against the cells around it: one that is far away is not abnormal for that."
        ),
        columns=(
            text("geohash", "The cell."),
            Column("latitude", Kind.FLOAT, "Of its centre, WGS 84.", "degrees"),
            Column("longitude", Kind.FLOAT, "Of its centre, WGS 84.", "degrees"),
            _DELIVERIES,
            _minutes("mean_minutes", "Mean duration."),
            Column(
                "score",
                Kind.FLOAT,
                "By how many standard deviations the cell's durations lie above those of the cells around it, in "
                "logarithms; null where there is no other cell.",
                "standard deviations",
                nullable=True,
            ),
            flag("is_abnormal", "At least 5 deliveries, and a score too high for chance among all cells."),
        ),
        key=("geohash",),
        facts=_FACTS,
        page="/deliveries",
        requires=(*NEEDS[name], *PLACE_NEEDS) if name != "deliver" else PLACE_NEEDS,
    )


DELIVERIES = (
    *(_slots(name) for name in DURATIONS),
    *(_places(name) for name in DURATIONS),
    ReportSpec(
        name="deliver_kpis",
        family="deliveries",
        title="Key figures of deliveries",
        grain="duration",
        description="How long deliveries and their parts took since the start date. Durations that need a column that is "
        "not connected have no row.",
        columns=(
            _DURATION,
            *_FIGURES,
            count("locations", "Map cells with such a delivery; null where no place is known.", nullable=True),
            *_PROMISES,
        ),
        key=("duration",),
        facts=_FACTS,
        page="/deliveries",
        requires=("deliveries",),
    ),
    ReportSpec(
        name="daily_deliveries",
        family="deliveries",
        title="Deliveries by day",
        grain="day × duration",
        description="How long the deliveries of each day took, quiet days included. Returns count on the day on which "
        "they came back. Durations that need a column that is not connected have no row.",
        columns=(
            day("date", "Day of the delivery, or of its return."),
            _DURATION,
            *_FIGURES,
            *_PROMISES,
        ),
        key=("date", "duration"),
        facts=_FACTS,
        page="/deliveries",
        window="days",
        requires=("deliveries",),
    ),
)
