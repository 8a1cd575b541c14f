"""The nine calls that users of the predecessor know, as their scripts make them."""

from __future__ import annotations

import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import ca_platform as ca
from ca_platform import predecessor
from ca_platform.catalogue import report_spec
from ca_platform.errors import CaPlatformError, ConfigurationError, RunError
from ca_platform.settings import load_settings
from ca_platform_tests.api.shop import DAY, Shop, kpis, samples
from ca_platform_tests.api.test_stores import CONNECTED
from ca_platform_tests.services.process import free_port

FILES = {"data_source": "csv", "data_query_path": "sessions.csv", "host": "None", "port": None, "db": "None"}
FIELDS = {
    "order_id": "OrderNo",
    "client": "CustomerNo",
    "session_start_date": "Started",
    "date": "Ended",
    "payment_amount": "Total",
    "discount_amount": "None",
    "has_purchased": "Bought",
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file that does not exist yet."""
    named = tmp_path / "shop.yaml"
    monkeypatch.setenv("CA_SETTINGS", str(named))
    return named


@pytest.fixture(autouse=True)
def no_password_is_left() -> Iterator[None]:
    yield
    for name in [name for name in os.environ if name.startswith("CA_") and name.endswith("_PASSWORD")]:
        del os.environ[name]


def test_all_nine_calls_are_there_under_both_roofs() -> None:
    assert len(predecessor.__all__) == 9
    for name in predecessor.__all__:
        assert getattr(ca, name) is getattr(predecessor, name)


def test_elasticsearch_and_the_lake_are_written_into_the_settings(file: Path) -> None:
    ca.create_ElasticSearch_connection(port=9200, host="localhost", temporary_path="temporary")
    settings = load_settings(file)
    assert settings.document_store.kind == "elasticsearch"
    assert settings.document_store.hosts == ("http://localhost:9200",)
    assert Path(settings.lake.path) == file.parent / "temporary"
    ca.create_ElasticSearch_connection("9201", "https://search.example", "/data/lake")
    assert load_settings(file).document_store.hosts == ("https://search.example:9201",)
    assert file.read_text().startswith("# Settings of CA Platform.")


def test_connections_become_sources_with_our_names(file: Path) -> None:
    ca.create_connections(
        customers_connection={"data_source": "csv", "data_query_path": "customers.csv"},
        sessions_connection=FILES,
        products_connection={"data_source_type": "parquet", "data_query_path": "lines/*.parquet"},
        deliveries_connection={"data_source": "csv", "data_query_path": "deliveries.csv", "separator": ";"},
        sessions_fields=FIELDS,
        customer_fields={"client_2": "Id", "download_date": "CreatedAt", "signup_date": "None"},
        product_fields={"order_id_2": "Invoice", "product": "Sku", "price": "UnitPrice", "category": None},
        delivery_fields={"order_id": "Invoice", "delivery_date": "Delivered"},
        actions_sessions="has_basket, order_screen",
        actions_customers=["first_login"],
        promotion_id="coupon",
        dimension_sessions="country",
    )
    sources = load_settings(file).sources
    assert sources.sessions is not None
    assert sources.sessions.columns == {
        "order_id": "OrderNo",
        "client": "CustomerNo",
        "session_start_date": "Started",
        "session_end_date": "Ended",
        "payment_amount": "Total",
        "has_purchased": "Bought",
    }
    assert sources.sessions.actions == ("has_basket", "order_screen")
    assert sources.sessions.dimensions == ("country",)
    assert sources.sessions.promotion_id == "coupon"
    assert sources.customers is not None
    assert sources.customers.columns == {"client": "Id", "download_date": "CreatedAt"}
    assert sources.customers.actions == ("first_login",)
    assert sources.lines is not None
    assert sources.lines.columns == {"order_id": "Invoice", "product": "Sku", "price": "UnitPrice"}
    assert sources.deliveries is not None
    assert sources.deliveries.separator == ";"


def test_none_in_every_spelling_means_that_there_is_none(file: Path) -> None:
    ca.create_connections(
        {"data_source": "None", "data_query_path": None},
        FILES,
        None,
        {},
        actions_sessions="None",
        actions_customers="none",
        promotion_id="None",
        dimension_sessions=None,
    )
    sources = load_settings(file).sources
    assert sorted(sources.connected()) == ["sessions"]
    assert sources.sessions is not None
    assert (sources.sessions.actions, sources.sessions.promotion_id) == ((), None)


def test_connecting_again_replaces_what_was_connected(file: Path) -> None:
    ca.create_connections(FILES | {"data_query_path": "c.csv"}, FILES, dimension_sessions="country,channel")
    ca.create_connections(None, FILES, sessions_fields=FIELDS)
    sources = load_settings(file).sources
    assert sorted(sources.connected()) == ["sessions"]
    assert sources.sessions is not None
    assert sources.sessions.dimensions == ()


def test_a_password_is_never_written_and_never_shown(file: Path) -> None:
    server = {
        "data_source": "postgresql",
        "host": "db",
        "port": 5433,
        "user": "shop owner",
        "password": "s3cr3t",
        "db": "x",
    }
    ca.create_connections(None, server | {"data_query_path": "select * from sessions"})
    assert "s3cr3t" not in file.read_text()
    sessions = load_settings(file).sources.sessions
    assert sessions is not None
    assert sessions.password is not None
    assert sessions.password.get_secret_value() == "s3cr3t"
    assert sessions.query == "select * from sessions"
    shown = ca.collect_data_source()
    assert "s3cr3t" not in repr(shown)
    assert shown["sessions"]["data_source"] == "postgresql"
    assert shown["sessions"]["config"] == {
        "host": "db",
        "port": 5433,
        "user": "shop owner",
        "password": "*****",
        "db": "x",
    }


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ca.create_connections({}, None), "sessions_connection is missing"),
        (lambda: ca.create_connections(None, {"data_query_path": "x.csv"}), "there is no `data_source`"),
        (lambda: ca.create_connections(None, FILES | {"data_source": "mysql"}), "data_source='mysql' is none"),
        (lambda: ca.create_connections(None, FILES | {"hots": "db"}), "unknown key 'hots'; did you mean host"),
        (lambda: ca.create_connections(None, {"data_source": "redshift", "user": "u"}), "needs host and db"),
        (lambda: ca.create_connections(None, FILES, actions_customers="login"), "customers_connection is missing"),
        (lambda: ca.create_connections(None, FILES, sessions_fields={"oder_id": "x"}), "did you mean `order_id`"),
        (lambda: ca.create_connections(None, FILES, dimension_sessions="main"), "main is no name here"),
        (lambda: ca.create_schedule("hourly"), "time_period='hourly' is no period"),
    ],
)
def test_what_cannot_be_connected_is_refused_and_nothing_is_written(
    file: Path, call: Callable[[], object], words: str
) -> None:
    file.write_text("business: {currency: GBP}\n")
    with pytest.raises(CaPlatformError) as caught:
        call()
    assert words in str(caught.value)
    assert file.read_text() == "business: {currency: GBP}\n"
    assert sorted(path.name for path in file.parent.iterdir()) == ["shop.yaml"]


@pytest.mark.parametrize(
    ("period", "every"),
    [("once", "once"), ("Daily", "daily"), ("12 Hours", "12h"), ("12h", "12h"), ("weekly", "weekly")],
)
def test_a_schedule_is_set_and_taken_away(file: Path, period: str, every: str) -> None:
    file.write_text("business: {currency: GBP}\n")
    ca.create_schedule(time_period=period)
    assert load_settings(file).schedule.every == every
    ca.delete_schedule()
    assert load_settings(file).schedule.every == "never"


def test_reports_are_those_of_the_api(shop: Shop) -> None:
    shop.store("kpis", [DAY], kpis([DAY]))
    assert ca.collect_report(report_name="kpis", date=None, dimension="main").height == 1
    assert "kpis" in ca.report_names()


@pytest.mark.parametrize("name", ["deliver", "prepare", "ride", "return"])
def test_reports_of_abnormal_deliveries_are_known_by_their_old_names(shop: Shop, name: str) -> None:
    connected = Shop(shop.folder, CONNECTED)
    connected.store(f"{name}_orders", [DAY], samples(report_spec(f"{name}_orders"), DAY))
    assert_frame_equal(ca.collect_report(report_name=name), ca.collect_report(f"{name}_orders"))


# ---- the dashboards' process


def _answers(address: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{address}/health", timeout=10
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_dashboards_are_started_found_again_and_ended(shop: Shop) -> None:
    assert not ca.kill_user_interface()
    port = free_port()
    address = ca.create_user_interface(port=port)
    try:
        assert address == f"http://127.0.0.1:{port}"
        assert _answers(address)
        assert ca.create_user_interface(port=free_port()) == address, "those that run are kept"
    finally:
        assert ca.kill_user_interface()
    deadline = time.monotonic() + 60
    while _answers(address) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _answers(address)
    assert not ca.kill_user_interface()


def test_a_taken_port_is_refused_before_anything_is_started(shop: Shop) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(ConfigurationError, match="cannot listen on 127.0.0.1"):
            ca.create_user_interface(port=listener.getsockname()[1])
    assert not ca.kill_user_interface()


def test_dashboards_that_cannot_start_say_why(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CA_DOCUMENT_STORE__KIND", "cloud")
    settings = shop.settings
    from ca_platform.background import start_dashboards

    with pytest.raises(RunError, match="'embedded' or 'elasticsearch'"):
        start_dashboards(settings, "127.0.0.1", free_port())
