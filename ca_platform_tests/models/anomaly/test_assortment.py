"""The products within a day: what is told by those that do not sell, and incidents that take them away."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly import KINDS, DayMarks, Panel, inject, products_figure, watch
from ca_platform.models.anomaly.assortment import missing_products
from ca_platform.models.anomaly.incidents import says
from ca_platform.models.anomaly.records import Sold
from ca_platform.models.anomaly.watch import FEW_SALES
from ca_platform_tests.models.anomaly.panels import market

EVEN = np.arange(40)


def day(orders: int, products: np.ndarray = EVEN) -> Sold:
    return products, np.full(products.size, orders)


def test_a_weak_day_sells_as_much_of_the_assortment_as_a_strong_one_and_half_of_it_is_half() -> None:
    sold = [day(20)] * 60 + [day(2), day(60), day(20, EVEN[:20]), (EVEN[:0], EVEN[:0])]
    values, sizes = products_figure(sold)
    assert np.isnan(values[:28]).all()
    assert values[28:60] == pytest.approx(1.0, abs=1e-6)
    assert values[60] == pytest.approx(1.0, abs=0.2)
    assert values[61:63] == pytest.approx([1.0, 0.5], abs=0.01)
    assert np.isnan(values[63])
    assert sizes[59] == pytest.approx(40)


def test_products_say_nothing_of_later_days() -> None:
    sold = market(130).sold
    assert sold is not None
    at_once, cut = products_figure(sold), products_figure(sold[:100])
    np.testing.assert_array_equal(at_once[0][:100], cut[0])
    np.testing.assert_array_equal(at_once[1][:100], cut[1])


def test_only_the_eight_weeks_before_tell_what_is_usual() -> None:
    past = [day(20, EVEN[:20])] * 30 + [day(20, EVEN[20:])] * 57
    assert products_figure(past)[0][-1] == pytest.approx(1.0, abs=1e-6)
    assert products_figure(past[:-1])[0][31] == pytest.approx(1 / 31, abs=0.01)


def test_where_chance_alone_takes_a_tenth_away_nothing_is_told() -> None:
    """Of 400 sales over 40 products hardly one is missing by chance; of 20 over 40 most are."""
    rng = np.random.default_rng(1)
    for sales, is_told in ((400, True), (20, False)):
        drawn = [np.unique(rng.integers(40, size=sales), return_counts=True) for _ in range(60)]
        values, _ = products_figure(drawn)
        assert np.isfinite(values[28:]).all() == is_told
        assert np.isfinite(values).any() == is_told


def test_a_lost_part_of_the_catalogue_is_the_same_products_on_both_days() -> None:
    panel = market(120)
    assert panel.sold is not None
    seen = set()
    for seed in range(8):
        changed = inject(panel, KINDS["catalogue"], 100, np.random.default_rng(seed))
        assert changed is not None
        np.testing.assert_array_equal(changed.values[:100], panel.values[:100])
        np.testing.assert_array_equal(changed.values[102:], panel.values[102:])
        assert (changed.values[100:102, -1] < 0.8).all()
        assert (changed.values[100:102, -1] > 0.4).all()
        seen.add(changed.values[100, -1])
    assert len(seen) == 8


@pytest.mark.parametrize("kind", ["drop", "bots", "outage"])
def test_orders_that_are_lost_or_added_leave_the_assortment_whole(kind: str) -> None:
    changed = inject(market(120, orders=300), KINDS[kind], 100, np.random.default_rng(1))
    assert changed is not None
    assert changed.values[100, 0] != pytest.approx(300, rel=0.2)
    assert changed.values[100, -1] == pytest.approx(1.0, abs=0.06)


def test_a_lost_part_of_the_catalogue_is_found_and_named() -> None:
    panel = market(130)
    lost = inject(panel, KINDS["catalogue"], 120, np.random.default_rng(1))
    assert lost is not None
    found = watch(lost, DayMarks.none(130))
    assert found.is_flagged[120]
    assert panel.names[found.leading[120]] == "usual_products"
    assert says(KINDS["catalogue"], panel) == {"revenue", "orders", "mean_amount", "usual_products"}
    assert "usual_products" not in says(KINDS["outage"], panel) | says(KINDS["price"], panel)


def test_a_shop_that_sells_little_of_each_product_is_watched_without_them() -> None:
    """The figure is not known on any day, and what is said of the others is what is said without it."""
    panel = market(150, products=4000, orders=20)
    assert np.isnan(panel.values[:, -1]).all()
    alone = Panel(panel.days, panel.metrics[:-1], panel.values[:, :-1], panel.sizes[:, :-1])
    marks = DayMarks.none(150)
    for detector in ("matched", "mahalanobis"):
        both = [watch(each, marks, detector=detector) for each in (panel, alone)]
        np.testing.assert_array_equal(both[0].is_flagged, both[1].is_flagged)
        np.testing.assert_allclose(both[0].score, both[1].score, rtol=1e-9)
    assert set(both[0].notes[56:, -1]) == {FEW_SALES}


def test_the_figure_counts_once_it_is_known_on_a_third_of_the_days_that_teach() -> None:
    panel, marks = market(260), DayMarks.none(260)
    panel.values[:120, -1] = np.nan
    alone = Panel(panel.days, panel.metrics[:-1], panel.values[:, :-1], panel.sizes[:, :-1])
    both = [watch(each, marks, detector="mahalanobis").score for each in (panel, alone)]
    np.testing.assert_allclose(both[0][150:160], both[1][150:160], rtol=1e-9)
    assert (np.abs(both[0][-4:] - both[1][-4:]) > 1e-6).any()
    notes = watch(panel, marks).notes[:, -1]
    assert set(notes[150:160]) == {FEW_SALES}
    assert notes[-1] != FEW_SALES


def test_products_that_sell_on_nearly_every_day_are_missed_by_name() -> None:
    rare = np.array([39])
    past = [(EVEN, np.where(EVEN < 38, 20, 1))] * 56
    assert missing_products([*past, day(20, EVEN[2:])]).tolist() == [0, 1]
    assert missing_products([*past, day(20, np.setdiff1d(EVEN, rare))]).size == 0
    assert missing_products([day(3)]).size == 0
    assert missing_products([*past, (np.array([77]), np.array([5]))]).tolist() == EVEN[:38].tolist()
