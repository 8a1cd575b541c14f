"""Public holidays and events: which days of a shop are marked, and with which names."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ca_platform.reports.anomaly_marks import day_marks, marks_of, public_holidays
from ca_platform.settings import Settings


def days(first: str, last: str) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


def test_holidays_of_england_in_2011_are_those_of_the_gazette() -> None:
    assert set(public_holidays("GB-ENG", [2011])) >= {
        date(2011, 1, 3),
        date(2011, 4, 22),
        date(2011, 4, 25),
        date(2011, 4, 29),
        date(2011, 5, 2),
        date(2011, 5, 30),
        date(2011, 8, 29),
        date(2011, 12, 26),
        date(2011, 12, 27),
    }


def test_marks_stand_at_their_days_over_the_turn_of_the_year() -> None:
    marks = day_marks(days("2023-12-30", "2024-01-02"), "DE")
    assert marks.holiday.tolist() == [None, None, "New Year's Day", None]
    assert marks.event.tolist() == [None] * 4


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    corpus_christi = days("2024-05-30", "2024-05-30")
    assert day_marks(corpus_christi, "DE-BY").holiday[0] == "Corpus Christi"
    assert day_marks(corpus_christi, "DE-BE").holiday[0] is None


def test_no_country_has_no_holidays_and_events_of_one_day_are_joined() -> None:
    events = [(date(2024, 11, 29), "sale"), (date(2024, 11, 29), "new site"), (date(2025, 1, 1), "later")]
    marks = day_marks(days("2024-11-28", "2024-11-30"), None, events)
    assert marks.event.tolist() == [None, "sale, new site", None]
    assert marks.holiday.tolist() == [None, None, None]


def test_no_day_has_no_mark() -> None:
    assert day_marks(np.array([], "datetime64[D]"), "GB").holiday.shape == (0,)


def test_settings_name_country_and_events() -> None:
    anomaly = {"country": "GB-SCT", "events": [{"date": "2024-01-03", "name": "sale"}]}
    marks = marks_of(days("2024-01-01", "2024-01-03"), Settings.model_validate({"reports": {"anomaly": anomaly}}))
    assert marks.holiday.tolist() == ["New Year's Day", "New Year Holiday", None]
    assert marks.event.tolist() == [None, None, "sale"]


@pytest.mark.parametrize("country", ["DE", "FR", "NO", "JP", "IT"])
def test_names_do_not_follow_the_language_of_the_machine(country: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    assert "New Year's Day" in public_holidays(country, [2024]).values()
