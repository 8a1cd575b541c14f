"""The page of deliveries in a real browser: the map and its parts, one order, and all states of its cards."""

from __future__ import annotations

import pytest

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import EMPTY
from ca_platform_tests.dash_app.screen import NARROW, Open, Reader, assert_accessible
from dash_app.figures import places

MAP = "deliveries-deliver-area"


def wait_area(reader: Reader, area: str) -> None:
    """Wait until the map shows a part, or the whole, and has settled."""
    condition = """([card, area]) => {
      const plot = document.querySelector(`[data-card=${card}] .js-plotly-plot`);
      const shown = plot && plot.layout && plot.layout.annotations.map(one => one.text).join(' ').match(/area (\\w+)/);
      return (shown ? shown[1] : '') === area && plot.closest('[data-card]').dataset.state === 'ready';
    }"""
    reader.page.wait_for_function(condition, arg=[MAP, area])
    reader.states()


def marks(reader: Reader) -> int:
    """How many circles the map has."""
    count: int = reader.page.evaluate(
        "card => document.querySelector(`[data-card=${card}] .js-plotly-plot`).calcdata.at(-1).length", MAP
    )
    return count


def open_order(reader: Reader, order: str, client: str) -> None:
    """Click on an order in the list: it is opened, and leads to itself and its customer."""
    reader.page.locator("[data-card=deliveries-deliver-orders] tbody a", has_text=order).first.click()
    opened = reader.page.locator("[data-card=deliveries-deliver-opened]")
    opened.locator(".card-reading", has_text=f"“{order}”").wait_for()
    reader.states()
    assert reader.address.endswith(f"order={order}")
    links = opened.locator("a.opens")
    assert links.all_inner_texts() == [order, client]
    address = f"/customers?date={frames.DAY}&report=deliver_orders&count"
    assert [link.get_attribute("href") for link in links.all()] == [
        f"{address}=order_id&key.order_id={order}",
        f"{address}=client&key.client={client}",
    ]


def test_map_opens_a_part_and_the_whole_again_and_the_list_an_order(screen: Open) -> None:
    reader = screen()
    reader.open("/deliveries")
    assert "/assets/geo/countries.geojson" in reader.requests
    assert marks(reader) == 6
    reader.page.locator("[data-card=deliveries-deliver-places] a", has_text="gcpvj0d").click()
    wait_area(reader, "gcpvj")
    assert reader.address == "/deliveries?area=gcpvj"
    assert marks(reader) == 3
    top = reader.page.locator(f"[data-card={MAP}]").bounding_box()
    assert top is not None
    assert -1 < top["y"] < 100
    reader.page.locator("[data-card=deliveries-deliver-places] a", has_text="the whole map").click()
    wait_area(reader, "")
    assert marks(reader) == 6
    open_order(reader, "o3", "c3")


def test_click_on_a_circle_of_several_cells_opens_them(screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.taken_together, "__defaults__", (2,))
    reader = screen(NARROW, "dark")
    # Of a day that no other test has asked for: answers are kept.
    reader.open("/deliveries?date=2026-11-19")
    circles = marks(reader)
    place = reader.page.evaluate(
        """card => {
          const plot = document.querySelector(`[data-card=${card}] .js-plotly-plot`);
          plot.scrollIntoView({block: 'center', behavior: 'instant'});
          const map = plot._fullLayout.map._subplot.map, box = map.getContainer().getBoundingClientRect();
          const [first] = plot.calcdata.at(-1), {x, y} = map.project(first.lonlat);
          return [box.left + x, box.top + y];
        }""",
        MAP,
    )
    reader.page.mouse.move(*place)
    reader.page.wait_for_selector(f"[data-card={MAP}] .opens-here")
    reader.page.mouse.click(*place)
    reader.page.wait_for_function("() => new URLSearchParams(location.search).get('area')")
    area = reader.address.split("area=")[1]
    wait_area(reader, area)
    assert circles <= 2
    assert "gcp".startswith(area[:3])
    assert reader.overflow() <= 0


def test_days_without_deliveries_and_days_that_are_not_computed_say_so(screen: Open) -> None:
    reader = screen()
    assert set(reader.open(f"/deliveries?date={EMPTY}").values()) == {"empty"}
    assert "No delivery has a place" in reader.page.locator(f"[data-card={MAP}] .card-message").inner_text()
    assert set(reader.open("/deliveries?date=2026-11-01&duration=return").values()) == {"missing"}
    commands = reader.page.locator("code").all_inner_texts()
    assert any("--select return_location" in command for command in commands)
    assert_accessible(reader)
