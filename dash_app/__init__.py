"""The dashboards: login, pages and cards over the document store.

What belongs here: showing what the store holds. What does not: computing reports, and running Dagster. Importing this
package, or ``dash_app.users``, loads nothing of Dash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dash

    from ca_platform.settings import Settings

__all__ = ["create_app"]


def create_app(settings: Settings) -> dash.Dash:
    """The dashboards as a Dash application; ``app.server`` is what a WSGI server runs.

    Nothing is connected and nothing is read from the store before the first page is asked for.
    """
    from dash_app.app import build

    return build(settings)
