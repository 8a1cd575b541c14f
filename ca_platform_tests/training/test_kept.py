"""Which kept model serves a day, and what is remembered of that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from ca_platform.training.kept import KeptModels

FIRST = date(2026, 11, 4)
SECOND = FIRST + timedelta(days=7)


class Mondays(KeptModels):
    """Trains on Mondays, and keeps nothing but their names."""

    dataset, scored = "models", "scores"

    def __init__(self) -> None:
        self._serving = {}
        self.trained: list[date] = []

    def train(self, day: date) -> None:
        self.trained.append(day)
        self._serving.clear()

    def _valid(self, first: date, last: date) -> set[date]:
        return set(self.trained)

    def _serves(self, day: date, trained: Collection[date]) -> date:
        return day - timedelta(days=day.weekday())


def test_day_that_was_known_before_a_training_is_still_served_after_it() -> None:
    models = Mondays()
    models.ensure([FIRST])
    served = {FIRST: date(2026, 11, 2), SECOND: date(2026, 11, 9)}
    assert models.ensure([FIRST, SECOND]) == served
    assert models.trained == list(served.values())
