"""Sentences about funnels, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.records import Look
from dash_app.words import steps

MONDAY = date(2026, 11, 2)
LOOK = Look(currency="GBP", day=date(2026, 11, 22))
EARLIER = date(2026, 10, 25)


def funnel(*counts: tuple[int, int], partial: bool = False) -> pl.DataFrame:
    """Sessions and purchases of consecutive weeks."""
    rows: list[dict[str, Any]] = []
    for index, (sessions, purchases) in enumerate(counts):
        common = {
            "date": MONDAY + timedelta(days=7 * index),
            "is_partial": partial and index == len(counts) - 1,
        }
        rows.append(common | {"step": "session_start", "step_index": 0, "sessions": sessions})
        rows[-1]["share_of_sessions"] = 1.0 if sessions else None
        rows.append(common | {"step": "purchase", "step_index": 1, "sessions": purchases})
        rows[-1]["share_of_sessions"] = purchases / sessions if sessions else None
    return frames.table("weekly_funnel", rows)


def compared(frame: pl.DataFrame) -> Look:
    return replace(LOOK, compare_day=EARLIER, compare=frame)


# ---- funnels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (funnel((200, 10), (100, 9)), "In the week of 9 Nov 2026 there were 100 sessions, 50.0% fewer than the week before; 9.0% reached the purchase."),
        (funnel((1, 1)), "In the week of 2 Nov 2026 there was 1 session; 100.0% reached the purchase."),
        (funnel((5, 1), (0, 0)), "In the week of 9 Nov 2026 there were 0 sessions, 100.0% fewer than the week before."),
        (funnel((100, 9), (3, 0), partial=True), "In the week of 2 Nov 2026 there were 100 sessions; 9.0% reached the purchase; the week of 9 Nov 2026 is not finished yet."),
    ],
)  # fmt: skip
def test_sessions_of_the_last_finished_week(frame: pl.DataFrame, sentence: str) -> None:
    assert steps.sessions_by_step(frame, LOOK, "week") == sentence


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (funnel((200, 10), (100, 9)), "In the week of 9 Nov 2026, 9.0% of the sessions reached the purchase, 4.0 percentage points more than the week before."),
        (funnel((100, 10), (100, 9)), "In the week of 9 Nov 2026, 9.0% of the sessions reached the purchase, 1.0 percentage point less than the week before."),
        (funnel((10, 1), (100, 10)), "In the week of 9 Nov 2026, 10.0% of the sessions reached the purchase, as much as the week before."),
        (funnel((0, 0)), "In the week of 2 Nov 2026 there were no sessions."),
        (funnel((0, 0), (100, 9)), "In the week of 9 Nov 2026, 9.0% of the sessions reached the purchase."),
    ],
)  # fmt: skip
def test_shares_differ_by_percentage_points(frame: pl.DataFrame, sentence: str) -> None:
    assert steps.shares_by_step(frame, LOOK, "week") == sentence


def test_customers_of_the_first_and_the_last_milestone() -> None:
    rows = [
        {"date": MONDAY, "step": "download", "step_index": 0, "customers": 1},
        {"date": MONDAY, "step": "first_purchase", "step_index": 3, "customers": 4},
    ]
    sentence = "In the week of 2 Nov 2026, 1 customer reached the download, and 4 reached the first purchase."
    assert steps.customers_by_milestone(frames.table("weekly_funnel_downloads", rows), LOOK, "week") == sentence


def conversion(*closed: int, names: tuple[str, ...] = ("session_start", "has_basket", "purchase")) -> pl.DataFrame:
    rows = [
        {
            "step": names[index],
            "step_index": index,
            "sessions_open": count,
            "sessions_closed": count,
            "conversion_from_start": count / closed[0] if closed[0] else None,
            "conversion_from_previous": count / closed[index - 1] if index and closed[index - 1] else None,
        }
        for index, count in enumerate(closed)
    ]
    return frames.table("session_funnel_conversion", rows)


@pytest.mark.parametrize(
    ("closed", "loss"),
    [
        ((1000, 200, 50), "from the session start to “has basket”: 80.0%"),
        ((1000, 500, 50), "from “has basket” to the purchase: 90.0%"),
        ((1000, 500, 250), "from the session start to “has basket”: 50.0%"),
    ],
)
def test_conversion_names_the_step_before_which_most_are_lost(closed: tuple[int, ...], loss: str) -> None:
    share = f"{closed[-1] / 10:.1f}%"
    sentence = f"Of 1,000 sessions {share} reached the purchase through every step; the largest part is lost {loss}."
    assert steps.conversion(conversion(*closed), LOOK) == sentence


def test_conversion_of_two_steps_loses_all_between_them() -> None:
    frame = conversion(1, 0, names=("session_start", "purchase"))
    assert steps.conversion(frame, LOOK) == "Of 1 session 0.0% reached the purchase through every step."


def test_conversion_beside_that_of_an_earlier_day() -> None:
    sentence = steps.conversion(conversion(1000, 200, 50), compared(conversion(500, 100, 20)))
    assert ", 1.0 percentage point more than up to 25 Oct 2026; " in sentence


def test_conversion_without_sessions() -> None:
    assert steps.conversion(conversion(0, 0, 0), LOOK) == "There are no sessions."


def cohort_rows(*rows: tuple[int, int | None]) -> pl.DataFrame:
    return frames.table(
        "customer_funnel_conversion",
        [
            {
                "cohort": MONDAY + timedelta(days=7 * index),
                "step": step,
                "cohort_size": size,
                "customers_7d": customers if customers is None or step == "first_purchase" else 0,
                "is_censored_7d": customers is None,
                "customers_ever": 0,
            }
            for index, (size, customers) in enumerate(rows)
            for step in ("first_purchase", "signup")
        ],
    )


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (cohort_rows((100, 10), (300, 90), (999, None)), "Of 400 customers whose first 7 days have passed, 25.0% reached the first purchase within them."),
        (cohort_rows((1, 1)), "Of 1 customer whose first 7 days have passed, 100.0% reached the first purchase within them."),
        (cohort_rows((10, None)), "For no customer have the first 7 days after the download passed yet."),
    ],
)  # fmt: skip
def test_cohorts_whose_time_has_passed(frame: pl.DataFrame, sentence: str) -> None:
    assert steps.cohorts(frame, LOOK, "7d") == sentence
