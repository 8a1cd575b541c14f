"""Networks among the models of lifetime value in the lake: trained where torch is, and served everywhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ca_platform.defs.told import value_told
from ca_platform.models.networks import NetworkModel
from ca_platform.training import VALUE_MODELS, ValueModels
from ca_platform_tests.computed import computed
from ca_platform_tests.models.networks.shops import needs_torch
from ca_platform_tests.training.shop import orders, write

MONDAY = date(2024, 7, 15)
SETTINGS = {"CA_REPORTS__CLV__MODELS": '["mbg_cnbd_k", "conv"]', "CA_REPORTS__CLV__SEEDS": "1"}


@needs_torch
def test_a_network_is_judged_and_told_of_and_left_out_where_it_cannot_be_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, lake = write(tmp_path, orders(150), **SETTINGS)
    computed(["churn_risk"], [MONDAY], settings, lake)  # makes the orders of customers
    monkeypatch.delenv("DEEP")
    models = ValueModels(MONDAY, settings, lake)
    assert models.left_out == ()
    contest = models.train(MONDAY, networks_too=True)
    assert {score.model for score in contest.scores} == {"naive", "mbg_cnbd_k", "conv"}
    assert isinstance(contest.challengers["conv"], NetworkModel)
    told = value_told(contest)[VALUE_MODELS]
    assert "| seed | epoch | training loss | validation loss |" in str(told["training_of_conv"].value)
    assert "(best)" in str(told["training_of_conv"].value)
    monkeypatch.setenv("DEEP", "0")
    elsewhere = ValueModels(MONDAY, settings, lake)
    assert elsewhere.left_out == ("conv",)
    assert elsewhere.kept(MONDAY) == MONDAY, "what was trained where torch is serves here as well"
    assert elsewhere.forecast(MONDAY).orders.size
    assert {score.model for score in elsewhere.train(MONDAY, networks_too=True).scores} == {"naive", "mbg_cnbd_k"}
    assert "torch" in value_told(contest, elsewhere.left_out)[VALUE_MODELS]["left_out"]
