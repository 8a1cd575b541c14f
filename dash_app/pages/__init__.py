"""The pages, in the order of the navigation. One module per page lists its cards and nothing else."""

from __future__ import annotations

from dataclasses import replace

from dash_app.pages.ab_experiments import AB_EXPERIMENTS
from dash_app.pages.ab_segments import AB_SEGMENTS
from dash_app.pages.ab_tests import AB_PRODUCTS, AB_PROMOTIONS
from dash_app.pages.anomalies import ANOMALIES
from dash_app.pages.churn import CHURN
from dash_app.pages.clv import CLV
from dash_app.pages.cohorts import COHORTS
from dash_app.pages.customers import CUSTOMERS
from dash_app.pages.deliveries import DELIVERIES
from dash_app.pages.funnels import FUNNELS
from dash_app.pages.journey import JOURNEY
from dash_app.pages.orders import ORDERS
from dash_app.pages.overview import OVERVIEW
from dash_app.pages.products import PRODUCTS
from dash_app.pages.promotions import PROMOTIONS
from dash_app.pages.retention import RETENTION
from dash_app.pages.rfm import RFM
from dash_app.pages.segments import SEGMENTS
from dash_app.records import Card, Page

_PAGES = (
    OVERVIEW,
    FUNNELS,
    ORDERS,
    COHORTS,
    RETENTION,
    JOURNEY,
    CHURN,
    RFM,
    SEGMENTS,
    CLV,
    CUSTOMERS,
    PRODUCTS,
    PROMOTIONS,
    AB_PROMOTIONS,
    AB_PRODUCTS,
    AB_SEGMENTS,
    AB_EXPERIMENTS,
    ANOMALIES,
    DELIVERIES,
)

PAGES: dict[str, Page] = {page.route: page for page in _PAGES}
CARDS: dict[str, Card] = {card.id: card for page in PAGES.values() for card in page.cards}
PAGE_OF: dict[str, Page] = {card.id: page for page in PAGES.values() for card in page.cards}


def add_card(route: str, card: Card) -> None:
    """Put one more card at the end of a page, before the dashboards are built."""
    if card.id in CARDS:
        raise ValueError(f"There is a card {card.id!r} already: give it another id.")
    page = replace(PAGES[route], cards=(*PAGES[route].cards, card))
    PAGES[route] = page
    CARDS[card.id] = card
    PAGE_OF.update(dict.fromkeys((one.id for one in page.cards), page))


__all__ = ["CARDS", "PAGES", "PAGE_OF", "add_card"]
