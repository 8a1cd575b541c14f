"""Names that columns of other systems have for what the platform calls by its own."""

from __future__ import annotations

import re

SYNONYMS: dict[str, tuple[str, ...]] = {
    "order_id": (
        "orderno", "ordernumber", "invoice", "invoiceno", "invoiceid", "sessionid", "session", "usersession", "visitid",
        "transactionid", "basketid", "cartid", "order",
        "bestellnummer", "bestellnr", "auftragsnummer", "rechnungsnummer", "commande", "pedido", "ordine", "ordernummer",
    ),
    "client": (
        "clientid", "customer", "customerid", "customerno", "customernumber", "custid", "user", "userid", "member",
        "memberid", "buyer", "buyerid", "householdkey", "visitorid", "email",
        "kunde", "kundennummer", "kundennr", "kundenid", "idclient", "cliente", "idcliente", "klant", "klantnummer",
    ),
    "session_start_date": (
        "sessionstart", "sessionstartdate", "start", "started", "startedat", "starttime", "startdate", "createdat",
        "orderdate", "orderedat", "invoicedate", "purchasedate", "eventtime", "timestamp", "datetime", "date", "time",
        "datum", "bestelldatum", "rechnungsdatum", "datecommande", "fecha", "fechapedido", "dataordine", "orderdatum",
    ),
    "session_end_date": ("sessionend", "end", "ended", "endedat", "endtime", "enddate"),
    "payment_amount": (
        "amount", "payment", "paid", "total", "totalprice", "totalamount", "ordertotal", "grandtotal", "revenue",
        "sales", "salesvalue", "value",
        "betrag", "gesamtbetrag", "summe", "umsatz", "montant", "importe", "importo", "totale", "bedrag",
    ),
    "discount_amount": ("discount", "totaldiscount", "rebate", "couponamount", "discountvalue"),
    "has_purchased": ("purchased", "haspurchase", "bought", "isorder", "isbuyer", "converted", "ordered", "purchase"),
    "promotion_id": ("promotion", "promo", "promocode", "coupon", "couponcode", "voucher", "vouchercode", "campaign"),
    "download_date": ("download", "downloadedat", "firstseen", "createdat", "registeredat", "firstvisit", "installdate"),
    "signup_date": ("signup", "signedup", "signedupat", "registered", "registrationdate"),
    "product": (
        "productid", "sku", "stockcode", "item", "itemid", "article", "articleno", "productname", "description",
        "artikel", "artikelnummer", "produkt", "produit", "producto", "prodotto",
    ),
    "category": ("productcategory", "categorycode", "categoryname", "department", "group"),
    "price": ("unitprice", "itemprice", "productprice", "preis", "einzelpreis", "prix", "precio", "prezzo", "prijs"),
    "quantity": ("qty", "count", "units", "pieces", "menge", "anzahl", "quantite", "cantidad", "aantal"),
    "date": ("invoicedate", "orderdate", "createdat", "timestamp", "eventtime"),
    "delivery_date": ("delivered", "deliveredat", "deliverydate", "orderdeliveredcustomerdate", "arrival"),
    "prepare_date": ("prepared", "preparedat", "shipped", "shippedat", "shipdate", "orderdeliveredcarrierdate"),
    "return_date": ("returned", "returnedat"),
    "promised_date": ("promised", "promisedat", "estimateddelivery", "orderestimateddeliverydate"),
    "experiment": ("experimentid", "experimentname", "test", "testname", "abtest", "study"),
    "variant": ("variantid", "variantname", "variation", "arm", "bucket", "treatment"),
    "assigned_at": ("assigned", "assignedon", "assignmentdate", "exposedat", "enteredat", "createdat", "timestamp"),
    "latitude": ("lat",),
    "longitude": ("lon", "lng", "long"),
}  # fmt: skip
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

    >>> plain_name("Invoice No.")
    'invoiceno'
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())
