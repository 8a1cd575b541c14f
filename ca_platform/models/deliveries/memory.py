"""The latest deliveries, what a network is told of them, and which network serves since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.deliveries.autoencoder import Autoencoder
from ca_platform.models.deliveries.contest import NETWORK, Contest, Outcome, hold
from ca_platform.models.deliveries.records import Floats, Ints, Rows
from ca_platform.models.deliveries.tails import Tails, bucket

BASES = ("location", "customer")

_FIRST_CONTEST = 500
_FACTOR = 4
_REMEMBERED = 6_000
_PER_WEEK = 1_500


@dataclass(frozen=True, slots=True, eq=False)
class Week:
    """The deliveries of a week, and what was known of each before it.

    Attributes:
        usual: logarithm of the duration that is usual in the hour; ``over``: what the delivery's own lies above it.
        cells: what each map cell adds to it, from the innermost to the outermost.
        near, history: how many deliveries into the cell, to the customer were known.
        own: what the customer adds to it.
        placed: whether the place is known.
    """

    part: Ints
    day: Ints
    slot: Ints
    customer: Ints
    places: tuple[Ints, ...]
    latitude: Floats
    longitude: Floats
    usual: Floats
    over: Floats
    cells: tuple[Floats, ...]
    near: Floats
    history: Floats
    own: Floats

    @property
    def here(self) -> Floats:
        """What the place adds; 0 where it is not known."""
        return self.cells[0] if self.cells else np.zeros(len(self.over))

    @property
    def placed(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return self.places[0] >= 0 if self.places else np.zeros(len(self.over), np.bool_)


class Memory:
    """What the candidates are trained on, and their contests: whenever four times as many deliveries are known as before."""

    def __init__(self, customers: int) -> None:
        self.contests: list[Contest] = []
        self._last = np.zeros(customers)
        self._seen = 0
        self._next = _FIRST_CONTEST
        self._networks: dict[str, Autoencoder] = {}
        self._columns: dict[str, list[Floats]] = {base: [] for base in BASES}
        self._baselines: dict[str, list[Floats]] = {base: [] for base in BASES}
        self._sizes: dict[str, list[Floats]] = {base: [] for base in BASES}
        self._slots: dict[str, list[Ints]] = {base: [] for base in BASES}

    def contest(self, day: int) -> dict[str, Tails]:
        """Hold the contests that are due; the tails to go on with where the winner changes."""
        if self._seen < self._next:
            return {}
        while self._next <= self._seen:
            self._next *= _FACTOR
        changed = {}
        for base in BASES:
            if sum(map(len, self._columns[base])) >= _FIRST_CONTEST // 2:
                columns, baseline = np.concatenate(self._columns[base]), np.concatenate(self._baselines[base])
                outcome = hold(day, base, columns, baseline)
                self.contests.append(outcome.contest)
                if (outcome.contest.served == NETWORK) or base in self._networks:
                    sizes, slots = np.concatenate(self._sizes[base]), np.concatenate(self._slots[base])
                    late = outcome.late
                    changed[base] = Tails.of(outcome.residuals, bucket(sizes[late]), slots[late])
                self._serve(base, outcome)
        return changed

    def expected(self, week: Week, base: str) -> Floats:
        """What is expected above what is usual, by whoever serves."""
        network = self._networks.get(base)
        if network is None:
            return week.here if base == "location" else week.own
        return network.restored(self._told(week, base, slice(None), np.zeros(len(week.over))))

    def remember(self, week: Week, values: Floats) -> None:
        """Keep some deliveries of a week, evenly spread.

        Args:
            values: ``over`` less what all deliveries of the day have in common.
        """
        for base in BASES:
            rows = np.flatnonzero(week.placed) if base == "location" else np.arange(len(values))
            rows = rows[:: -(-len(rows) // _PER_WEEK) or 1]
            self._columns[base].append(self._told(week, base, rows, values))
            self._baselines[base].append((week.here if base == "location" else week.own)[rows])
            self._sizes[base].append((week.near if base == "location" else week.history)[rows])
            self._slots[base].append(week.slot[rows])
            for pieces in (self._columns[base], self._baselines[base], self._sizes[base], self._slots[base]):
                while sum(map(len, pieces[1:])) >= _REMEMBERED:
                    del pieces[0]
        self._last[week.customer] = values
        self._seen += len(values)

    def _serve(self, base: str, outcome: Outcome) -> None:
        self._networks.pop(base, None)
        if outcome.network is not None:
            self._networks[base] = outcome.network

    def _told(self, week: Week, base: str, rows: Rows, values: Floats) -> Floats:
        """What the network sees of deliveries: what it is to restore, then what was known before."""
        angle = 2 * np.pi * (week.slot[rows] % 24) / 24
        columns = [values[rows], np.sin(angle), np.cos(angle)]
        if base == "location":
            place = [np.nan_to_num(week.latitude[rows]), np.nan_to_num(week.longitude[rows])]
            columns += [*place, *(cell[rows] for cell in week.cells), np.log1p(week.near[rows])]
        else:
            last = self._last[week.customer[rows]]
            columns += [week.here[rows], week.own[rows], last, np.log1p(week.history[rows])]
        return np.column_stack(columns)
