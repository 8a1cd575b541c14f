"""Log lines: one JSON object each, and no secret in any of its forms."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.logging import HIDDEN, LOGGER, JsonFormatter, Redactor, set_up_logging

SECRET = 'pl@nt"ed/se:cret'


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """The platform's logger; it is as before afterwards."""
    named = logging.getLogger(LOGGER)
    before = named.handlers[:], named.level, named.propagate
    yield named
    named.handlers, named.level, named.propagate = before


def formatted(message: str, secrets: tuple[str, ...] = (), **extra: object) -> dict[str, object]:
    record = logging.LogRecord("ca_platform.test", logging.INFO, __file__, 1, message, None, None)
    vars(record).update(extra)
    line = JsonFormatter(Redactor(secrets)).format(record)
    assert "\n" not in line
    found: dict[str, object] = json.loads(line)
    return found


def test_line_has_time_level_logger_message_and_what_extra_gave() -> None:
    line = formatted("loaded", day="2024-01-01", rows=7, share=0.5, missing=None, days={"a": [1, True]})
    moment = datetime.fromisoformat(str(line.pop("time")))
    assert moment.utcoffset() is not None
    assert line == {
        "level": "info",
        "logger": "ca_platform.test",
        "message": "loaded",
        "day": "2024-01-01",
        "rows": 7,
        "share": 0.5,
        "missing": None,
        "days": {"a": [1, True]},
    }


def test_secret_is_hidden_in_messages_keys_and_nested_values() -> None:
    line = formatted(f"said {SECRET}", (SECRET,), host={"dsn": [f"x{SECRET}y"]}, other={SECRET: 1})
    assert line["message"] == f"said {HIDDEN}"
    assert line["host"] == {"dsn": [f"x{HIDDEN}y"]}
    assert line["other"] == {HIDDEN: 1}


@pytest.mark.parametrize(
    "form",
    [SECRET, "pl%40nt%22ed%2Fse%3Acret", json.dumps(SECRET), repr(SECRET)],
    ids=["plain", "in an address", "in JSON", "in Python"],
)
def test_secret_is_hidden_in_every_form(form: str) -> None:
    assert HIDDEN in Redactor([SECRET])(f"before {form} after")
    for part in ("nt", "ed", "cret"):
        assert part not in Redactor([SECRET])(f"{form}")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://shop:hunter2@db/shop",
        "host=db password=hunter2 user=shop",
        "host=db password = 'hunter2'",
        "Authorization: Basic hunter2",
        "{'authorization': 'ApiKey hunter2'}",
        "https://host/?api_key=hunter2&x=1",
        "postgresql://shop:pa/hunter2@db/shop",
        "postgresql://shop:hunter2/ss@db/shop?sslmode=require",
        "postgresql://shop:12/hunter2@db/shop",
        "postgresql://shop:p@hunter2@db/shop",
        "no answer of https://elastic:pa/hunter2@es:9200/_bulk",
        "copied from postgresql://a:x/y@db/a,postgresql://b:hunter2/z@db/b",
    ],
)
def test_password_that_the_settings_do_not_know_is_hidden_by_its_place(text: str) -> None:
    assert "hunter2" not in Redactor()(text)
    assert HIDDEN in Redactor()(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://host:443/report@v2.csv",
        "postgresql://db:5432/shop?user=me@corp",
        "s3://bucket/a:b@c/d",
        "at http://host:9200/ mail a@b",
    ],
)
def test_address_without_a_password_stays_as_it_is(text: str) -> None:
    assert Redactor()(text) == text


def test_of_several_addresses_each_keeps_its_host() -> None:
    text = "postgresql://a:x/y@one/a,postgresql://b:p/q@two/b"
    assert Redactor()(text) == f"postgresql://a:{HIDDEN}@one/a,postgresql://b:{HIDDEN}@two/b"


TEXTS = st.characters(exclude_characters="*", exclude_categories=["Cs"])  # without the sign of what is hidden


@given(secret=st.text(TEXTS, min_size=2, max_size=20), around=st.text(TEXTS, max_size=10))
def test_no_text_keeps_a_secret(secret: str, around: str) -> None:
    shown = Redactor([secret])(f"{around}{secret}{around}")
    assert HIDDEN in shown
    assert secret not in shown


def test_longer_secret_is_hidden_whole_where_a_shorter_one_is_part_of_it() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef abc") == f"{HIDDEN} {HIDDEN}"


def test_error_stands_in_the_line_with_its_secrets_hidden(logger: logging.Logger) -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    try:
        raise ValueError("login at postgresql://u:hunter2@h/d failed")
    except ValueError:
        logger.exception("load failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError" in json.loads(line)["error"]
    assert "hunter2" not in line


def test_second_set_up_replaces_the_first_and_lines_are_written_once(logger: logging.Logger) -> None:
    first, second = io.StringIO(), io.StringIO()
    set_up_logging(stream=first)
    set_up_logging(stream=second)
    logger.getChild("store").info("once")
    logger.debug("below the level")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1
