"""What holds for any input: the account closes, nothing is lost, loading again and in parts gives the same."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca_platform_tests.ingest.small import START, SmallShop, days, snapshot

RANGE = days(START, 6)
AT = st.one_of(
    st.sampled_from(["", "soon", "0001-01-01", "2023-12-31", "2024-03-31 01:30", "2024-04-20", "1711454400"]),
    st.integers(-3 * 24, 9 * 24).map(lambda hours: f"{START + timedelta(hours=hours)}T{hours % 24:02}:15:00+00:00"),
)
SESSION = st.tuples(
    st.sampled_from([*"abcdefghijklmn", ""]),
    st.sampled_from(["c1", "c2", "007", "7", ""]),
    AT,
    st.sampled_from(["1", "2.50", "0", "", "-1", "nan", "x"]),
    st.sampled_from(["true", "false", "Y", "", "perhaps"]),
)
LINE = st.tuples(
    st.sampled_from([*"abcdefghijklmnz", ""]), st.sampled_from(["tea", ""]), st.sampled_from(["1", "-1", "x", ""])
)
# Enough good rows that no column is refused as a whole.
GOOD_SESSIONS = [(f"good-{n}", "c", f"{RANGE[n % 6]}T12:00:00Z", "1", "true") for n in range(40)]
GOOD_LINES = [(f"good-{n}", "tea", "1") for n in range(30)]


def written(shop: SmallShop, name: str, header: str, rows: list[tuple[str, ...]]) -> None:
    with (shop.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([header.split(","), *rows])
    shop.connect(name, f"{name}.csv")


def shop_of(folder: Path, sessions: list[tuple[str, ...]], lines: list[tuple[str, ...]]) -> SmallShop:
    folder.mkdir()
    shop = SmallShop(folder)
    written(
        shop, "sessions", "order_id,client,session_start_date,payment_amount,has_purchased", GOOD_SESSIONS + sessions
    )
    written(shop, "lines", "order_id,product,price", GOOD_LINES + lines)
    return shop


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SESSION, max_size=25), st.lists(LINE, max_size=15), st.randoms(use_true_random=False))
def test_account_closes_and_loads_are_idempotent_and_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    sessions: list[tuple[str, ...]],
    lines: list[tuple[str, ...]],
    dice: random.Random,
) -> None:
    folder = tmp_path_factory.mktemp("invariants")
    once, parts = shop_of(folder / "once", sessions, lines), shop_of(folder / "parts", sessions, lines)
    summary = once.load("sessions", RANGE)
    line_summary = once.load("lines", RANGE)
    # Nothing is lost: what was read lies in the lake, in the quarantine, or before the first day.
    assert once.lake.scan("sessions").collect().height == summary.totals["loaded"]
    assert once.lake.quarantined("sessions").height == summary.totals["quarantined"]
    assert once.lake.quarantined("lines").height == line_summary.totals["quarantined"]
    assert summary.totals["read"] <= len(GOOD_SESSIONS) + len(sessions)
    assert len({row["order_id"] for row in once.rows()}) == summary.totals["loaded"]
    before = snapshot(once.lake)
    once.load("sessions", RANGE)
    once.load("lines", RANGE)
    assert snapshot(once.lake) == before
    # Single days, one after the other, and some of them twice.
    for day in RANGE:
        parts.load("sessions", [day])
    again = dice.choice(RANGE)
    parts.load("sessions", [again])
    for day in [*RANGE, again]:
        parts.load("lines", [day])
    found = snapshot(parts.lake)
    if _has_no_repeats(sessions):
        # A repeat on another day is loaded on whichever day comes first, which may differ.
        assert found == before


def _has_no_repeats(sessions: list[tuple[str, ...]]) -> bool:
    return max(Counter(row[0] for row in sessions).values(), default=0) <= 1
