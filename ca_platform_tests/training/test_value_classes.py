"""Models of value classes in the lake: which of them serves a day, when they are made anew, and what they may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.training import CLASS_MODELS, CLASS_SCORES
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import START, orders, write

MONDAY = date(2024, 7, 1)
NAMES = ("clv_segments", "clv_segments_distribution", "clv_segments_backtest")


@dataclass(frozen=True)
class Place:
    settings: Settings
    lake: Lake

    def reports(self, *days: date) -> dict[str, pl.DataFrame]:
        return computed(NAMES, list(days), self.settings, self.lake)


def test_later_data_change_nothing_and_days_together_are_served_as_one_by_one(tmp_path: Path) -> None:
    """The same shop, once with 40 more days in the lake and all days at once."""
    days = [MONDAY + timedelta(days=offset) for offset in (-1, 0, 6)]
    whole = Place(*write(tmp_path / "whole", orders()))
    cut = Place(*write(tmp_path / "cut", [order for order in orders() if order.at.date() <= days[-1]]))
    at_once = whole.reports(*days)
    one_by_one = [cut.reports(day) for day in reversed(days)]
    for name in NAMES:
        assert at_once[name].height
        assert at_once[name].equals(pl.concat(part[name] for part in reversed(one_by_one)))
    assert cut.lake.days(CLASS_MODELS) == cut.lake.days(CLASS_SCORES) == [MONDAY - timedelta(days=7), MONDAY]
    assert at_once["clv_segments"]["trained_on"].unique().sort().to_list() == [MONDAY - timedelta(days=7), MONDAY]


def test_a_model_is_made_anew_when_the_horizon_has_changed_and_a_young_shop_has_no_rows(tmp_path: Path) -> None:
    place = Place(*write(tmp_path, orders(200)))
    asked = MONDAY + timedelta(days=1)
    assert place.reports(asked)["clv_segments"]["horizon_days"].unique().to_list() == [35.0], "a quarter of the history"
    clv = place.settings.reports.clv.model_copy(update={"horizon_weeks": 3})
    reports = place.settings.reports.model_copy(update={"clv": clv})
    shorter = Place(place.settings.model_copy(update={"reports": reports}), place.lake)
    assert shorter.reports(asked)["clv_segments"]["horizon_days"].unique().to_list() == [21.0]
    young = place.reports(START + timedelta(days=40))
    assert all(young[name].is_empty() for name in NAMES)
