"""``/customers``: every customer, or the customers, orders or deliveries that a number counts."""

from __future__ import annotations

from dataclasses import replace

from ca_platform.catalogue import Column, Kind, ReportSpec, report_spec
from ca_platform.catalogue.customers import COLUMNS as SCORES
from ca_platform.catalogue.customers import CUSTOMERS as PICTURE
from ca_platform.catalogue.deliveries import DELIVERY_TIMES
from ca_platform.drill import DELIVERY_COLUMNS, What
from ca_platform.store.recommended import COLUMNS, with_columns
from dash_app.filters import Filters
from dash_app.opened import CustomerFilters, opened_in
from dash_app.records import Card, Page, Shared
from dash_app.words import opened as words

_HEIGHT = 620
_KPIS = with_columns(PICTURE)
_COUNTED = replace(
    _KPIS,
    by_dimension=True,
    description=f"{_KPIS.description} Listed are those whom the number counts; their figures are of the whole shop.",
)
_ORDERS = ReportSpec(
    name="orders",
    family="orders",
    title="Orders",
    grain="order",
    description="The orders that a number counts: the sessions with a purchase.",
    columns=(
        Column("order_id", Kind.TEXT, "The order."),
        Column("client", Kind.TEXT, "Whose it is."),
        Column("session_start_date", Kind.INSTANT, "Start of the session that ended in the order, UTC."),
        Column("payment_amount", Kind.MONEY, "What was paid.", "currency"),
        Column("discount_amount", Kind.MONEY, "Discount of the order.", "currency"),
        Column("promotion_id", Kind.TEXT, "Its promotion.", nullable=True),
    ),
    key=("order_id",),
    facts=(),
    page="/customers",
    storage="lake",
)


_DELIVERIES = ReportSpec(
    name="deliveries",
    family="deliveries",
    title="Deliveries",
    grain="delivery",
    description="The deliveries that a number counts; an order may have several.",
    columns=tuple(column for column in DELIVERY_TIMES.columns if column.name in DELIVERY_COLUMNS),
    key=("order_id", "delivery_date"),
    facts=(),
    page="/customers",
    storage="lake",
)


def _all(filters: Filters) -> bool:
    return opened_in(filters) is None


def _behind(what: What, report: str, shows: ReportSpec) -> Card:
    """The list of what a number counts, where such a number is opened."""

    def is_opened(filters: Filters) -> bool:
        opened = opened_in(filters)
        return opened is not None and opened.what == what

    return Card(
        id=f"{what}-counted",
        report=report,
        title=f"{what.capitalize()} behind a number",
        reading=words.counted,
        kind="table",
        height=_HEIGHT,
        width="full",
        is_shown=is_opened,
        shows=shows,
    )


def _uses(filters: Filters) -> frozenset[Shared]:
    """A number is one of a day, and of a dimension value where its report has them; all customers are those of now."""
    opened = opened_in(filters)
    if opened is None:
        return frozenset()
    return frozenset(("date", "dimension") if report_spec(opened.report).by_dimension else ("date",))


CUSTOMERS = Page(
    "/customers",
    (
        Card(
            id="customers-all",
            report="client_kpis",
            title="All customers",
            reading=words.everybody,
            kind="table",
            height=_HEIGHT,
            width="full",
            empty="There are no customers yet.",
            is_shown=_all,
            more=(*SCORES, *COLUMNS),
        ),
        _behind("customers", "client_kpis", _COUNTED),
        _behind("orders", "orders", _ORDERS),
        _behind("deliveries", "deliveries", _DELIVERIES),
    ),
    CustomerFilters,
    _uses,
)
