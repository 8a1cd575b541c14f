"""The table of segments covers every combination of scores exactly once, and a table that does not is refused."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from ca_platform.errors import ConfigurationError
from ca_platform.settings import load_settings
from ca_platform.settings.segments import DEFAULT_SEGMENTS, SEGMENTS, segments_by_cell


def test_default_table_covers_the_125_combinations_exactly_once() -> None:
    cells = [cell for rule in DEFAULT_SEGMENTS for cell in rule.cells]
    assert sorted(cells) == sorted(product(range(1, 6), repeat=3))
    by_cell = segments_by_cell(DEFAULT_SEGMENTS)
    assert set(by_cell.values()) == set(SEGMENTS) - {"newcomers"}
    assert by_cell[5, 5, 5] == "champions"
    assert {by_cell[1, 5, 5], by_cell[2, 4, 5]} == {"can't lose them"}
    assert by_cell[1, 1, 1] == "lost"


def settings(tmp_path: Path, rules: str) -> None:
    file = tmp_path / "ca_platform.yaml"
    file.write_text(f"reports:\n  rfm:\n    segments: {rules}\n")
    load_settings(file, {})


def test_table_of_one_s_own_is_read(tmp_path: Path) -> None:
    settings(tmp_path, "[{segment: champions, recency: [5]}, {segment: lost, recency: [1, 2, 3, 4]}]")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("[{segment: champions, recency: [5]}]", "recency 1, frequency 1, monetary 1 and 99 more .* no segment"),
        ("[{segment: lost}, {segment: promising, recency: [2], frequency: [3], monetary: [4]}]", "several segments"),
        ("[{segment: best customers}]", "champions"),
        ("[{segment: lost, recency: [6]}]", "5"),
    ],
)
def test_table_with_gaps_or_overlaps_is_refused(tmp_path: Path, rules: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        settings(tmp_path, rules)
