"""The choices of a page, and the pages of products and promotions, in a real browser."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import DAYS, EMPTY, first_shown
from ca_platform_tests.dash_app.product_frames import PRODUCTS
from ca_platform_tests.dash_app.screen import NARROW, WIDE, Open, Reader, assert_accessible
from dash_app.pages import CARDS

NEWEST = str(max(DAYS))
FIRST = {"cohorts-0-1-weekly": "ready", "cohorts-0-1-weekly-curve": "ready"}


def wait_cards(reader: Reader, *cards: str) -> None:
    """Wait until the page consists of these cards and has settled."""
    for card in cards:
        reader.page.wait_for_selector(f"[data-card={card}]")
    assert list(reader.states()) == list(cards)


def wait_chosen(reader: Reader, chosen: str) -> None:
    """Wait until the page shows what is chosen and has settled."""
    reader.page.wait_for_function("chosen => document.getElementById('filters').dataset.shown === chosen", arg=chosen)
    reader.states()


def test_choice_by_keyboard_stands_in_the_address_and_keeps_the_focus(screen: Open) -> None:
    reader = screen()
    assert reader.open("/cohorts") == FIRST
    reader.page.get_by_label("download to 1st order").focus()
    reader.page.keyboard.press("ArrowRight")
    wait_cards(reader, "cohorts-1-2-weekly", "cohorts-1-2-weekly-curve")
    assert reader.address == "/cohorts?kind=1-2"
    assert reader.page.evaluate("document.activeElement.value") == "1-2"
    assert reader.page.locator("[data-card=cohorts-1-2-weekly] h2").inner_text().startswith("From the first order")
    assert_accessible(reader)


def test_choices_survive_reload_and_back_and_other_pages_do_not_get_them(screen: Open) -> None:
    reader = screen()
    reader.open(f"/cohorts?date={NEWEST}")
    reader.page.get_by_text("2nd to 3rd", exact=True).click()
    wait_cards(reader, "cohorts-2-3-weekly", "cohorts-2-3-weekly-curve")
    rates = reader.figure("cohorts-2-3-weekly")
    node = reader.page.evaluate_handle("document.querySelector('[data-card=cohorts-2-3-weekly] .js-plotly-plot')")
    reader.page.locator("#filters").get_by_label("customers").check()
    wait_chosen(reader, "kind=2-3&metric=customers")
    address, counts = reader.address, reader.figure("cohorts-2-3-weekly")
    assert address == f"/cohorts?date={NEWEST}&kind=2-3&metric=customers"
    assert counts != rates
    assert reader.page.evaluate("node => node.isConnected", node)

    reader.page.reload()
    wait_cards(reader, "cohorts-2-3-weekly", "cohorts-2-3-weekly-curve")
    assert reader.address == address
    assert reader.figure("cohorts-2-3-weekly") == counts
    assert reader.page.get_by_label("2nd to 3rd").is_checked()

    reader.page.locator("nav a", has_text="Retention").click()
    reader.page.wait_for_selector("[data-card=retention-monthly]")
    assert reader.address == f"/retention?date={NEWEST}"
    reader.states()
    reader.page.go_back()
    wait_cards(reader, "cohorts-2-3-weekly", "cohorts-2-3-weekly-curve")
    reader.page.go_back()
    wait_chosen(reader, "kind=2-3")
    assert reader.figure("cohorts-2-3-weekly") == rates


def test_day_and_choices_do_not_lose_each_other(screen: Open) -> None:
    reader = screen(NARROW)
    reader.open("/products")
    reader.page.locator("#filter-category").select_option("Kitchen")
    wait_chosen(reader, "category=Kitchen")
    reader.page.locator("#filters").get_by_text("units", exact=True).click()
    wait_chosen(reader, "metric=units&category=Kitchen")
    reader.page.locator("#earlier").click()
    reader.wait_shown(date=str(sorted(DAYS)[-2]))
    assert reader.address == f"/products?date={sorted(DAYS)[-2]}&metric=units&category=Kitchen"
    assert reader.page.locator("#filter-category").input_value() == "Kitchen"
    listed = reader.page.locator("[data-card=products-top] tbody th").all_inner_texts()
    report = frames.report("product_kpis", sorted(DAYS)[-2])
    assert len(listed) == report.filter(pl.col("category") == "Kitchen").height
    assert reader.overflow() <= 0


def test_null_value_can_be_chosen_as_category_and_as_dimension_value(screen: Open) -> None:
    reader = screen()
    reader.open("/products")
    reader.page.locator("#filter-category").select_option(label="(no value)")
    wait_chosen(reader, "category=")
    assert reader.address == "/products?category="
    report = frames.report("product_kpis")
    without = set(report.filter(pl.col("category").is_null())["product"])
    listed = reader.page.locator("[data-card=products-kpis] tbody th")
    assert set(listed.all_inner_texts()) == without
    reader.page.reload()
    reader.wait_shown(date=NEWEST)
    assert reader.page.locator("#filter-category").input_value() == "(no value)"
    assert set(listed.all_inner_texts()) == without
    reader.page.locator("#filter-category").select_option(label="all")
    wait_chosen(reader, "")

    reader.page.locator("#dimension").click()
    reader.page.get_by_role("option", name="region").click()
    reader.page.locator("#value").click()
    reader.page.get_by_role("listbox").get_by_role("option", name="(no value)").click()
    reader.wait_shown(dimension="region=")
    assert reader.address == "/products?dimension=region="
    reader.page.reload()
    reader.wait_shown(dimension="region=")
    assert reader.page.locator("#value").input_value() == "(no value)"


def test_page_of_all_customers_offers_no_control_and_hands_the_state_on(screen: Open) -> None:
    reader = screen()
    query = f"?date={NEWEST}&compare={sorted(DAYS)[-2]}&dimension=region=EU"
    reader.open(f"/orders{query}")
    assert reader.page.locator("#compare").is_visible()
    reader.page.locator("nav a", has_text="Customers").click()
    reader.page.wait_for_selector("[data-card=customers-all][data-state=ready]")
    for control in ("#day", "#compare", "#dimension", "#value"):
        assert not reader.page.locator(control).is_visible()
    assert_accessible(reader)
    reader.page.locator("nav a", has_text="Orders").click()
    reader.page.wait_for_selector("[data-card=orders-daily][data-state=ready]")
    assert reader.address == f"/orders{query}"
    assert reader.page.locator("#value").input_value() == "EU"


def test_card_of_the_overview_leads_to_the_page_about_it(screen: Open) -> None:
    reader = screen()
    reader.open(f"/?date={NEWEST}&dimension=region=EU")
    links = reader.page.locator(".tool-more").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    query = f"?date={NEWEST}&dimension=region=EU"
    assert links == [f"{card.spec.page}{query}" for card in first_shown("/") if card.spec.page != "/"]
    reader.page.get_by_label("More about: Products with the most revenue").click()
    reader.page.wait_for_selector("[data-card=products-top]")
    assert reader.address == f"/products{query}"
    reader.states()
    assert reader.page.locator(".tool-more").count() == 0


def test_nonsense_in_a_choice_is_named_and_the_default_shown(screen: Open) -> None:
    reader = screen()
    assert reader.open("/cohorts?kind=<b>7</b>&by=century") == FIRST
    notices = reader.page.get_by_role("status").inner_text()
    assert "kind=<b>7</b> was left out: it can be 0-1, 1-2, 2-3 or 3-4." in notices
    assert "by=century was left out" in notices
    assert reader.page.get_by_label("download to 1st order").is_checked()


def test_choice_that_leaves_nothing_leads_back(screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    card = CARDS["products-top"]
    monkeypatch.setitem(CARDS, card.id, dataclasses.replace(card, rows=lambda frame, look: frame.head(0) if look.filters.chosen() else frame))  # fmt: skip
    reader = screen()
    states = reader.open("/products?top=50&metric=orders&pairs=lift")
    assert states[card.id] == "empty"
    reader.page.locator(f"[data-card={card.id}] .message-link").click()
    reader.page.wait_for_selector(f"[data-card={card.id}][data-state=ready]")
    assert reader.address == f"/products?date={NEWEST}"
    assert reader.page.locator("[name=filter-top][value='10']").is_checked()


# ---- products and promotions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")])
@pytest.mark.parametrize("route", ["/products", "/promotions"])
def test_cards_that_are_empty_missing_or_broken_say_so(
    screen: Open, route: str, size: tuple[int, int], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = screen(size, scheme)
    for day, state in ((EMPTY, "empty"), ("2026-11-01", "missing")):
        assert set(reader.open(f"{route}?date={day}").values()) == {state}
        assert reader.overflow() <= 0
    assert_accessible(reader)
    for card in first_shown(route):
        monkeypatch.setitem(CARDS, card.id, dataclasses.replace(card, reading=lambda *_: 1 / 0))  # type: ignore[arg-type]
    assert set(reader.open(f"{route}?date={min(DAYS)}").values()) == {"error"}
    assert_accessible(reader)


def test_names_with_markup_are_text_in_tables_and_charts(screen: Open) -> None:
    reader = screen()
    reader.open("/products?top=50")
    names = reader.page.locator("[data-card=products-top] tbody th").all_inner_texts()
    assert '<b onmouseover="alert(1)">mug</b>' in names
    assert reader.page.locator("[data-card] [onmouseover], [data-card] script").count() == 0
    labels = reader.page.locator("[data-card=products-matrix] .ytick").all_text_contents()
    assert any("<b onmou" in label for label in labels)
    assert reader.overflow() <= 0


def test_list_gives_all_its_rows_as_table_and_file(screen: Open, tmp_path: Path) -> None:
    reader = screen()
    reader.open("/products")
    card = reader.page.locator("[data-card=products-top]")
    assert card.locator("[data-role=png]").count() == 0
    assert card.locator("tbody tr").count() == 10
    with reader.page.expect_download() as csv:
        card.locator("[data-role=csv]").click()
    csv.value.save_as(tmp_path / "rows.csv")
    saved = pl.read_csv(io.BytesIO((tmp_path / "rows.csv").read_bytes()))
    assert set(saved["product"]) == set(PRODUCTS)
    card.locator("[data-role=table]").click()
    card.locator(".ag-row").first.wait_for()
    assert card.locator(".ag-row[row-index='0'] .ag-cell").first.inner_text() == saved["product"][0]
    assert not card.locator("table").is_visible()
    assert_accessible(reader)


def test_list_is_a_table_with_a_caption_and_heads(screen: Open) -> None:
    reader = screen()
    reader.open("/products")
    first = reader.page.locator("[data-card=products-top] table")
    assert "list" in str(first.get_attribute("class")).split()
    assert first.locator("caption").inner_text() == "Most ordered products"
    assert first.locator("thead th").all_inner_texts() == ["Product", "Revenue", "Orders", "Units", "Customers"]
