"""What a browser may do with an answer, and the token that it has to send back.

No request leaves the origin: the content security policy forbids it, so a slip becomes an error in the console.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect, generate_csrf

CSRF_COOKIE = "_csrf_token"
CSRF_HEADER = "X-CSRFToken"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)


class Sessions(SecureCookieSessionInterface):
    """Session cookies that are sent over TLS alone as soon as the page came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 (the interface's own signature)
        return request.is_secure


def add_headers(server: Flask, hashes: Sequence[str]) -> None:
    """Headers on every answer.

    Args:
        hashes: of the inline scripts that may run, as in the policy: ``'sha256-…'``.
    """
    policy = _POLICY.format(hashes=" ".join(hashes))

    @server.after_request
    def finish(response: Response) -> Response:
        response.headers.update(_HEADERS)
        response.headers["Content-Security-Policy"] = policy
        if response.mimetype in ("text/html", "application/json"):
            response.headers["Cache-Control"] = "no-store"
        if g.get("user") and response.mimetype == "text/html":
            # Dash's renderer reads this cookie and sends it back as a header with every callback.
            response.set_cookie(CSRF_COOKIE, generate_csrf(), secure=request.is_secure, samesite="Lax", httponly=False)
        return response


def protect(server: Flask) -> None:
    """Refuse every POST without the token of its own session. To be called after the gate."""
    server.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_HEADERS=[CSRF_HEADER],
        SESSION_COOKIE_NAME="ca_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    server.session_interface = Sessions()
    CSRFProtect(server)
