"""Security: what is said about certificates, passwords and privileges, and that no secret is ever said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ca_platform.errors import StoreError
from ca_platform.settings import Settings
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform_tests.services.elasticsearch import ElasticsearchServer
from ca_platform_tests.store.conftest import MakeSettings
from ca_platform_tests.store.frames import DAY, SPEC, of_main
from ca_platform_tests.store.proxy import Answer, FaultyProxy

SECRET = "planted-secret-7f3a"


def _store(settings: Settings) -> ElasticsearchStore:
    return ElasticsearchStore(settings)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"error": {"type": "security_exception", "reason": "unable to authenticate"}}, "refuses the login"),
        (
            403,
            {"error": {"type": "security_exception", "reason": "action [x] is unauthorized"}},
            "forbids this to user shop",
        ),
        (500, {"error": {"type": "boom", "reason": "out of luck"}}, r"status 500, boom\): out of luck"),
    ],
)
def test_refusals_are_one_sentence_without_secrets(make_settings: Any, status: int, body: Any, words: str) -> None:
    with FaultyProxy("http://localhost:9", rule=lambda _: Answer(status, body)) as proxy:
        settings = make_settings(kind="elasticsearch", hosts=[proxy.url], username="shop", password=SECRET)
        with _store(settings) as store, pytest.raises(StoreError, match=words) as raised:
            store.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
        assert SECRET not in f"{raised.value} {store!r} {store._connection!r}"
        assert "\n" not in str(raised.value)


def test_host_is_named_without_a_password_that_holds_a_slash(make_settings: Any) -> None:
    store = _store(make_settings(kind="elasticsearch", hosts=["https://user:pa/ss@localhost:9"]))
    assert "'https://localhost:9'" in repr(store)


def test_missing_ca_file_is_named(make_settings: Any, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.crt")
    settings = make_settings(kind="elasticsearch", hosts=["https://localhost:9"], ca_certs=absent)
    with pytest.raises(StoreError, match=r"ca_certs: there is no file .*absent.crt"):
        _store(settings).check()


def test_unknown_host_is_named(make_settings: Any) -> None:
    settings = make_settings(kind="elasticsearch", hosts=["http://nowhere.invalid:9200"])
    with pytest.raises(StoreError, match="http://nowhere.invalid:9200: unknown host"):
        _store(settings).check()


def test_plain_server_addressed_with_tls_is_named(make_settings: Any) -> None:
    with FaultyProxy("http://localhost:9", rule=lambda _: Answer(200)) as proxy:
        settings = make_settings(kind="elasticsearch", hosts=[proxy.url.replace("http:", "https:")])
        with pytest.raises(StoreError, match="speaks plain HTTP"):
            _store(settings).check()


def test_of_several_hosts_one_that_answers_is_enough(elastic_settings: Settings, elastic: ElasticsearchStore) -> None:
    store = elastic_settings.document_store
    hosts = ("http://localhost:9", *store.hosts)
    settings = elastic_settings.model_copy(update={"document_store": store.model_copy(update={"hosts": hosts})})
    with _store(settings) as opened:
        opened.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    assert elastic.days("sales") == [DAY]


def test_mapping_conflict_is_named_with_field_and_types(elastic: ElasticsearchStore, elasticsearch_server: Any) -> None:
    foreign = {"mappings": {"properties": {"report_date": {"type": "text"}}}}
    elasticsearch_server.request("PUT", f"/{elastic.index('reports')}", foreign)
    with pytest.raises(StoreError, match="field report_date is `text` where `date` is written"):
        elastic.check()


def test_dimension_that_is_added_later_extends_the_mapping(
    elastic: ElasticsearchStore, elastic_settings: Settings, elasticsearch_server: Any
) -> None:
    elastic.check()
    sessions = elastic_settings.sources.sessions
    assert sessions is not None
    more = sessions.model_copy(update={"dimensions": (*sessions.dimensions, "device")})
    sources = elastic_settings.sources.model_copy(update={"sessions": more})
    with _store(elastic_settings.model_copy(update={"sources": sources})) as later:
        later.check()
    (found,) = elasticsearch_server.request("GET", f"/{elastic.index('orders')}/_mapping").values()
    assert set(found["mappings"]["properties"]["dimensions"]["properties"]) == {"region", "channel", "device"}
    assert found["mappings"]["dynamic"] == "strict"


@pytest.fixture
def secured(make_settings: MakeSettings, elasticsearch_secured: ElasticsearchServer) -> MakeSettings:
    """Settings for the server with TLS and users: change one thing and see what is said."""

    def make(**changes: Any) -> Settings:
        security = elasticsearch_secured.security
        assert security is not None
        name, (password, _) = next(iter(security.users.items()))
        right: dict[str, Any] = {
            "kind": "elasticsearch",
            "hosts": [elasticsearch_secured.url],
            "ca_certs": str(security.ca_certs),
            "username": name,
            "password": password,
            "index_prefix": "secured_",
            "give_up_after": "1s",
        }
        return make_settings(**(right | changes))

    return make


def test_tls_and_password_work(secured: Any) -> None:
    with _store(secured()) as store:
        assert store.check().status == "ok"
        store.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
        assert store.days("sales") == [DAY]


def test_wrong_password_is_refused_by_the_real_server(secured: Any) -> None:
    with pytest.raises(StoreError, match="refuses the login") as raised:
        _store(secured(password=SECRET)).check()
    assert SECRET not in str(raised.value)
    assert raised.value.exit_code == 2


def test_untrusted_certificate_is_named(secured: Any) -> None:
    with pytest.raises(StoreError, match="is not trusted: set document_store.ca_certs"):
        _store(secured(ca_certs=None)).check()


def test_user_without_privileges_is_told_which_one_is_missing(
    secured: MakeSettings, elasticsearch_secured: Any
) -> None:
    name = "stranger"
    password = elasticsearch_secured.security.users[name][0]
    with pytest.raises(StoreError, match="forbids this to user stranger: .*Give it the privileges") as raised:
        _store(secured(username=name, password=password)).check()
    assert password not in str(raised.value)


def test_certificate_for_another_host_name_is_named(secured: MakeSettings, elasticsearch_secured: Any) -> None:
    host = elasticsearch_secured.url.replace("localhost", "127.0.0.1")  # the certificate names localhost alone
    with pytest.raises(StoreError, match="is for another host name"):
        _store(secured(hosts=[host])).check()


def test_api_key_is_sent_and_never_shown(make_settings: MakeSettings) -> None:
    with FaultyProxy("http://localhost:9", rule=lambda _: Answer(401)) as proxy:
        store = _store(make_settings(kind="elasticsearch", hosts=[proxy.url], api_key=SECRET))
        with pytest.raises(StoreError, match=r"refuses the login \(the API key\)") as raised:
            store.check()
    assert proxy.seen[0].headers["authorization"] == f"ApiKey {SECRET}"
    assert SECRET not in f"{raised.value} {store!r}"
