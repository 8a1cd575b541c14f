"""What stands around every page: header, navigation, controls. It is the same for all and asks the store for nothing."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from flask import g, has_request_context

from dash_app import ids
from dash_app.attributes import HIDDEN, data, label
from dash_app.pages import PAGES
from dash_app.plain import FONT

PRODUCT = "CA Platform"
EVERYTHING = "main"

_THEME = {
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT},
    "primaryColor": "blue",
    "defaultRadius": "md",
    "colors": {
        # Ten shades each, as Mantine asks for: around the charts' #0072B2, and the greys of the dark scheme.
        "blue": [
            "#e7f4fc",
            "#cfe6f5",
            "#a0cdec",
            "#6db2e2",
            "#439bd9",
            "#288dd5",
            "#0072b2",
            "#00659e",
            "#00598c",
            "#004a77",
        ],
        "dark": [
            "#e8ebef",
            "#c3cad4",
            "#a4aebb",
            "#76818f",
            "#424b57",
            "#2b323b",
            "#1b1f26",
            "#181c22",
            "#13161b",
            "#0e1014",
        ],
    },
}
_NAVBAR = {"width": 232, "breakpoint": "sm", "collapsed": {"mobile": True}}


def layout(*, simulated: bool) -> Any:
    """The whole application; the page and its state come by callback."""
    return dmc.MantineProvider(
        [
            dcc.Location(id=ids.URL, refresh="callback-nav"),
            dcc.Store(id=ids.SHOWN),
            dcc.Store(id=ids.VALUES),
            dcc.Store(id=ids.SCHEME),
            html.A("Skip to the content", href=f"#{ids.MAIN}", className="skip"),
            dmc.AppShell(
                [_header(), _navigation(), _main(simulated=simulated)],
                id=ids.SHELL,
                header={"height": 56},
                navbar=_NAVBAR,
                padding="md",
            ),
        ],
        theme=_THEME,
        defaultColorScheme="auto",
    )


def _header() -> Any:
    user = g.user if has_request_context() and g.get("user") else ""
    return dmc.AppShellHeader(
        [
            html.Div(
                [
                    dmc.Burger(id=ids.BURGER, opened=False, hiddenFrom="sm", size="sm", **label("Show the navigation")),
                    html.Span(className="brand-mark", **HIDDEN),
                    html.Span(PRODUCT, className="brand-name"),
                ],
                className="head-side",
            ),
            html.Div(
                [
                    dmc.ColorSchemeToggle(
                        id=ids.TOGGLE,
                        lightIcon=html.Span(className="icon icon-sun"),
                        darkIcon=html.Span(className="icon icon-moon"),
                        variant="subtle",
                        color="gray",
                        size="lg",
                        **label("Switch between light and dark"),
                    ),
                    html.A(
                        [html.Span(className="icon icon-person", **HIDDEN), html.Span(user)],
                        href="/profile",
                        className="head-link",
                        title="Profile and password",
                        **label(f"Profile of {user}"),
                    ),
                    html.Button("Log out", type="button", className="head-link", **data(role="logout")),
                ],
                className="head-side",
            ),
        ],
        className="head",
    )


def _navigation() -> Any:
    sections: dict[str, list[Any]] = {}
    for page in PAGES.values():
        sections.setdefault(page.spec.section, []).append(_link(page.route, page.spec.title))
    groups = [
        html.Div([html.P(section, className="nav-section"), *links], className="nav-group")
        for section, links in sections.items()
    ]
    return dmc.AppShellNavbar(groups, className="nav", **label("Pages"))


def _link(route: str, title: str) -> dcc.Link:
    return dcc.Link(title, id=ids.nav(route), href=route, className="nav-link")


def _main(*, simulated: bool) -> Any:
    return dmc.AppShellMain(
        [
            html.P(
                [html.Strong("Simulated. "), "This shop and all its figures are invented."],
                className="banner",
                role="note",
            )
            if simulated
            else None,
            html.Div(
                [
                    html.Div([html.H1(id=ids.HEADING, tabIndex="-1"), html.P(id=ids.LEAD, className="lead")]),
                    _controls(),
                ],
                className="page-head",
            ),
            # The browser puts the choices of the page in (assets/choices.js).
            html.Div(id=ids.FILTERS, className="filters", role="group", **label("Choices of this page")),
            html.Div(id=ids.NOTICES, role="status"),
            html.Div(id=ids.PAGE, className="cards"),
        ],
        id=ids.MAIN,
        tabIndex=-1,
        **data(date="", compare="", dimension=EVERYTHING),
    )


def _controls() -> Any:
    picker: dict[str, Any] = {"valueFormat": "D MMM YYYY", "size": "sm", "firstDayOfWeek": 1, "weekendDays": []}
    day = html.Div(
        [
            dcc.Link(
                html.Span(className="icon icon-left", **HIDDEN),
                id=ids.EARLIER,
                href="",
                className="step",
                title="Day before",
            ),
            dmc.DatePickerInput(
                id=ids.DAY, value=None, label="Day", placeholder="No day yet", className="control-day", **picker
            ),
            dcc.Link(
                html.Span(className="icon icon-right", **HIDDEN),
                id=ids.LATER,
                href="",
                className="step",
                title="Day after",
            ),
        ],
        className="control-days",
    )
    compare = dmc.DatePickerInput(
        id=ids.COMPARE,
        value=None,
        label="Compare with",
        placeholder="No comparison",
        clearable=True,
        className="control",
        clearButtonProps={"aria-label": "End the comparison"},
        **picker,
    )
    dimension = dmc.Select(
        id=ids.DIMENSION,
        value=EVERYTHING,
        data=[{"value": EVERYTHING, "label": "Whole shop"}],
        label="Dimension",
        allowDeselect=False,
        size="sm",
        className="control control-dimension",
    )
    value = dmc.Select(
        id=ids.VALUE,
        value=None,
        data=[],
        label="Value",
        placeholder="Choose a value",
        searchable=True,
        limit=100,
        nothingFoundMessage="No such value",
        size="sm",
        className="control control-dimension",
        style={"display": "none"},
    )
    # Hidden as a whole: a date picker stands in a box that has no class of ours.
    compare = html.Div(compare, className="control-compare")
    return html.Div([day, compare, dimension, value], id=ids.CONTROLS, className="controls")
