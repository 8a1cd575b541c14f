"""A tile of the segments, a band of the flow between them, and a point of a view, open exactly their customers."""

from __future__ import annotations

import re

from ca_platform.settings import Settings
from ca_platform_tests.dash_app.lists.test_clicks import COUNTED, asked, click_mark, opened_rows
from ca_platform_tests.dash_app.real_shop import largest
from ca_platform_tests.dash_app.screen import Open


def test_click_on_a_segment_opens_its_customers(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/segments")
    row = largest(shop, "segmentation", "customers")
    tile = reader.page.locator(
        "[data-card=segments-tree] .slice", has_text=re.compile(row["segment"].replace(" ", r"\s*"))
    )
    tile.first.click()
    assert opened_rows(reader, COUNTED) == row["customers"]
    assert asked(reader)["key.segment"] == row["segment"]


def test_click_on_a_band_of_the_flow_opens_who_made_that_change(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/segments")
    # Bands come the widest first, and an empty key stands for customers who had no order then.
    row = largest(shop, "segment_transitions", "customers")
    band = reader.page.locator("[data-card=segments-flow] .sankey-link").first
    band.scroll_into_view_if_needed()
    band.hover(force=True)
    band.click(force=True)
    assert opened_rows(reader, COUNTED) == row["customers"]
    opened = asked(reader)
    assert opened["report"] == "segment_transitions"
    assert "key.segment" in opened


def test_click_on_a_point_of_a_view_opens_its_customers(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/rfm")
    # Alone at its end of the axis, so that no other point lies under the pointer.
    row = largest(shop, "frequency_recency", "frequency_hours")
    click_mark(reader, "rfm-frequency-recency", (row["recency_hours"] / 24, row["frequency_hours"] / 24))
    assert opened_rows(reader, COUNTED) == row["customers"]
    opened = asked(reader)
    assert (opened["key.recency_hours"], opened["key.is_binned"]) == (str(row["recency_hours"]), "false")
