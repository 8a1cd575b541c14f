"""Every rule about bad rows has its reason code."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from ca_platform.errors import SourceError
from ca_platform.ingest import EXPLANATIONS, Reason
from ca_platform_tests.ingest.small import START, SmallShop, days

GOOD = [f"good-{n},c{n},2024-03-26T10:0{n}:00Z,10,true" for n in range(4)]
HEAD = "order_id,client,session_start_date,payment_amount,has_purchased,session_end_date,discount_amount,basket"

SESSION_RULES = [
    (",c,2024-03-26T10:00:00Z,1,true,,,", Reason.MISSING_VALUE, "order_id"),
    ('"",c,2024-03-26T10:00:00Z,1,true,,,', Reason.MISSING_VALUE, "order_id"),
    ("x,,2024-03-26T10:00:00Z,1,true,,,", Reason.MISSING_VALUE, "client"),
    ("x,c,,1,true,,,", Reason.MISSING_VALUE, "session_start_date"),
    ("x,c,2024-03-26T10:00:00Z,,true,,,", Reason.MISSING_VALUE, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,1,,,,", Reason.MISSING_VALUE, "has_purchased"),
    ("x,c,yesterday,1,true,,,", Reason.UNREADABLE_DATE, "session_start_date"),
    ("x,c,2024-02-30T10:00:00Z,1,true,,,", Reason.UNREADABLE_DATE, "session_start_date"),
    ("x,c,2024-03-26T10:00:00Z,1,true,later,,", Reason.UNREADABLE_DATE, "session_end_date"),
    ("x,c,0001-01-01T00:00:00,1,true,,,", Reason.DATE_OUT_OF_BOUNDS, "session_start_date"),
    ("x,c,9999-12-31,1,true,,,", Reason.DATE_OUT_OF_BOUNDS, "session_start_date"),
    ("x,c,2024-03-26T10:00:00Z,ten,true,,,", Reason.UNREADABLE_NUMBER, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,123456789012345678,true,,,", Reason.UNREADABLE_NUMBER, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,inf,true,,,", Reason.NOT_FINITE, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,NaN,true,,,", Reason.NOT_FINITE, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,-1,true,,,", Reason.NEGATIVE_AMOUNT, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,-1,false,,,", Reason.NEGATIVE_AMOUNT, "payment_amount"),
    ("x,c,2024-03-26T10:00:00Z,1,true,,-0.5,", Reason.NEGATIVE_DISCOUNT, "discount_amount"),
    ("x,c,2024-03-26T10:00:00Z,1,perhaps,,,", Reason.UNREADABLE_FLAG, "has_purchased"),
    ("x,c,2024-03-26T10:00:00Z,1,true,,,perhaps", Reason.UNREADABLE_FLAG, "basket"),
    ("good-1,c,2024-03-26T10:00:00Z,1,true,,,", Reason.REPEATED_ORDER, "order_id"),
    ("x,c,2024-03-26T10:00:00Z,1,true", Reason.WRONG_FIELD_COUNT, None),
    ("x,c,2024-03-26T10:00:00Z,1,true,,,,,", Reason.WRONG_FIELD_COUNT, None),
]


@pytest.mark.parametrize(("row", "reason", "column"), SESSION_RULES, ids=[f"{r[1]}-{r[0]}" for r in SESSION_RULES])
def test_bad_session_is_quarantined_with_its_reason(
    shop: SmallShop, row: str, reason: Reason, column: str | None
) -> None:
    shop.sessions(*(f"{good},,,yes" for good in GOOD), row, header=HEAD, actions=["basket"])
    summary = shop.load()
    assert summary.totals | {"adjusted": 0} == {
        "read": 5,
        "loaded": 4,
        "quarantined": 1,
        "out_of_range": 0,
        "open": 0,
        "adjusted": 0,
    }
    assert shop.reasons() == [(reason.value, column)]
    assert summary.reasons == {reason.value: 1}


LINE_RULES = [
    (",p,1,1,0", Reason.MISSING_VALUE, "order_id"),
    ("good-1,,1,1,0", Reason.MISSING_VALUE, "product"),
    ("good-1,p,,1,0", Reason.MISSING_VALUE, "price"),
    ("good-1,p,-1,1,0", Reason.NEGATIVE_PRICE, "price"),
    ("good-1,p,1,0,0", Reason.QUANTITY_NOT_POSITIVE, "quantity"),
    ("good-1,p,1,-2,0", Reason.QUANTITY_NOT_POSITIVE, "quantity"),
    ("good-1,p,1,1,-1", Reason.NEGATIVE_DISCOUNT, "discount_amount"),
    ("good-1,p,1,nan,0", Reason.NOT_FINITE, "quantity"),
    ("nobody,p,1,1,0", Reason.NO_SESSION, "order_id"),
    ("bad,p,1,1,0", Reason.SESSION_QUARANTINED, "order_id"),
]


@pytest.mark.parametrize(("row", "reason", "column"), LINE_RULES, ids=[f"{r[1]}-{r[0]}" for r in LINE_RULES])
def test_bad_line_is_quarantined_with_its_reason(shop: SmallShop, row: str, reason: Reason, column: str) -> None:
    shop.sessions(*GOOD, "bad,c,2024-03-26T10:00:00Z,-1,true")
    shop.load()
    good = [f"good-{n},tea,1.5,2,0" for n in range(3)]
    shop.write("lines.csv", *good, row, header="order_id,product,price,quantity,discount_amount")
    shop.connect("lines", "lines.csv")
    summary = shop.load("lines")
    assert (summary.totals["read"], summary.totals["loaded"]) == (4, 3)
    assert shop.reasons("lines") == [(reason.value, column)]


DELIVERY_RULES = [
    (",2024-03-26T12:00:00Z,,,,", Reason.MISSING_VALUE, "order_id"),
    ("good-1,soon,,,,", Reason.UNREADABLE_DATE, "delivery_date"),
    ("good-1,2024-03-26T12:00:00Z,2024-03-26T09:00:00Z,,,", Reason.DATES_OUT_OF_ORDER, "delivery_date"),
    ("good-1,2024-03-26T09:00:00Z,,,,", Reason.DATES_OUT_OF_ORDER, "delivery_date"),
    ("good-1,2024-03-26T12:00:00Z,2024-03-26T13:00:00Z,,,", Reason.DATES_OUT_OF_ORDER, "prepare_date"),
    ("good-1,2024-03-26T12:00:00Z,,2024-03-26T11:00:00Z,,", Reason.DATES_OUT_OF_ORDER, "return_date"),
    ("good-1,2024-03-26T12:00:00Z,,,91,0", Reason.COORDINATES_OUT_OF_RANGE, "latitude"),
    ("good-1,2024-03-26T12:00:00Z,,,0,-181", Reason.COORDINATES_OUT_OF_RANGE, "longitude"),
    ("good-1,2024-03-26T12:00:00Z,,,0,0.0", Reason.COORDINATES_OUT_OF_RANGE, "latitude"),
    ("good-1,2024-03-26T12:00:00Z,,,inf,1", Reason.NOT_FINITE, "latitude"),
    ("nobody,2024-03-26T12:00:00Z,,,,", Reason.NO_SESSION, "order_id"),
]
DELIVERIES = "order_id,delivery_date,prepare_date,return_date,latitude,longitude"


@pytest.mark.parametrize(("row", "reason", "column"), DELIVERY_RULES, ids=[f"{r[1]}-{r[0]}" for r in DELIVERY_RULES])
def test_bad_delivery_is_quarantined_with_its_reason(shop: SmallShop, row: str, reason: Reason, column: str) -> None:
    shop.sessions(*GOOD)
    shop.load()
    good = [f"good-{n},2024-03-26T12:00:00Z,2024-03-26T12:00:00Z,2024-03-26T12:00:00Z,51.5,-0.1" for n in range(3)]
    shop.write("deliveries.csv", *good, row, header=DELIVERIES)
    shop.connect("deliveries", "deliveries.csv")
    summary = shop.load("deliveries")
    assert (summary.totals["read"], summary.totals["loaded"], summary.totals["open"]) == (4, 3, 0)
    assert shop.reasons("deliveries") == [(reason.value, column)]


def test_delivery_without_its_date_is_open(shop: SmallShop) -> None:
    shop.sessions(*GOOD)
    shop.load()
    shop.write(
        "deliveries.csv", "good-1,,2024-03-26T12:00:00Z,,,", "good-2,2024-03-26T12:00:00Z,,,,", header=DELIVERIES
    )
    shop.connect("deliveries", "deliveries.csv")
    totals = shop.load("deliveries").totals
    assert (totals["read"], totals["loaded"], totals["open"], totals["quarantined"]) == (2, 1, 1, 0)


def test_line_far_from_its_order_is_quarantined(shop: SmallShop) -> None:
    shop.sessions(*GOOD)
    shop.load()
    rows = ["good-1,tea,1,2024-03-27", "good-2,tea,1,2024-04-05", "good-3,tea,1,2024-03-26"]
    shop.write("lines.csv", *rows, header="order_id,product,price,date")
    shop.connect("lines", "lines.csv")
    shop.load("lines")
    assert shop.reasons("lines") == [(Reason.FAR_FROM_ORDER.value, "date")]
    # The day of a line is that of its order.
    assert {row["day"] for row in shop.rows("lines")} == {date(2024, 3, 26)}


def test_repeated_client_keeps_the_first_row(shop: SmallShop) -> None:
    shop.write("customers.csv", "a,2024-01-02", "b,2024-01-03", "a,2024-01-01", header="client,download_date")
    shop.connect("customers", "customers.csv")
    totals = shop.load("customers").totals
    assert (totals["read"], totals["loaded"], totals["quarantined"]) == (3, 2, 1)
    assert shop.reasons("customers") == [(Reason.REPEATED_CLIENT.value, "client")]
    assert shop.rows("customers")[0]["download_date"].date() == date(2024, 1, 2)


def test_customer_without_download_is_quarantined(shop: SmallShop) -> None:
    shop.write("customers.csv", "a,2024-01-02", "b,", header="client,download_date")
    shop.connect("customers", "customers.csv")
    shop.load("customers")
    assert shop.reasons("customers") == [(Reason.MISSING_VALUE.value, "download_date")]


def test_discount_above_a_gross_amount_is_bad_and_otherwise_subtracted(shop: SmallShop) -> None:
    head = "order_id,client,session_start_date,payment_amount,has_purchased,discount_amount"
    at = "2024-03-26T10:00:00Z"
    rows = [f"1,c,{at},10,true,4", f"2,c,{at},10,true,10.01", f"3,c,{at},,false,3", f"4,c,{at},10,true,"]
    shop.sessions(*rows, header=head, payment_amount_is="gross")
    shop.load()
    assert shop.reasons() == [(Reason.DISCOUNT_ABOVE_AMOUNT.value, "discount_amount")]
    paid = {row["order_id"]: (row["payment_amount"], row["discount_amount"]) for row in shop.rows()}
    assert paid == {"1": (Decimal(6), Decimal(4)), "3": (Decimal(0), Decimal(0)), "4": (Decimal(10), Decimal(0))}


def test_amounts_of_a_session_without_purchase_are_zero(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-26T10:00:00Z,,no", "2,c,2024-03-26T10:00:00Z,99.5,N")
    shop.load()
    assert [row["payment_amount"] for row in shop.rows()] == [Decimal(0), Decimal(0)]


def test_empty_action_is_false(shop: SmallShop) -> None:
    head = "order_id,client,session_start_date,payment_amount,has_purchased,basket"
    shop.sessions("1,c,2024-03-26,1,1,", "2,c,2024-03-26,1,1,T", header=head, actions=["basket"])
    shop.load()
    assert [row["actions.basket"] for row in shop.rows()] == [False, True]


def test_first_reason_of_a_row_counts_and_a_row_counts_once(shop: SmallShop) -> None:
    shop.sessions(*GOOD, ",,never,-1,perhaps")
    assert shop.load().totals["quarantined"] == 1


def test_quarantine_keeps_place_and_original_values(shop: SmallShop) -> None:
    shop.sessions(*GOOD, 'x,c,2024-03-26T10:00:00Z," -1,50 ",TRUE')
    shop.load()
    row = shop.lake.quarantined("sessions").row(0, named=True)
    assert (row["file"], row["row_number"], row["day"]) == (str(shop.folder / "sessions.csv"), 6, date(2024, 3, 26))
    assert json.loads(row["row"])["payment_amount"] == " -1,50 "
    assert json.loads(row["row"])["has_purchased"] == "TRUE"


def test_row_of_a_bad_date_has_no_day(shop: SmallShop) -> None:
    shop.sessions(*GOOD, "x,c,soon,1,true", "y,c,2024-03-26T10:00:00Z,-1,true")
    summary = shop.load()
    by_day = {row["day"]: row["quarantined"] for row in summary.by_day.iter_rows(named=True) if row["quarantined"]}
    assert by_day == {None: 1, date(2024, 3, 26): 1}


@pytest.mark.parametrize(
    ("rows", "remedy"),
    [
        (["1,c,26.03.2024 10:00,1,true", "2,c,26.03.2024 11:00,1,true"], "date_format"),
        (['1,c,2024-03-26,"1,50",true', '2,c,2024-03-26,"2,50",true'], 'decimal: ","'),
        (['1,c,2024-03-26,"1.234,50 €",true'], 'decimal: ","` and `thousands: "."` and `currency_mark: "€"'),
        (["1,c,2024-03-26,1,bought", "2,c,2024-03-26,1,left"], "true/false"),
    ],
)
def test_column_that_is_mostly_unreadable_is_refused_with_a_remedy(
    shop: SmallShop, rows: list[str], remedy: str
) -> None:
    shop.sessions(*rows)
    with pytest.raises(SourceError) as caught:
        shop.load()
    message = str(caught.value)
    assert remedy in message
    assert "sessions.csv, line 2" in message
    assert caught.value.exit_code == 2
    assert shop.lake.days("sessions") == []


def test_half_of_a_column_unreadable_is_quarantined_row_by_row(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-26,1,true", "2,c,26.03.2024,1,true")
    assert shop.load().reasons == {Reason.UNREADABLE_DATE.value: 1}


def test_every_reason_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert all(text.endswith(".") for text in EXPLANATIONS.values())


def test_days_before_the_start_are_refused(shop: SmallShop) -> None:
    shop.sessions(*GOOD)
    with pytest.raises(Exception, match="lies before the first day"):
        shop.load(asked=days(date(2024, 3, 24), 2))
    assert date(2024, 3, 24) < START
