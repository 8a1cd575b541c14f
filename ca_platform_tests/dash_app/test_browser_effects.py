"""The pages of A/B tests in a real browser: from a dot or a name to one item, and many items on one chart."""

from __future__ import annotations

from urllib.parse import unquote

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.screen import NARROW, Open, Reader, assert_accessible

CHART, OPENED = "ab-promotions-amount", "ab-promotions-amount-opened"


def wait_item(reader: Reader, item: str) -> None:
    """Wait until the page is about the item and has settled."""
    reader.page.wait_for_function("item => new URLSearchParams(location.search).get('item') === item", arg=item)
    reader.page.wait_for_function(
        "([card, item]) => document.querySelector(`[data-card=${card}] .card-reading`)?.textContent.includes(item)",
        arg=[OPENED, f"“{item}”"],
    )
    reader.states()


def test_click_on_a_dot_opens_its_item_which_comes_into_view(screen: Open) -> None:
    reader = screen()
    reader.open("/ab-tests/promotions?sort=customers")
    axis = reader.page.evaluate(f"document.querySelector('[data-card={CHART}] .js-plotly-plot').layout.yaxis")
    place, item = axis["tickvals"][4], axis["ticktext"][4]
    rows = frames.report("promotion_usage_before_after_amount")
    reader.click_mark(CHART, (rows.filter(item=item)["difference"][0], place))
    wait_item(reader, item)
    assert reader.address == f"/ab-tests/promotions?sort=customers&item={item}"
    assert reader.page.locator("#filter-item").input_value() == item
    top = reader.page.locator(f"[data-card={OPENED}]").bounding_box()
    assert top is not None
    assert 56 < top["y"] < reader.page.viewport_size["height"]  # type: ignore[index]
    reader.page.reload()
    wait_item(reader, item)
    assert_accessible(reader)


def test_click_on_a_pair_opens_it_beside_the_promotion_that_is_open(screen: Open) -> None:
    reader = screen()
    reader.open("/ab-tests/promotions")
    card = "ab-promotions-pairs"
    axis = reader.page.evaluate(f"document.querySelector('[data-card={card}] .js-plotly-plot').layout.yaxis")
    place, (one, other) = axis["tickvals"][1], axis["ticktext"][1].split(" – ")
    row = frames.report("promotion_comparison").filter(promotion_a=one, promotion_b=other)
    reader.click_mark(card, (row["difference"][0], place))
    reading = reader.page.locator("[data-card=ab-promotions-pair] .card-reading")
    reading.filter(has_text=f"“{other}” customers paid").filter(has_text=f"in orders with “{one}”").wait_for()
    reader.states()
    assert unquote(reader.address) == f'/ab-tests/promotions?pair=["{one}", "{other}"]'
    box = reader.page.locator("[data-card=ab-promotions-pair]").bounding_box()
    assert box is not None
    assert 56 < box["y"] < reader.page.viewport_size["height"]  # type: ignore[index]


def test_name_in_a_list_opens_its_item_by_keyboard(screen: Open) -> None:
    reader = screen(NARROW, "dark")
    reader.open("/ab-tests/promotions?metric=amount")
    first = reader.page.locator("[data-card=ab-promotions-amount-reject] tbody a").first
    item = first.inner_text()
    first.focus()
    reader.page.keyboard.press("Enter")
    wait_item(reader, item)
    assert unquote(reader.address).endswith(f"item={item}")
    assert reader.overflow() <= 0


def test_hundred_products_make_the_chart_higher_and_stay_apart(screen: Open) -> None:
    reader = screen()
    reader.open("/ab-tests/products")

    def height() -> float:
        box = reader.page.locator("[data-card=ab-products-amount] .card-drawing").bounding_box()
        assert box is not None
        return box["height"]

    few = height()
    reader.page.locator("#filters").get_by_label("100").check()
    reader.page.wait_for_function("() => document.getElementById('filters').dataset.shown === 'top=100'")
    reader.states()
    many = height()
    assert many > 3 * few
    names = reader.page.locator("[data-card=ab-products-amount] .ytick text")
    assert names.count() == 100
