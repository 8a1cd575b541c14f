"""Every malformed settings file ends in one message that names file, line, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca_platform.errors import ConfigurationError
from ca_platform.settings import load_settings

SESSIONS = "sources:\n  sessions:\n    kind: csv\n    path: x.csv\n"

# Text of the file, line that must be named, words that must stand in the message.
BAD: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "unknown top key": ("busines: {}\n", 1, ("busines", "did you mean `business`")),
    "unknown inner key": ("business:\n  timezone: UTC\n", 2, ("business.timezone", "did you mean `time_zone`")),
    "unknown key without a near one": ("lake:\n  xyz: 1\n", 2, ("unknown key", "manifest, path")),
    "unknown source key": (SESSIONS + "    seperator: ;\n", 5, ("did you mean `separator`",)),
    "unknown source": ("sources:\n  session: {kind: csv, path: x}\n", 2, ("did you mean `sessions`",)),
    "doubled key": ("lake:\n  path: a\n  path: b\n", 3, ("`path`", "again, after line 2")),
    "doubled section": ("lake: {}\nusers: {}\nlake: {}\n", 3, ("`lake`", "after line 1")),
    "tab": ("lake:\n\tpath: a\n", 2, ("tab", "blanks")),
    "open bracket": ("document_store:\n  hosts: [a, b\n", 3, ("this is no YAML",)),
    "open quote": ('lake: {path: "a}\n', 2, ("this is no YAML",)),
    "bad indentation": ("lake:\n  path: a\n manifest: sqlite\n", 3, ("this is no YAML",)),
    "second document": ("lake: {}\n---\nlake: {}\n", 2, ("second document",)),
    "list in the place of keys": ("- lake\n", 1, ("must be keys with values",)),
    "text in the place of keys": ("hello\n", 1, ("must be keys with values",)),
    "tag": ("lake:\n  path: !!python/name:os.system x\n", 2, ("tag",)),
    "section that is a value": ("lake: 7\n", 1, ("lake", "keys with values", "7")),
    "word for a number": ("document_store:\n  shards: two\n", 2, ("a whole number", "'two'")),
    "fraction for a count": ("schedule:\n  look_back_days: 1.5\n", 2, ("a whole number",)),
    "negative count": ("schedule:\n  look_back_days: -1\n", 2, ("greater than or equal to 0",)),
    "not a number": ("reports:\n  churn: {factor: .nan}\n", 2, ("finite",)),
    "support in percent": ("reports:\n  association_rules: {min_support: 1}\n", 2, ("min_support", "less than 1")),
    "confidence in percent": ("reports:\n  association_rules: {min_confidence: 20}\n", 2, ("equal to 1, not 20",)),
    "rules of one product": ("reports:\n  association_rules:\n    max_size: 1\n", 3, ("max_size", "equal to 2")),
    "pairs in no order": ("reports:\n  most_combined_products: {min_orders: 0}\n", 2, ("min_orders", "equal to 1")),
    "experiment split one way": (
        "reports:\n  experiments:\n    page: {shares: {old: 1}}\n",
        3,
        ("every variant, two at least",),
    ),
    "control without a share": (
        "reports:\n  experiments:\n    page: {control: no, shares: {old: 1, new: 1}}\n",
        3,
        ("does not name the control no",),
    ),
    "goal that is a guard": (
        "reports:\n  experiments:\n    page: {goal: conversion, guards: [conversion]}\n",
        3,
        ("conversion is the goal and a guard",),
    ),
    "unknown metric": (
        "reports:\n  experiments:\n    page:\n      goal: revenue\n",
        4,
        ("'revenue_per_customer', 'orders_per_customer'", "not 'revenue'"),
    ),
    "number for a text": ("users:\n  path: 7\n", 2, ("a text (put it in quotes)", "7")),
    "list for a text": ("lake:\n  path: [a]\n", 2, ("a text",)),
    "word for a flag": ("notifications:\n  log: maybe\n", 2, ("true or false", "'maybe'")),
    "bad date": ("business:\n  start_date: 2010-13-01\n", 2, ("2010-13-01", "year-month-day")),
    "date without dashes": ("business:\n  start_date: 20101201\n", 2, ("20101201", "year-month-day")),
    "date before 1970": ("business:\n  start_date: 0001-01-01\n", 2, ("1970-01-01",)),
    "bad time zone": ("business:\n  time_zone: Europe/Londn\n", 2, ("did you mean `Europe/London`",)),
    "bad currency": ("business:\n  currency: gbp\n", 2, ("'gbp'", "`GBP`")),
    "bad duration": ("document_store:\n  give_up_after: soon\n", 2, ("'soon'", "120s")),
    "bad time of day": ("schedule:\n  at: 25:00\n", 2, ("'25:00'", '"03:00"')),
    "bad schedule": ("schedule:\n  every: hourly\n", 2, ("'once', '12h', 'daily', 'weekly' or 'never'", "'hourly'")),
    "bad kind": (SESSIONS.replace("csv\n", "cvs\n", 1), 3, ("'cvs'", "did you mean `csv`")),
    "bad store": ("document_store:\n  kind: elastic\n", 2, ("did you mean `elasticsearch`",)),
    "bad host": ("document_store:\n  hosts: [localhost]\n", 2, ("http:// or https://",)),
    "bad index prefix": ("document_store:\n  index_prefix: CA\n", 2, ("pattern",)),
    "bad manifest": ("lake:\n  manifest: mysql://h/d\n", 2, ("postgresql://",)),
    "secret in the file": (
        "document_store:\n  password: hunter2\n",
        2,
        ("must not stand in the file", "${CA_DOCUMENT"),
    ),
    "secret number in the file": ("document_store:\n  api_key: 12345\n", 2, ("must not stand in the file",)),
    "password in a DSN": (
        "sources:\n  lines:\n    kind: postgresql\n    dsn: postgresql://u:hunter2@db/shop\n    table: t\n",
        4,
        ("password stands inside this address", "${PG_PASSWORD}"),
    ),
    "password with a slash in a DSN": (
        "sources:\n  lines:\n    kind: postgresql\n    dsn: postgresql://u:hunter2/x@db/shop\n    table: t\n",
        4,
        ("password stands inside this address", "${PG_PASSWORD}"),
    ),
    "password in a keyword DSN": (
        "sources:\n  lines: {kind: postgresql, table: t, dsn: host=db password=hunter2}\n",
        2,
        ("password stands inside this address",),
    ),
    "password in a host": ("document_store:\n  hosts: ['https://u:hunter2@es:9200']\n", 2, ("password stands inside",)),
    "password in the manifest": ("lake:\n  manifest: postgresql://u:hunter2@db/x\n", 2, ("password stands inside",)),
    "variable that is not set": ("document_store:\n  password: ${NOT_SET}\n", 2, ("NOT_SET is not set",)),
    "variable in a path that is not set": ("lake:\n  path: ${NOT_SET}/lake\n", 2, ("NOT_SET is not set",)),
    "reference that is none": ("lake:\n  path: ${my var}\n", 2, ("write ${NAME}",)),
    "user without password": (
        "document_store: {kind: elasticsearch, username: u}\n",
        1,
        ("`password` belong together",),
    ),
    "main as dimension": (SESSIONS + "    dimensions: [main]\n", 5, ("main is no name here",)),
    "doubled dimension": (SESSIONS + "    dimensions: [a, a]\n", 5, ("name a is given twice",)),
    "dimension and action": (
        SESSIONS + "    dimensions: [a]\n    actions: [a]\n",
        5,
        ("name a is given twice", "`dimensions`, `actions`"),
    ),
    "canonical name": (SESSIONS + "    dimensions: [client]\n", 5, ("client is the name of a column",)),
    "step name": (SESSIONS + "    actions: [purchase]\n", 5, ("purchase is the name of a funnel step",)),
    "name with =": (SESSIONS + "    dimensions: ['a=b']\n", 5, ("no usable name",)),
    "unknown mapped column": (SESSIONS + "    columns: {order: x}\n", 5, ("`order`", "did you mean `order_id`")),
    "column and constant": (
        SESSIONS + "    columns: {client: x}\n    constants: {client: y}\n",
        5,
        ("in `columns` and in `constants`",),
    ),
    "promotion twice": (SESSIONS + "    promotion_id: a\n    columns: {promotion_id: b}\n", 5, ("given twice",)),
    "file without path": ("sources:\n  sessions: {kind: csv}\n", 2, ("needs `path`",)),
    "table and query": (
        "sources:\n  lines: {kind: postgresql, dsn: d, table: t, query: q}\n",
        2,
        ("`table` or `query`",),
    ),
    "key of another kind": (
        "sources:\n  lines: {kind: parquet, path: x, separator: ;}\n",
        2,
        ("`separator` does not",),
    ),
    "dimensions of lines": (
        "sources:\n  lines: {kind: csv, path: x, dimensions: [a]}\n",
        2,
        ("belongs to the source ses",),
    ),
    "long separator": (SESSIONS + "    separator: ';;'\n", 5, ("one character",)),
    "unknown encoding": (SESSIONS + "    encoding: utf-9\n", 5, ("utf-9", "latin-1")),
    "lines and products": (
        "sources:\n  lines: {kind: csv, path: x}\n  products: {kind: csv, path: y}\n",
        3,
        ("another name of `lines`",),
    ),
    "event without name": ("reports:\n  anomaly: {events: [{date: 2024-01-01}]}\n", 2, ("name", "missing")),
    "event without a word": ("reports:\n  anomaly: {events: [{date: 2024-01-01, name: ''}]}\n", 2, ("name",)),
    "country by name": ("reports:\n  anomaly: {country: Germany}\n", 2, ("'Germany'", "ISO 3166", "GB-ENG")),
    "unknown country": ("reports:\n  anomaly: {country: XX}\n", 2, ("country", "'XX'", "such as GB")),
    "unknown part of a country": ("reports:\n  anomaly: {country: GB-XX}\n", 2, ("GB-XX", "GB-ENG, GB-NIR")),
    "no budget of false alarms": ("reports:\n  anomaly: {false_alarms_per_30_days: 0}\n", 2, ("greater than 0",)),
}


@pytest.mark.parametrize(("text", "line", "words"), BAD.values(), ids=BAD.keys())
def test_bad_file_is_refused_with_file_line_and_remedy(
    tmp_path: Path, text: str, line: int, words: tuple[str, ...]
) -> None:
    file = tmp_path / "ca_platform.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, {})
    message = str(caught.value)
    assert f"{file}:{line}: " in message
    for word in words:
        assert word in message
    assert "hunter2" not in message
    assert "pydantic" not in message


BAD_ENVIRONMENT: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "unknown key": ("CA_DOCUMENT_STORE__HOST", "https://es", ("did you mean `hosts`",)),
    "unknown section": ("CA_DOCUMENT_STOR__HOSTS", "https://es", ("did you mean `document_store`",)),
    "wrong type": ("CA_DOCUMENT_STORE__SHARDS", "two", ("a whole number", "'two'")),
    "bad list": ("CA_DOCUMENT_STORE__HOSTS", "[https://es", ("[a, b]",)),
    "below a value": ("CA_LAKE__PATH__X", "1", ("`path` is a single value",)),
    "bad date": ("CA_BUSINESS__START_DATE", "01.12.2010", ("year-month-day",)),
}


@pytest.mark.parametrize(("variable", "value", "words"), BAD_ENVIRONMENT.values(), ids=BAD_ENVIRONMENT.keys())
def test_bad_override_is_refused_with_its_variable(
    tmp_path: Path, variable: str, value: str, words: tuple[str, ...]
) -> None:
    file = tmp_path / "ca_platform.yaml"
    file.write_text("lake:\n  path: a\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, {variable: value})
    assert str(caught.value).startswith(f"environment variable {variable}: ")
    for word in words:
        assert word in str(caught.value)


BAD_BYTES = {
    "latin-1": (b"lake:\n  path: caf\xe9\n", ":2: the text is not UTF-8"),
    "NUL": (b"lake:\n  path: a\0b\n", ":2: a control character"),
    "UTF-16": ("lake: {}\n".encode("utf-16"), ":1: the text is not UTF-8"),
    "deep nesting": (b"lake: " + b"{a: " * 30 + b"1" + b"}" * 30, "nested too deeply"),
    "very deep nesting": (b"lake: " + b"[" * 5000 + b"]" * 5000, "ca_platform.yaml"),
    "huge": (b"#" * 1_000_001, "larger than 1 MB"),
    "alias of itself": (b"lake: &a {path: *a}\n", "ca_platform.yaml"),
}


@pytest.mark.parametrize(("data", "words"), BAD_BYTES.values(), ids=BAD_BYTES.keys())
def test_bytes_that_are_no_settings_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "ca_platform.yaml"
    file.write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, {})
    assert words in str(caught.value)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("business:\n  currency: X\n  time_zone: Y\nlake: {path: ${A}, pth: 1}\n".replace("${A}", '"${A}"'))
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, {})
    lines = str(caught.value).splitlines()
    assert lines[0] == "The settings have 4 errors:"
    assert [line.split(":")[1] for line in lines[1:]] == ["2", "3", "4", "4"]


def test_absent_file_is_refused_when_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"does not exist.*ca-platform init"):
        load_settings(None, {"CA_SETTINGS": str(tmp_path / "absent.yaml")})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(tmp_path, {})
