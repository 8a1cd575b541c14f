"""The candidates: each learns from windows of the past in which class customers came to be, and says how likely each is.

All but the baselines tell two things, how likely a customer is above the low border and above the high one, from which
the probabilities of three ordered classes follow (Frank and Hall 2001, "A simple approach to ordinal classification").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.catalogue.value_classes import CLASS_BASELINES, CLASS_CANDIDATES
from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.models.churn.features import expit
from ca_platform.models.churn.logistic import Logistic, fit_logistic
from ca_platform.models.churn.trees import fit_trees
from ca_platform.models.trees import Trees
from ca_platform.models.value_classes.borders import Borders
from ca_platform.models.value_classes.columns import RISING, Columns

CANDIDATES, BASELINES = tuple(CLASS_CANDIDATES), tuple(CLASS_BASELINES)
FREQUENT, LAST_SPEND = "most_frequent", "last_spend"

# One column is hardly shrunk; eleven that say nearly the same are.
_RIDGES = {"forecast": 1.0, "logistic": 100.0}
_TREES, _BLEND = "trees", "blend"
# Half as many trees as of churn risk, each of twice the weight: twice as many forests are grown here.
_NUMBER, _RATE = 40, 0.1
# More rows teach nothing that a back-test could see; every so many-th is taken then.
_MOST_ROWS = 10_000

# Of those whose spend before was of a class few may be known: as if so many more had come to be in all classes by their
# share. In 101 small shops cut from four public ones this was nearer than one more in each (3, 6 and 24 were tried, too).
_OTHERS = 12

# What is said of customers: the chance of each class, a row each, and the class that is told.
Said = tuple[Floats, Ints]
# One learnt for each border.
Lines = tuple[Logistic, Logistic]
Forests = tuple[Trees, Trees]


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """What needs no model: how many came to be in each class, and in which after which.

    Attributes:
        share: of the customers, by class.
        after: share by class (columns) of those whose spend in the window before was of a class (rows).
    """

    share: Floats
    after: Floats

    def say(self, name: str, before: Ints) -> Said:
        """What a baseline says of customers.

        Args:
            name: of ``BASELINES``.
            before: class of each customer's spend in the window before.
        """
        if name == LAST_SPEND:
            return self.after[before], before
        chances = np.tile(self.share, (before.size, 1))
        return chances, np.full(before.size, int(self.share.argmax()))


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """The fitted candidates, of each a model for either border."""

    lines: Mapping[str, Lines]
    trees: Forests

    def chances(self, rows: Columns, names: Collection[str] = CANDIDATES) -> dict[str, Floats]:
        """Probability of each class, a row per customer, by candidate."""
        wanted = {*names, *(("logistic", _TREES) if _BLEND in names else ())}
        odds: dict[str, list[Floats]] = {}
        for name, pair in self.lines.items():
            if name in wanted:
                odds[name] = [line.log_odds(getattr(rows, _COLUMNS[name])) for line in pair]
        if _TREES in wanted:
            odds[_TREES] = [forest.sums(rows.tree) for forest in self.trees]
        if _BLEND in wanted:
            odds[_BLEND] = [(line + tree) / 2 for line, tree in zip(odds["logistic"], odds[_TREES], strict=True)]
        return {name: ordered(*(expit(found) for found in odds[name])) for name in names}


_COLUMNS = {"forecast": "forecast", "logistic": "line"}


def ordered(above_low: Floats, above_high: Floats) -> Floats:
    """Probability of each of three ordered classes, a row per customer, from those of being above each border.

    Above the high border is nobody likelier than above the low one.

    >>> ordered(np.array([0.7, 0.2]), np.array([0.1, 0.3]))
    array([[0.3, 0.6, 0.1],
           [0.8, 0. , 0.2]])
    """
    high = np.minimum(above_low, above_high)
    return np.column_stack([1 - above_low, above_low - high, high])


def told(chances: Floats, share: Floats) -> Ints:
    """The class that is told of each customer: the likeliest by its chance over the root of its share.

    The likeliest itself would hardly ever be a rare class, and be right most often; the likeliest by chance over share
    would find as many of each and be wrong most often. This is half-way between: Bayes' rule for errors that cost the
    more the rarer the class.

    >>> told(np.array([[0.7, 0.2, 0.1], [0.5, 0.2, 0.3]]), np.array([0.8, 0.1, 0.1]))
    array([0, 2])
    """
    likeliest: Ints = np.argmax(chances / np.sqrt(share), axis=1)
    return likeliest


def learn_baselines(before: Ints, came: Ints, classes: int) -> Baselines:
    """Shares of classes in windows of the past, as if one customer more had been in each.

    Of those who had been in a class before, the shares are drawn towards these, as if twelve more had come by them.

    >>> found = learn_baselines(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2)
    >>> found.share, found.after.round(3)
    (array([0.4, 0.6]), array([[0.414, 0.586],
           [0.369, 0.631]]))
    """
    counts = np.bincount(before * classes + came, minlength=classes * classes).reshape(classes, classes)
    share = (counts.sum(axis=0) + 1) / (counts.sum() + classes)
    after = counts + _OTHERS * share
    return Baselines(share, after / after.sum(axis=1, keepdims=True))


def learn(windows: Sequence[Columns], came: Ints, seed: int = 0) -> Learnt:
    """Fit every candidate to what happened in windows of the past, all of them together.

    Args:
        windows: the columns of the customers at each origin.
        came: the class of each of them, one window after the other.
    """
    some = slice(None, None, max(-(-came.size // _MOST_ROWS), 1))

    def together(name: str) -> Floats:
        return np.concatenate([getattr(rows, name) for rows in windows])[some]

    above = [came[some] > border for border in (0, 1)]
    lines: dict[str, Lines] = {}
    for name, ridge in _RIDGES.items():
        columns = together(_COLUMNS[name])
        low, high = (fit_logistic(columns, event, ridge) for event in above)
        lines[name] = low, high
    columns = together("tree")
    low_trees, high_trees = (fit_trees(columns, event, RISING, seed, trees=_NUMBER, rate=_RATE) for event in above)
    return Learnt(lines, (low_trees, high_trees))


def before_of(windows: Sequence[Columns], borders: Borders) -> Ints:
    """Class of what customers spent in the window before each origin, one after the other."""
    return np.concatenate([borders.classes(rows.spent) for rows in windows])
