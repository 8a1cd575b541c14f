"""The calls that users of the predecessor know, with its keywords. All of them act on the settings file.

What belongs here: the predecessor's words made into ours. What does not: a store of its own. ``collect_report`` and
``report_names`` are those of the API; the dashboards' process is looked after in ``background``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ca_platform.api import collect_report, report_names
from ca_platform.errors import ConfigurationError

if TYPE_CHECKING:
    from ca_platform.settings import Settings, SourceSettings

__all__ = [
    "collect_data_source",
    "collect_report",
    "create_ElasticSearch_connection",
    "create_connections",
    "create_schedule",
    "create_user_interface",
    "delete_schedule",
    "kill_user_interface",
    "report_names",
]

Fields = Mapping[str, Any]

_KINDS = {
    "csv": "csv",
    "parquet": "parquet",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "bigquery": "bigquery",
    "googlebigquery": "bigquery",
    "gcloudbigquery": "bigquery",
    "redshift": "redshift",
    "awsredshift": "redshift",
}
_KIND_KEYS = ("data_source", "data_source_type")
_SERVER_KEYS = ("host", "port", "user", "password", "db")
_NATIVE_KEYS = (
    "separator",
    "decimal",
    "encoding",
    "date_format",
    "thousands",
    "currency_mark",
    "project",
    "dataset",
    "table",
    "query",
    "path",
)
_FIELD_NAMES = {
    "sessions": {"date": "session_end_date", "id": "order_id"},
    "customers": {"client_2": "client"},
    "lines": {"order_id_2": "order_id"},
    "deliveries": {"order_id_2": "order_id", "order_id_3": "order_id"},
}
_PERIODS = {
    "once": "once",
    "12hours": "12h",
    "12h": "12h",
    "every12hours": "12h",
    "daily": "daily",
    "day": "daily",
    "weekly": "weekly",
    "week": "weekly",
}


def create_ElasticSearch_connection(port: int | str, host: str, temporary_path: str | Path) -> None:  # noqa: N802
    """Store reports in Elasticsearch.

    Args:
        temporary_path: folder of the lake.
    """
    host = str(host)
    address = host if "://" in host else f"http://{host}"
    _write(
        {
            "document_store.kind": "elasticsearch",
            "document_store.hosts": [f"{address.rstrip('/')}:{port}"],
            "lake.path": str(temporary_path),
        }
    )


def create_connections(  # noqa: PLR0913, PLR0917 - the predecessor's keywords in its order
    customers_connection: Fields | None,
    sessions_connection: Fields | None,
    products_connection: Fields | None = None,
    deliveries_connection: Fields | None = None,
    sessions_fields: Fields | None = None,
    customer_fields: Fields | None = None,
    product_fields: Fields | None = None,
    delivery_fields: Fields | None = None,
    actions_sessions: str | Iterable[str] | None = None,
    actions_customers: str | Iterable[str] | None = None,
    promotion_id: str | None = None,
    dimension_sessions: str | Iterable[str] | None = None,
) -> None:
    """Connect the sources: write them into the settings file.

    A connection has ``data_source`` (csv, parquet, postgresql, bigquery, redshift), ``data_query_path`` (path of files,
    or a query) and, of a database, ``host``, ``port``, ``user``, ``password`` and ``db``. Fields are our name: name of
    the column. None and the text 'None' mean that there is none. Several actions or dimensions stand with commas.

    A password is never written down: the file refers to the environment variable CA_SESSIONS_PASSWORD (or
    CA_CUSTOMERS_PASSWORD, …), which is set for this process and must be set wherever the settings are read.
    """
    sources = {
        "sessions": _source("sessions", sessions_connection, sessions_fields),
        "customers": _source("customers", customers_connection, customer_fields),
        "lines": _source("lines", products_connection, product_fields),
        "deliveries": _source("deliveries", deliveries_connection, delivery_fields),
    }
    if sources["sessions"] is None:
        raise ConfigurationError("sessions_connection is missing: everything begins with the sessions.")
    if not _is_none(promotion_id):
        sources["sessions"]["promotion_id"] = promotion_id
    for source, key, names in (
        ("sessions", "dimensions", dimension_sessions),
        ("sessions", "actions", actions_sessions),
        ("customers", "actions", actions_customers),
    ):
        connected, found = sources[source], list(_names(names))
        if found and connected is None:
            raise ConfigurationError(f"actions_{source} are given, but {source}_connection is missing.")
        if found and connected is not None:
            connected[key] = found
    _write({f"sources.{name}": source for name, source in sources.items()} | {"sources.products": None})


def collect_data_source() -> dict[str, dict[str, Any]]:
    """The connected sources by name, passwords hidden."""
    return {name: _shown(source) for name, source in _settings().sources.connected().items()}


def create_schedule(time_period: str) -> None:
    """Let the platform run by itself: ``once``, ``12 hours``, ``daily`` or ``weekly``."""
    from ca_platform.changes import set_schedule

    every = _PERIODS.get(str(time_period).lower().replace(" ", "").replace("_", ""))
    if every is None:
        raise ConfigurationError(f"time_period={time_period!r} is no period: give once, 12 hours, daily or weekly.")
    set_schedule(_settings(), every)


def delete_schedule() -> None:
    """Let the platform run only when it is told to."""
    from ca_platform.changes import remove_schedule

    remove_schedule(_settings())


def create_user_interface(host: str = "127.0.0.1", port: int = 8050) -> str:
    """Start the dashboards in a process of their own, which outlives this one; returns their address."""
    from ca_platform.background import start_dashboards

    return start_dashboards(_settings(), host, port)


def kill_user_interface() -> bool:
    """End the dashboards that ``create_user_interface`` started; False where none run."""
    from ca_platform.background import stop_dashboards

    return stop_dashboards(_settings())


def _settings() -> Settings:
    from ca_platform.settings import load_settings

    return load_settings()


def _write(changes: Mapping[str, Any]) -> None:
    """Change the settings file, which is made where there is none."""
    from ca_platform.changes import change_settings
    from ca_platform.settings.load import DEFAULT_NAME, VARIABLE

    named = os.environ.get(VARIABLE)
    change_settings(Path(named).expanduser() if named else Path.cwd() / DEFAULT_NAME, changes)


def _is_none(value: Any) -> bool:
    """None, or the word for it."""
    return value is None or (isinstance(value, str) and value.strip().lower() in ("none", "", "null"))


def _names(given: str | Iterable[str] | None) -> Iterator[str]:
    items = given.split(",") if isinstance(given, str) else given or ()
    return (str(item).strip() for item in items if not _is_none(item))


def _source(name: str, connection: Fields | None, fields: Fields | None) -> dict[str, Any] | None:
    """The keys of a source in the settings; None where it is not connected."""
    given = {key: value for key, value in (connection or {}).items() if not _is_none(value)}
    if not given:
        return None
    _refuse_unknown(name, given)
    kind = _kind(name, given)
    source: dict[str, Any] = {"kind": kind, **{key: given[key] for key in _NATIVE_KEYS if key in given}}
    place = given.get("data_query_path")
    if place is not None:
        source["path" if kind in ("csv", "parquet") else "query"] = str(place)
    if kind in ("postgresql", "redshift"):
        source |= _server(name, kind, given)
    columns = _columns(name, fields)
    return {**source, "columns": columns} if columns else source


def _refuse_unknown(name: str, given: Fields) -> None:
    known = (*_KIND_KEYS, "data_query_path", *_SERVER_KEYS, *_NATIVE_KEYS)
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}."
            raise ConfigurationError(f"The connection of {name} has an unknown key {key!r}; {hint}")


def _kind(name: str, given: Fields) -> str:
    word = next((str(given[key]) for key in _KIND_KEYS if key in given), "")
    kind = _KINDS.get(word.lower().replace(" ", "").replace("_", "").replace("-", ""))
    if kind is None:
        shown = f"data_source={word!r} is none" if word else "there is no `data_source`"
        raise ConfigurationError(
            f"The connection of {name} needs a kind, and {shown}: give csv, parquet, postgresql, bigquery or redshift."
        )
    return kind


def _server(name: str, kind: str, given: Fields) -> dict[str, str]:
    missing = [key for key in ("host", "db") if key not in given]
    if missing:
        raise ConfigurationError(f"The connection of {name} needs {' and '.join(missing)} for a {kind} server.")
    user = f"{quote(str(given['user']), safe='')}@" if "user" in given else ""
    port = f":{given['port']}" if "port" in given else ""
    found = {"dsn": f"postgresql://{user}{given['host']}{port}/{quote(str(given['db']), safe='')}"}
    if "password" in given:
        found["password"] = _reference(f"CA_{name.upper()}_PASSWORD", str(given["password"]))
    return found


def _reference(variable: str, password: str) -> str:
    """The reference that stands in the file in place of a password."""
    if password.startswith("${") and password.endswith("}"):
        return password
    os.environ[variable] = password
    return f"${{{variable}}}"


def _columns(name: str, fields: Fields | None) -> dict[str, str]:
    words = _FIELD_NAMES[name]
    given = {key: value for key, value in (fields or {}).items() if not _is_none(value)}
    return {words.get(key, key): str(value) for key, value in given.items()}


def _shown(source: SourceSettings) -> dict[str, Any]:
    parts = urlsplit(source.dsn or "")
    has_password = source.password is not None or parts.password is not None
    return {
        "data_source": source.kind,
        "data_query_path": source.path or source.query or source.table,
        "fields": dict(source.columns),
        "actions": list(source.actions),
        "dimensions": list(source.dimensions),
        "promotion_id": source.promotion_id,
        "config": {
            "host": parts.hostname,
            "port": parts.port,
            "user": unquote(parts.username) if parts.username else None,
            "password": "*****" if has_password else None,
            "db": unquote(parts.path.lstrip("/")) or None,
        },
    }
