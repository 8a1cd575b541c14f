"""Deliveries of a real marketplace equal a second implementation that reads its file itself."""

from __future__ import annotations

from pathlib import Path

from ca_platform_tests.oracle.olist import compared


def test_deliveries_of_olist_equal_the_second_implementation(public_data: Path, tmp_path: Path) -> None:
    cells, counts = compared(public_data, tmp_path)
    assert cells > 200_000
    assert counts == {"loaded": 9_624, "open": 352, "dates_out_of_order": 21, "session_quarantined": 3}
