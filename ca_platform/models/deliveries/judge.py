"""Deliveries that took abnormally long, each judged by what was known before its week.

The logarithm of a duration is taken to be the sum of what is usual in that hour of the week, what the place or the
customer adds to it, what all deliveries of that day have in common, and chance. The first two are robust running
means, shrunk towards their neighbours: the hour towards the same hour of all weekdays, the map cell towards the cells
around it, the customer towards the place. What remains is put against its own past (``tails``). Week by week: a
delivery is judged by the weeks before its own and by the other deliveries of its day, so that nothing that comes later
changes what is said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ca_platform.models.deliveries.contest import Contest
from ca_platform.models.deliveries.groups import STRENGTH, Differing, Groups, Nested, size_of
from ca_platform.models.deliveries.memory import Memory, Week
from ca_platform.models.deliveries.records import SLOTS, Codes, Durations, Flags, Floats, Ints, Judged, Rows, together
from ca_platform.models.deliveries.tails import BUCKETS, Tails, bucket
from ca_platform.models.threads import one_thread

PROBABLE = 0.0003
"""Below, so long a duration is abnormal for its place or customer."""
PROBABLE_IN_SLOT = 0.05
"""The same for its hour of the week, in which near and far places differ."""
ENOUGH = 300
"""Deliveries of the part of the shop that must be known before anything is said."""
MANY = 20_000
"""Once so many deliveries of the part are known,"""
EVERY = 8
"""spreads are learnt from one delivery in so many."""

_FADE = 0.5 ** (1 / 13)  # a quarter of a year halves the weight of an hour's and a tail's past
_CLIP = 2.5
_DAY_CLIP = 4.0
_DAY_STRENGTH = 20.0


def judge(durations: Durations, *, networks: bool) -> tuple[Judged, tuple[Contest, ...]]:
    """What is said of each delivery, and the back-tests that decided who says it.

    Args:
        networks: let autoencoders compete, which needs all rows in one part.

    Returns:
        Rows in the order given. What is said of the deliveries up to a day does not depend on later ones.
    """
    return _judged(durations, lambda saying, _: saying.judged(slice(None)), networks=networks)


def abnormal(durations: Durations, *, networks: bool) -> tuple[Judged, tuple[Contest, ...]]:
    """Only the abnormal ones, as ``judge`` says: rule 2 holds and the duration is above its expectation."""
    return _judged(durations, lambda saying, rows: saying.abnormal(durations.minutes[rows]), networks=networks)


def _judged(
    durations: Durations, pick: Callable[[_Saying, slice], Judged], *, networks: bool
) -> tuple[Judged, tuple[Contest, ...]]:
    judging = _Judging(durations, networks=networks)
    with one_thread() if networks else nullcontext():
        pieces = [judging.week(rows, pick) for rows in _weeks(durations.day)]
    return together(pieces), tuple(judging.contests)


def is_abnormal(judged: Judged, minutes: Floats) -> Flags:
    """Whether rule 2 holds of a delivery, and it took longer than expected."""
    return judged.rule_2 & (minutes > judged.expected)


def _weeks(day: Codes) -> Iterator[slice]:
    """Rows of each week from Monday on; 1970-01-01 was a Thursday."""
    if not day.size:
        return
    first, last = (int(number + 3) // 7 for number in (day[0], day[-1]))
    borders = np.searchsorted(day, 7 * np.arange(first, last + 2) - 3)
    for start, end in pairwise(borders.tolist()):
        if end > start:
            yield slice(start, end)


@dataclass(frozen=True, slots=True, eq=False)
class _Saying:
    """What is known of the deliveries of a week before they are learnt from.

    Attributes:
        first: row of the first one.
        enough: whether enough is known to say something.
        sizes, scaled: by base, see ``Tails``.
    """

    first: int
    expected: Floats
    placed: Flags
    enough: Flags
    sizes: dict[str, Ints]
    scaled: dict[str, Floats]
    tails: dict[str, Tails]

    def abnormal(self, minutes: Floats) -> Judged:
        """The abnormal ones; the probabilities of others are not worked out."""
        border = min(self.tails[base].border(PROBABLE) for base in ("location", "customer"))
        far = np.maximum(self.scaled["location"], self.scaled["customer"]) > border
        far &= (self.scaled["slot"] > self.tails["slot"].border(PROBABLE_IN_SLOT)) & (minutes > self.expected)
        judged = self.judged(np.flatnonzero(far & self.enough))
        return judged.take(judged.rule_2)

    def judged(self, rows: Rows) -> Judged:
        """What is said of some rows."""
        p = {base: self._p(base, rows) for base in self.scaled}
        placed, by_place, by_customer = self.placed[rows], self.scaled["location"][rows], self.scaled["customer"][rows]
        p["location"] = np.where(placed, p["location"], np.nan)
        return Judged(
            row=self.first + np.arange(len(self.expected))[rows],
            expected=self.expected[rows],
            score=np.where(placed, np.maximum(by_place, by_customer), by_customer),
            p_customer=p["customer"],
            p_location=p["location"],
            p_slot=p["slot"],
            customer=p["customer"] < PROBABLE,
            location=p["location"] < PROBABLE,
            slot=p["slot"] < PROBABLE_IN_SLOT,
        )

    def _p(self, base: str, rows: Rows) -> Floats:
        p = self.tails[base].probability(self.sizes[base][rows], self.scaled[base][rows])
        return np.where(self.enough[rows], p, np.nan)


class _Judging:
    """What is known at the beginning of a week, and what it says of the week."""

    def __init__(self, durations: Durations, *, networks: bool) -> None:
        self._all = durations
        part = durations.part
        parts = int(part.max(initial=0)) + 1
        customers = size_of(durations.customer)
        self._level = Groups(parts, strength=0.0)
        self._hours = Groups(parts * 24, STRENGTH)
        self._slots = Groups(parts * SLOTS, STRENGTH)
        self._cells = Nested(durations.places, parts)
        self._customers = Differing(customers, parts, are_many=True)
        self._tails = {base: Tails(parts) for base in ("slot", "location", "customer")}
        self._known = np.zeros(parts)
        self._week = np.zeros(parts, np.int64)
        self._memory = Memory(customers) if networks else None

    @property
    def contests(self) -> list[Contest]:
        return self._memory.contests if self._memory else []

    def week(self, rows: slice, pick: Callable[[_Saying, slice], Judged]) -> Judged:
        """Judge the deliveries of a week, those that are picked, then learn from all."""
        if self._memory is not None:
            self._tails |= self._memory.contest(int(self._all.day[rows.start]))
        self._fade(rows)
        week = self._seen(rows)
        by_place, by_customer = self._expected(week, "location"), self._expected(week, "customer")
        hour, first = week.part * SLOTS + week.slot, week.part * BUCKETS
        sizes = {"slot": first, "location": first + bucket(week.near), "customer": first + bucket(week.history)}
        spreads = {base: self._tails[base].spread(size, hour) for base, size in sizes.items()}
        left = week.over - by_customer
        shift = _shift(week, left, spreads["customer"])
        residuals = {"slot": week.over, "location": week.over - by_place - shift, "customer": left - shift}
        scaled = {base: residuals[base] / spreads[base] for base in residuals}
        enough, expected = self._known[week.part] >= ENOUGH, np.expm1(week.usual + by_customer)
        judged = pick(_Saying(rows.start, expected, week.placed, enough, sizes, scaled, self._tails), rows)
        some = _some(week.part, np.where(self._known > MANY, EVERY, 1))
        self._learn(week, shift, spreads["customer"], some)
        for base, size in sizes.items():
            rows_of = some[week.placed[some]] if base == "location" else some
            self._tails[base].add(size[rows_of], hour[rows_of], residuals[base][rows_of], spreads[base][rows_of])
        return judged

    def _seen(self, rows: slice) -> Week:
        """The week's deliveries with what was known of each before."""
        week = self._all.take(rows)
        part, slot, customer = _wide(week.part), _wide(week.slot), _wide(week.customer)
        places, log = tuple(_wide(code) for code in week.places), np.log1p(week.minutes)
        # A part is first judged in a later week than its first: nothing looks ahead here.
        level = self._level.means(part, np.zeros(len(log)) if self._known.all() else _means(part, log))
        usual = self._slots.means(part * SLOTS + slot, self._hours.means(part * 24 + slot % 24, level))
        cells, near = self._cells.means(part, places)
        here = cells[0] if places else np.zeros(len(log))
        own, history = self._customers.means(part, customer, here)
        return Week(
            part=part,
            day=_wide(week.day),
            slot=slot,
            customer=customer,
            places=places,
            latitude=week.latitude,
            longitude=week.longitude,
            usual=usual,
            over=log - usual,
            cells=tuple(cells),
            near=near,
            history=history,
            own=own,
        )

    def _expected(self, week: Week, base: str) -> Floats:
        if self._memory is not None:
            return self._memory.expected(week, base)
        return week.here if base == "location" else week.own

    def _fade(self, rows: slice) -> None:
        """Older weeks count for less: by the weeks since each part's last delivery, whatever other parts did."""
        number = int(self._all.day[rows.start] + 3) // 7
        here = np.flatnonzero(np.bincount(self._all.part[rows], minlength=len(self._known)))
        old = here[self._known[here] > 0]
        shares = np.ones(len(self._known))
        shares[old] = _FADE ** (number - self._week[old])
        self._week[here] = number
        for groups in (self._level, self._hours, self._slots):
            groups.fade(shares)
        for tails in self._tails.values():
            tails.fade(shares)

    def _learn(self, week: Week, shift: Floats, spread: Floats, some: Ints) -> None:
        """Take the week in, each delivery cut at some standard deviations from what was expected of it.

        Args:
            some: rows from which it is learnt how much places and customers differ.
        """
        surprise = np.clip(week.over - week.own - shift, -_CLIP * spread, _CLIP * spread)
        values = week.own + surprise
        # Without what the customer adds: an hour of few deliveries is not slow for its far customers.
        log = week.usual + shift + surprise
        self._level.add(week.part, log)
        self._hours.add(week.part * 24 + week.slot % 24, log)
        self._slots.add(week.part * SLOTS + week.slot, log)
        part, here = week.part[some], week.here[some]
        cells = [column[some] for column in week.cells]
        self._cells.compare(part, [code[some] for code in week.places], cells, values[some])
        self._customers.compare(part, week.customer[some], here, week.own[some], values[some])
        self._cells.add(week.places, values)
        self._customers.add(week.customer, values)
        self._known += np.bincount(week.part, minlength=len(self._known))
        if self._memory is not None:
            self._memory.remember(week, values)


def _wide(codes: Codes) -> Ints:
    """As numbers to count with."""
    return codes.astype(np.int64, copy=False)


def _shift(week: Week, residual: Floats, spread: Floats) -> Floats:
    """What the deliveries of a day have in common, such as closed roads; towards 0 where they are few."""
    code = week.part * 7 + (week.day + 3) % 7
    common = np.bincount(code, np.clip(residual, -_DAY_CLIP * spread, _DAY_CLIP * spread))
    shift: Floats = (common / (np.bincount(code) + _DAY_STRENGTH))[code]
    return shift


def _some(part: Ints, every: Ints) -> Ints:
    """Rows of each part in equal steps.

    >>> _some(np.array([0, 1, 0, 0, 1]), np.array([2, 1])).tolist()
    [0, 1, 3, 4]
    """
    if len(every) == 1:
        return np.arange(0, len(part), int(every[0]))
    order = np.argsort(part.astype(np.uint16 if len(every) < 2**16 else np.int64), kind="stable")
    counts = np.bincount(part)
    place = np.empty(len(part), np.int64)
    place[order] = np.arange(len(part)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.flatnonzero(place % every[part] == 0)


def _means(part: Ints, values: Floats) -> Floats:
    """Mean of each row's part."""
    means: Floats = (np.bincount(part, values) / np.maximum(np.bincount(part), 1))[part]
    return means
