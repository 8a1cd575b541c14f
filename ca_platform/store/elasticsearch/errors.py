"""Every way in which a server can refuse, as one sentence that says how to mend it. The only place for these texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ca_platform.errors import StoreError


class StoreGoneError(StoreError):
    """The server was absent or refused for longer than ``document_store.give_up_after``."""

    exit_code = 1


PASSING_STATUS = frozenset({429, 502, 503, 504})
_BLOCKED = "cluster_block_exception"
# What a search says of an index that is deleted under it; asked again, the alias stands for the one that came after.
_CLOSING = "already closed"


def status_of(error: Exception) -> int | None:
    """HTTP status of an answer, None where there was no answer."""
    meta = getattr(error, "meta", None)
    return getattr(meta, "status", None)


def is_passing(error: Exception) -> bool:
    """Whether trying again can help: no answer, or one that says not now."""
    from elastic_transport import ConnectionError as NoConnection
    from elastic_transport import ConnectionTimeout, TlsError

    if isinstance(error, TlsError):
        return False
    if isinstance(error, (NoConnection, ConnectionTimeout)):
        return True
    status, cause = status_of(error), cause_of(error)
    if status == 500 and _CLOSING in str(cause.get("reason")):
        return True
    # A full disk answers 429, too; it does not pass by waiting.
    return status in PASSING_STATUS and cause.get("type") != _BLOCKED


def cause_of(error: Exception) -> Mapping[str, Any]:
    """``type`` and ``reason`` of a refusal as the server gives them."""
    body = getattr(error, "body", None)
    found = body.get("error") if isinstance(body, dict) else None
    if isinstance(found, dict):
        roots = found.get("root_cause")
        root = roots[0] if isinstance(roots, list) and roots else found
        return root if isinstance(root, dict) else found
    return {"type": "", "reason": str(found or body or error)}


def explain(error: Exception, where: str, user: str) -> StoreError:
    """One sentence for what a request ended with.

    Args:
        where: the hosts, without secrets.
        user: how we log in, without secrets: ``user NAME``, ``the API key``, ``no login``.
    """
    from elastic_transport import ConnectionTimeout, TlsError
    from elasticsearch import UnsupportedProductError

    status = status_of(error)
    if isinstance(error, TlsError):
        return StoreError(_tls(error, where))
    if isinstance(error, UnsupportedProductError):
        return StoreError(f"What answers at {where} is no Elasticsearch server: check document_store.hosts.")
    if isinstance(error, ConnectionTimeout):
        return StoreGoneError(
            f"Elasticsearch at {where} takes connections but does not answer in time: is it overloaded?"
        )
    if status is None:
        return StoreGoneError(
            f"Elasticsearch cannot be reached at {where}: {_network(error)}. Start it, or correct document_store.hosts."
        )
    return _refused(error, status, where, user)


def _refused(error: Exception, status: int, where: str, user: str) -> StoreError:
    cause = cause_of(error)
    kind, reason = str(cause.get("type", "")), shorten(cause.get("reason", ""))
    if kind == _BLOCKED:
        return StoreError(blocked(where, reason))
    if status == 401:
        return StoreError(
            f"Elasticsearch at {where} refuses the login ({user}): correct document_store.username and password, or api_key."
        )
    if status == 403:
        return StoreError(
            f"Elasticsearch at {where} forbids this to {user}: {reason}. Give it the privileges listed in ARCHITECTURE.md."
        )
    if kind == "media_type_header_exception":
        return StoreError(
            f"Elasticsearch at {where} is of a version that this client does not speak: servers 8 and 9 are supported; "
            "install a matching `elasticsearch` package or another server."
        )
    if status in PASSING_STATUS:
        return StoreGoneError(
            f"Elasticsearch at {where} keeps refusing (status {status}): {reason or 'overloaded'}. Try later."
        )
    if "mapper" in reason or "mapping" in kind:
        return StoreError(conflict(where, reason))
    return StoreError(f"Elasticsearch at {where} refused a request (status {status}, {kind or 'no reason'}): {reason}.")


def blocked(where: str, reason: str) -> str:
    """An index that takes no writes: nearly always a full disk."""
    return (
        f"Elasticsearch at {where} takes no writes, its disk is full or the index is set read-only ({reason}): "
        "free disk space on the server, lift index.blocks.read_only_allow_delete, and run again."
    )


def conflict(where: str, reason: str) -> str:
    """A field has another type in the index than we write."""
    return (
        f"The mapping of an index at {where} conflicts with the data: {reason}. Another program or version made it: "
        "delete that index and run again, or set another document_store.index_prefix."
    )


def shorten(reason: object) -> str:
    """A server's reason without its trailing detail: some quote whole documents."""
    text = " ".join(str(reason).split())
    return text if len(text) <= 300 else f"{text[:300]} …"


def _told(error: BaseException | None) -> str:
    """All that an error and those that led to it say: the client keeps the operating system's words inside."""
    if error is None:
        return ""
    inner = getattr(error, "errors", ())
    return " ".join([str(getattr(error, "message", "")), str(error), *map(_told, inner), _told(error.__cause__)])


def _network(error: Exception) -> str:
    text = _told(error)
    for sign, words in (
        ("refused", "connection refused"),
        ("Name or service not known", "unknown host"),
        ("nodename nor servname", "unknown host"),
        ("name resolution", "unknown host"),
        ("No route", "no route to host"),
        ("reset", "connection reset"),
        ("closed connection", "connection closed"),
        ("Connection aborted", "connection closed"),
    ):
        if sign in text:
            return words
    return shorten(error)


def _tls(error: Exception, where: str) -> str:
    text = _told(error)
    if "WRONG_VERSION" in text or "record layer" in text:
        return f"{where} speaks plain HTTP, not TLS: write http:// in document_store.hosts."
    if "Hostname mismatch" in text or "doesn't match" in text or "not valid for" in text:
        return f"The certificate of {where} is for another host name: correct document_store.hosts."
    if "expired" in text:
        return f"The certificate of {where} has expired: renew it on the server."
    return (
        f"The certificate of {where} is not trusted: set document_store.ca_certs to the certificate (PEM) of the "
        "authority that signed it."
    )
