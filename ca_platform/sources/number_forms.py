"""How texts write numbers: the decimal mark, the mark between thousands, and the sign of the currency."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from ca_platform.settings.currency import currencies_of

_BLANKS = " \u00a0\u202f"
_NUMBER = re.compile(
    r"\(?[+-]?\s?(?P<before>[^\d\s.,'’()+-]{1,4}\.?)?(?P<gap>\s?)\(?[+-]?(?P<digits>\d[\d.,'’ \u00a0\u202f]*?)\s?(?P<after>[^\d\s.,'’()+-]{1,4}\.?)?\)?$"
)
_MARK = re.compile(r"[.,]")
_PLAIN = re.compile(r"\d+(?P<rest>[.,]\d+)?$")
_GROUPED = re.compile(r"\d{1,3}(?P<mark>[.,'’ \u00a0\u202f])(?:\d{2,3}(?P=mark))*\d{3}(?P<rest>(?!(?P=mark))[.,]\d+)?$")
_POINT, _COMMA = ".", ","


@dataclass(frozen=True)
class NumberForm:
    """How a table writes its numbers.

    Attributes:
        thousands: None: nothing stands between thousands.
        mark: what stands beside the digits of an amount; None: nothing.
        others: marks of other currencies that some amounts have.
        example: a number that cannot be read without these.
    """

    decimal: str = _POINT
    thousands: str | None = None
    mark: str | None = None
    others: tuple[str, ...] = ()
    example: str = ""

    def keys(self) -> dict[str, str]:
        """What the settings have to say of it."""
        given = {"decimal": self.decimal, "thousands": self.thousands, "currency_mark": self.mark}
        return {key: value for key, value in given.items() if value is not None and (key, value) != ("decimal", _POINT)}

    @property
    def removed(self) -> tuple[str, ...]:
        """Texts that are no part of a number."""
        blanks = tuple(_BLANKS) if self.thousands == " " or self.mark is not None else ()
        return tuple(dict.fromkeys([*filter(None, (self.mark, self.thousands)), *blanks]))

    def read(self, values: pl.Series) -> pl.Series:
        """The values as numbers; null where they are none.

        >>> NumberForm(",", ".", "€").read(pl.Series(["1.234,50 €", "3", "x"])).to_list()
        [1234.5, 3.0, None]
        """
        if values.dtype == pl.String():
            values = values.str.strip_chars()
            for text in self.removed:
                values = values.str.replace_all(text, "", literal=True)
            values = values.str.replace(self.decimal, _POINT, literal=True)
        return values.cast(pl.Float64, strict=False)


def is_number(text: str) -> bool:
    """Whether a text is a number or an amount, however it is written.

    >>> [is_number(text) for text in ("-1", "$1,234.50", "1.234,50 €", "$(12.00)", "12 EUR", "12 kg", "1.2.3", "TOP10")]
    [True, True, True, True, True, False, False, False]
    """
    return _parts(text) is not None


def number_form(columns: Sequence[Sequence[str]]) -> NumberForm:
    """The form of a table's numbers, from the texts of each of its columns of numbers.

    A comma with three digits behind it stands between thousands unless another number of the column has a decimal
    comma; a point is taken for a decimal one unless another number of the column shows that it is none.

    >>> number_form([["$1,234.50", "$9.00"], ["1", "2"]]).keys()
    {'thousands': ',', 'currency_mark': '$'}
    >>> number_form([["1.234,50 €", "9,00 €"]]).keys(), number_form([["9,5"]]).keys(), number_form([["1.234"]]).keys()
    ({'decimal': ',', 'thousands': '.', 'currency_mark': '€'}, {'decimal': ','}, {})
    """
    marks: Counter[str] = Counter()
    decimals: set[str] = set()
    thousands: set[str] = set()
    example = ""
    for texts in columns:
        parts = [(text, found) for text in texts if (found := _parts(text)) is not None]
        marks.update(mark for _, (mark, _) in parts if mark)
        decimal, between = _marks_of([digits for _, (_, digits) in parts])
        decimals |= {decimal}
        thousands |= {between} if between is not None else set()
        odd = (text for text, (mark, digits) in parts if mark or (between is not None and between in digits))
        example = example or next(odd, "")
    decimal = _COMMA if _COMMA in decimals else _POINT
    between = next((mark for mark in sorted(thousands) if mark != decimal), None)
    ranked = [name for name, _ in marks.most_common()]
    return NumberForm(decimal, between, next(iter(ranked), None), tuple(ranked[1:]), example)


def _parts(text: str) -> tuple[str, str] | None:
    """The sign of the currency, or nothing, and the digits with their marks; None: this is no number."""
    found = _NUMBER.match(text)
    if found is None or (found["before"] and found["after"]):
        return None
    mark = found["before"] or found["after"] or ""
    if mark and not currencies_of(mark):
        return None
    digits = found["digits"]
    # TOP10 and EUR5 are codes of coupons; EUR 5 and EUR5.00 are amounts.
    if found["before"] and mark.isalpha() and not (found["gap"] or _MARK.search(digits)):
        return None
    return (mark, digits) if _PLAIN.match(digits) or _GROUPED.match(digits) else None


def _marks_of(numbers: Iterable[str]) -> tuple[str, str | None]:
    """The decimal mark of a column and the one between thousands."""
    decimals: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    in_doubt: Counter[str] = Counter()
    for digits in numbers:
        grouped = _GROUPED.match(digits)
        if grouped is None or digits.startswith("0"):
            plain = _PLAIN.match(digits)
            decimals.update(plain["rest"][0] if plain is not None and plain["rest"] else "")
            continue
        mark = " " if grouped["mark"] in _BLANKS else "'" if grouped["mark"] == "’" else grouped["mark"]
        decimals.update(grouped["rest"][0] if grouped["rest"] else "")
        is_sure = grouped["rest"] or mark not in (_POINT, _COMMA) or digits.count(grouped["mark"]) > 1
        (thousands if is_sure else in_doubt)[mark] += 1
    decimal = _COMMA if decimals[_COMMA] > decimals[_POINT] else _POINT
    if in_doubt[_COMMA] and decimal == _POINT:
        thousands[_COMMA] += in_doubt[_COMMA]
    if in_doubt[_POINT] and decimal == _COMMA:
        thousands[_POINT] += in_doubt[_POINT]
    return decimal, next((mark for mark, _ in thousands.most_common() if mark != decimal), None)
