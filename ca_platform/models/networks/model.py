"""A model of orders whose forecasts are put right by networks that were trained out of time.

Networks learn from customers at earlier origins what they then did within a horizon that has ended since. Several of them
that differ by their seed and by the customers that they do not learn from speak together: by the mean of their outputs.
The total stays that of the model of orders, whose level is learnt apart (see ``clv.level``): what networks know of it is
the level of the past alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np

from ca_platform.models.clv.candidates import Candidate
from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.forecast import Expected, ValueForecast, ValueModel
from ca_platform.models.clv.orders import future
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.record import Parameters, columns_from
from ca_platform.models.clv.records import Floats, Ints
from ca_platform.models.networks.forward import evaluated
from ca_platform.models.networks.heads import Told, anchors, shortest, told
from ca_platform.models.networks.learning import Trained, train
from ca_platform.models.networks.records import Epoch, Inputs, Labelled, Weights
from ca_platform.models.networks.sequences import columns, step_days, steps

NETWORKS = ("lstm", "conv")
BASE = "mbg_cnbd_k"

# More customers change little; every so many-th teaches the networks then.
_MOST_CUSTOMERS = 100_000
# Windows end half a horizon after each other; more of them are of a shop that was another one.
_WINDOWS = 4
# Fewer customers with an order within the windows teach nothing.
_LEAST_BUYERS = 50
# One of so many customers is not learnt from, and decides when to stop.
_HELD_OUT = 5


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for one network.

    Attributes:
        seeds: trainings that speak together.
        rows: that one training learns from at most; other seeds take others.
        epochs: at most.
    """

    seeds: int
    rows: int = 40_000
    epochs: int = 25

    def judged(self) -> Effort:
        """At an earlier origin, where the network is judged and not used: less, or a contest would take hours."""
        return Effort(min(self.seeds, 2), 15_000, 12)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How customers become what the networks take.

    Attributes:
        step_days: see ``sequences``.
        unit: what a purchase day brings in the mean, in the shop's currency.
        centre, scale: of the columns, which are standardised by them.
    """

    step_days: int
    unit: float
    centre: Floats
    scale: Floats

    def inputs(self, buyers: Buyers, expected: Expected, horizon_days: float) -> Inputs:
        """Inputs of customers of whom the model of orders expects so much within the horizon."""
        standard = (columns(buyers, expected, horizon_days, self.unit) - self.centre) / self.scale
        sequence = steps(buyers, self.step_days, self.unit)
        return Inputs(sequence, standard.astype(np.float32), anchors(expected, self.unit))


@dataclass(frozen=True, slots=True, eq=False)
class NetworkModel:
    """A model of orders and amounts with networks, for horizons like the one they were trained on.

    Attributes:
        name: of ``NETWORKS``.
        members: weights of each seed's network; none where there was too little to learn from.
        log_spread, paying: as ``heads.told`` takes them.
        horizon_days: what they were trained on; a longer horizon takes the same ratios.
        epochs: the diary of all trainings.
    """

    name: str
    base: ValueModel
    reading: Reading
    members: tuple[Weights, ...]
    log_spread: float
    paying: float
    horizon_days: float
    epochs: tuple[Epoch, ...] = ()

    @property
    def degenerate(self) -> bool:
        """Whether the model of orders is."""
        return self.base.degenerate

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.base.reason

    def forecast(self, buyers: Buyers, days: float, share: float = 0.8) -> ValueForecast:
        """Forecast so many days of customers, who may be others than those of the training, or the same later on."""
        if not self.members or not len(buyers):
            return self.base.forecast(buyers, days, share)
        plain = self.base.expect(buyers, days)
        found = self._told(buyers, plain)
        orders = found.orders * _ratio(plain.orders, found.orders)
        ratio = _ratio(plain.revenue, self.reading.unit * found.revenue)
        unit = self.reading.unit * ratio
        small, place = buyers.summary.distinct()
        low, high = shortest(found.chance * self.paying, found.centre, found.spread, share)
        revenue = unit * found.revenue
        return ValueForecast(
            orders,
            np.divide(revenue, orders, out=np.zeros(len(buyers)), where=orders > 0),
            revenue,
            unit * low,
            unit * high,
            np.maximum(plain.alive, found.chance),
            1 - found.chance,
            buyers.days_ahead(future(self.base.orders, small).waiting_weeks()[place]),
        )

    def _told(self, buyers: Buyers, plain: Expected) -> Told:
        inputs = self.reading.inputs(buyers, self.base.expect(buyers, self.horizon_days), self.horizon_days)
        outputs = np.mean([evaluated(self.name, weights, inputs) for weights in self.members], axis=0)
        return told(anchors(plain, self.reading.unit), outputs, self.log_spread, self.paying)

    def to_parameters(self) -> Parameters:
        """All numbers; ``from_parameters`` makes the same model of them."""
        whole: Parameters = {
            "horizon_days": self.horizon_days,
            "log_spread": self.log_spread,
            "paying": self.paying,
            "reading.step_days": float(self.reading.step_days),
            "reading.unit": self.reading.unit,
            "reading.centre": self.reading.centre,
            "reading.scale": self.reading.scale,
        }
        diary = np.array(self.epochs, np.float64).reshape(-1, len(Epoch._fields)).T
        whole |= {f"epochs.{name}": column for name, column in zip(Epoch._fields, diary, strict=True)}
        for place, weights in enumerate(self.members):
            for name, values in weights.items():
                whole[f"member.{place}.{name}"] = values.astype(np.float64).ravel()
                whole[f"shape.{place}.{name}"] = np.array(values.shape, np.float64)
        return self.base.to_parameters() | whole

    @staticmethod
    def from_parameters(name: str, parameters: Parameters) -> NetworkModel:
        """The model of which these are the numbers."""
        own, reading = columns_from(parameters, ""), columns_from(parameters, "reading.")
        diary = columns_from(parameters, "epochs.")
        return NetworkModel(
            name,
            ValueModel.from_parameters(BASE, parameters),
            Reading(int(reading["step_days"][0]), float(reading["unit"][0]), reading["centre"], reading["scale"]),
            tuple(_members(parameters)),
            float(own["log_spread"][0]),
            float(own["paying"][0]),
            float(own["horizon_days"][0]),
            tuple(
                Epoch(int(seed), int(epoch), training, validation)
                for seed, epoch, training, validation in zip(
                    *(diary[field].tolist() for field in Epoch._fields), strict=True
                )
            ),
        )


def _members(parameters: Parameters) -> Iterator[Weights]:
    for place in count():
        shapes = columns_from(parameters, f"shape.{place}.")
        if not shapes:
            return
        values = columns_from(parameters, f"member.{place}.")
        yield {name: values[name].reshape(shape.astype(np.int64)).astype(np.float32) for name, shape in shapes.items()}


def candidates(seeds: int) -> dict[str, Candidate]:
    """The networks as they take part in the contest: with less effort where they are judged and not used."""
    effort = Effort(seeds)

    def fitted(name: str, past: Past, at: int, horizon_days: int) -> NetworkModel:
        return fit_network(name, past, at, horizon_days, effort if at == past.end else effort.judged())

    return {
        name: Candidate(
            partial(fitted, name), partial(NetworkModel.from_parameters, name), corrects=BASE, totals_of=(BASE,)
        )
        for name in NETWORKS
    }


def fit_network(name: str, past: Past, at: int, horizon_days: int, effort: Effort) -> NetworkModel:
    """Train on windows that have ended before a day, and fit the model of orders to all that is known by then.

    The newest window of customers who are not learnt from says when to stop, a fifth of them for each seed.

    Args:
        name: of ``NETWORKS``.
        past: orders from ``at`` on are not looked at; of many customers some teach the networks.
        horizon_days: length of the windows; each has at least as much history before it.
    """
    base = past.value(BASE, at)
    teachers = past if past.history.customers.size <= _MOST_CUSTOMERS else past.few
    windows = _windows(teachers, at, horizon_days)
    if not windows:
        return NetworkModel(name, base, Reading(7, 1.0, _NONE, _NONE), (), 0.0, 1.0, horizon_days)
    reading, rows = windows[0].reading, np.concatenate([window.labelled.outcome for window in windows])
    ordered = rows[:, 0] > 0
    trained = [_trained(name, windows, seed, effort) for seed in range(effort.seeds)]
    return NetworkModel(
        name,
        base,
        reading,
        tuple(found.weights for found in trained),
        float(np.mean([found.log_spread for found in trained])),
        float((rows[ordered, 1] > 0).mean()),
        horizon_days,
        tuple(epoch for found in trained for epoch in found.epochs),
    )


_NONE = np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Customers at an origin, by ascending number, with what they then did."""

    number: Ints
    reading: Reading
    labelled: Labelled


def _windows(past: Past, at: int, horizon_days: int) -> tuple[_Window, ...]:
    """The newest window first; none where there is too little to learn from. Made once for all networks and seeds."""
    return past.once(("networks", at, horizon_days), lambda: tuple(_made(past, at, horizon_days)))


def _made(past: Past, at: int, horizon_days: int) -> Iterator[_Window]:
    ends = [at - horizon_days - place * max(horizon_days // 2, 1) for place in range(_WINDOWS)]
    ends = [end for end in ends if end - past.start >= horizon_days]
    outcomes = [past.history.outcome(past.buyers(end).number, end, horizon_days) for end in ends]
    if sum(np.count_nonzero(outcome.orders) for outcome in outcomes) < _LEAST_BUYERS:
        return
    if not any(outcome.amount.any() for outcome in outcomes):
        return
    reading = _reading(past, ends, at, horizon_days)
    for end, outcome in zip(ends, outcomes, strict=True):
        buyers = past.buyers(end)
        inputs = reading.inputs(buyers, past.value(BASE, end).expect(buyers, horizon_days), horizon_days)
        came = np.column_stack([outcome.orders, outcome.amount / reading.unit]).astype(np.float32)
        yield _Window(buyers.number, reading, Labelled(inputs, came))


def _reading(past: Past, ends: Sequence[int], at: int, horizon_days: int) -> Reading:
    unit = float(past.buyers(ends[0]).mean_amount.mean()) or 1.0
    found = []
    for end in ends:
        buyers = past.buyers(end)
        found.append(columns(buyers, past.value(BASE, end).expect(buyers, horizon_days), horizon_days, unit))
    rows = np.concatenate(found)
    return Reading(step_days(at - past.start), unit, rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3))


def _trained(name: str, windows: Sequence[_Window], seed: int, effort: Effort) -> Trained:
    """One training: the customers that it does not learn from, and the rows that it does, are drawn by its seed."""
    rng = np.random.default_rng(seed)
    customers = windows[0].number
    apart = np.sort(rng.permutation(customers)[: max(customers.size // _HELD_OUT, 1)])
    newest = windows[0]
    judge = newest.labelled.rows(np.flatnonzero(np.isin(newest.number, apart))[: effort.rows])
    parts = [window.labelled.rows(np.flatnonzero(~np.isin(window.number, apart))) for window in windows]
    learn = Labelled.joined(parts)
    if len(learn) > effort.rows:
        learn = learn.rows(np.sort(rng.choice(len(learn), effort.rows, replace=False)))
    return train(name, learn, judge, seed, effort.epochs)


def _ratio(plain: Floats, found: Floats) -> float:
    """What brings the total back to that of the model of orders."""
    whole = float(found.sum())
    return float(plain.sum()) / whole if whole > 0 else 1.0
