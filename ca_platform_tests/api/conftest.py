"""A shop of the test's own, named by CA_SETTINGS, as a user would have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca_platform_tests.api.shop import Shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path)
    monkeypatch.setenv("CA_SETTINGS", str(made.file))
    return made
