"""Numbers, money and shares in words. One formatter serves tiles, axes, hovers and sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from ca_platform.settings.currency import MINOR_DIGITS
from dash_app.records import Look

MINUS, NARROW_SPACE, SPACE = "−", "\u202f", "\u00a0"
COMPACT_FROM = 10_000
WHOLE_FROM = 1_000
_LONGEST = 10_000_000
"""From here on amounts in a table are as short as elsewhere."""

_POINT_FIRST = (".", ",")
_SEPARATORS = {
    "cs": (",", SPACE),
    "da": (",", "."),
    "de": (",", "."),
    "es": (",", "."),
    "fr": (",", NARROW_SPACE),
    "it": (",", "."),
    "nl": (",", "."),
    "pl": (",", SPACE),
    "pt": (",", "."),
    "sv": (",", SPACE),
}
"""Decimal and thousands separator by language, where they differ from English."""
_SYMBOL_FIRST = {"en", "nl", "ja", "ko", "zh", "hi"}
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "ILS": "₪", "TRY": "₺"}
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Formats:
    """How a shop writes its numbers.

    Attributes:
        currency: ISO 4217 code.
        locale: BCP 47 tag; its language decides the separators and the place of the currency's symbol.
    """

    currency: str = "EUR"
    locale: str = "en-GB"

    @property
    def separators(self) -> tuple[str, str]:
        """Decimal and thousands separator."""
        return _SEPARATORS.get(self._language, _POINT_FIRST)

    @property
    def minor_digits(self) -> int:
        """Digits after the point of an amount of money."""
        return MINOR_DIGITS.get(self.currency, 2)

    @property
    def affixes(self) -> tuple[str, str]:
        r"""What stands before and after an amount of money.

        >>> Formats("GBP").affixes, Formats("CHF").affixes, Formats("EUR", "de-DE").affixes
        (('£', ''), ('CHF\xa0', ''), ('', '\xa0€'))
        """
        symbol = _SYMBOLS.get(self.currency)
        if self._language in _SYMBOL_FIRST:
            return symbol or self.currency + SPACE, ""
        return "", SPACE + (symbol or self.currency)

    def count(self, value: float) -> str:
        """A whole number with separators: 12,345."""
        return self.number(value, 0)

    def number(self, value: float, digits: int = 1) -> str:
        """A number with ``digits`` after the point and a true minus; rounded as Python rounds."""
        text = f"{abs(value):,.{digits}f}"
        sign = MINUS if value < 0 and any(digit in text for digit in "123456789") else ""
        return sign + self._separated(text)

    def mean(self, value: float) -> str:
        """A mean with as many digits as it deserves: 0.034, 1.23, 12.3, 1,234.

        >>> [Formats().mean(value) for value in (0, 0.0341, 1.234, 12.34, 1234.5)]
        ['0', '0.034', '1.23', '12.3', '1,234']
        """
        size = abs(value)
        if size == 0:
            return "0"
        return self.number(value, 3 if size < 0.1 else 2 if size < 10 else 1 if size < WHOLE_FROM else 0)

    def compact(self, value: float) -> str:
        """A count for a small place: 9,999, then 12.3k, 1.23M; three digits, so that those of a column look alike.

        >>> [Formats().compact(value) for value in (9_999, 12_345, 43_010, 999_950, 1_234_567)]
        ['9,999', '12.3k', '43.0k', '1.00M', '1.23M']
        """
        return self.count(value) if abs(value) < COMPACT_FROM else self._scaled(value)

    def money(self, value: float) -> str:
        """An amount: minor units below 1,000, whole from there on."""
        return self._amount(self.number(abs(value), self.minor_digits if abs(value) < WHOLE_FROM else 0), value)

    def exact_money(self, value: float) -> str:
        """An amount with its minor units, whatever its size."""
        return self._amount(self.number(abs(value), self.minor_digits), value)

    def round_number(self, value: float) -> str:
        """A round number, such as that of a tick, with the digits that it has.

        >>> [Formats().round_number(value) for value in (100_000.0, 5.0, 0.1, 0.02)]
        ['100k', '5', '0.1', '0.02']
        """
        if value < 1:
            return self.number(value, max(0, -math.floor(math.log10(value))))
        return self.compact(value).replace(f"{self.separators[0]}0", "") if value >= COMPACT_FROM else self.count(value)

    def round_money(self, value: float) -> str:
        """A round amount, such as that of a tick: without minor units where it has none.

        >>> [Formats("GBP").round_money(value) for value in (10_000.0, 5.0, 0.1, 0.0)]
        ['£10k', '£5', '£0.10', '£0']
        """
        if 0 < abs(value) < 1:
            digits = max(self.minor_digits, -math.floor(math.log10(abs(value))))
            return self._amount(self.number(abs(value), digits), value)
        return self._amount(self.round_number(abs(value)) if value else "0", value)

    def compact_money(self, value: float) -> str:
        """An amount for a small place: £9,999, then £12.3k."""
        return self.money(value) if abs(value) < COMPACT_FROM else self._amount(self._scaled(abs(value)), value)

    def amounts(self, values: Iterable[float | None]) -> Callable[[float], str]:
        """How amounts below each other are written: with the same digits behind the point, as the largest has them.

        >>> write = Formats("GBP").amounts([30_612.4, 995.49, 0.2, None])
        >>> [write(value) for value in (30_612.4, 995.49, 0.2, 0.0)]
        ['£30,612', '£995', '<£1', '£0']
        """
        highest = max((abs(value) for value in values if value is not None), default=0.0)
        if highest < WHOLE_FROM:
            return self.exact_money
        return self.compact_money if highest >= _LONGEST else self._whole_money

    def _whole_money(self, value: float) -> str:
        if 0 < value < 0.5:
            return f"<{self._amount('1', value)}"
        return self._amount(self.count(abs(value)), value)

    def share(self, value: float, digits: int = 1) -> str:
        """A part of a whole in percent; never 0 where there is something, never 100 where it is not all.

        >>> [Formats().share(value) for value in (0, 0.0001, 0.1234, 0.99999, 1)]
        ['0.0%', '<0.1%', '12.3%', '>99.9%', '100.0%']
        """
        smallest = 10.0**-digits
        percent = round(100 * value, digits)
        if value > 0 and percent == 0:
            return f"<{self.number(smallest, digits)}%"
        if value < 1 and percent >= 100:
            return f">{self.number(100 - smallest, digits)}%"
        return f"{self.number(percent, digits)}%"

    def change(self, value: float) -> str:
        """A relative change with its sign: +8.1%, −3.2%; from tenfold on as a factor.

        >>> [Formats().change(value) for value in (0.081, -0.032, 0, 11.5)]
        ['+8.1%', '−3.2%', '0.0%', '×12.5']
        """
        if value >= 9:
            return f"×{self.mean(value + 1)}"
        text = self.number(100 * value, 1)
        return f"{'+' if value > 0 and _is_visible(text) else ''}{text}%"

    def points(self, value: float) -> str:
        """A difference of shares in percentage points with its sign: +0.3 pp."""
        text = self.number(100 * value, 1)
        return f"{'+' if value > 0 and _is_visible(text) else ''}{text} pp"

    @property
    def _language(self) -> str:
        return self.locale.partition("-")[0].lower()

    def _scaled(self, value: float) -> str:
        # The scale is that of the rounded number: 999,950 is 1M and not 1000k.
        rounded = float(f"{abs(value):.3g}")
        size, letter = next(scale for scale in _SCALES if rounded >= scale[0])
        shown = rounded / size
        text = f"{shown:,.{2 if shown < 10 else 1 if shown < 100 else 0}f}"
        return (MINUS if value < 0 else "") + self._separated(text) + letter

    def _separated(self, text: str) -> str:
        point, comma = self.separators
        return text.replace(",", "\0").replace(".", point).replace("\0", comma)

    def _amount(self, text: str, value: float) -> str:
        before, after = self.affixes
        return f"{MINUS if value < 0 and _is_visible(text) else ''}{before}{text}{after}"


@lru_cache(maxsize=64)
def _formats(currency: str, locale: str) -> Formats:
    return Formats(currency, locale)


def formats(look: Look) -> Formats:
    """The formats of a shop."""
    return _formats(look.currency, look.locale)


def plural(count: float, one: str, many: str = "") -> str:
    """The noun for this many: order, orders."""
    return one if count == 1 else many or f"{one}s"


def _is_visible(text: str) -> bool:
    return any(digit in text for digit in "123456789")
