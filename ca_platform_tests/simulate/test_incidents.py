"""What goes wrong in the simulated shop: which incidents a year has, and what each does to a day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from ruamel.yaml import YAML

from ca_platform.settings import Settings
from ca_platform.settings.reports import Anomaly
from ca_platform.simulate import ShopParameters
from ca_platform.simulate.clock import black_friday, local_day, stream
from ca_platform.simulate.customers import UNSET, draw_customers
from ca_platform.simulate.incidents import Incident, Metric, plan_incidents
from ca_platform.simulate.sessions import Sessions, draw_sessions
from ca_platform.simulate.settings_file import settings_text

SHOP = ShopParameters(days=60, customers=9_000, incidents_per_30_days=0.0)
CUSTOMERS = draw_customers(SHOP, stream(1, 1))
FIRST = date(2024, 2, 1)


def sessions(metric: Metric | None = None, factor: float = 1.0, *, days: int = 1, after: int = 0) -> Sessions:
    """The sessions of a day of a shop in which this goes wrong on the first of February, ``after`` days later."""
    planted = () if metric is None else (Incident("x", FIRST, FIRST + timedelta(days=days - 1), metric, factor),)
    day = local_day((FIRST - SHOP.start).days + after, SHOP.start, SHOP.time_zone)
    return draw_sessions(CUSTOMERS, day, SHOP, planted, stream(5, 6, day.index))


def steps(found: Sessions) -> list[int]:
    return [int((action != UNSET).sum()) for action in found.actions]


def test_a_year_has_every_kind_and_shorter_shops_keep_the_first_round() -> None:
    year = plan_incidents(ShopParameters(days=365), stream(1, 3))
    assert len(year) == len({incident.name for incident in year}) == 12
    assert {incident.metric for incident in year} == set(Metric)
    assert [incident.metric for incident in year[8:]] == [
        Metric.DECAY,
        Metric.BOTS,
        Metric.CATALOGUE,
        Metric.SESSIONS,
    ]
    short = plan_incidents(ShopParameters(days=180), stream(1, 3))
    assert not {Metric.DECAY, Metric.BOTS, Metric.CATALOGUE} & {incident.metric for incident in short}


def test_bots_add_orders_of_few_accounts() -> None:
    usual, odd = sessions(), sessions(Metric.BOTS, 1.25)
    added = round(0.25 * len(usual))
    assert len(odd) == len(usual) + added
    assert odd.purchased.sum() == pytest.approx(usual.purchased.sum() + added, rel=0.1)
    most = Counter(odd.customer[odd.purchased].tolist()).most_common(8)
    assert sum(count for _, count in most) > 0.8 * added


def test_lost_catalogue_keeps_visitors_from_baskets_and_orders() -> None:
    usual, odd = sessions(), sessions(Metric.CATALOGUE, 0.4)
    assert len(odd) == len(usual)
    assert steps(odd)[0] == pytest.approx(steps(usual)[0], rel=0.05)
    assert steps(odd)[1] < 0.6 * steps(usual)[1]
    assert odd.purchased.sum() == pytest.approx(0.4 * usual.purchased.sum(), rel=0.15)


def test_decay_takes_a_little_more_every_day_and_ends() -> None:
    shares = [
        len(sessions(Metric.DECAY, 0.5, days=10, after=after)) / len(sessions(after=after)) for after in (0, 4, 9, 10)
    ]
    assert np.allclose(shares, [0.95, 0.75, 0.5, 1.0], atol=0.06)


def test_settings_of_a_simulated_shop_name_its_holidays_and_sales() -> None:
    given = YAML(typ="safe").load(settings_text(ShopParameters(days=400)))
    anomaly = Settings.model_validate(given).reports.anomaly
    assert anomaly.country == "GB-ENG"
    assert [(event.date, event.name) for event in anomaly.events] == [(black_friday(2024), "Black Friday")]
    quiet = YAML(typ="safe").load(settings_text(ShopParameters(days=30, experiment=None, idle_experiment=None)))
    assert Settings.model_validate(quiet).reports.anomaly == Anomaly(country="GB-ENG")
