"""The choices of a page: in its address, on its cards, in what they show."""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl
import pytest

from ca_platform.store import MAIN
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.product_frames import CATEGORIES
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.filters import MOST_CHOICES, CohortFilters, Filters, ProductFilters
from dash_app.pages import PAGES
from dash_app.reader import Reader, Stored
from dash_app.state import View, parse

DAY = f"?date={frames.DAY}"
CHOICES = [
    (route, name, value)
    for route, page in PAGES.items()
    for name, control in page.filters.controls().items()
    for value in control.names
    if value != page.filters().value(name)
]
KITCHEN = f"{DAY}&category=Kitchen"


def chosen(route: str, name: str, value: str) -> Filters:
    return PAGES[route].filters.model_validate({name: value})


# ---- in the address -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("route", "name", "value"), CHOICES)
def test_every_choice_stands_readable_in_the_address_and_means_itself(route: str, name: str, value: str) -> None:
    view = View(date=frames.DAY, filters=chosen(route, name, value))
    assert view.query() == f"{DAY}&{name}={value}"
    assert parse(view.query(), (), PAGES[route].filters) == (view, ())


@pytest.mark.parametrize(("route", "name", "value"), CHOICES)
def test_default_is_not_written_and_another_page_does_not_ask(route: str, name: str, value: str) -> None:
    default = PAGES[route].filters()
    assert View(filters=default).query() == ""
    assert parse(f"?{name}={value}", ())[0] == View()


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("?kind=0-9", "kind=0-9 was left out: it can be 0-1, 1-2, 2-3 or 3-4."),
        ("?by=month", "by=month was left out: it can be week or day."),
        ("?metric=<script>", "metric=<script> was left out: it can be rate, cumulative or customers."),
    ],
)
def test_nonsense_is_named_and_the_default_holds(query: str, notice: str) -> None:
    assert parse(query, (), CohortFilters) == (View(filters=CohortFilters()), (notice,))


def test_good_choices_beside_nonsense_hold() -> None:
    view, notices = parse("?kind=2-3&by=century&date=never&metric=customers", (), CohortFilters)
    assert view.filters == CohortFilters(kind="2-3", metric="customers")
    assert len(notices) == 2


def test_any_text_may_be_the_name_of_a_category() -> None:
    view = View(filters=ProductFilters(category='<b>"a=b"</b> & ü ?#'))
    assert parse(view.query(), (), ProductFilters) == (view, ())
    assert view.query().isascii()


@pytest.mark.parametrize("category", ["(no value)", "all", "None", "null", " "])
def test_no_name_of_a_category_stands_for_products_without_one(category: str) -> None:
    without, named = (View(filters=ProductFilters(category=name)) for name in ("", category))
    assert without.query() == "?category="
    assert named.query() not in ("", without.query())
    for view in (without, named):
        assert parse(view.query(), (), ProductFilters) == (view, ())


def test_empty_choice_of_fixed_values_is_none() -> None:
    assert parse("?metric=&top=", (), ProductFilters) == (View(filters=ProductFilters()), ())


# ---- on the page --------------------------------------------------------------------------------------------------


def shown(place: dict[str, Any]) -> list[str]:
    return [str(card) for card in place["shown"]["data"]["cards"]]


def test_one_way_of_cohorts_is_shown_at_a_time_and_each_can_be_reached(visitor: Visitor) -> None:
    seen = set()
    for kind in ("0-1", "1-2", "2-3", "3-4"):
        for by, word in (("week", "weekly"), ("day", "daily")):
            cards = shown(visitor.place(f"/cohorts?kind={kind}&by={by}"))
            assert cards == [f"cohorts-{kind}-{word}", f"cohorts-{kind}-{word}-curve"]
            seen |= set(cards)
    assert seen == {card.id for card in PAGES["/cohorts"].cards}
    assert shown(visitor.place("/cohorts")) == ["cohorts-0-1-weekly", "cohorts-0-1-weekly-curve"]


@pytest.mark.parametrize("route", PAGES)
def test_every_card_is_shown_by_some_choice(route: str) -> None:
    page = PAGES[route]
    choices = [page.filters(), *(chosen(*choice) for choice in CHOICES if choice[0] == route)]
    if route in ("/cohorts", "/customers", "/ab-tests/segments"):
        return  # two choices at once, see above and below; customers: what is opened decides
    assert {card.id for filters in choices for card in page.shown(filters)} == {card.id for card in page.cards}


@pytest.mark.parametrize(("route", "name", "value"), CHOICES)
def test_every_choice_changes_what_is_seen(visitor: Visitor, route: str, name: str, value: str) -> None:
    query = f"{DAY}&{name}={value}"
    cards = shown(visitor.place(f"{route}{query}"))
    before = shown(visitor.place(f"{route}{DAY}"))
    answers = [(visitor.card(card, DAY), visitor.card(card, query)) for card in cards if card in before]
    assert cards != before or any(now | {"token": ""} != then | {"token": ""} for then, now in answers)
    assert {visitor.card(card, query)["verdict"] for card in cards} == {"ready"}


def test_one_change_of_segments_is_shown_at_a_time_and_each_can_be_reached(visitor: Visitor) -> None:
    seen = set()
    for by in ("day", "week", "month"):
        for metric in ("amount", "orders"):
            cards = shown(visitor.place(f"/ab-tests/segments?by={by}&metric={metric}"))
            one = f"ab-segments-{by}-{metric}"
            opened = ("opened", "required", "resamples", "sides", "families")
            assert cards == [f"ab-segments-{by}-calibration", one, *(f"{one}-{name}" for name in ("all", *opened))]
            seen |= set(cards)
    assert seen == {card.id for card in PAGES["/ab-tests/segments"].cards}


def test_cards_are_made_anew_only_where_the_choice_shows_others(visitor: Visitor) -> None:
    there = visitor.place("/cohorts")["shown"]["data"]
    assert "page" not in visitor.place("/cohorts?metric=customers", there)
    assert "page" in visitor.place("/cohorts?kind=1-2", there)


def test_navigation_carries_the_common_state_and_steps_the_choices_too(visitor: Visitor) -> None:
    common = "?date=2026-11-20&dimension=region=EU"
    place = visitor.place(f"/cohorts{common}&kind=1-2")
    links = [links["href"] for name, links in place.items() if name.startswith("{")]
    assert links == [f"{route}{common}" for route in visitor.links]
    assert place["earlier"]["href"] == "/cohorts?date=2026-11-19&dimension=region=EU&kind=1-2"
    assert place["shown"]["data"]["query"] == f"{common}&kind=1-2"


def test_controls_say_what_can_be_chosen_and_what_is(visitor: Visitor) -> None:
    kind, by, metric = visitor.place("/cohorts?by=day")["shown"]["data"]["controls"]
    assert (kind["label"], kind["value"], len(kind["choices"])) == ("From", "0-1", 4)
    assert (by["value"], by["standard"]) == ("day", "week")
    assert [choice["value"] for choice in metric["choices"]] == ["rate", "cumulative", "customers"]
    assert visitor.place("/funnels")["shown"]["data"]["controls"] == []


def test_categories_to_choose_from_are_those_of_the_day(visitor: Visitor) -> None:
    controls = {control["name"]: control for control in visitor.place("/products")["shown"]["data"]["controls"]}
    offered = {choice["value"] for choice in controls["category"]["choices"]}
    assert offered == {None, *(name or "" for name in CATEGORIES)}
    labels = {choice["value"]: choice["label"] for choice in controls["category"]["choices"]}
    assert (labels[None], labels[""], controls["category"]["value"]) == ("all", "(no value)", None)
    place = visitor.place("/products?category=Moon")
    assert "category=Moon was left out: there is none on this day." in json.dumps(place["notices"])
    assert place["shown"]["data"]["query"] == DAY


def test_products_without_a_category_can_be_chosen(visitor: Visitor) -> None:
    place = visitor.place("/products?category=")
    assert place["notices"]["children"] == []
    assert place["shown"]["data"]["query"] == f"{DAY}&category="
    report = frames.report("product_kpis")
    own = set(report.filter(pl.col("category").is_null())["product"])
    assert own
    for card in ("products-top", "products-kpis"):
        saved = pl.read_csv(io.StringIO(visitor.get(f"/csv/{card}{DAY}&category=").text))
        assert set(saved["product"]) == own


def test_no_category_is_said_where_every_product_has_one(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    named = frames.report("most_ordered_categories").drop_nulls("category")
    monkeypatch.setattr(Reader, "report", lambda *_: Stored(named, "1"))
    place = visitor.place("/products?category=")
    assert "category=(no value) was left out: there is none on this day." in json.dumps(place["notices"])
    assert place["shown"]["data"]["query"] == DAY


def test_category_beyond_those_that_are_offered_can_be_asked_for(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*(f"c{number}" for number in range(MOST_CHOICES + 9)), None]
    monkeypatch.setattr(Reader, "report", lambda *_: Stored(pl.DataFrame({"category": names}), "1"))
    place = visitor.place(f"/products?category=c{MOST_CHOICES + 5}")
    assert place["notices"]["children"] == []
    (control,) = (one for one in place["shown"]["data"]["controls"] if one["name"] == "category")
    offered = [choice["value"] for choice in control["choices"]]
    assert offered[-2:] == [f"c{MOST_CHOICES + 5}", ""]
    assert len(offered) == MOST_CHOICES + 3


# ---- in what is shown ---------------------------------------------------------------------------------------------


def test_answers_of_different_choices_are_kept_apart(visitor: Visitor) -> None:
    card = "cohorts-0-1-weekly"
    rates, counts = visitor.card(card, DAY), visitor.card(card, f"{DAY}&metric=customers")
    assert rates["figure"] != counts["figure"]
    assert visitor.card(card, DAY) == rates


def test_chosen_category_leaves_its_products_alone_in_table_and_file(visitor: Visitor) -> None:
    report = frames.report("product_kpis")
    own = set(report.filter(pl.col("category") == "Kitchen")["product"])
    for card in ("products-top", "products-kpis"):
        listed = {row[0]["text"] for row in visitor.card(card, f"{KITCHEN}&top=50")["listing"]["rows"]}
        assert listed == own
    saved = pl.read_csv(io.StringIO(visitor.get(f"/csv/products-top{KITCHEN}").text))
    assert set(saved["product"]) == own
    pairs = pl.read_csv(io.StringIO(visitor.get(f"/csv/products-pairs{KITCHEN}").text))
    assert all(first in own or second in own for first, second in pairs.select("product_a", "product_b").iter_rows())


def test_nothing_left_by_a_choice_leads_back_to_everything(visitor: Visitor) -> None:
    answer = visitor.card("products-top", f"{DAY}&category=Moon&top=20")
    assert answer["verdict"] == "empty"
    assert answer["message"]["link"] == ["Clear the filters", DAY]


def test_fewer_weeks_of_churn_are_those_at_the_end(visitor: Visitor) -> None:
    whole = frames.report("churn_weekly").sort("week")
    saved = pl.read_csv(io.StringIO(visitor.get(f"/csv/churn-rate{DAY}&weeks=26").text), try_parse_dates=True)
    assert saved["week"].to_list() == whole["week"].to_list()[-26:]


def test_top_is_how_many_rows_a_table_has(visitor: Visitor) -> None:
    listing = visitor.card("products-top", f"{DAY}&top=20&metric=units")["listing"]
    assert len(listing["rows"]) == 20
    assert "20 of" in listing["note"]
    units = [row[3]["bar"] for row in listing["rows"]]
    assert units[0] == 1
    assert units == sorted(units, reverse=True)


def test_view_without_filters_is_what_pages_share() -> None:
    view = View(date=frames.DAY, filters=CohortFilters(kind="1-2"))
    assert view.without_filters() == View(date=frames.DAY, dimension=MAIN)
