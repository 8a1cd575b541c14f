"""The canonical datasets of the lake: what every source becomes, whatever its own columns are called."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, flag, instant, money, text
from ca_platform.catalogue.spec import Column, Kind, TableSpec

_DAY = day("day", "Local calendar day that the row belongs to; the partition.")
_ORDER_ID = text("order_id", "Identifies the session, unique over the whole lake.")

SESSIONS = TableSpec(
    name="sessions",
    layer="lake",
    title="Sessions",
    description=(
        "One row for each session; an order is a session with has_purchased. A row belongs to the local day on which "
        "its session started."
    ),
    columns=(
        _DAY,
        _ORDER_ID,
        text("client", "The customer."),
        instant("session_start_date", "Start of the session."),
        instant("session_end_date", "End of the session.", nullable=True),
        money("payment_amount", "What the customer paid, after discounts; 0 without a purchase."),
        money("discount_amount", "Discount of the order, without the discounts of its lines; 0 without a purchase."),
        flag("has_purchased", "The session ended in an order."),
        text("promotion_id", "Promotion that the order carries.", nullable=True),
    ),
    key=("order_id",),
    sort=("client", "session_start_date", "order_id"),
    dynamic=("dimensions.*", "actions.*", "action_times.*", "experiments.*"),
)
CUSTOMERS = TableSpec(
    name="customers",
    layer="lake",
    title="Customers",
    description="One row for each customer that the source knows: a snapshot, replaced by each load.",
    columns=(
        text("client", "The customer."),
        instant("download_date", "First contact: download, sign-up or first visit, whatever was mapped."),
        instant("signup_date", "When the customer signed up.", nullable=True),
    ),
    key=("client",),
    sort=("client",),
    partitioned=False,
    dynamic=("action_times.*",),
)
LINES = TableSpec(
    name="lines",
    layer="lake",
    title="Product lines",
    description="One row for each product line of an order's basket. It belongs to the day of its order.",
    columns=(
        _DAY,
        _ORDER_ID,
        count("line_number", "Position of the line in the order, from 0, in the order of the source."),
        text("product", "The product."),
        text("category", "Category of the product.", nullable=True),
        money("price", "Price of one unit."),
        Column("quantity", Kind.MONEY, "Units, exact; fractions are allowed.", "units"),
        money("discount_amount", "Discount of the line."),
    ),
    key=("order_id", "line_number"),
    sort=("order_id", "line_number"),
)
DELIVERIES = TableSpec(
    name="deliveries",
    layer="lake",
    title="Deliveries",
    description=(
        "One row for each delivery. It belongs to the local day of its delivery_date. A return that comes later is known "
        "once that day is loaded again: schedule.look_back_days says how far back that is done."
    ),
    columns=(
        _DAY,
        _ORDER_ID,
        instant("delivery_date", "Handed to the customer."),
        instant("prepare_date", "Ready to leave.", nullable=True),
        instant("return_date", "Came back.", nullable=True),
        instant("promised_date", "Promised to the customer.", nullable=True),
        Column("latitude", Kind.FLOAT, "Where it went, WGS 84.", "degrees", nullable=True),
        Column("longitude", Kind.FLOAT, "Where it went, WGS 84.", "degrees", nullable=True),
        flag(
            "location_suspect", "The coordinates look wrong (lost minus sign, swapped); location reports leave it out."
        ),
    ),
    key=("order_id", "delivery_date"),
    sort=("order_id", "delivery_date"),
)
ASSIGNMENTS = TableSpec(
    name="assignments",
    layer="lake",
    title="Assignments",
    description=(
        "One row for each time a customer was given a variant of an experiment. It belongs to the local day of its "
        "assigned_at. The same customer may come again; the first variant counts."
    ),
    columns=(
        _DAY,
        text("experiment", "The experiment."),
        text("client", "The customer."),
        text("variant", "What the customer was given."),
        instant("assigned_at", "When."),
    ),
    key=("experiment", "client", "assigned_at", "variant"),
    sort=("experiment", "client", "assigned_at", "variant"),
)

DATASETS = (SESSIONS, CUSTOMERS, LINES, DELIVERIES, ASSIGNMENTS)
