"""Which detector serves: incidents planted into a history, and how many of them each finds at the same budget.

Every incident is planted on its own into the history as it was, and judged with what was known then. It is cheap: the
outlook of the days before is the same with and without it, so only its own days are gone through again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.baseline import compared, outlook, residuals, weekdays
from ca_platform.models.anomaly.calibration import MONTH, is_beyond
from ca_platform.models.anomaly.causes import Causes, causes
from ca_platform.models.anomaly.course import Course
from ca_platform.models.anomaly.detectors import DETECTORS, deviation
from ca_platform.models.anomaly.evidence import LASTING_DAYS, lasting
from ca_platform.models.anomaly.incidents import inject, says
from ca_platform.models.anomaly.judge import BY_EVIDENCE, LEAST_HISTORY, Judge, judges, observed
from ca_platform.models.anomaly.kinds import KINDS, Kind
from ca_platform.models.anomaly.records import DayMarks, Flags, Floats, Panel
from ca_platform.models.anomaly.scale import Scaled, scaled

# Days judged before the first incident, so that there is a past to be held against.
_SETTLED = 28
# A detector whose false alarms go beyond the budget by more than this does not serve where another one keeps to it.
_TOLERANCE = 1.4

# Scores of rows of deviations, (r, m), of which the first is of the day given.
RowScores = Callable[[Floats, int], Floats]
# Scores of the days of a panel from a row on.
PanelScores = Callable[[Panel, int], Floats]
# Puts an incident into a panel from a day on; None where it cannot hit the panel.
Plant = Callable[[Panel, Kind, int, np.random.Generator], Panel | None]


@dataclass(frozen=True, slots=True)
class Planting:
    """How incidents are put into a history.

    Attributes:
        plant: puts one into a panel.
        naming: gives the metrics any of which names the cause of a kind right.
    """

    plant: Plant = inject
    naming: Callable[[Kind, Panel], frozenset[str]] = says


INTO_FIGURES = Planting()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a detector did.

    Attributes:
        recall: share of the incidents found, by kind, at the budget of false alarms.
        incidents: how many were planted, by kind.
        false_alarms_per_30_days: runs of flagged days of the history as it was.
        quiet_days: days behind that.
        found: how many of them were found, by kind.
        delay_days: days from the beginning of an incident to the first flag, of those found; NaN without any.
        named: by kind, share of those found whose cause was named by a metric that it acts on; NaN without any.
    """

    detector: str
    recall: Mapping[str, float]
    incidents: Mapping[str, int]
    false_alarms_per_30_days: float
    quiet_days: int
    delay_days: float
    named: Mapping[str, float]
    found: Mapping[str, int]

    @property
    def sudden(self) -> float:
        """Mean recall of the sudden kinds: what decides."""
        found = [self.recall[name] for name, kind in KINDS.items() if kind.is_sudden and name in self.recall]
        return float(np.mean(found)) if found else np.nan

    @property
    def cause_right(self) -> float:
        """Share of the sudden incidents found whose cause was named right; NaN without any."""
        found = {name: count for name, count in self.found.items() if KINDS[name].is_sudden and count}
        total = sum(found.values())
        return sum(self.named[name] * count for name, count in found.items()) / total if total else np.nan


@dataclass(frozen=True, slots=True)
class _Found:
    """One incident by one detector: the day on which it was found and whether its cause was named, None if not."""

    delay: int | None
    is_right: bool


@dataclass(frozen=True, slots=True, eq=False)
class _History:
    """A history as it was, with all that judges it."""

    panel: Panel
    names: Sequence[str | None]
    is_marked: Flags
    scaled: Scaled
    deviation: Floats
    possible: Causes
    judges: tuple[Judge, ...]
    more: Mapping[str, RowScores]
    others: Mapping[str, PanelScores]
    planting: Planting
    budget: float

    def judge(self, day: int) -> Judge | None:
        return next((judge for judge in self.judges if judge.first <= day < judge.end), None)


def backtest(
    panel: Panel,
    marks: DayMarks,
    *,
    false_alarms_per_30_days: float = 1.0,
    incidents_per_kind: int = 25,
    seed: int = 1,
    more: Mapping[str, RowScores] | None = None,
    others: Mapping[str, PanelScores] | None = None,
    planting: Planting = INTO_FIGURES,
) -> tuple[Outcome, ...]:
    """Plant incidents and count which of them each detector finds.

    Args:
        incidents_per_kind: spread over the days from the 84th on; fewer where there are not so many.
        more: further detectors by name; they score deviations.
        others: further detectors by name; they score figures.
        planting: how incidents are put into the history.

    Returns:
        An outcome per detector, in the order of ``DETECTORS``, ``more`` and ``others``; empty with less than twelve weeks and
        the ten days of the longest incident.
    """
    first, last = LEAST_HISTORY + _SETTLED, panel.days.size - max(kind.days for kind in KINDS.values())
    if last <= first:
        return ()
    history, flags, quiet = _judged(panel, marks, false_alarms_per_30_days, more or {}, others or {}, planting)
    rng = np.random.default_rng(seed)
    starts = _starts(history, first, last, incidents_per_kind, rng)
    hits = _planted(history, starts, rng)
    return tuple(_outcome(name, hits, flags[name], quiet) for name in flags)


def best(outcomes: Sequence[Outcome], budget: float) -> str | None:
    """The detector that serves: the most sudden incidents found, of those that keep about to the budget.

    None without outcomes; the first of equals.
    """
    held = [item for item in outcomes if item.false_alarms_per_30_days <= _TOLERANCE * budget] or list(outcomes)
    return max(held, key=lambda item: item.sudden).detector if held else None


def _judged(
    panel: Panel,
    marks: DayMarks,
    budget: float,
    more: Mapping[str, RowScores],
    others: Mapping[str, PanelScores],
    planting: Planting,
) -> tuple[_History, dict[str, Flags], Flags]:
    """The history as it was: its judges, the flags of each detector, and the days that count as quiet."""
    on_scale, possible = scaled(panel), causes(panel.metrics)
    found = residuals(panel, marks)
    observations = observed(found, possible, lasting(found.deviation, marks.is_marked))
    given = {"deviation": deviation(on_scale)} | {name: score(found.deviation, 0) for name, score in more.items()}
    given |= {name: score(panel, 0) for name, score in others.items()}
    made = tuple(judges(observations, possible, marks.is_marked, budget, given))
    flags = {name: np.zeros(panel.days.size, bool) for name in (*DETECTORS, *more, *others)}
    for judge in made:
        rows = np.arange(judge.first, judge.end)
        seen = judge.yardstick.evidence(observations.rows(rows))
        for name, flag in flags.items():
            score = BY_EVIDENCE[name](seen) if name in BY_EVIDENCE else given[name][rows]
            flag[rows] = is_beyond(judge.past[name].p_values(score), budget) & ~marks.is_marked[rows]
    quiet = ~marks.is_marked & (np.arange(panel.days.size) >= LEAST_HISTORY + _SETTLED)
    history = _History(
        panel,
        marks.names(),
        marks.is_marked,
        on_scale,
        found.deviation,
        possible,
        made,
        more,
        others,
        planting,
        budget,
    )
    return history, flags, quiet


def _starts(history: _History, first: int, last: int, count: int, rng: np.random.Generator) -> dict[int, list[Kind]]:
    """The kinds that begin on each day: spread evenly, on days that are not marked and on which something happens."""
    values = np.where(np.isfinite(history.panel.values), history.panel.values, 0.0)
    usable = np.flatnonzero(~history.is_marked[first:last] & (values[first:last] > 0).any(axis=1)) + first
    found: dict[int, list[Kind]] = {}
    for kind in KINDS.values():
        if not usable.size:
            break
        places = (np.arange(min(count, usable.size)) + rng.uniform()) / min(count, usable.size) * usable.size
        for day in usable[np.minimum(places.astype(np.int64), usable.size - 1)]:
            found.setdefault(int(day), []).append(kind)
    return found


def _planted(
    history: _History, starts: Mapping[int, Sequence[Kind]], rng: np.random.Generator
) -> dict[str, dict[str, list[_Found]]]:
    """By kind and detector, what was found of each incident."""
    course = Course(history.scaled, weekdays(history.panel.days))
    hits: dict[str, dict[str, list[_Found]]] = {}
    right = {kind.name: history.planting.naming(kind, history.panel) for kinds in starts.values() for kind in kinds}
    for day in range(max(starts, default=-1) + 1):
        for kind in starts.get(day, ()):
            changed = history.planting.plant(history.panel, kind, day, rng)
            if changed is None:
                continue
            of_kind = hits.setdefault(kind.name, {})
            for name, found in _searched(history, course, changed, day, kind, right[kind.name]).items():
                of_kind.setdefault(name, []).append(found)
        course.foretell(day, history.names[day])
        course.learn(day, history.names[day])
    return hits


def _searched(
    history: _History, course: Course, changed: Panel, day: int, kind: Kind, right: frozenset[str]
) -> dict[str, _Found]:
    """What each detector finds of an incident."""
    end = day + kind.days
    on_scale = scaled(changed.head(end))
    rows = slice(day, end)
    found = compared(on_scale.rows(rows), outlook(on_scale, course.continued(on_scale), history.names, day, end))
    before = slice(max(day + 1 - LASTING_DAYS, 0), day)
    together = np.concatenate([history.deviation[before], found.deviation])
    marked = history.is_marked[before.start : end]
    seen = observed(found, history.possible, lasting(together, marked)[day - before.start :])
    scores = {"deviation": deviation(on_scale, day)}
    scores |= {name: score(found.deviation, day) for name, score in history.more.items()}
    scores |= {name: score(changed.head(end), day) for name, score in history.others.items()}
    result = {name: _Found(None, is_right=False) for name in (*DETECTORS, *history.more, *history.others)}
    for place in range(kind.days):
        judge = history.judge(day + place)
        if judge is None or history.is_marked[day + place]:
            continue
        here = slice(place, place + 1)
        evidence = judge.yardstick.evidence(seen.rows(here))
        cause = history.possible.likeliest(evidence.strength)[0]
        named = cause >= 0 and history.panel.metrics[history.possible.leading[cause]].name in right
        for name, known in result.items():
            score = BY_EVIDENCE[name](evidence) if name in BY_EVIDENCE else scores[name][here]
            if known.delay is None and is_beyond(judge.past[name].p_values(score), history.budget)[0]:
                result[name] = _Found(place, is_right=named)
    return result


def _outcome(name: str, hits: Mapping[str, Mapping[str, list[_Found]]], flag: Flags, quiet: Flags) -> Outcome:
    by_kind = {kind: found[name] for kind, found in hits.items()}
    caught = [item for found in by_kind.values() for item in found if item.delay is not None]
    begun = flag & ~np.concatenate([[False], flag[:-1]]) & quiet
    days = int(quiet.sum())
    return Outcome(
        name,
        {kind: float(np.mean([item.delay is not None for item in found])) for kind, found in by_kind.items()},
        {kind: len(found) for kind, found in by_kind.items()},
        float(begun.sum()) / days * MONTH if days else np.nan,
        days,
        float(np.mean([item.delay for item in caught if item.delay is not None])) if caught else np.nan,
        {kind: _share([item.is_right for item in found if item.delay is not None]) for kind, found in by_kind.items()},
        {kind: sum(item.delay is not None for item in found) for kind, found in by_kind.items()},
    )


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else np.nan
