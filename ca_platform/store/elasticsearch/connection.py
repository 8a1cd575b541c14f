"""Talking to the server: the client made from the settings, and one call with patience. No knowledge of documents."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ca_platform.errors import StoreError
from ca_platform.settings.secrets import passwords
from ca_platform.store.elasticsearch.errors import PASSING_STATUS, explain, is_passing, status_of
from ca_platform.store.elasticsearch.patience import Patience

if TYPE_CHECKING:
    from elastic_transport import ApiResponseMeta
    from elasticsearch import Elasticsearch

    from ca_platform.settings import DocumentStoreSettings

SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 5.0, 60.0
# A page must not hang while the server is away; a run may.
READING_PATIENCE = 5.0
_LINES = "application/x-ndjson"
# The client shows every body as text to whoever listens here, which it cannot do of a view.
_WIRE_LOG = logging.getLogger("elastic_transport.node")


class Connection:
    """Requests to one cluster, tried again while the server is absent or says not now.

    Safe to share between threads; after a fork the child makes its own sockets.
    """

    def __init__(self, settings: DocumentStoreSettings) -> None:
        self._settings = settings
        self._client: Elasticsearch | None = None
        self._pid = 0
        self.patience = settings.give_up_after.total_seconds()
        self.where = "Elastic Cloud" if settings.cloud_id else ", ".join(map(_public, settings.hosts))
        self.user = _user(settings)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        ndjson: bool = False,
        missing: Any = ...,
        patience: float | None = None,
    ) -> Any:
        """Body of the answer.

        Args:
            missing: what a 404 stands for; by default it is an error.
            patience: seconds to ride out absence and refusal; by default ``give_up_after``.

        Raises:
            StoreError: in one sentence.
        """
        from elastic_transport import TransportError
        from elasticsearch import ApiError

        seconds = self.patience if patience is None else patience
        trying = Patience(seconds)
        while True:
            try:
                return self._request(method, path, body, params, seconds, ndjson=ndjson)[1]
            except (ApiError, TransportError) as error:
                if missing is not ... and status_of(error) == 404:
                    return missing
                if not is_passing(error) or not trying.wait():
                    raise explain(error, self.where, self.user) from error

    def read(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """``call`` with the little patience of someone who waits for a page."""
        return self.call(method, path, body, patience=min(self.patience, READING_PATIENCE), **options)

    def version(self) -> str:
        """Version of the server, ``unknown`` where it does not say. Tried once: it is the first question of a start.

        Raises:
            StoreError: it does not answer, or refuses the login or this client.
        """
        # Some distributions and proxies have no GET /, and _nodes needs a privilege. A wrong login is refused by both.
        asked = (("/", None), ("/_nodes/_local", {"filter_path": "nodes.*.version"}))
        headers: Mapping[str, str] = {}
        for path, params in asked:
            found, headers = self._asked(path, params)
            if found is not None:
                return found
        major = str(headers.get("content-type", "")).partition("compatible-with=")[2]
        return f"compatible with {major}" if major else "unknown"

    def _asked(self, path: str, params: Mapping[str, Any] | None) -> tuple[str | None, Mapping[str, str]]:
        """Version as an answer says it, and the answer's headers."""
        from elastic_transport import TransportError
        from elasticsearch import ApiError, UnsupportedProductError

        try:
            meta, body = self._request("GET", path, None, params, READING_PATIENCE)
        except (ApiError, TransportError) as error:
            explained = explain(error, self.where, self.user)
            refused = isinstance(error, UnsupportedProductError) or status_of(error) in (None, 400, 401)
            if refused or status_of(error) in PASSING_STATUS:
                # Not a StoreGoneError: at the start an unreachable server is a matter of the settings.
                raise StoreError(str(explained)) from error
            return None, getattr(getattr(error, "meta", None), "headers", {})
        inner = next(iter(body.get("nodes", {}).values()), body)
        version = inner.get("version")
        number = version.get("number") if isinstance(version, dict) else version
        return (str(number) if number else None), meta.headers

    def close(self) -> None:
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None

    def __repr__(self) -> str:
        return f"Connection({self.where!r})"

    def _request(
        self,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, Any] | None,
        patience: float,
        *,
        ndjson: bool = False,
    ) -> tuple[ApiResponseMeta, Any]:
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/x-ndjson" if ndjson else "application/json"
        # A server that takes connections and is silent must not hold anybody up for longer than an absent one.
        client = self._connected().options(request_timeout=min(max(patience, SHORTEST_TIMEOUT), LONGEST_TIMEOUT))
        answer = client.perform_request(method, path, params=params, headers=headers, body=body)
        return answer.meta, answer.body

    def _connected(self) -> Elasticsearch:
        if self._client is None or self._pid != os.getpid():
            self._client, self._pid = _client(self._settings), os.getpid()
        return self._client


def _client(settings: DocumentStoreSettings) -> Elasticsearch:
    from elasticsearch import Elasticsearch

    options: dict[str, Any] = {"cloud_id": settings.cloud_id} if settings.cloud_id else {"hosts": list(settings.hosts)}
    if settings.ca_certs:
        if not Path(settings.ca_certs).is_file():
            raise StoreError(f"document_store.ca_certs: there is no file {settings.ca_certs}.")
        options["ca_certs"] = settings.ca_certs
    if settings.api_key:
        options["api_key"] = settings.api_key.get_secret_value()
    elif settings.username and settings.password:
        options["basic_auth"] = (settings.username, settings.password.get_secret_value())
    options["serializers"] = {_LINES: _lines_as_they_are()}
    try:
        # Trying again is ours: the client's own has no back-off and does not look at single documents.
        return Elasticsearch(**options, max_retries=0, retry_on_timeout=False)
    except (ValueError, TypeError, OSError) as error:
        raise StoreError(
            f"document_store: no connection can be made of these settings ({type(error).__name__})."
        ) from error


def _lines_as_they_are() -> Any:
    """The client's own serializer copies ready lines twice, which costs more than making them."""
    from elasticsearch.serializer import NdjsonSerializer

    class ReadyLines(NdjsonSerializer):
        mimetype = _LINES

        def dumps(self, data: Any) -> Any:
            if isinstance(data, memoryview):
                return bytes(data) if _WIRE_LOG.hasHandlers() else data
            return super().dumps(data)

    return ReadyLines()


def _public(host: str) -> str:
    """A host's address without what stands before the @."""
    parts = urlsplit(host)
    # With a / in the password the @ stands behind what others take for the host.
    address = (host if passwords(host) else parts.netloc).rpartition("@")[2].partition("/")[0]
    return f"{parts.scheme}://{address}"


def _user(settings: DocumentStoreSettings) -> str:
    if settings.api_key:
        return "the API key"
    return f"user {settings.username}" if settings.username else "no login"
