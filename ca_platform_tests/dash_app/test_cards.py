"""What a card answers: its four states, its cache, its failures, its CSV."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.errors import StoreError
from ca_platform.settings import Settings
from ca_platform.store import MAIN, Dimension, open_store
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import EMPTY, UNCONNECTED_REPORTS, first_shown, write_settings
from ca_platform_tests.dash_app.visitor import PASSWORD, USER, Visitor
from dash_app.app import build
from dash_app.export import slices, to_csv
from dash_app.laketables import LakeTables
from dash_app.pages import CARDS, PAGE_OF, PAGES
from dash_app.records import Look
from dash_app.users import UserStore

ANY_CARD = "orders-daily"
DAY = f"?date={frames.DAY}"
DRAWN = [name for name, card in CARDS.items() if card.kind != "table"]
TABLE = "customers-all"


@pytest.mark.parametrize("card", DRAWN)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_card_is_ready_where_its_report_has_rows(visitor: Visitor, card: str, scheme: str) -> None:
    answer = visitor.card(card, DAY, scheme=scheme)
    assert answer["verdict"] == "ready", answer["message"]
    assert answer["reading"].endswith(".")
    assert bool(answer["figure"] and answer["figure"]["data"]) == (CARDS[card].kind == "figure")
    assert bool(answer["tiles"]) == (CARDS[card].kind == "tiles")
    assert answer["token"] == f"1 {scheme} 0"


@pytest.mark.parametrize("card", DRAWN)
def test_computed_report_without_rows_is_empty(visitor: Visitor, card: str) -> None:
    answer = visitor.card(card, f"?date={EMPTY}")
    assert answer["verdict"] == "empty"
    assert answer["message"]["text"] == CARDS[card].empty


@pytest.mark.parametrize("card", DRAWN)
def test_day_without_report_is_missing_and_says_how_to_compute_it(visitor: Visitor, card: str) -> None:
    answer = visitor.card(card, "?date=2026-11-01")
    assert answer["verdict"] == "missing"
    command = f"ca-platform run --from 2026-11-01 --to 2026-11-01 --select {CARDS[card].report}"
    assert answer["message"]["command"] == command


def test_without_a_day_the_newest_report_is_shown(visitor: Visitor) -> None:
    assert visitor.card(ANY_CARD)["reading"] == visitor.card(ANY_CARD, DAY)["reading"]


def test_value_without_sessions_yet_is_missing_and_leads_back_to_the_whole_shop(visitor: Visitor) -> None:
    answer = visitor.card(ANY_CARD, f"{DAY}&dimension=region=Atlantis")
    assert answer["verdict"] == "missing"
    assert "has region “Atlantis”" in answer["message"]["text"]
    assert answer["message"]["link"] == ["Show the whole shop", DAY]


def test_dimension_value_changes_what_is_drawn(visitor: Visitor) -> None:
    whole, part = visitor.card(ANY_CARD, DAY), visitor.card(ANY_CARD, f"{DAY}&dimension=region=EU")
    assert part["verdict"] == "ready"
    assert part["figure"]["data"] != whole["figure"]["data"]


def test_null_value_and_value_with_markup_are_shown_like_any_other(visitor: Visitor) -> None:
    for dimension in ("region=", "channel=%3Cb%3Epartner%3C%2Fb%3E%20%26%20co"):
        assert visitor.card(ANY_CARD, f"{DAY}&dimension={dimension}")["verdict"] == "ready"


def test_report_without_dimensions_shows_the_whole_shop(visitor: Visitor) -> None:
    whole = visitor.card("overview-revenue", DAY)
    assert visitor.card("overview-revenue", f"{DAY}&dimension=region=EU")["figure"]["data"] == whole["figure"]["data"]


def test_comparison_changes_the_figure_and_one_without_report_is_said(visitor: Visitor) -> None:
    alone = visitor.card(ANY_CARD, DAY)
    compared = visitor.card(ANY_CARD, f"{DAY}&compare=2026-11-14")
    assert compared["figure"]["data"] != alone["figure"]["data"]
    assert not compared["note"]
    unknown = visitor.card(ANY_CARD, f"{DAY}&compare=2026-11-02")
    assert unknown["verdict"] == "ready"
    assert unknown["note"] == "There is no report of 2 Nov 2026 to compare with."


def test_download_that_is_the_first_session_is_said(shop: Settings) -> None:
    without = shop.model_copy(update={"sources": shop.sources.model_copy(update={"customers": None})})
    visitor = Visitor(build(without))
    visitor.log_in()
    said = "No customers are connected: the first session of each counts as the download."
    notes = {
        card: visitor.card(card, DAY)["note"] for card in ("funnels-downloads-weekly", "journey-amounts", ANY_CARD)
    }
    assert notes == {"funnels-downloads-weekly": said, "journey-amounts": said, ANY_CARD: ""}


def test_download_of_connected_customers_needs_no_word(visitor: Visitor) -> None:
    assert visitor.card("funnels-downloads-weekly", DAY)["note"] == ""


def test_unconnected_input_is_missing_and_named(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, "business: {currency: GBP}\n")
    visitor = _new_visitor(settings)
    for card in CARDS.values():
        answer = visitor.card(card.id, DAY)
        assert answer["verdict"] == "missing"
        assert "sources.sessions" in answer["message"]["text"]
        assert ("sources.sessions.dimensions" in answer["message"]["text"]) == (card.report in UNCONNECTED_REPORTS)


def test_pages_without_lines_promotions_or_deliveries_say_what_to_connect_and_how(tmp_path: Path) -> None:
    sessions = "columns: {order_id: o, client: c, session_start_date: s, payment_amount: p, has_purchased: h}"
    settings = write_settings(tmp_path, f"sources:\n  sessions: {{kind: csv, path: s.csv, {sessions}}}\n")
    visitor = _new_visitor(settings)
    needs = {
        "/products": "sources.lines",
        "/promotions": "promotion_id of sessions",
        "/deliveries": "sources.deliveries",
    }
    for route, need in needs.items():
        for card in PAGES[route].cards:
            message = visitor.card(card.id, DAY)["message"]
            assert need in message["text"]
            assert "ca_platform.yaml" in message["text"]
            assert message["command"] == "ca-platform run"
    controls = [control["name"] for control in visitor.place("/products")["shown"]["data"]["controls"]]
    assert "category" not in controls


def test_empty_store_is_missing_and_says_to_run(tmp_path: Path) -> None:
    visitor = _new_visitor(write_settings(tmp_path))
    answer = visitor.card(ANY_CARD)
    assert answer["verdict"] == "missing"
    assert answer["message"]["command"] == "ca-platform run"
    assert visitor.place("/orders")["main"]["data-date"] == ""


def test_value_with_sessions_and_without_a_row_of_the_report_is_empty(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    with open_store(settings) as store:
        for name, values in (("kpis", (None, "EU")), ("user_counts_per_order_seq", (None,))):
            rows = pl.concat(
                frames.report(name).select(
                    pl.lit(frames.DAY).alias("report_date"),
                    pl.lit("region" if value else "main").alias("report_dimension"),
                    pl.lit(value, pl.String).alias("report_value"),
                    pl.all(),
                )
                for value in values
            )
            store.replace(name, [frames.DAY], rows, report_spec(name))
    visitor = _new_visitor(settings)
    card = next(card for card in CARDS.values() if card.report == "user_counts_per_order_seq")
    answer = visitor.card(card.id, f"{DAY}&dimension=region%3DEU")
    assert (answer["verdict"], answer["message"]["text"]) == ("empty", card.empty)
    unknown = visitor.card(card.id, f"{DAY}&dimension=region%3DUS")
    assert (unknown["verdict"], unknown["message"]["title"]) == ("missing", "Nothing about this value yet")


def test_comparison_of_a_value_says_which_setting_asks_for_it(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    spec = report_spec("promotion_usage_before_after_amount")
    with open_store(settings) as store:
        place = [pl.lit(frames.DAY).alias("report_date"), pl.lit("main").alias("report_dimension")]
        value = pl.lit(None, pl.String).alias("report_value")
        store.replace(spec.name, [frames.DAY], frames.report(spec.name).select(*place, value, pl.all()), spec)
    answer = _new_visitor(settings).card("ab-promotions-amount", f"{DAY}&dimension=region=EU")
    assert answer["verdict"] == "missing"
    assert "reports.ab_test.by_dimension: true in ca_platform.yaml" in answer["message"]["text"]
    assert answer["message"]["link"] == ["Show the whole shop", DAY]


def test_item_whose_distributions_are_not_kept_says_whose_are(visitor: Visitor) -> None:
    few = frames.report("promotion_usage_before_after_amount").filter(note="insufficient")["item"][0]
    query = f"{DAY}&item={few}"
    assert "too few customers" in visitor.card("ab-promotions-amount-opened", query)["reading"]
    answer = visitor.card("ab-promotions-amount-sides", query)
    assert answer["verdict"] == "empty"
    assert "promotions with enough customers alone" in answer["message"]["text"]
    assert answer["message"]["link"] == ["Clear the filters", DAY]


def test_chosen_pair_of_promotions_is_opened_in_all_its_cards(visitor: Visitor) -> None:
    query = f'{DAY}&pair=["PROMO-02","PROMO-07"]'
    said = visitor.card("ab-promotions-pair", query)
    assert said["reading"].startswith("In orders with “PROMO-07” customers paid £")
    assert [tile["label"] for tile in said["tiles"]][1:3] == ["PROMO-02", "PROMO-07"]
    for name in ("required", "resamples", "sides", "families"):
        assert visitor.card(f"ab-promotions-pairs-{name}", query)["verdict"] == "ready"
    assert "“PROMO-02” against “PROMO-07”" in visitor.card("ab-promotions-pairs-resamples", query)["reading"]
    other = visitor.card("ab-promotions-pair", f"{query}&item=PROMO-05")["reading"]
    assert "“PROMO-05”" in other


@pytest.mark.parametrize("text", ["x", "[1, 2]", '["A"]', "1"])
def test_pair_that_is_none_is_left_out_with_a_notice(visitor: Visitor, text: str) -> None:
    place = visitor.place(f"/ab-tests/promotions{DAY}&pair={text}")
    assert "write two promotions" in str(place["notices"]["children"])


def test_failing_store_is_an_error_with_an_id_and_the_details_only_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("ca_platform"), "propagate", True)
    settings = write_settings(tmp_path)
    visitor = _new_visitor(settings, Broken())
    place = visitor.place("/orders")
    assert len(place["page"]["children"]) == len(first_shown("/orders"))
    assert "does not answer" in str(place["notices"]["children"])
    answer = visitor.card(ANY_CARD, DAY)
    assert answer["verdict"] == "error"
    assert "secret-host" not in str(answer)
    identity = caplog.records[-1].__dict__["id"]
    assert identity in answer["message"]["text"]
    assert "secret-host" in caplog.text


def test_report_of_an_earlier_version_says_how_to_renew_it(tmp_path: Path) -> None:
    settings, spec = write_settings(tmp_path), CARDS[ANY_CARD].spec
    store, old = open_store(settings), replace(spec, columns=spec.columns[:-1])
    place = (pl.lit(frames.DAY).alias("report_date"), pl.lit("main").alias("report_dimension"))
    frame = frames.report(spec.name).select(*place, pl.lit(None, pl.String).alias("report_value"), *old.column_names)
    store.replace(spec.name, [frames.DAY], frame, old)
    answer = _new_visitor(settings, store).card(ANY_CARD, DAY)
    assert (answer["verdict"], answer["message"]["title"]) == ("missing", "Computed by an earlier version")
    assert answer["message"]["command"].endswith(f"--select {spec.name}")


def test_failing_figure_leaves_the_other_cards_alone(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    broken = CARDS["orders-weekly"]
    monkeypatch.setitem(CARDS, broken.id, _with(broken, reading=fail))
    assert visitor.card(broken.id, f"{DAY}&compare=2026-11-14", scheme="dark")["verdict"] == "error"
    assert visitor.card("orders-monthly", DAY)["verdict"] == "ready"


def test_answer_is_made_once_and_anew_when_the_report_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = write_settings(tmp_path)
    store, drawn = open_store(settings), []
    spec, card = CARDS[ANY_CARD].spec, CARDS[ANY_CARD]

    def draw(frame: pl.DataFrame, look: Any) -> Any:
        drawn.append(frame.height)
        return {"data": [{"y": [frame.height]}], "layout": {}}

    monkeypatch.setitem(CARDS, ANY_CARD, _with(card, figure=draw))
    visitor = _new_visitor(settings, store, fresh=0.0)
    frame = frames.report(spec.name)
    for height in (5, 7):
        part = frame.head(height).select(
            pl.lit(frames.DAY).alias("report_date"),
            pl.lit("main").alias("report_dimension"),
            pl.lit(None, pl.String).alias("report_value"),
            pl.all(),
        )
        store.replace(spec.name, [frames.DAY], part, spec)
        answers = [visitor.card(ANY_CARD, DAY) for _ in range(3)]
        assert [answer["figure"]["data"][0]["y"] for answer in answers] == [[height]] * 3
    assert drawn == [5, 7]


@pytest.mark.parametrize("card", DRAWN)
def test_csv_has_exactly_the_rows_of_the_drawn_report(visitor: Visitor, shop: Settings, card: str) -> None:
    spec = CARDS[card].spec
    place = LakeTables(shop) if spec.parts == "day" else open_store(shop)
    for query, dimension in ((DAY, MAIN), (f"{DAY}&dimension=region=EU", Dimension("region", "EU"))):
        if spec.parts == "day" and not dimension.is_main:
            continue  # of a value the lake joins facts, which this shop does not have: see test_real_reports
        asked = dimension if spec.by_dimension else MAIN
        answer = visitor.get(f"/csv/{card}{query}")
        assert answer.mimetype == "text/csv"
        expected = place.report(spec.name, frames.DAY, asked)
        assert expected is not None
        second = CARDS[card].also
        scope = dimension if second and report_spec(second).by_dimension else MAIN
        also = open_store(shop).report(second, frames.DAY, scope) if second else None
        expected = CARDS[card].rows(expected, Look(also=also, filters=PAGE_OF[card].filters()))
        lists = [name for name, dtype in expected.schema.items() if dtype == pl.List(pl.String)]
        read = pl.read_csv(io.StringIO(answer.text), schema=expected.schema | dict.fromkeys(lists, pl.String))
        assert read.with_columns(pl.col(lists).str.json_decode(pl.List(pl.String))).equals(expected)


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_csv_in_pieces_is_the_csv_as_a_whole(rows: int) -> None:
    frame = frames.report("product_kpis")
    for whole in (frame, frame.clear()):
        pieces = [to_csv(piece, header=number == 0) for number, piece in enumerate(slices(whole, rows))]
        assert "".join(pieces) == to_csv(whole)


def test_csv_of_unknown_card_or_uncomputed_day_is_not_found(visitor: Visitor) -> None:
    assert visitor.get("/csv/nothing").status_code == 404
    assert visitor.get(f"/csv/{ANY_CARD}?date=2026-11-01").status_code == 404


def test_table_of_customers_comes_in_blocks_sorted_and_filtered_by_the_store(visitor: Visitor) -> None:
    assert visitor.card(TABLE, DAY)["verdict"] == "ready"
    whole = visitor.rows(TABLE, startRow=0, endRow=100)
    assert whole["rowCount"] == len(whole["rowData"]) == frames.report("client_kpis").height
    assert [row["client"] for row in whole["rowData"][:3]] == ["c0", "c1", "c2"]
    block = visitor.rows(TABLE, startRow=2, endRow=4, sortModel=[{"colId": "sessions", "sort": "asc"}])
    assert [row["client"] for row in block["rowData"]] == ["c12", "c11"]
    filters = {"orders": {"type": "greaterThan", "filter": 10}, "client": {"type": "contains", "filter": "C"}}
    assert visitor.rows(TABLE, startRow=0, endRow=100, filterModel=filters)["rowCount"] == 2


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"startRow": -5, "endRow": "x"},
        {"startRow": 0, "endRow": 100, "sortModel": [{"colId": "hash", "sort": "desc"}, 7]},
        {"startRow": 0, "endRow": 100, "filterModel": {"hash": {"type": "equals", "filter": 1}, "orders": 3}},
        {"startRow": 0, "endRow": 100, "filterModel": {"orders": {"type": "equals", "filter": "DROP"}}},
    ],
)
def test_nonsense_in_a_request_of_the_table_is_left_out(visitor: Visitor, request_: dict[str, Any]) -> None:
    assert visitor.rows(TABLE, **request_)["rowCount"] == 15


def test_table_of_customers_says_which_day_it_shows(visitor: Visitor) -> None:
    assert visitor.card(TABLE, DAY)["note"] == ""
    assert "as of 21 Nov 2026" in visitor.card(TABLE, "?date=2026-11-14")["note"]


def test_csv_of_customers_has_all_of_them_by_name(visitor: Visitor) -> None:
    answer = visitor.get(f"/csv/{TABLE}")
    found = pl.read_csv(io.StringIO(answer.text))
    assert found.columns == list(CARDS[TABLE].spec.column_names)
    assert found["client"].to_list() == sorted(frames.report("client_kpis")["client"])


def test_forged_callback_gets_nothing(visitor: Visitor) -> None:
    body = visitor.card_body(ANY_CARD, DAY)
    for place, value in (("shown", None), ("shown", {"query": 7}), ("scheme", "../../etc"), ("scheme", None)):
        forged = [item | ({"value": value} if item["id"] == place else {}) for item in body["inputs"]]
        assert visitor.post("/_dash-update-component", json=body | {"inputs": forged}).status_code == 204
    for identity in ({"card": "nobody"}, {"card": ["orders-daily"]}, {}, "orders-daily", None):
        forged = [item | {"value": identity} for item in body["state"]]
        assert visitor.post("/_dash-update-component", json=body | {"state": forged}).status_code == 204


class Broken:
    """A store that is away."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any) -> Any:
            raise StoreError("https://secret-host:9200 does not answer.")

        return fail


def _with(card: Any, **changes: Any) -> Any:
    return replace(card, **changes)


def _new_visitor(settings: Settings, store: Any = None, fresh: float = 5.0) -> Visitor:
    UserStore(settings.users.path).add(USER, PASSWORD)
    visitor = Visitor(build(settings, store, fresh=fresh))
    visitor.log_in()
    return visitor
