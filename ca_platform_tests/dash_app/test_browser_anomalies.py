"""``/anomalies`` in a real browser: from a diamond, a square or a name to a day, and from there to its page."""

from __future__ import annotations

import dataclasses

import pytest

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.anomaly_frames import MACHINE, OUTAGE
from ca_platform_tests.dash_app.conftest import DAYS, EMPTY, first_shown
from ca_platform_tests.dash_app.screen import NARROW, Open, Reader, assert_accessible
from dash_app.pages import CARDS

OPENED = "anomalies-orders-opened"


def wait_day(reader: Reader, day: object, text: str) -> None:
    """Wait until the page is about a day and has settled."""
    reader.page.wait_for_function("day => new URLSearchParams(location.search).get('opened') === day", arg=str(day))
    reader.page.wait_for_function(
        "([card, text]) => document.querySelector(`[data-card=${card}] .card-reading`)?.textContent.startsWith(text)",
        arg=[OPENED, text],
    )
    reader.states()


def test_diamond_square_and_name_open_their_day_and_its_page_is_a_click_away(screen: Open) -> None:
    reader = screen()
    assert set(reader.open("/anomalies?report=dorders_anomaly&span=all").values()) == {"ready"}
    orders = frames.report("dorders_anomaly").filter(date=MACHINE)
    reader.click_mark("anomalies-orders", (str(MACHINE), orders["actual"][0]))
    wait_day(reader, MACHINE, "Wed 5 Aug 2026 stands out")
    assert reader.address == f"/anomalies?report=dorders_anomaly&span=all&opened={MACHINE}"
    top = reader.page.locator(f"[data-card={OPENED}]").bounding_box()
    assert top is not None
    assert 0 < top["y"] < 900

    reader.click_mark("anomalies-orders-calendar", ("2026-11-02", 1))
    wait_day(reader, OUTAGE[0], "Tue 3 Nov 2026 stands out")
    reader.page.locator("[data-card=anomalies-orders-flagged] tbody th a").first.focus()
    reader.page.keyboard.press("Enter")
    wait_day(reader, OUTAGE[1], "Wed 4 Nov 2026 stands out")
    reader.page.reload()
    wait_day(reader, OUTAGE[1], "Wed 4 Nov 2026 stands out")
    assert_accessible(reader)

    reader.page.locator("#filters").get_by_text("last 90", exact=True).click()
    reader.page.wait_for_function("() => !location.search.includes('span')")
    assert reader.address == f"/anomalies?report=dorders_anomaly&opened={OUTAGE[1]}"
    reader.states()
    reader.page.locator("[data-card=anomalies-orders-flagged] tbody tr td:last-child a").first.click()
    reader.page.wait_for_selector("[data-card=orders-daily]")
    assert reader.address == f"/orders?date={OUTAGE[1]}"
    reader.states()


def test_cards_that_are_empty_missing_or_broken_say_so(screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = screen(NARROW, "dark")
    for query, state in ((f"date={EMPTY}", "empty"), ("date=2026-11-01", "missing")):
        assert set(reader.open(f"/anomalies?{query}").values()) == {state}
        assert reader.overflow() <= 0
    assert_accessible(reader)
    for card in first_shown("/anomalies"):
        monkeypatch.setitem(CARDS, card.id, dataclasses.replace(card, reading=lambda *_: 1 / 0))  # type: ignore[arg-type]
    assert set(reader.open(f"/anomalies?date={min(DAYS)}").values()) == {"error"}
