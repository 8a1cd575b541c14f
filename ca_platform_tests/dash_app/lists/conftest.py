"""Dashboards over a shop whose reports are computed, so that what a page opens can be counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ca_platform.settings import Settings, load_settings
from ca_platform_tests.dash_app import real_shop
from ca_platform_tests.dash_app.screen import logged_in, served
from ca_platform_tests.dash_app.visitor import Visitor
from ca_platform_tests.once import made_once
from dash_app.app import Dashboards, build

if TYPE_CHECKING:
    from playwright.sync_api import Page, StorageState


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(made_once(tmp_path_factory, "real", real_shop.build_shop) / "ca_platform.yaml")


@pytest.fixture(scope="package")
def app(shop: Settings) -> Dashboards:
    return build(shop)


@pytest.fixture(scope="package")
def visitor(app: Dashboards) -> Visitor:
    visitor = Visitor(app)
    visitor.log_in()
    return visitor


@pytest.fixture(scope="package")
def site(app: Dashboards) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture(scope="package")
def session(tab: Page, site: str) -> StorageState:
    return logged_in(tab, site)
