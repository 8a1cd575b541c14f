"""Compressed scripts, kept: compressing plotly anew for every visitor costs 40 to 120 ms of a worker."""

from __future__ import annotations

from flask import Flask, Request
from flask_compress import Compress

_PREFIX = "/_dash-component-suites/"


class Bundles:
    """What Flask-Compress asks for a compressed answer. Keeps those of scripts, which only change with a release."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """The compressed answer, None where it has to be made."""
        return self._kept.get(key)

    def set(self, key: str, value: bytes) -> None:
        """Keep it, if it is a script."""
        if _PREFIX in key:
            self._kept[key] = value


def compress(server: Flask) -> None:
    """Compress all answers, the outlines under maps among them."""
    server.config.update(
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"], COMPRESS_CACHE_BACKEND=Bundles, COMPRESS_CACHE_KEY=_key
    )
    Compress(server).compress_mimetypes_set.add("application/geo+json")


def _key(request: Request) -> str:
    return request.path
