"""Detectors of anomalies in the lake: when they are chosen, which of them serves a day, and what is kept of networks."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import numpy as np
import polars as pl
import pytest

from ca_platform.catalogue.anomalies import DAY_REPORTS, FIRST_DETECTOR
from ca_platform.catalogue.anomalies import DETECTORS as NAMES
from ca_platform.lake import Lake
from ca_platform.models.anomaly import DETECTORS, KINDS, backtest
from ca_platform.models.anomaly.autoencoder import NAME, Autoencoder, Network
from ca_platform.models.anomaly.records import Flags, Floats
from ca_platform.reports.tables import Tables
from ca_platform.settings import Settings
from ca_platform.training import DETECTOR_SCORES, AnomalyModels
from ca_platform.training import DETECTORS as KEPT
from ca_platform.training import anomalies as module
from ca_platform.training.anomalies import FIRST_CHOICE_DAYS, choice_day
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import DAYS, START, orders, write

LAST = START + timedelta(days=DAYS - 1)
CHOSEN = START + timedelta(days=FIRST_CHOICE_DAYS - 1)


@pytest.fixture(autouse=True)
def _few_incidents(monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice by chance takes less time."""
    monkeypatch.setattr(module, "backtest", partial(backtest, incidents_per_kind=3))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return write(tmp_path_factory.mktemp("detectors"), orders(150))


def models(shop: tuple[Settings, Lake], last: date = LAST) -> AnomalyModels:
    return Tables([last], *shop).anomalies.models


def test_the_catalogue_names_every_detector() -> None:
    assert tuple(NAMES) == (*DETECTORS, NAME)
    assert FIRST_DETECTOR in DETECTORS


def test_choices_are_made_when_the_history_has_doubled() -> None:
    days = [START + timedelta(days=n) for n in range(1000)]
    chosen = {choice_day(day, START) for day in days}
    assert sorted((day - START).days + 1 for day in chosen) == [1, 112, 224, 448, 896]
    assert all(choice_day(day, START) <= day for day in days)


def test_reports_choose_what_serves_and_say_how_it_did(shop: tuple[Settings, Lake]) -> None:
    found = computed(["dfunnel_anomaly", "anomaly_backtest"], [CHOSEN - timedelta(days=1), LAST], *shop)
    assert shop[1].days(KEPT) == shop[1].days(DETECTOR_SCORES) == [START, CHOSEN]
    figures = found["anomaly_backtest"]
    assert figures["report_date"].unique().to_list() == [LAST], "before the first choice there is nothing to say"
    assert figures["trained_on"].unique().to_list() == [CHOSEN]
    assert set(figures["report"]) == set(DAY_REPORTS)
    assert set(figures["detector"]) == set(DETECTORS)
    by_kind = figures.filter(pl.col("metric").str.starts_with("recall_"))
    assert set(by_kind["metric"]) <= {f"recall_{kind}" for kind in KINDS}
    assert (
        figures.filter("is_served").group_by("report").agg(pl.col("detector").n_unique())["detector"].to_list()
        == [1] * 5
    )
    for (_, _), own in figures.group_by("report", "detector"):
        sudden = own.filter(
            pl.col("metric").is_in([f"recall_{name}" for name, kind in KINDS.items() if kind.is_sudden])
        )
        assert own.filter(metric="recall")["value"].item() == pytest.approx(sudden["value"].mean())
        assert own.filter(metric="recall")["incidents"].item() == sudden["incidents"].sum()
    served = models(shop).served(CHOSEN)
    rows = found["dfunnel_anomaly"].filter(pl.col("report_date") == LAST, pl.col("detector").is_not_null())
    assert rows.filter(pl.col("date") < CHOSEN)["detector"].unique().to_list() == [FIRST_DETECTOR]
    assert rows.filter(pl.col("date") >= CHOSEN)["detector"].unique().to_list() == [served["dfunnel_anomaly"]]


def test_another_budget_is_another_choice(shop: tuple[Settings, Lake]) -> None:
    settings, lake = shop
    anomaly = settings.reports.anomaly.model_copy(update={"false_alarms_per_30_days": 3.0})
    more = settings.model_copy(update={"reports": settings.reports.model_copy(update={"anomaly": anomaly})})
    before = models(shop).ensure([LAST])
    assert before == {LAST: CHOSEN}
    assert models((more, lake)).kept(LAST) is None
    assert models(shop).kept(LAST) == CHOSEN


def test_without_torch_networks_are_left_out_and_that_is_told(
    shop: tuple[Settings, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "can_train", lambda: False)
    choice = models(shop).train(CHOSEN, networks_too=True)
    assert "torch" in choice.note
    assert NAME not in set(choice.scores["detector"])


def test_a_young_shop_is_told_that_there_is_too_little_to_choose_by(shop: tuple[Settings, Lake]) -> None:
    choice = models(shop).train(START + timedelta(days=40))
    assert choice.note == "there are fewer than 112 days to choose by"
    assert set(choice.served.values()) == {FIRST_DETECTOR}
    assert choice.scores.is_empty()


def still(deviation: Floats, names: tuple[str, ...], is_marked: Flags) -> Autoencoder:
    """A network that rebuilds nothing: a day is as strange as its deviations are large."""
    assert is_marked.shape == deviation.shape[:1]
    size = len(names)
    weights = tuple(np.zeros((1, *shape), np.float32) for shape in ((size, 2), (2, 1), (1, 2), (2, size)))
    biases = tuple(np.zeros((1, shape), np.float32) for shape in (2, 1, 2, size))
    network = Network(84, weights, biases, np.eye(size + 1)[None], np.ones(1))
    return Autoencoder(names, (network,))


def test_a_training_with_networks_keeps_them_and_serves_the_days_from_its_own_on(
    shop: tuple[Settings, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "trained_autoencoder", still)
    monkeypatch.setattr(module, "can_train", lambda: True)
    trained = LAST - timedelta(days=20)
    choice = models(shop).train(trained, networks_too=True)
    assert choice.note == "there is no year of history yet: peaks of the season are not known"
    assert set(choice.scores["detector"]) == {*DETECTORS, NAME}
    assert models(shop).ensure([LAST, trained - timedelta(days=1)]) == {
        LAST: trained,
        trained - timedelta(days=1): CHOSEN,
    }
    rows = computed(["dorders_anomaly"], [LAST], *shop)["dorders_anomaly"]
    known = rows.filter(pl.col("score_autoencoder").is_not_null())
    assert known["date"].min() == trained
    panels = Tables([LAST], *shop).anomalies
    deviation = panels.run("dorders_anomaly").watched.deviation[-21:, 0]
    assert known["score_autoencoder"].to_numpy() == pytest.approx(np.abs(deviation) / np.sqrt(2))
