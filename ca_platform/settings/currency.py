"""The currencies of ISO 4217, how many digits their minor unit has, and the signs that stand for them."""

from __future__ import annotations

_TWO_DIGITS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}

_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD", "TWD", "ARS", "CLP", "COP"),
    "US$": ("USD",), "CA$": ("CAD",), "C$": ("CAD",), "A$": ("AUD",), "AU$": ("AUD",), "NZ$": ("NZD",), "MX$": ("MXN",),
    "S$": ("SGD",), "HK$": ("HKD",), "NT$": ("TWD",), "R$": ("BRL",),
    "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "円": ("JPY",), "元": ("CNY",), "₹": ("INR",), "Rs": ("INR", "PKR", "LKR"),
    "Rs.": ("INR", "PKR", "LKR"), "₩": ("KRW",), "₪": ("ILS",), "₺": ("TRY",), "TL": ("TRY",), "₽": ("RUB",), "₴": ("UAH",),
    "₫": ("VND",), "đ": ("VND",), "₱": ("PHP",), "฿": ("THB",), "₦": ("NGN",), "₡": ("CRC",), "₲": ("PYG",), "₸": ("KZT",), "₾": ("GEL",),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "kr.": ("DKK", "SEK", "NOK", "ISK"), "zł": ("PLN",), "Kč": ("CZK",), "Ft": ("HUF",),
    "lei": ("RON",), "лв": ("BGN",), "лв.": ("BGN",), "Fr.": ("CHF",), "SFr.": ("CHF",), "RM": ("MYR",), "Rp": ("IDR",), "R": ("ZAR",),
    "KD": ("KWD",), "BD": ("BHD",),
}  # fmt: skip


def currencies_of(mark: str) -> tuple[str, ...]:
    """The currencies that a sign or code beside an amount may mean, the likeliest first; none: it means no currency.

    >>> currencies_of("€"), currencies_of("CHF"), currencies_of("kg")
    (('EUR',), ('CHF',), ())
    """
    return (mark,) if mark in MINOR_DIGITS else _SIGNS.get(mark, ())
