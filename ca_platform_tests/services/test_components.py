"""What the shared components promise to the tests that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ca_platform_tests.services import process
from ca_platform_tests.services.components import ComponentMissing, give_up
from ca_platform_tests.services.elasticsearch import ElasticsearchServer
from ca_platform_tests.services.postgresql import PostgresqlServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REASON = ComponentMissing("it is not installed")


def test_missing_component_is_a_loud_skip_at_a_developers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.warns(UserWarning, match="SKIPPED COMPONENT: Chromium"), pytest.raises(pytest.skip.Exception):
        give_up("Chromium", REASON)


def test_missing_component_is_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"Chromium cannot be had: it is not installed"):
        give_up("Chromium", REASON)


def test_missing_jdk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from ca_platform_tests.services import elasticsearch

    monkeypatch.setattr(elasticsearch, "_java_version", lambda _: 11)
    with pytest.raises(ComponentMissing, match="needs a JDK of version 17 or newer"):
        elasticsearch.java_home("8.19.9")


def test_postgresql_takes_no_login_without_the_password(postgresql_server: PostgresqlServer) -> None:
    engine = sa.create_engine(postgresql_server.dsn.replace("@", ":wrong@"), poolclass=sa.NullPool)
    with pytest.raises(sa.exc.OperationalError, match="password authentication failed"):
        engine.connect()
    assert postgresql_server.password not in repr(postgresql_server)


def test_postgresql_of_the_tests_is_used_as_an_owner_that_is_no_superuser(postgresql_server: PostgresqlServer) -> None:
    engine = sa.create_engine(postgresql_server.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert row.one() == (False, True)
        assert connection.exec_driver_sql("SHOW timezone").scalar_one() == "UTC"


def test_servers_do_not_run_as_root(postgresql_server: PostgresqlServer) -> None:
    assert postgresql_server.folder.stat().st_uid == process.account().pw_uid != 0


def test_elasticsearch_keeps_address_and_data_over_a_kill(elasticsearch_server: ElasticsearchServer) -> None:
    address = elasticsearch_server.url
    elasticsearch_server.request("PUT", "/kept/_doc/1?refresh=true", {"word": "still here"})
    elasticsearch_server.kill()
    assert not elasticsearch_server.running
    elasticsearch_server.start()
    found = elasticsearch_server.request("GET", "/kept/_source/1")
    assert (elasticsearch_server.url, found) == (address, {"word": "still here"})
    elasticsearch_server.request("DELETE", "/kept")


def test_folder_of_a_server_is_gone_when_it_is_removed() -> None:
    server = ElasticsearchServer()
    assert server.folder.exists()
    server.remove()
    assert not server.folder.exists()


def test_browser_shows_a_page_and_asks_nobody_else(browser: Browser) -> None:
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.set_content("<h1>Ready</h1>")
    assert page.inner_text("h1") == "Ready"
    assert asked == []
    context.close()
