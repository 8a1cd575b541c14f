"""The pages, in the order of the navigation. One module per page lists its cards and nothing else."""

from __future__ import annotations

from dash_app.pages.funnels import FUNNELS
from dash_app.pages.orders import ORDERS
from dash_app.pages.overview import OVERVIEW
from dash_app.records import Card, Page

PAGES: dict[str, Page] = {page.route: page for page in (OVERVIEW, FUNNELS, ORDERS)}
CARDS: dict[str, Card] = {card.id: card for page in PAGES.values() for card in page.cards}

__all__ = ["CARDS", "PAGES"]
