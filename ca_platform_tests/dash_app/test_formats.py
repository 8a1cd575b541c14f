"""Numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_app.words.formats import Formats


@pytest.mark.parametrize(
    ("currency", "locale", "texts"),
    [
        ("GBP", "en-GB", ["£12.30", "£1,234", "£12.3k", "−£5.00"]),
        ("EUR", "de-DE", ["12,30\xa0€", "1.234\xa0€", "12,3k\xa0€", "−5,00\xa0€"]),
        ("JPY", "en-GB", ["¥12", "¥1,234", "¥12.3k", "−¥5"]),
        ("KWD", "en-GB", ["KWD\xa012.300", "KWD\xa01,234", "KWD\xa012.3k", "−KWD\xa05.000"]),
        ("EUR", "fr-FR", ["12,30\xa0€", "1\u202f234\xa0€", "12,3k\xa0€", "−5,00\xa0€"]),
    ],
)
def test_money_is_written_as_its_currency_and_locale_write_it(currency: str, locale: str, texts: list[str]) -> None:
    form = Formats(currency, locale)
    assert [form.compact_money(value) for value in (12.3, 1_234.4, 12_345.0, -5.0)] == texts


@given(st.floats(0, 1))
def test_share_is_nothing_or_all_only_where_it_is(value: float) -> None:
    text = Formats().share(value)
    assert (text == "0.0%") == (value == 0)
    assert (text == "100.0%") == (value == 1)


@given(st.integers(0, 999 * 10**12))
def test_compact_number_is_short_and_near(value: int) -> None:
    text = Formats().compact(value)
    assert len(text) <= 5
    size = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(text[-1], 1)
    assert float(text.rstrip("kMBT").replace(",", "")) * size == pytest.approx(value, rel=0.0051)


def test_small_negative_is_no_minus_nothing() -> None:
    assert Formats().number(-0.001) == "0.0"
    assert Formats().points(-0.0001) == "0.0 pp"
    assert Formats("GBP").money(-0.001) == "£0.00"
