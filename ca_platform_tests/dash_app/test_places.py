"""What the shell shows at an address: the page, its state, and the choices that exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import DAYS, first_shown
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.pages import CARDS, PAGES

NEWEST = str(max(DAYS))


def _texts(place: dict[str, Any]) -> str:
    return json.dumps(place, ensure_ascii=False)


@pytest.mark.parametrize("route", PAGES)
def test_page_shows_its_cards_on_the_newest_day(visitor: Visitor, route: str) -> None:
    place = visitor.place(route)
    assert place["main"].items() >= {"data-date": NEWEST, "data-compare": "", "data-dimension": "main"}.items()
    cards = [card["props"]["data-card"] for card in place["page"]["children"]]
    assert cards == [card.id for card in first_shown(route)]
    assert place["heading"]["children"] == PAGES[route].spec.title
    assert {card["props"]["data-state"] for card in place["page"]["children"]} == {"loading"}


def test_card_ids_are_unique_and_every_report_is_in_the_catalogue() -> None:
    cards = [card for page in PAGES.values() for card in page.cards]
    assert len({card.id for card in cards}) == len(cards) == len(CARDS)
    assert all(card.spec.name == card.report for card in cards)


def test_cards_stay_in_place_when_only_the_query_changes(visitor: Visitor) -> None:
    shown = visitor.place("/orders")["shown"]["data"]
    again = visitor.place(f"/orders?date={DAYS[0]}", shown)
    assert "page" not in again
    assert again["main"]["data-date"] == str(DAYS[0])
    assert "page" in visitor.place("/funnels", shown)


def test_links_of_the_navigation_carry_the_state(visitor: Visitor) -> None:
    query = "?date=2026-11-20&compare=2026-11-14&dimension=region=North%20America"
    place = visitor.place(f"/orders{query}")
    links = [links["href"] for name, links in place.items() if name.startswith("{")]
    assert links == [f"{route}{query}" for route in visitor.links]
    assert visitor.links == list(PAGES)


def test_steps_lead_to_the_days_that_exist(visitor: Visitor) -> None:
    ordered = sorted(DAYS)
    place = visitor.place(f"/orders?date={ordered[2]}&dimension=region=EU")
    assert place["earlier"]["href"] == f"/orders?date={ordered[1]}&dimension=region=EU"
    assert place["later"]["href"] == f"/orders?date={ordered[3]}&dimension=region=EU"
    assert "step-off" in visitor.place("/orders")["later"]["className"]


def test_day_picker_offers_exactly_the_days_that_exist(visitor: Visitor) -> None:
    picker = visitor.place("/orders")["day"]
    assert (picker["minDate"], picker["maxDate"]) == (str(min(DAYS)), NEWEST)
    assert len(picker["disabledDates"]) == (max(DAYS) - min(DAYS)).days + 1 - len(DAYS)
    assert not {str(day) for day in DAYS} & set(picker["disabledDates"])


def test_comparison_offers_earlier_days_alone(visitor: Visitor) -> None:
    picker = visitor.place(f"/orders?date={sorted(DAYS)[3]}")["compare"]
    assert picker["maxDate"] == str(sorted(DAYS)[2])
    assert visitor.place(f"/orders?date={min(DAYS)}")["compare"]["disabled"]
    presets = {preset["label"]: preset["value"] for preset in visitor.place("/orders")["compare"]["presets"]}
    assert presets == {"Day before": "2026-11-20", "Week before": "2026-11-14", "4 weeks before": "2026-10-24"}


def test_dimension_values_of_the_day_are_offered_null_included(visitor: Visitor) -> None:
    place = visitor.place("/orders")
    assert [item["value"] for item in place["dimension"]["data"]] == ["main", "region", "channel"]
    offered = place["values"]["data"]
    assert {item["label"] for item in offered["region"]} == {
        value or "(no value)" for value in frames.DIMENSIONS["region"]
    }
    assert {"value": "channel=<b>partner</b> & co", "label": "<b>partner</b> & co"} in offered["channel"]


def test_day_without_reports_is_kept_and_its_cards_say_the_rest(visitor: Visitor) -> None:
    place = visitor.place("/orders?date=2026-11-01")
    assert place["main"]["data-date"] == "2026-11-01"
    assert place["notices"]["children"] == []


def test_nonsense_gives_a_notice_and_the_default(visitor: Visitor) -> None:
    place = visitor.place("/orders?date=tomorrow&compare=2026-11-21&dimension=planet=Mars")
    assert place["main"].items() >= {"data-date": NEWEST, "data-compare": "", "data-dimension": "main"}.items()
    texts = _texts(place["notices"])
    assert all(word in texts for word in ("date=tomorrow", "compare=2026-11-21", "dimension=planet=Mars"))


def test_unknown_address_is_not_found_and_leads_back(visitor: Visitor) -> None:
    assert visitor.get("/nowhere").status_code == 404
    place = visitor.place("/nowhere?date=2026-11-20")
    assert place["heading"]["children"] == "No such page"
    assert '"href": "/?date=2026-11-20"' in _texts(place["page"])


@pytest.mark.parametrize(("path", "title"), [("/", "Overview"), ("/orders/", "Orders"), ("/nowhere", "No such page")])
def test_page_has_its_title_before_its_scripts_run(visitor: Visitor, path: str, title: str) -> None:
    assert f"<title>{title} · CA Platform</title>" in visitor.get(path).text


def test_layout_has_one_heading_and_says_simulated(visitor: Visitor) -> None:
    layout = visitor.get("/_dash-layout").text
    assert layout.count('"type":"H1"') == 1
    assert "Simulated" in layout


# ---- what every address may say, and which page has a use for it ----------------------------------------------------


def _shown(visitor: Visitor, route: str, query: str) -> list[Any]:
    answers = [visitor.card(card.id, query) for card in first_shown(route)]
    return [answer | {"token": ""} for answer in answers]


@pytest.mark.parametrize("route", PAGES)
@pytest.mark.parametrize(
    ("name", "query"),
    [("date", f"?date={sorted(DAYS)[-2]}"), ("compare", f"?date={NEWEST}&compare={sorted(DAYS)[-2]}")],
)
def test_day_and_comparison_are_offered_exactly_where_they_change_what_is_shown(
    visitor: Visitor, route: str, name: str, query: str
) -> None:
    offered = visitor.place(f"{route}{query}")["controls"]["data-uses"].split()
    has_changed = _shown(visitor, route, query) != _shown(visitor, route, f"?date={NEWEST}")
    # The table of all customers says that its figures are of another day, and is the same.
    assert (name in offered) == (has_changed and route != "/customers")


@pytest.mark.parametrize("route", PAGES)
def test_dimension_is_offered_exactly_where_a_card_has_values(visitor: Visitor, route: str) -> None:
    offered = visitor.place(route)["controls"]["data-uses"].split()
    assert ("dimension" in offered) == any(card.spec.by_dimension for card in first_shown(route))


def test_state_that_a_page_has_no_use_for_waits_for_the_next_page(visitor: Visitor) -> None:
    query = "?date=2026-11-20&compare=2026-11-14&dimension=region=EU"
    place = visitor.place(f"/customers{query}")
    assert place["controls"] == {"hidden": True, "data-uses": ""}
    assert "region" not in place["lead"]["children"]
    assert "As of" not in place["lead"]["children"]
    assert {links["href"] for name, links in place.items() if name.startswith("{")} >= {f"/orders{query}"}


@pytest.mark.parametrize(
    ("number", "uses"),
    [
        ("report=churn&count=churned", "date dimension"),
        ("report=dimension_kpis&count=orders&key.dimension=region", "date"),
    ],
)
def test_list_behind_a_number_is_of_a_day_and_where_the_report_is_of_a_dimension_value(
    visitor: Visitor, number: str, uses: str
) -> None:
    place = visitor.place(f"/customers?dimension=region=EU&{number}")
    assert place["controls"] == {"hidden": False, "data-uses": uses}
    assert ("region = EU" in place["lead"]["children"]) == ("dimension" in uses)
