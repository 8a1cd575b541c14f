"""The gate: nobody gets an answer without a login, unless the endpoint stands on the list of exceptions.

It asks for the endpoint and not for the path or anything in the request's body, so that no request can talk its way
past it; a route that is added later is closed until somebody opens it here.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, g, redirect, request, session
from werkzeug.wrappers import Response as BaseResponse

from dash_app.users import UserStore

OPEN = frozenset({"login", "health"})
WARM_UP = "dash_app.warm_up"
"""Key of the WSGI environment that lets the server's own first request in; no header can set it."""

_SESSION = "session"
# A browser refuses an answer with 256 KiB of headers, and a target stands in one, its signs written threefold.
_LONGEST_TARGET = 64 * 1024
# The endpoints that people open: Dash's index, every path below it, and our own pages.
_PAGES = frozenset({"/", "/<path:path>", "profile"})


def guard(server: Flask, users: UserStore) -> None:
    """Deny every request that is neither open nor of somebody who is logged in. To be called before anything else."""

    @server.before_request
    def gate() -> BaseResponse | None:
        g.user = None
        if request.environ.get(WARM_UP):
            return None
        token = session.get(_SESSION)
        g.user = users.user_of(token) if isinstance(token, str) else None
        if g.user is not None or request.endpoint in OPEN:
            return None
        return _to_login() if _is_navigation() else Response("Log in first.\n", 401, mimetype="text/plain")


def log_in(users: UserStore, name: str) -> None:
    """Begin a session of the user; whatever the session held before is gone."""
    session.clear()
    session[_SESSION] = users.open_session(name)


def log_out(users: UserStore) -> None:
    """End the session: its cookie is worth nothing from now on, also a copy of it."""
    token = session.get(_SESSION)
    if isinstance(token, str):
        users.close_session(token)
    session.clear()


def safe_target(target: str | None) -> str:
    r"""Where to go after the login: a path of our own that a header has room for, or the first page.

    >>> safe_target("/funnels?date=2026-01-31")
    '/funnels?date=2026-01-31'
    >>> [safe_target(bad) for bad in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", None)]
    ['/', '/', '/', '/', '/']
    >>> safe_target("/customers?key.product=" + 100_000 * "x")
    '/'
    """
    if not target or len(target) > _LONGEST_TARGET:
        return "/"
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    if not target.isprintable() or urlsplit(target).netloc or urlsplit(target).scheme:
        return "/"
    return "/" if urlsplit(target).path in ("/login", "/logout") else target


def _is_navigation() -> bool:
    if request.method not in ("GET", "HEAD") or request.endpoint not in _PAGES:
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _to_login() -> BaseResponse:
    target = safe_target(request.full_path.rstrip("?"))
    return redirect("/login" if target == "/" else f"/login?{urlencode({'next': target})}", 302)
