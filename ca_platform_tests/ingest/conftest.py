from __future__ import annotations

from pathlib import Path

import pytest

from ca_platform_tests.ingest.small import SmallShop


@pytest.fixture
def shop(tmp_path: Path) -> SmallShop:
    return SmallShop(tmp_path)
