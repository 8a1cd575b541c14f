"""Logins: kept as hashes, the same for every process, and none that is unknown or too weak."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest

from ca_platform.errors import ConfigurationError
from dash_app.security import secret_key
from dash_app.users import FAILURES_ALLOWED, SESSION_SECONDS, WAIT_SECONDS, UserStore

PASSWORD = "a long enough one"


@pytest.fixture
def store(tmp_path: Path) -> UserStore:
    return UserStore(tmp_path / "deep" / "users.db")


def test_added_user_is_verified_by_the_password_alone(store: UserStore) -> None:
    store.add("anna", PASSWORD)
    assert store.verify("anna", PASSWORD)
    assert not store.verify("anna", PASSWORD.upper())
    assert not store.verify("Anna", PASSWORD)
    assert not store.verify("", "")
    assert UserStore(store.path).verify("anna", PASSWORD)


def test_file_holds_no_password_and_no_session_token(store: UserStore) -> None:
    store.add("anna", PASSWORD)
    token = store.open_session("anna")
    content = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert PASSWORD.encode() not in content
    assert token.encode() not in content
    assert b"$argon2id$" in content
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_nobody_is_known_before_the_first_user(store: UserStore) -> None:
    assert store.names() == []
    assert not store.verify("anna", PASSWORD)
    assert store.user_of("nothing") is None
    assert not store.path.exists()


def test_names_are_listed_and_each_is_taken_once(store: UserStore) -> None:
    for name in ("zoë", "anna", "it's"):
        store.add(name, PASSWORD)
    assert store.names() == ["anna", "it's", "zoë"]
    with pytest.raises(ConfigurationError, match="'anna'.*already"):
        store.add("anna", PASSWORD)


@pytest.mark.parametrize("name", ["", " anna", "anna\n", "a" * 101, "a\x00b"])
def test_name_that_nobody_could_type_is_refused(store: UserStore, name: str) -> None:
    with pytest.raises(ConfigurationError, match="user name"):
        store.add(name, PASSWORD)


def test_short_password_is_refused_without_being_shown(store: UserStore) -> None:
    with pytest.raises(ConfigurationError, match="at least 10") as refusal:
        store.add("anna", "pa55w0rd!")
    assert "pa55w0rd!" not in str(refusal.value)


def test_unknown_user_cannot_be_removed_or_changed(store: UserStore) -> None:
    store.add("anna", PASSWORD)
    with pytest.raises(ConfigurationError, match="no user 'ann'.*there is anna"):
        store.remove("ann")
    with pytest.raises(ConfigurationError, match="no user 'ann'.*there is anna"):
        store.set_password("ann", PASSWORD)


def test_session_is_the_users_until_it_is_closed(store: UserStore) -> None:
    store.add("anna", PASSWORD)
    first, second = store.open_session("anna"), store.open_session("anna")
    assert first != second
    assert store.user_of(first) == "anna"
    store.close_session(first)
    assert store.user_of(first) is None
    assert store.user_of(second) == "anna"


def test_session_ends_after_its_time(store: UserStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add("anna", PASSWORD)
    token, now = store.open_session("anna"), time.time()
    monkeypatch.setattr("dash_app.users.time.time", lambda: now + SESSION_SECONDS + 1)
    assert store.user_of(token) is None


@pytest.mark.parametrize("end", ["remove", "set_password"])
def test_removal_and_new_password_end_every_session(store: UserStore, end: str) -> None:
    store.add("anna", PASSWORD)
    store.add("bert", PASSWORD)
    tokens = [store.open_session("anna") for _ in range(2)]
    others = store.open_session("bert")
    if end == "remove":
        store.remove("anna")
    else:
        store.set_password("anna", "another long one")
    assert [store.user_of(token) for token in tokens] == [None, None]
    assert store.user_of(others) == "bert"


def test_failures_count_by_name_and_address_and_wear_off(store: UserStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add("anna", PASSWORD)
    for _ in range(FAILURES_ALLOWED):
        assert store.wait("anna", "10.0.0.1") == 0
        store.note_failure("anna", "10.0.0.1")
    assert 0 < store.wait("anna", "10.0.0.1") <= WAIT_SECONDS
    assert store.wait("anna", "10.0.0.2") == 0
    assert store.wait("bert", "10.0.0.1") == 0
    now = time.time()
    monkeypatch.setattr("dash_app.users.time.time", lambda: now + WAIT_SECONDS + 1)
    assert store.wait("anna", "10.0.0.1") == 0
    store.note_failure("anna", "10.0.0.1")
    assert store.wait("anna", "10.0.0.1") > 0
    store.forget_failures("anna", "10.0.0.1")
    assert store.wait("anna", "10.0.0.1") == 0


def test_many_threads_write_at_once(store: UserStore) -> None:
    store.add("anna", PASSWORD)
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(store.open_session("anna"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({store.user_of(token) for token in tokens}) == 1
    assert len(set(tokens)) == 12


def test_key_is_made_once_beside_the_users_and_short_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "new" / "users.db"
    key = secret_key(file)
    assert len(key) == 32
    assert secret_key(file) == key
    path = file.with_name("users.key")
    path.chmod(0o644)
    secret_key(file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["users.key"]
    path.write_bytes(b"short")
    with pytest.raises(ConfigurationError, match=r"users\.key.*Delete the file"):
        secret_key(file)
