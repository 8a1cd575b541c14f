"""Each malformed file loads with a closed account, or ends with a message that helps. Nothing else may happen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ca_platform.errors import CaPlatformError
from ca_platform.ingest import ingest, preview
from ca_platform.lake import Lake
from ca_platform.settings import load_settings
from ca_platform_tests.corpus.cases import FILES, SETTINGS, Case, Loads
from ca_platform_tests.ingest.small import SmallShop, days


def connected(folder: Path, case: Case) -> SmallShop:
    shop = SmallShop(folder)
    (folder / case.file).write_bytes(case.data)
    kind = "parquet" if case.file.endswith(".parquet") else "csv"
    shop.connect("sessions", case.file, **{"kind": kind, **case.keys})
    return shop


def test_corpus_is_large() -> None:
    assert len({case.name for case in FILES}) == len(FILES)
    assert len(FILES) + len(SETTINGS) >= 90


@pytest.mark.parametrize("case", FILES, ids=lambda case: case.name)
def test_file_loads_with_a_closed_account_or_is_refused_with_help(tmp_path: Path, case: Case) -> None:
    shop = connected(tmp_path, case)
    if isinstance(case.outcome, Loads):
        totals = shop.load(asked=days()).totals
        found = Loads(totals["read"], totals["loaded"], totals["quarantined"], totals["out_of_range"])
        assert found == case.outcome
        assert preview("sessions", shop.settings).totals["quarantined"] == totals["quarantined"]
        assert shop.lake.quarantined("sessions").height == totals["quarantined"]
        return
    for run in (lambda: shop.load(asked=days()), lambda: preview("sessions", shop.settings)):
        with pytest.raises(CaPlatformError) as caught:
            run()
        message = str(caught.value)
        assert [word for word in case.outcome.words if word not in message] == [], message
        assert caught.value.exit_code == 2
        assert len(message) < 700
        assert "Traceback" not in message
    assert shop.lake.days("sessions") == []


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_refused_with_help(tmp_path: Path, name: str) -> None:
    text, words = SETTINGS[name]
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaPlatformError) as caught:
        settings = load_settings(path, {"CA_LAKE__PATH": str(tmp_path / "lake")})
        ingest("sessions", [date(2024, 3, 25)], settings, Lake.open(settings))
    message = str(caught.value)
    assert [word for word in words if word not in message] == [], message
    assert caught.value.exit_code == 2
    assert "geheim" not in message
