"""The whole shop with each optional input left out: what needs it does not exist, says what to connect; the rest runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl
import pytest

import ca_platform as ca
from ca_platform.catalogue import report_specs
from ca_platform.cli import main
from ca_platform.defs.assemble import assemble
from ca_platform.errors import ReportError
from ca_platform.settings import Settings, load_settings
from ca_platform.simulate import ShopParameters, simulate_shop
from ca_platform.store import open_store
from dash_app.answers import Answers
from dash_app.app import LOCALE
from dash_app.pages import CARDS
from dash_app.reader import Reader
from dash_app.state import View


def without_source(name: str) -> Callable[[Path], None]:
    """Takes a source out of the settings."""

    def change(folder: Path) -> None:
        file = folder / "ca_platform.yaml"
        head, _, rest = file.read_text("utf-8").partition(f"  {name}:\n")
        own = rest.splitlines(keepends=True)
        while own and own[0].startswith("    "):
            own.pop(0)
        file.write_text(head + "".join(own), "utf-8")

    return change


def without_column(source: str, column: str) -> Callable[[Path], None]:
    """Takes a column out of the files of a source, and out of its mapping."""

    def change(folder: Path) -> None:
        for file in (folder / source).glob("*.csv"):
            pl.read_csv(file, infer_schema=False).drop(column).write_csv(file)
        settings = folder / "ca_platform.yaml"
        settings.write_text(settings.read_text("utf-8").replace(f"    {column}: {column}\n", ""), "utf-8")

    return change


def needing(name: str) -> frozenset[str]:
    """Reports that need an input, and can do with no other in its place."""
    return frozenset(spec.name for spec in report_specs() if name in spec.requires)


@dataclass(frozen=True)
class LeftOut:
    """An optional input: how to leave it out, the reports that need it, what their messages name."""

    change: Callable[[Path], None]
    reports: frozenset[str] = frozenset()
    key: str = ""


INPUTS = {
    "lines": LeftOut(without_source("lines"), needing("lines"), "sources.lines"),
    "promotions": LeftOut(
        without_column("sessions", "promotion_id"),
        needing("sessions.promotion_id"),
        "sources.sessions.columns.promotion_id",
    ),
    "category": LeftOut(
        without_column("lines", "category"), frozenset({"most_ordered_categories"}), "sources.lines.columns.category"
    ),
    "deliveries": LeftOut(
        without_source("deliveries"),
        frozenset(spec.name for spec in report_specs() if any(need.startswith("deliveries") for need in spec.requires)),
        "sources.deliveries",
    ),
    # First sessions stand for the downloads.
    "customers": LeftOut(without_source("customers")),
    # The experiments that are columns of the sessions remain.
    "assignments": LeftOut(without_source("assignments")),
}
EITHER = frozenset({"ab_families", "ab_distributions"})
"""They need lines or promotions."""
NEEDING = EITHER.union(*(absent.reports for absent in INPUTS.values()))
"""Reports that need something else than sessions."""
DOCUMENTS = {spec.name for spec in report_specs() if spec.storage == "document"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop with all inputs, not loaded."""
    folder = tmp_path_factory.mktemp("shops") / "whole"
    simulate_shop(folder, parameters=ShopParameters(days=4, customers=60, sessions=300))
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop, to leave something out of."""
    folder = tmp_path / "shop"
    shutil.copytree(files, folder)
    monkeypatch.setenv("CA_SETTINGS", str(folder / "ca_platform.yaml"))
    return folder


@pytest.fixture(params=INPUTS)
def left_out(request: pytest.FixtureRequest, folder: Path) -> tuple[LeftOut, Settings]:
    """An input, and the settings of the shop without it."""
    chosen = INPUTS[request.param]
    chosen.change(folder)
    return chosen, load_settings(folder / "ca_platform.yaml")


def test_shop_with_all_inputs_has_all_reports(files: Path) -> None:
    assert assets(load_settings(files / "ca_platform.yaml")) == set(ca.report_names())


def test_sessions_alone_give_every_report_that_needs_no_more(folder: Path) -> None:
    for absent in INPUTS.values():
        absent.change(folder)
    settings = load_settings(folder / "ca_platform.yaml")
    existing = set(ca.report_names()) - NEEDING
    assert assets(settings) == existing
    assert ca.run()["reports"] == {"written": len(existing), "failed": []}
    with open_store(settings) as store:
        assert set(store.reports()) == existing & DOCUMENTS
    for name in existing:
        ca.collect_report(name)


def test_what_needs_an_input_that_is_left_out_does_not_exist_and_the_rest_runs(
    left_out: tuple[LeftOut, Settings], capfd: pytest.CaptureFixture[str]
) -> None:
    absent, settings = left_out
    existing = set(ca.report_names()) - absent.reports
    assert assets(settings) == existing
    assert listed(capfd) == existing
    rest = existing & NEEDING  # the others do without it, see above
    summary = ca.run(select=sorted(rest))
    assert summary["reports"] == {"written": len(rest), "failed": []}
    with open_store(settings) as store:
        assert set(store.reports()) == rest & DOCUMENTS
    for name in rest:
        ca.collect_report(name)
    for name in absent.reports:
        with pytest.raises(ReportError, match=absent.key.replace(".", r"\.")):
            ca.collect_report(name)
        with pytest.raises(ReportError, match=f"{name} cannot be computed"):
            ca.run(select=name)


def test_cards_say_what_to_connect_and_how(left_out: tuple[LeftOut, Settings]) -> None:
    absent, settings = left_out
    cards = [card for card in CARDS.values() if card.report in absent.reports]
    assert bool(cards) == bool(absent.reports)
    with open_store(settings) as store:
        answers = Answers(settings, Reader(store), LOCALE)
        for card in cards:
            answer = answers.of(card, View())
            assert answer.verdict == "missing", card.id
            assert answer.message is not None
            assert f"({absent.key}" in answer.message.text, card.id
            assert "in ca_platform.yaml" in answer.message.text
            assert answer.message.command == "ca-platform run"


def assets(settings: Settings) -> set[str]:
    """Reports among the assets of the definitions."""
    keys = {spec.key.to_user_string() for spec in assemble(settings).resolve_all_asset_specs()}
    return keys & set(ca.report_names())


def listed(capfd: pytest.CaptureFixture[str]) -> set[str]:
    """Reports that the shell lists as connected."""
    capfd.readouterr()
    assert main(("reports", "--json")) == 0
    return {row["name"] for row in orjson.loads(capfd.readouterr().out) if row["connected"]}
