"""Reports of a step, each stored while the next is computed: in pieces of days, and where the store refuses them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.defs import attempts, launch
from ca_platform.defs.resources import Platform
from ca_platform.errors import StoreError
from ca_platform.reports import compute_pieces, sizes
from ca_platform.store import Dimension
from ca_platform_tests.defs.conftest import Shop

Pieces = Iterator[tuple[Sequence[date], pl.DataFrame]]
LISTED = ("most_combined_products", "association_rules", "similar_products", "product_kpis")


def test_reports_stored_in_pieces_of_days_equal_those_stored_at_once(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch.load(shop.day(0), shop.day(3), shop.settings)
    days, names = [shop.day(number) for number in range(4)], sorted(sizes.LARGE)
    few = shop.configured(CA_REPORTS__KEEP_DAILY="2")
    stored = {}
    for rows in (10**9, 1):
        monkeypatch.setattr(sizes, "PIECE_ROWS", rows)
        copy = few.copy(tmp_path / str(rows))
        made = dict(attempts.attempts(names, days, Platform(copy.settings)))
        # Frames of previews are compared by what they hold.
        stored[rows] = copy.content(), {name: str(rows) for name, rows in made.items()}
    assert stored[1] == stored[10**9]
    assert stored[1][0].keys() >= {f"{name} {day} {Dimension('main')}" for name in LISTED for day in days}


def test_report_that_the_store_refuses_is_named_and_a_store_that_is_gone_is_not_asked_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Gone:
        def replace(self, dataset: str, *_: Any) -> None:
            asked.append(dataset)
            raise StoreError("es:9200 does not answer")

        def check(self) -> None:
            raise StoreError("es:9200 does not answer")

    platform = Platform(shop.settings)
    launch.load(shop.day(0), shop.day(0), shop.settings)
    vars(platform)["store"] = Gone()
    made = list(attempts.attempts(["kpis", "daily_orders", "weekly_orders"], [shop.day(0)], platform))
    assert [name for name, _ in made] == ["kpis", "daily_orders", "weekly_orders"]
    assert all(isinstance(outcome, StoreError) for _, outcome in made)
    assert len(asked) == 1


def test_report_is_computed_while_the_one_before_is_stored(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    launch.load(shop.day(0), shop.day(0), shop.settings)
    platform, second_is_computed = Platform(shop.settings), threading.Event()
    real = platform.store

    class Slow:
        def replace(self, dataset: str, *rest: Any) -> None:
            if dataset == "kpis":
                assert second_is_computed.wait(60)
            real.replace(dataset, *rest)

    def made(names: Sequence[str], *arguments: Any) -> Iterator[tuple[str, Pieces]]:
        for name, pieces in compute_pieces(names, *arguments):
            whole = list(pieces)
            if name == "daily_orders":
                second_is_computed.set()
            yield name, iter(whole)

    monkeypatch.setattr(attempts, "compute_pieces", made)
    vars(platform)["store"] = Slow()
    stored = list(attempts.attempts(["kpis", "daily_orders"], [shop.day(0)], platform))
    assert [(name, [row.day for row in rows]) for name, rows in stored if not isinstance(rows, Exception)] == [
        (name, [shop.day(0)]) for name in ("kpis", "daily_orders")
    ]
    with shop.store() as store:
        assert sorted(store.reports()) == ["daily_orders", "kpis"]
