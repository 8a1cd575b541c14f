"""Putting the dashboards together: the server, what guards it, the pages and their callbacks.

What belongs here: the order of things. The gate comes before everything else that looks at a request.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dash
import plotly
from dash.fingerprint import build_fingerprint
from flask import Flask, make_response, request

from ca_platform.store import DocumentStore, open_store
from dash_app import callbacks, shell
from dash_app.answers import Answers
from dash_app.bundles import compress
from dash_app.callbacks import Parts
from dash_app.export import add_export
from dash_app.health import add_health
from dash_app.laketables import LakeTables
from dash_app.pages import PAGES
from dash_app.reader import FRESH_SECONDS, Reader
from dash_app.records import Page
from dash_app.refused import Refused
from dash_app.security import add_headers, add_pages, guard, protect, secret_key
from dash_app.security.gate import WARM_UP
from dash_app.security.headers import CSRF_COOKIE, CSRF_HEADER
from dash_app.state import LONGEST_ADDRESS
from dash_app.users import UserStore

if TYPE_CHECKING:
    from ca_platform.settings import Settings

LOCALE = "en-GB"
_FOLDER = Path(__file__).parent
# The browser says in a request where it is and where it was, and what that means.
_LONGEST_REQUEST = 16 * LONGEST_ADDRESS
_YEAR = 365 * 24 * 3600
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="data:,">
<script src="SCHEME"></script>
<script src="PLOTLY" defer></script>
{%css%}
</head>
<body>
<noscript>The dashboards need JavaScript.</noscript>
CARD{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>
"""


class Dashboards(dash.Dash):
    """A Dash application whose pages have a title before their scripts run."""

    def index(self, *arguments: Any, **options: Any) -> Any:
        """The HTML at every address below the root; not found where there is no such page."""
        answer = make_response(super().index(*arguments, **options))  # type: ignore[no-untyped-call]
        if _page() is None:
            answer.status_code = 404
        return answer

    def interpolate_index(self, **parts: Any) -> Any:  # type: ignore[override]
        """The HTML around the application."""
        page = _page()
        title = f"{page.spec.title if page else 'No such page'} · {shell.PRODUCT}"
        return super().interpolate_index(**parts | {"title": title})  # type: ignore[no-untyped-call]


def _page() -> Page | None:
    return PAGES.get("/" + request.path.strip("/"))


def build(settings: Settings, store: DocumentStore | None = None, fresh: float = FRESH_SECONDS) -> Dashboards:
    """The application.

    Args:
        store: where reports are read; by default the one that the settings name.
        fresh: seconds for which an answer of the store counts.
    """
    store = store or open_store(settings)
    users = UserStore(settings.users.path)
    server = _server(users, simulated=settings.business.simulated)
    reader = Reader(store, fresh, LakeTables(settings))
    answers = Answers(settings, reader, LOCALE)
    refused = Refused(settings, answers.form)
    dimensions = settings.sources.sessions.dimensions if settings.sources.sessions else ()
    add_pages(server, users)
    add_health(server, settings, store)
    add_export(server, answers, reader, tuple(dimensions))
    app = _application(server)
    app.layout = lambda: shell.layout(simulated=settings.business.simulated)
    callbacks.register(app, Parts(reader, answers, tuple(dimensions), refused))
    add_headers(server, app.csp_hashes())
    warm_up(app)
    return app


def warm_up(app: Dashboards) -> None:
    """Ask for the first page once, before anybody else does: Dash's own start is not safe between threads.

    Nothing of it touches the store, so that processes forked afterwards share no connection.
    """
    client = app.server.test_client()
    for path in ("/", "/_dash-layout", "/_dash-dependencies"):
        answer = client.get(path, environ_base={WARM_UP: True})
        if answer.status_code != 200:
            raise RuntimeError(f"the dashboards do not start: {path} answers {answer.status}")


def _server(users: UserStore, *, simulated: bool) -> Flask:
    server = Flask("dash_app", static_folder=None, template_folder=str(_FOLDER / "templates"))
    server.config.update(
        USERS=users.path,
        SIMULATED=simulated,
        SECRET_KEY=secret_key(users.path),
        MAX_CONTENT_LENGTH=_LONGEST_REQUEST,
        SEND_FILE_MAX_AGE_DEFAULT=_YEAR,  # the addresses of assets carry their time of change
    )
    guard(server, users)
    protect(server)
    compress(server)
    return server


def _application(server: Flask) -> Dashboards:
    app = Dashboards(
        "dash_app",
        server=server,  # type: ignore[arg-type]
        assets_folder=str(_FOLDER / "assets"),
        assets_ignore=r"scheme\.js",
        pages_folder="",
        use_pages=False,
        title=shell.PRODUCT,
        update_title=None,  # type: ignore[arg-type]
        suppress_callback_exceptions=True,
        serve_locally=True,
        enable_mcp=False,
        csrf_token_name=CSRF_COOKIE,
        csrf_header_name=CSRF_HEADER,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "color-scheme", "content": "light dark"},
        ],
    )
    app.index_string = (
        _INDEX.replace("SCHEME", _scheme_address())
        .replace("PLOTLY", _plotly_address())
        .replace("CARD", (_FOLDER / "templates" / "card.html").read_text())
    )
    return app


def _scheme_address() -> str:
    return f"/assets/scheme.js?m={int((_FOLDER / 'assets' / 'scheme.js').stat().st_mtime)}"


def _plotly_address() -> str:
    """Plotly under an address that changes with its version, so that browsers keep it.

    Dash would ask for it without a version, after the first chart's place is known, and have it checked on every
    visit: 4.8 MB that are parsed while the page is waiting for them.
    """
    bundle = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    version, changed = plotly.__version__, int(bundle.stat().st_mtime)
    path = build_fingerprint("package_data/plotly.min.js", version, changed)  # type: ignore[no-untyped-call]
    return f"/_dash-component-suites/plotly/{path}"
