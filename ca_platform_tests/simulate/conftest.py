"""One simulated shop for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ca_platform.simulate import Truth, simulate_shop

DAYS, CUSTOMERS, SEED = 120, 4_000, 7
START = date(2024, 1, 15)


@dataclass(frozen=True)
class Shop:
    folder: Path
    truth: Truth

    def read(self, name: str) -> pl.DataFrame:
        """All rows of a source, instants parsed."""
        path = self.folder / (name if name.endswith(".csv") else f"{name}/*.csv")
        frame = pl.read_csv(path, infer_schema=False, include_file_paths="file")
        instants = [column for column in frame.columns if column.endswith("_date") or column in STEPS]
        return frame.with_columns(pl.col(column).str.to_datetime("%+", time_zone="UTC") for column in instants)


STEPS = ("product_view", "has_basket", "order_screen", "first_login")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    return Shop(folder, simulate_shop(folder, DAYS, CUSTOMERS, SEED, START))


@pytest.fixture(scope="session")
def sessions(shop: Shop) -> pl.DataFrame:
    return shop.read("sessions")


@pytest.fixture(scope="session")
def customers(shop: Shop) -> pl.DataFrame:
    return shop.read("customers.csv")
