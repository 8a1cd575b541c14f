"""Calibrations in the lake: which of them serves a day, when they are made anew, and what they may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from ca_platform.catalogue.ab_tests import TESTS
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.training import CALIBRATIONS
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import DAYS, START, orders, write

MONDAY = date(2024, 8, 5)


@dataclass(frozen=True)
class Place:
    settings: Settings
    lake: Lake

    def report(self, *days: date) -> pl.DataFrame:
        return computed(["ab_calibration"], list(days), self.settings, self.lake)["ab_calibration"]


def test_later_data_change_nothing_and_days_together_are_served_as_one_by_one(tmp_path: Path) -> None:
    """The same shop, once with a week more in the lake and all days at once, its rows in another order."""
    shop = orders(850)
    days = [MONDAY + timedelta(days=offset) for offset in (-1, 6)]
    whole = Place(*write(tmp_path / "whole", shop[::-1]))
    cut = Place(*write(tmp_path / "cut", [order for order in shop if order.at.date() <= days[-1]]))
    at_once = whole.report(*days)
    assert at_once.equals(pl.concat(cut.report(day) for day in days))
    assert cut.lake.days(CALIBRATIONS) == [MONDAY - timedelta(days=7), MONDAY]
    assert at_once["trained_on"].unique().sort().to_list() == [MONDAY - timedelta(days=7), MONDAY]
    assert at_once["splits"].is_between(1_000, 20_000).all()
    assert {"welch", "sign_flip", "item_permutation", "beyond_shop_weekly"} <= set(at_once["test"]) <= set(TESTS)


def test_a_calibration_is_made_anew_for_another_alpha_and_a_young_shop_has_no_rows(tmp_path: Path) -> None:
    place = Place(*write(tmp_path, orders(450)))
    asked = START + timedelta(days=DAYS - 1)
    first = place.report(asked)
    assert first["rejection_rate"].is_between(0.03, 0.07).all()
    test = place.settings.reports.ab_test.model_copy(update={"alpha": 0.2})
    reports = place.settings.reports.model_copy(update={"ab_test": test})
    wider = Place(place.settings.model_copy(update={"reports": reports}), place.lake).report(asked)
    assert wider["test"].equals(first["test"])
    assert wider["rejection_rate"].is_between(0.17, 0.23).all()
    assert place.report(START + timedelta(days=20)).is_empty()
