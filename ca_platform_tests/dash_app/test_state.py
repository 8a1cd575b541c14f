"""What an address means: readable parameters, nonsense named and left out, nothing lost on the way there and back."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.store import MAIN, Dimension
from dash_app.state import LONGEST_ADDRESS, View, parse

DIMENSIONS = ("region", "channel")
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
values = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
dimensions = st.just(MAIN) | st.builds(Dimension, st.sampled_from(DIMENSIONS), values)


@given(day=days, back=st.integers(1, 900), dimension=dimensions, has_compare=st.booleans())
def test_address_of_a_view_means_that_view(day: date, back: int, dimension: Dimension, *, has_compare: bool) -> None:
    compare = date.fromordinal(day.toordinal() - back) if has_compare else None
    view = View(date=day, compare=compare, dimension=dimension)
    assert parse(view.query(), DIMENSIONS) == (view, ())
    assert view.query().isascii()


@given(query=st.text(max_size=200))
def test_any_query_gives_a_view_and_a_sentence_for_each_part_that_is_left_out(query: str) -> None:
    view, notices = parse(query, DIMENSIONS)
    assert parse(view.query(), DIMENSIONS)[0] == view
    assert all(notice.endswith(".") for notice in notices)


@given(value=st.text(max_size=60), name=st.sampled_from(["date", "compare", "dimension"]))
def test_any_value_of_a_parameter_is_understood_or_named(value: str, name: str) -> None:
    view, notices = parse(f"?{name}={quote(value, safe='')}", DIMENSIONS)
    assert bool(notices) == (view == View() and value not in ("", "main"))


@pytest.mark.parametrize("query", ["", "?", None, "?date=&compare=&dimension=", "?utm_source=mail", "?dimension=main"])
def test_nothing_asked_means_the_newest_day_of_the_whole_shop(query: str | None) -> None:
    assert parse(query, DIMENSIONS) == (View(), ())


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("?date=yesterday", "date=yesterday was left out: write a day as year-month-day, such as 2026-01-31."),
        ("?date=2026-02-30", "date=2026-02-30 was left out: there is no such day."),
        ("?date=20260131", "date=20260131 was left out: write a day as year-month-day, such as 2026-01-31."),
        ("?compare=1", "compare=1 was left out: write a day as year-month-day, such as 2026-01-31."),
        ("?date=2026-01-31&compare=2026-01-31", "compare=2026-01-31 was left out: it is not before 2026-01-31."),
        ("?dimension=EU", "dimension=EU was left out: write a dimension as name=value, such as region=EU."),
        ("?dimension=planet=Mars", "dimension=planet=Mars was left out: no such dimension, there is region, channel."),
        ("?dimension=main=x", "dimension=main=x was left out: write a dimension as name=value, such as region=EU."),
    ],
)
def test_nonsense_is_named_and_the_default_holds(query: str, notice: str) -> None:
    view, notices = parse(query, DIMENSIONS)
    assert notices == (notice,)
    assert view.compare is None
    assert view.dimension == MAIN


def test_good_parts_beside_nonsense_hold() -> None:
    view, notices = parse("?date=2026-01-31&compare=never&dimension=region=a=b&date=2026-01-30", DIMENSIONS)
    assert view == View(date=date(2026, 1, 31), dimension=Dimension("region", "a=b"))
    assert len(notices) == 1


def test_empty_value_is_the_null_value() -> None:
    assert parse("?dimension=region=", DIMENSIONS)[0].dimension == Dimension("region", None)
    assert View(dimension=Dimension("region", None)).query() == "?dimension=region="


def test_long_nonsense_is_cut_in_the_notice() -> None:
    _, notices = parse(f"?date={'9' * 5000}", DIMENSIONS)
    assert len(notices[0]) < 700


def test_address_beyond_what_is_read_is_said_and_left_out() -> None:
    view, notices = parse(f"?date=2026-01-31&x={'9' * LONGEST_ADDRESS}", DIMENSIONS)
    assert view == View()
    assert notices == ("What the address asks for was left out: it has 262,163 characters, and 262,144 are read.",)
    assert parse(f"?date=2026-01-31&x={'9' * 200_000}", DIMENSIONS) == (View(date=date(2026, 1, 31)), ())


def test_comparison_falls_away_where_it_is_no_longer_earlier() -> None:
    view = View(date=date(2026, 1, 31), compare=date(2026, 1, 24))
    assert view.with_date(date(2026, 1, 25)).compare == date(2026, 1, 24)
    assert view.with_date(date(2026, 1, 24)).compare is None
