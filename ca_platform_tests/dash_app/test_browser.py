"""The dashboards in a real browser: what a person does, sees, and must never see."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import polars as pl
import pytest

from ca_platform.settings import Settings
from ca_platform.store import Dimension, open_store
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import DAYS, EMPTY, first_shown
from ca_platform_tests.dash_app.screen import NARROW, WIDE, Open, assert_accessible
from ca_platform_tests.dash_app.visitor import USER
from dash_app.pages import CARDS, PAGES
from dash_app.users import UserStore

NEWEST = str(max(DAYS))
EARLIER = str(sorted(DAYS)[-2])


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
@pytest.mark.parametrize("route", PAGES)
def test_page_draws_all_its_cards_without_scrolling_in_either_direction(
    screen: Open, route: str, size: tuple[int, int], scheme: str
) -> None:
    reader = screen(size, scheme)
    states = reader.open(route)
    assert states == {card.id: "ready" for card in first_shown(route)}
    assert reader.overflow() <= 0
    assert not reader.wide_lists()
    assert reader.page.locator("h1").all_inner_texts() == [PAGES[route].spec.title]
    assert reader.page.title() == f"{PAGES[route].spec.title} · CA Platform"
    assert reader.page.evaluate("getComputedStyle(document.body).colorScheme") == (
        "dark" if scheme == "dark" else "light"
    )
    drawn = reader.page.locator("[data-kind=figure] .main-svg").count()
    assert drawn >= sum(card.kind == "figure" for card in first_shown(route))
    assert (
        reader.page.evaluate(
            "() => [...document.querySelectorAll('.js-plotly-plot')].every(plot => plot._context.showSendToCloud === false)"
        )
        is True
    )
    assert "Simulated" in reader.page.locator("main").inner_text()
    assert_accessible(reader)


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")])
def test_login_leads_to_the_page_that_was_asked_for(screen: Open, size: tuple[int, int], scheme: str) -> None:
    reader = screen(size, scheme, known=False)
    reader.page.goto(f"{reader.site}/orders?date={EARLIER}")
    assert reader.address.startswith("/login?next=")
    assert reader.overflow() <= 0
    assert_accessible(reader)
    reader.log_in(reader.address)
    assert reader.address == f"/orders?date={EARLIER}"
    assert reader.states()["orders-daily"] == "ready"
    assert reader.shown()["date"] == EARLIER


def test_wrong_password_is_said_and_the_name_stays(screen: Open) -> None:
    reader = screen(known=False)
    reader.page.goto(f"{reader.site}/login")
    reader.page.fill("[name=username]", "somebody")
    reader.page.fill("[name=password]", "wrong")
    reader.page.press("[name=password]", "Enter")
    assert reader.page.get_by_role("alert").inner_text() == "That name and password do not match."
    assert reader.page.input_value("[name=username]") == "somebody"
    assert all("401" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_cards_that_are_empty_missing_or_broken_say_so(screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = screen()
    states = reader.open(f"/?date={EMPTY}")
    assert set(states.values()) == {"empty"}
    assert reader.page.locator("[data-card=overview-orders] .card-message").is_visible()
    assert_accessible(reader)

    states = reader.open("/?date=2026-11-01")
    assert set(states.values()) == {"missing"}
    command = reader.page.locator("[data-card=overview-orders] code").last
    assert command.inner_text() == "ca-platform run --from 2026-11-01 --to 2026-11-01 --select daily_orders"
    assert not reader.page.locator("[data-card=overview-orders] [data-role=csv]").is_visible()

    card = CARDS["overview-orders"]
    monkeypatch.setitem(CARDS, card.id, dataclasses.replace(card, reading=lambda *_: 1 / 0))  # type: ignore[arg-type]
    states = reader.open(f"/?date={min(DAYS)}")
    assert states.pop(card.id) == "error"
    assert set(states.values()) == {"ready"}
    assert_accessible(reader)
    monkeypatch.setitem(CARDS, card.id, card)
    reader.page.locator(f"[data-card={card.id}] .card-retry").click()
    reader.page.wait_for_selector(f"[data-card={card.id}][data-state=ready]")


def test_address_is_the_state_through_reload_steps_links_and_back(screen: Open) -> None:
    reader = screen()
    query = f"?date={NEWEST}&compare=2026-11-14&dimension=region=North%20America"
    states = reader.open(f"/orders{query}")
    assert set(states.values()) == {"ready"}
    shown = {"date": NEWEST, "compare": "2026-11-14", "dimension": "region=North America"}
    assert reader.shown() == shown
    drawn = reader.figure("orders-daily")

    reader.page.reload()
    reader.wait_shown(**shown)
    assert reader.figure("orders-daily") == drawn
    assert reader.page.locator("#value").input_value() == "North America"

    reader.page.locator("nav a", has_text="Funnels").click()
    reader.page.wait_for_selector("[data-card=funnels-daily]")
    assert reader.address == f"/funnels{query}"
    reader.wait_shown(**shown)
    assert reader.page.evaluate("document.activeElement.id") == "heading"
    assert reader.page.title() == "Funnels · CA Platform"

    reader.page.go_back()
    reader.page.wait_for_selector("[data-card=orders-daily]")
    reader.wait_shown(**shown)
    assert reader.figure("orders-daily") == drawn
    reader.page.locator("#earlier").click()
    reader.wait_shown(date=EARLIER)
    reader.page.go_back()
    reader.wait_shown(**shown)
    assert reader.address == f"/orders{query}"


def test_controls_change_the_address_and_the_charts_stay_in_place(screen: Open) -> None:
    reader = screen()
    reader.open("/orders")
    node = reader.page.evaluate_handle("document.querySelector('[data-card=orders-daily] .js-plotly-plot')")
    before = reader.figure("orders-daily")

    reader.page.locator("#compare").click()
    reader.page.get_by_text("Week before", exact=True).click()
    reader.wait_shown(compare="2026-11-14")
    assert reader.address == "/orders?compare=2026-11-14"
    assert reader.figure("orders-daily") != before

    reader.page.locator("#dimension").click()
    reader.page.get_by_role("option", name="channel").click()
    reader.page.locator("#value").click()
    reader.page.get_by_role("option", name="<b>partner</b> & co").click()
    reader.wait_shown(dimension="channel=<b>partner</b> & co")
    assert reader.address.endswith("&dimension=channel=%3Cb%3Epartner%3C%2Fb%3E%20%26%20co")

    reader.page.locator("#dimension").click()
    reader.page.get_by_role("option", name="Whole shop").click()
    reader.wait_shown(dimension="main")
    reader.page.locator("#day").click()
    reader.page.locator(".mantine-DatePickerInput-day:not([data-disabled])", has_text="20").first.click()
    reader.wait_shown(date="2026-11-20", compare="2026-11-14")
    assert reader.page.evaluate("node => node.isConnected", node)


def test_card_without_dimensions_says_that_it_shows_the_whole_shop(screen: Open) -> None:
    reader = screen()
    reader.open("/?dimension=region=EU")
    assert "Whole shop" in reader.page.locator("[data-card=overview-revenue] .card-scope").inner_text()
    assert not reader.page.locator("[data-card=overview-orders] .card-scope").is_visible()


def test_browser_decides_between_light_and_dark_until_the_reader_does(screen: Open) -> None:
    reader = screen(scheme="dark")
    reader.open("/")
    dark = reader.colours("overview-orders")
    reader.page.locator("#toggle").click()
    reader.wait_drawn("light")
    light = reader.colours("overview-orders")
    assert all(now != before for now, before in zip(light, dark, strict=True))
    reader.open("/")
    assert reader.colours("overview-orders") == light
    reader.page.emulate_media(color_scheme="light")
    reader.page.emulate_media(color_scheme="dark")
    assert reader.colours("overview-orders") == light


def test_charts_follow_a_browser_that_turns_dark_meanwhile(screen: Open) -> None:
    reader = screen()
    reader.open("/")
    light = reader.colours("overview-orders")
    reader.page.emulate_media(color_scheme="dark")
    reader.wait_drawn("dark")
    assert all(now != before for now, before in zip(reader.colours("overview-orders"), light, strict=True))


def test_card_gives_its_rows_as_csv_and_table_and_its_chart_as_picture(
    screen: Open, shop: Settings, tmp_path: Path
) -> None:
    reader = screen()
    reader.open(f"/orders?date={NEWEST}&dimension=region=EU&by=week")
    card = reader.page.locator("[data-card=orders-weekly]")
    expected = open_store(shop).report("weekly_orders", frames.DAY, Dimension("region", "EU"))
    assert expected is not None

    with reader.page.expect_download() as csv:
        card.locator("[data-role=csv]").click()
    assert csv.value.suggested_filename == f"weekly_orders_{NEWEST}_region=EU.csv"
    csv.value.save_as(tmp_path / "rows.csv")
    rows = pl.read_csv(io.BytesIO((tmp_path / "rows.csv").read_bytes()), schema=expected.schema)
    assert rows.equals(expected)

    with reader.page.expect_download() as picture:
        card.locator("[data-role=png]").click()
    picture.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "chart.png").stat().st_size > 5_000

    card.locator("[data-role=table]").click()
    card.locator(".ag-row").first.wait_for()
    first = card.locator(".ag-row[row-index='0'] .ag-cell").all_inner_texts()
    assert first[:2] == [str(expected["date"][-1]), f"{expected['orders'][-1]:,}"]
    assert card.locator("[data-role=table]").get_attribute("aria-pressed") == "true"
    assert_accessible(reader)
    card.locator("[data-role=table]").click()
    card.locator(".ag-row").first.wait_for(state="hidden")
    assert card.locator(".main-svg").first.is_visible()


def test_nonsense_in_the_address_is_named_and_the_default_shown(screen: Open) -> None:
    reader = screen()
    states = reader.open("/orders?date=<script>alert(1)</script>&dimension=planet=Mars")
    assert set(states.values()) == {"ready"}
    assert reader.shown() == {"date": NEWEST, "compare": "", "dimension": "main"}
    notices = reader.page.get_by_role("status").inner_text()
    assert "date=<script>alert(1)</script> was left out" in notices
    assert "planet=Mars" in notices


def test_navigation_of_a_small_screen_opens_and_closes(screen: Open) -> None:
    reader = screen(NARROW)
    reader.open("/")
    link = reader.page.locator("nav a", has_text="Orders")
    reader.page.locator("#burger").click()
    reader.page.wait_for_function("() => document.querySelector('nav').getBoundingClientRect().left >= 0")
    assert_accessible(reader)
    link.click()
    reader.page.wait_for_selector("[data-card=orders-daily]")
    reader.page.wait_for_function("() => document.querySelector('nav').getBoundingClientRect().right <= 0")
    reader.states()


def test_session_that_ends_meanwhile_leads_to_the_login_and_back(screen: Open, shop: Settings) -> None:
    reader = screen(known=False)
    reader.log_in()
    reader.open("/")
    token_ends = UserStore(shop.users.path)
    _end_newest_session(token_ends)
    reader.page.locator("#earlier").click()
    reader.page.wait_for_url("**/login?next=*")
    assert f"date%3D{EARLIER}" in reader.page.url
    assert all("401" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_logout_ends_the_session(screen: Open) -> None:
    reader = screen(known=False)
    reader.log_in()
    reader.open("/")
    reader.page.locator("[data-role=logout]").click()
    reader.page.wait_for_url("**/login")
    reader.page.goto(f"{reader.site}/orders")
    assert reader.address.startswith("/login")


def _end_newest_session(users: UserStore) -> None:
    import sqlite3

    with sqlite3.connect(users.path) as connection:
        connection.execute(
            "DELETE FROM sessions WHERE until = (SELECT MAX(until) FROM sessions WHERE name = ?)", (USER,)
        )


def test_dark_page_is_printed_in_dark_ink_on_white(screen: Open) -> None:
    reader = screen(scheme="dark")
    reader.open("/churn")
    reader.wait_drawn("dark")
    reader.page.emulate_media(media="print")
    inks = reader.page.evaluate(
        """() => [document.body, document.querySelector('.js-plotly-plot .xtick text')].map(
          (one, index) => getComputedStyle(one)[index ? 'fill' : 'color'])"""
    )
    ground = reader.page.evaluate("() => getComputedStyle(document.querySelector('.card')).backgroundColor")
    reader.page.emulate_media(media="screen")
    assert (ground, *inks) == ("rgb(255, 255, 255)", "rgb(27, 36, 48)", "rgb(27, 36, 48)")
