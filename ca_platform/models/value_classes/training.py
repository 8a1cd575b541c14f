"""Training as of a day: borders and candidates learnt from the past, judged at rolling origins, the best of them chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ca_platform.catalogue.models import LEAST_CUSTOMERS, LEAST_DAYS
from ca_platform.catalogue.value_classes import VALUE_CLASSES
from ca_platform.models.backtest import History, accuracy, confusion, log_loss, macro_f1, recalls
from ca_platform.models.backtest.history import Ints
from ca_platform.models.churn import Score
from ca_platform.models.churn.customers import Customers, customers_at
from ca_platform.models.threads import one_thread
from ca_platform.models.value_classes.borders import Borders, learn_borders
from ca_platform.models.value_classes.candidates import (
    BASELINES,
    CANDIDATES,
    LAST_SPEND,
    Baselines,
    Said,
    before_of,
    learn,
    learn_baselines,
    told,
)
from ca_platform.models.value_classes.columns import Columns, Fits, columns_at, fit_all
from ca_platform.models.value_classes.model import Candidates, ValueClassModel

# More customers change nothing that a back-test could see; every so many-th is taken then. The parameters of models of
# orders and amounts need fewer still.
MOST_CUSTOMERS = 20_000
MOST_FITTED = 2_000

_MOST_WINDOWS = 4
_WEEK = 7
# The horizon is no more than this part of the history.
_QUARTERS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model, and how good each candidate was.

    Attributes:
        model: None where no borders can be learnt.
        reason: why there is none, or why a baseline serves, in words; empty where the back-test decided.
    """

    model: ValueClassModel | None
    scores: tuple[Score, ...]
    reason: str = ""


def train(history: History, end: int, horizon: int, seed: int = 0, *, has_season: bool = False) -> Trained:
    """Learn, judge and choose with what is known at an end.

    The horizon is the one asked for or, where that is shorter, a quarter of the history in whole weeks: borders and
    classes can only be learnt from horizons that have passed. At each of four rolling origins borders and candidates are
    learnt anew from windows before it, and what they say is held against what came. The lowest mean log loss serves. For
    serving all is learnt once more from the windows before the end.

    Args:
        end: number of the first day that is not known; later orders of the history are not looked at.
        horizon: in days, 1 and up.
        has_season: whether days are counted from 1970-01-01, so that models of orders take time by the year of trade.

    Returns:
        No model with less than ``LEAST_DAYS`` of history, or where no window brought any revenue. With fewer than
        ``LEAST_CUSTOMERS`` who came to be low, above low, or high, in the windows, the baseline ``last_spend``: of small
        shops cut from four public ones its log loss is lower in three and hardly higher in the fourth, and it tells
        customers apart, as the most frequent class does not.
    """
    with one_thread():
        return _train(history.until(end), end, horizon, seed, has_season=has_season)


def windows_between(first: int, last: int, length: int) -> tuple[int, ...]:
    """Up to four days from first to last, the last among them: a length apart where there is room, half a length at least.

    >>> windows_between(100, 400, 50)
    (250, 300, 350, 400)
    >>> windows_between(100, 160, 50)
    (100, 130, 160)
    >>> windows_between(100, 99, 50)
    ()
    """
    room = last - first
    if room < 0:
        return ()
    count = min(2 * room // length + 1, _MOST_WINDOWS)
    backs = [min(length * back, room * back // max(count - 1, 1)) for back in range(count)]
    return tuple(last - back for back in reversed(backs))


def _train(known: History, end: int, horizon: int, seed: int, *, has_season: bool) -> Trained:
    start = int(known.day.min(initial=end))
    if end - start < LEAST_DAYS:
        return Trained(None, (), f"{end - start} days of orders are too few; {LEAST_DAYS} are needed")
    usable = min(horizon, (end - start) // _QUARTERS // _WEEK * _WEEK)
    past = _Past(_sampled(known, MOST_CUSTOMERS), start, usable, seed, has_season)
    now = past.lesson(end)
    if now is None:
        return Trained(None, (), "no order has brought any revenue")
    origins = past.origins(end)
    then = {origin: lesson for origin in origins if (lesson := past.lesson(origin)) is not None}
    judged = {origin: lesson for origin, lesson in then.items() if lesson.candidates is not None}
    is_learnt = now.candidates is not None and bool(judged)
    said = {origin: past.said(origin, lesson) for origin, lesson in (judged if is_learnt else then).items()}
    classes = {origin: past.came(origin, then[origin].borders) for origin in said}
    names = (*CANDIDATES, *BASELINES) if is_learnt else BASELINES
    served = _best(names, said, classes) if is_learnt else LAST_SPEND
    scores = [
        score
        for origin, by_model in said.items()
        for name in names
        for score in _scores(origin, usable, name, classes[origin], by_model[name], is_served=name == served)
    ]
    learnt = now.candidates if is_learnt else None
    model = ValueClassModel(usable, now.borders, served, now.baselines, learnt, has_season)
    few = f"fewer than {LEAST_CUSTOMERS} customers came to be in one of the classes"
    return Trained(model, tuple(scores), "" if is_learnt else few)


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """What the windows before an origin teach."""

    borders: Borders
    baselines: Baselines
    candidates: Candidates | None


@dataclass
class _Past:
    """What training looks at again and again: customers and models at an origin, made once."""

    history: History
    start: int
    length: int
    seed: int
    has_season: bool
    _known: dict[int, tuple[History, Customers, Fits]] = field(default_factory=dict)
    _revenue: dict[int, np.ndarray] = field(default_factory=dict)

    def origins(self, end: int) -> tuple[int, ...]:
        """Four origins before an end, each with a window before it; the earlier the fewer."""
        first, last = self.start + 2 * self.length, end - self.length
        step = min(self.length, max((last - first) // 3, 1))
        return tuple(last - step * back for back in range(3, -1, -1) if last - step * back >= first)

    def at(self, origin: int) -> tuple[History, Customers, Fits]:
        if origin not in self._known:
            history = self.history.until(origin)
            all_of, few = (
                customers_at(own, origin, has_season=self.has_season)
                for own in (history, _sampled(history, MOST_FITTED))
            )
            self._known[origin] = history, all_of, fit_all(few)
        return self._known[origin]

    def revenue(self, origin: int) -> np.ndarray:
        """What the customers at an origin brought within the window after it."""
        if origin not in self._revenue:
            known = self.history.until(origin).customers
            self._revenue[origin] = self.history.outcome(known, origin, self.length).amount
        return self._revenue[origin]

    def came(self, origin: int, borders: Borders) -> Ints:
        """The class of it."""
        return borders.classes(self.revenue(origin))

    def columns(self, origin: int, borders: Borders, fits: Fits | None = None) -> Columns:
        history, known, own = self.at(origin)
        return columns_at(history, known, origin, self.length, fits or own, borders.high)

    def lesson(self, end: int) -> _Lesson | None:
        """Everything learnt from the windows before an end; None where they brought nothing."""
        windows = windows_between(self.start + self.length, end - self.length, self.length)
        borders = learn_borders(np.concatenate([self.revenue(window) for window in windows])) if windows else None
        if borders is None:
            return None
        came = np.concatenate([self.came(window, borders) for window in windows])
        columns = [self.columns(window, borders) for window in windows]
        baselines = learn_baselines(before_of(columns, borders), came, len(VALUE_CLASSES))
        counts = np.bincount(came, minlength=len(VALUE_CLASSES))
        if min(counts[0], counts[1:].sum(), counts[2]) < LEAST_CUSTOMERS:
            return _Lesson(borders, baselines, None)
        return _Lesson(borders, baselines, Candidates(self.at(end)[2], learn(columns, came, self.seed)))

    def said(self, origin: int, lesson: _Lesson) -> dict[str, Said]:
        """What every candidate and baseline says at an origin, with nothing known of later."""
        rows = self.columns(origin, lesson.borders)
        before = lesson.borders.classes(rows.spent)
        found = {name: lesson.baselines.say(name, before) for name in BASELINES}
        if lesson.candidates is not None:
            for name, chances in lesson.candidates.learnt.chances(rows).items():
                found[name] = chances, told(chances, lesson.baselines.share)
        return found


def _sampled(history: History, most: int) -> History:
    """All customers, or evenly some of them."""
    customers = history.customers
    stride = -(-customers.size // most)
    return history.of(customers[::stride]) if stride > 1 else history


def _best(names: tuple[str, ...], said: Mapping[int, Mapping[str, Said]], classes: Mapping[int, Ints]) -> str:
    """The one with the lowest mean log loss; of equals the first: of candidates the simpler."""

    def score(name: str) -> float:
        return float(np.mean([log_loss(classes[origin], found[name][0]) for origin, found in said.items()]))

    return min(names, key=score)


def _scores(origin: int, horizon: int, model: str, came: Ints, said: Said, *, is_served: bool) -> Iterator[Score]:
    """The figures of one candidate at one origin; of the one that serves also what was said of each class that came."""
    chances, value_class = said
    counts = confusion(came, value_class, len(VALUE_CLASSES))
    make = partial(Score, origin, model, horizon=horizon, is_served=is_served)
    figures = {"accuracy": accuracy(counts), "macro_f1": macro_f1(counts), "log_loss": log_loss(came, chances)}
    for metric, value in figures.items():
        yield make(metric, None if np.isnan(value) else value, came.size)
    sizes = counts.sum(axis=1).tolist()
    for name, size, recall in zip(VALUE_CLASSES, sizes, recalls(counts), strict=True):
        yield make(f"recall_{name}", None if np.isnan(recall) else float(recall), size)
    if is_served:
        for place, (name, size) in enumerate(zip(VALUE_CLASSES, sizes, strict=True)):
            yield make(f"forecast_{name}", float(chances[:, place].mean()), came.size)
            yield make(f"observed_{name}", size / came.size, came.size)
            for other, count in zip(VALUE_CLASSES, counts[place].tolist(), strict=True):
                yield make(f"{name}_said_{other}", count / size if size else None, size)
