"""Names that columns of other systems have for what the platform calls by its own."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+")
_MOST_WORDS = 4

SYNONYMS: dict[str, tuple[str, ...]] = {
    "order_id": (
        "orderno", "ordernumber", "ordernum", "orderref", "ordercode", "ordername", "invoice", "invoiceno", "invoiceid",
        "invoicenumber", "sessionid", "session", "usersession", "visitid", "gasessionid", "transactionid", "basketid", "cartid",
        "receiptid", "receiptno", "receiptnumber", "purchaseid", "saleid", "salesid", "checkoutid", "order",
        "orderreference", "orderidentifier", "amazonorderid",
        "bestellnummer", "bestellnr", "auftragsnummer", "rechnungsnummer", "commande", "pedido", "ordine", "ordernummer",
    ),
    "client": (
        "clientid", "customeruniqueid", "customerid", "customerno", "customernumber", "customercode", "customer", "custid",
        "userid", "user", "userpseudoid", "memberid", "membernumber", "member", "buyerid", "buyeruserid", "buyerusername", "buyer", "shopperid", "householdid",
        "householdkey", "accountid", "visitorid", "clientno", "clientnumber",
        "kunde", "kundennummer", "kundennr", "kundenid", "idclient", "cliente", "idcliente", "klant", "klantnummer",
    ),
    "session_start_date": (
        "sessionstart", "sessionstartdate", "start", "started", "startedat", "starttime", "startdate", "orderdate",
        "orderedat", "orderpurchasetimestamp", "ordertime", "orderdatetime", "placedat", "placedon", "dateplaced", "created", "createddate", "dateadded", "dateadd",
        "purchasedate", "purchasedat", "purchasetime",
        "transactiondate", "transactiontimestamp", "transactiontime", "saledate", "eventtimestamp", "eventtime", "createdat", "createdon", "createdtime", "invoicedate", "timestamp",
        "datetime", "date", "time", "day",
        "datum", "bestelldatum", "rechnungsdatum", "datecommande", "fecha", "fechapedido", "dataordine", "orderdatum",
    ),
    "session_end_date": ("sessionend", "end", "ended", "endedat", "endtime", "enddate"),
    "payment_amount": (
        "ordertotal", "ordertotalamount", "grandtotal", "totalamount", "totalprice", "totalpaid", "total", "ordervalue", "orderamount",
        "paymentvalue", "amountpaid", "paid", "payment", "amount", "revenue", "sales", "salesvalue", "salesamount",
        "turnover", "value", "purchaserevenue", "transactionrevenue", "totalincltax", "netsales",
        "betrag", "gesamtbetrag", "summe", "umsatz", "montant", "importe", "importo", "totale", "bedrag",
    ),
    "discount_amount": ("discount", "totaldiscount", "rebate", "couponamount", "discountvalue"),
    "has_purchased": ("purchased", "haspurchase", "bought", "isorder", "isbuyer", "converted", "ordered", "purchase", "valid", "isvalid"),
    "promotion_id": (
        "promotion", "promo", "promocode", "coupon", "couponcode", "discountcode", "voucher", "vouchercode", "campaign",
    ),
    "download_date": (
        "download", "downloadedat", "firstseen", "createdat", "createdon", "dateadded", "dateadd", "datecreated",
        "registeredat", "firstvisit", "installdate",
    ),
    "signup_date": ("signup", "signedup", "signedupat", "registered", "registrationdate"),
    "product": (
        "productid", "sku", "productsku", "stockcode", "itemid", "item", "articleno", "article", "productname",
        "itemsku", "lineitemsku", "lineitemname", "itemname", "itemdescription", "description",
        "artikel", "artikelnummer", "produkt", "produit", "producto", "prodotto",
    ),
    "category": ("productcategory", "categorycode", "categoryname", "department", "group"),
    "price": (
        "unitprice", "priceperunit", "unitpricetaxincl", "unitpriceincltax", "itemprice", "productprice", "lineitemprice", "priceeach",
        "priceincltax", "sellingprice", "saleprice",
        "preis", "einzelpreis", "prix", "precio", "prezzo", "prijs",
    ),
    "quantity": (
        "qty", "quantityordered", "qtyordered", "lineitemquantity", "quantitypurchased", "productquantity", "itemquantity", "orderquantity", "count", "units", "pieces",
        "menge", "anzahl", "quantite", "cantidad", "aantal",
    ),
    "date": ("invoicedate", "orderdate", "createdat", "timestamp", "eventtime"),
    "delivery_date": ("delivered", "deliveredat", "deliverydate", "delivereddate", "orderdeliveredcustomerdate", "arrival"),
    "prepare_date": ("prepared", "preparedat", "shipped", "shippedat", "shippeddate", "shipdate", "orderdeliveredcarrierdate"),
    "return_date": ("returned", "returnedat"),
    "promised_date": ("promised", "promisedat", "estimateddelivery", "orderestimateddeliverydate"),
    "experiment": ("experimentid", "experimentname", "test", "testname", "abtest", "study"),
    "variant": ("variantid", "variantname", "variation", "arm", "bucket", "treatment"),
    "assigned_at": ("assigned", "assignedon", "assignmentdate", "exposedat", "enteredat", "createdat", "timestamp"),
    "latitude": ("lat",),
    "longitude": ("lon", "lng", "long"),
}  # fmt: skip
"""Of several columns that mean the same, the one whose name stands first is taken."""
LAST_NAMES: dict[str, tuple[str, ...]] = {
    "order_id": ("name",),
    "client": (
        "email", "customeremail", "emailaddress", "buyeremail", "useremail", "billingemail", "billingemailaddress", "customername",
    ),
}  # fmt: skip
"""Names that are taken where nothing better is there: a customer may have two addresses."""
LINE_TOTALS = (
    "itemtotal",
    "linetotal",
    "lineitemtotal",
    "linesubtotal",
    "lineamount",
    "rowtotal",
    "extendedprice",
    "totalpricetaxincl",
    "subtotal",
)
"""Columns of what a line cost, all its units together."""
OWN_NAMES = ("id", "entityid")
"""In a table of orders the number of the order, in one of customers that of the customer."""
OWN_NUMBERS = {"sessions": "order_id", "customers": "client"}
EVENTS = ("eventtype", "event", "eventname", "action", "activity", "behavior", "behaviortype")
"""Columns that say what a row of a log of events is."""
PURCHASES = ("purchase", "purchased", "buy", "bought", "order", "ordered", "transaction")
"""Events that are an order."""
CLOCKS = (
    "time",
    "ordertime",
    "purchasetime",
    "saletime",
    "transactiontime",
    "invoicetime",
    "uhrzeit",
    "zeit",
    "heure",
    "hora",
    "ora",
    "tijd",
)
"""Columns of the time of day beside one of days."""
VISITS = ("sessionid", "session", "usersession", "visitid", "gasessionid")
"""Numbers of visits: not each of them ends in an order."""
STATES = (
    "status",
    "orderstatus",
    "financialstatus",
    "paymentstatus",
    "state",
    "orderstate",
    "currentstate",
    "itemstatus",
    "linestatus",
)
"""Columns that say what has become of an order."""
UNDONE = (
    "cancelled", "canceled", "refunded", "returned", "void", "voided", "failed", "declined", "abandoned", "refused", "rejected", "expired",
    "blocked", "pending_payment", "requires_payment_method", "requires_action", "incomplete_expired", "checkout-draft", "trash",
    "storniert", "erstattet", "rückerstattet", "retourniert", "abgebrochen", "fehlgeschlagen", "annulé", "annulée", "annule", "remboursé", "remboursée",
    "cancelado", "reembolsado", "annullato", "rimborsato", "geannuleerd", "terugbetaald",
)  # fmt: skip
"""States in which an order is none, or no longer one."""
CANCELLED = ("cancelled", "canceled", "iscancelled", "iscanceled", "cancelledat", "canceledat", "cancelledon", "canceledon", "canceldate",
    "cancellationdate", "cancelreason", "voidedat")  # fmt: skip
"""Columns that have a value, or are true, where an order was cancelled."""
STATE_PREFIX = "wc-"
"""What WooCommerce writes before them."""
CURRENCIES = ("currency", "currencycode", "ordercurrency", "ordercurrencycode", "basecurrencycode")
"""Columns that say in which currency an amount is."""
NO_ACTIONS = (
    "dob", "birthday", "birthdate", "dateofbirth", "updated", "updatedat", "dateupdated", "dateupd", "lastupdated", "lastupdateddate",
    "modified", "modifiedat", "lastmodified", "datemodified", "deletedat", "refundedat", "refundeddate",
)  # fmt: skip
"""Dates that are nothing a customer did on the way to an order."""
AMOUNTS = (
    "amount",
    "balance",
    "cost",
    "discount",
    "fee",
    "price",
    "refund",
    "revenue",
    "shipping",
    "subtotal",
    "tax",
    "total",
    "vat",
)
"""How columns of amounts are called, at their ends or beginnings: one of ones and zeros is no step to an order."""
GUESTS = ("0", "-1", "guest", "gast", "invité", "none", "null", "unknown")
"""What shops write for a customer without an account."""
NUMBERED = r"[^\d\s]{0,6}\d+"
"""What a name has to look like to be the number of an order: Shopify calls it so, as in #1001."""
TABLES: dict[str, tuple[str, ...]] = {
    "sessions": ("session", "visit", "order", "purchase", "transaction", "sale", "invoice"),
    "customers": ("customer", "user", "client", "member", "account"),
    "lines": ("line", "item", "product"),
    "deliveries": ("delivery", "deliveries", "shipment", "parcel"),
    "assignments": ("assignment", "exposure"),
}
"""How names of tables of a database end."""
# What values of a name look like that are no texts or dates.
KINDS = {
    "payment_amount": "number",
    "discount_amount": "number",
    "price": "number",
    "quantity": "number",
    "latitude": "number",
    "longitude": "number",
    "has_purchased": "flag",
}


def plain_name(name: str) -> str:
    """A name as ``SYNONYMS`` writes it.

    >>> plain_name("Invoice No."), plain_name("Quantité")
    ('invoiceno', 'quantite')
    """
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).casefold())


def words_for(target: str) -> tuple[str, ...]:
    """What a name of the platform is called, itself first, as ``plain_name`` writes it.

    >>> words_for("signup_date")[:3]
    ('signupdate', 'signup', 'signedup')
    """
    return plain_name(target), *SYNONYMS.get(target, ())


def readings(name: str) -> tuple[str, ...]:
    """A name as ``SYNONYMS`` may write it: without what stands in brackets behind it, and with its words in other orders.

    >>> readings("Created (UTC)"), readings("id_order"), readings("totalPaid")
    (('createdutc', 'created'), ('idorder', 'orderid'), ('totalpaid', 'paidtotal'))
    """
    bare = re.sub(r"\s*[(\[].*$", "", name)
    words = [plain_name(word) for word in _WORD.findall(bare)]
    orders = itertools.permutations(words) if len(words) <= _MOST_WORDS else ()
    return tuple(dict.fromkeys([plain_name(name), plain_name(bare), *("".join(order) for order in orders)]))


def means(name: str, meant: Iterable[str]) -> bool:
    """Whether a name is one of these.

    >>> means("Customer ID", ("customerid",)), means("id_customer", ("customerid",)), means("customer", ("customerid",))
    (True, True, False)
    """
    return not set(meant).isdisjoint(readings(name))


def is_called(name: str, source: str) -> bool:
    """Whether a table or a file is called as tables of a source often are.

    >>> is_called("shop_order_items", "lines"), is_called("order_items", "sessions")
    (True, False)
    >>> is_called("customer_entity", "customers")
    True
    """
    plain = plain_name(name).removesuffix("entity")
    return any(plain.endswith((end, f"{end}s")) for end in TABLES[source])
