"""Tiny simulated shops for runs through Dagster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform.simulate import ShopParameters, simulate_shop
from ca_platform.store import DocumentStore, open_store
from ca_platform_tests.services.listeners import listening_hook

DAYS = 12
_SOURCES = ("lines", "deliveries", "customers")


@dataclass(frozen=True)
class Shop:
    """A shop on disk with its settings file."""

    folder: Path
    start: date
    environment: Mapping[str, str]

    def day(self, number: int) -> date:
        """The day of this number, from 0."""
        return self.start + timedelta(days=number)

    @property
    def file(self) -> Path:
        return self.folder / "ca_platform.yaml"

    @property
    def settings(self) -> Settings:
        return load_settings(self.file, self.environment)

    @property
    def lake(self) -> Lake:
        return Lake.open(self.settings)

    def store(self) -> DocumentStore:
        return open_store(self.settings)

    def configured(self, **environment: str) -> Shop:
        """The same shop with overrides, such as CA_SCHEDULE__EVERY."""
        return replace(self, environment={**self.environment, **environment})

    def copy(self, folder: Path) -> Shop:
        """Another shop with the same content."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    def content(self) -> dict[str, Any]:
        """Everything that a reader of the store or of the lake sees, without times and ids of writes."""
        lake, found = self.lake, {}
        for dataset in lake.datasets():
            for part in lake.parts(dataset):
                rows = lake.scan(dataset, part.day, part.day).collect()
                found[f"{dataset} {part.day}"] = rows.sort(rows.columns, nulls_last=True).to_dicts()
        with self.store() as store:
            for report in store.reports():
                for day in store.days(report):
                    for dimension in store.dimensions(report, day):
                        table = store.report(report, day, dimension)
                        assert table is not None
                        found[f"{report} {day} {dimension}"] = table.to_dicts()
        return found


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop of a few days with all inputs, not loaded."""
    folder = tmp_path_factory.mktemp("shops") / "tiny"
    simulate_shop(folder, parameters=ShopParameters(days=DAYS, customers=60, sessions=500))
    return folder


@pytest.fixture
def shop(tiny_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A fresh copy of it. What the shell around the tests says of settings and of Dagster does not reach it."""
    for name in [name for name in os.environ if name.startswith(("CA_", "DAGSTER_")) and name != "CA_PUBLIC_DATA"]:
        monkeypatch.delenv(name)
    folder = tmp_path / "shop"
    shutil.copytree(tiny_files, folder)
    return Shop(folder, ShopParameters().start, {})


@pytest.fixture
def without_sources(shop: Shop) -> Callable[..., Shop]:
    """Makes a shop that lacks optional sources."""

    def make(*names: str) -> Shop:
        text = shop.file.read_text(encoding="utf-8")
        for name in names:
            start = text.index(f"  {name}:\n")
            rest = text[start + 1 :]
            following = min(
                [rest.index(f"\n  {other}:\n") for other in _SOURCES if f"\n  {other}:\n" in rest] or [len(rest) - 1]
            )
            text = text[:start] + rest[following + 1 :]
        shop.file.write_text(text, encoding="utf-8")
        return shop

    return make


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address of a web server and what it was sent."""
    with listening_hook() as listening:
        yield listening
