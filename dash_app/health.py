"""``/health``: whether the store and the lake answer, in status words. Open to everybody, so it says nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, jsonify
from werkzeug.wrappers import Response

from ca_platform.errors import CaPlatformError
from ca_platform.lake import Lake
from ca_platform.store import DocumentStore
from dash_app.reader import Kept

if TYPE_CHECKING:
    from ca_platform.settings import Settings

_LOG = logging.getLogger("ca_platform.dashboards")
# However often a stranger asks, the parts are asked every two seconds at most.
_SECONDS = 2.0


def add_health(server: Flask, settings: Settings, store: DocumentStore) -> None:
    """Register the route."""
    kept: Kept[dict[str, str]] = Kept(1, _SECONDS)

    @server.route("/health", endpoint="health")
    def health() -> tuple[Response, int]:
        words = kept.get("parts", lambda: _words(settings, store))
        status = words["status"]
        return jsonify(words), 503 if status == "down" else 200


def _words(settings: Settings, store: DocumentStore) -> dict[str, str]:
    parts = {
        "store": _word("store", lambda: store.check().status),
        "lake": _word("lake", lambda: _lake_word(settings)),
    }
    return {"status": "down" if "down" in parts.values() else "ok"} | parts


def _lake_word(settings: Settings) -> str:
    Lake.open(settings).datasets()
    return "ok"


def _word(part: str, ask: Callable[[], str]) -> str:
    try:
        return ask()
    except (CaPlatformError, OSError) as error:
        _LOG.warning("the %s does not answer", part, exc_info=error)
        return "down"
