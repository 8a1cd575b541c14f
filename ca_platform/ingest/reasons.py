"""Why a row is quarantined: one code for each rule, with the sentence that explains it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes, as they stand in the quarantine."""

    MISSING_VALUE = "missing_value"
    UNREADABLE_DATE = "unreadable_date"
    UNREADABLE_NUMBER = "unreadable_number"
    UNREADABLE_FLAG = "unreadable_flag"
    DATE_OUT_OF_BOUNDS = "date_out_of_bounds"
    NOT_FINITE = "not_finite"
    NEGATIVE_AMOUNT = "negative_amount"
    NEGATIVE_DISCOUNT = "negative_discount"
    NEGATIVE_PRICE = "negative_price"
    DISCOUNT_ABOVE_AMOUNT = "discount_above_amount"
    QUANTITY_NOT_POSITIVE = "quantity_not_positive"
    COORDINATES_OUT_OF_RANGE = "coordinates_out_of_range"
    DATES_OUT_OF_ORDER = "dates_out_of_order"
    REPEATED_ORDER = "repeated_order"
    REPEATED_CLIENT = "repeated_client"
    NO_SESSION = "no_session"
    SESSION_QUARANTINED = "session_quarantined"
    FAR_FROM_ORDER = "far_from_order"
    WRONG_FIELD_COUNT = "wrong_field_count"


UNREADABLE = frozenset(
    {Reason.UNREADABLE_DATE, Reason.UNREADABLE_NUMBER, Reason.UNREADABLE_FLAG, Reason.DATE_OUT_OF_BOUNDS}
)
"""Reasons that speak against the mapping when most of the rows have them."""

WAITING = frozenset({Reason.NO_SESSION, Reason.SESSION_QUARANTINED})
"""Reasons that later loads may resolve: the row waits for its order."""

EXPLANATIONS: dict[Reason, str] = {
    Reason.MISSING_VALUE: "A required column is empty.",
    Reason.UNREADABLE_DATE: "The value is no date: write ISO 8601, or set `date_format`.",
    Reason.UNREADABLE_NUMBER: (
        "The value is no number, or too large: of files say how numbers are written by `decimal`, `thousands`, `currency_mark`."
    ),
    Reason.UNREADABLE_FLAG: "The value is no flag: true/false, 1/0, yes/no, t/f, y/n.",
    Reason.DATE_OUT_OF_BOUNDS: "The date lies before 1900 or after 2199, as placeholders for 'never' do: leave it empty.",
    Reason.NOT_FINITE: "The number is infinite or not a number.",
    Reason.NEGATIVE_AMOUNT: (
        "The amount is negative. Cancellations and refunds are no sessions: leave them out, or net them, by `query`."
    ),
    Reason.NEGATIVE_DISCOUNT: "The discount is negative: discounts are written as positive amounts.",
    Reason.NEGATIVE_PRICE: "The price of a unit is negative. Leave refunds out by `query`.",
    Reason.DISCOUNT_ABOVE_AMOUNT: "The discount is larger than the gross amount. If amounts are after discount, set "
    "`payment_amount_is: net`.",
    Reason.QUANTITY_NOT_POSITIVE: "The quantity is zero or negative. Leave returns out by `query`.",
    Reason.COORDINATES_OUT_OF_RANGE: "Latitude must lie in [-90, 90], longitude in [-180, 180], and not both be 0.",
    Reason.DATES_OUT_OF_ORDER: "A delivery is prepared after its order, delivered after that, returned after that.",
    Reason.REPEATED_ORDER: "Another session with this order_id is loaded already.",
    Reason.REPEATED_CLIENT: "Another customer with this client is loaded already.",
    Reason.NO_SESSION: "No session has this order_id yet; each later load tries the row again.",
    Reason.SESSION_QUARANTINED: "The session of this order_id is quarantined itself; each later load tries again.",
    Reason.FAR_FROM_ORDER: "The line's `date` lies more than seven days from its order.",
    Reason.WRONG_FIELD_COUNT: "The row has more or fewer fields than the header.",
}
