"""What goes wrong in shops, planted into a history of daily figures: the test that a detector has to pass.

An incident acts on the counts and sums behind the figures, and every figure of the panel follows from them, so that ratios
and means stay what they are ratios and means of. How large each kind is is part of its definition, and not fitted to what
can be found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ca_platform.models.anomaly.causes import comes_after
from ca_platform.models.anomaly.records import Floats, Metric, Panel

# Counts of those who come, whatever they find.
VISITS = frozenset({"sessions", "downloads"})


@dataclass(frozen=True, slots=True)
class Effect:
    """What an incident does on a day.

    Attributes:
        factors: on counts and sums, by name; others stay.
        added: events that come on top, as a share of ``target``: to it and to the counts before it.
        says: the metrics any of which names the cause right.
    """

    factors: dict[str, float] = field(default_factory=dict)
    added: float = 0.0
    target: str = ""
    says: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How the figures of a panel hang together.

    Attributes:
        counts, sums: names, also of those that stand in it as parts of ratios alone.
        after: what comes after each.
    """

    metrics: tuple[Metric, ...]
    counts: tuple[str, ...]
    sums: tuple[str, ...]
    after: dict[str, set[str]]

    @property
    def roots(self) -> list[str]:
        """Counts and sums that come after nothing."""
        later = set().union(*self.after.values())
        return [name for name in self.after if name not in later]

    def before(self, name: str) -> list[str]:
        """What a count or sum comes after, the nearest last."""
        found = [other for other, later in self.after.items() if name in later]
        return sorted(found, key=lambda other: len(self.after[other]), reverse=True)

    def naming(self, bases: set[str]) -> frozenset[str]:
        """The metrics that are, or are made of, any of some counts and sums."""
        return frozenset(
            metric.name for metric in self.metrics if bases & {metric.name, metric.numerator, metric.denominator}
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of incident.

    Attributes:
        days: how long it lasts.
        is_sudden: whether it is there at once and in full, and counts in the recall that decides.
        effect: of a panel's shape, how far the incident has come (0 to 1) and a number of 0 to 1 that is the incident's
            own; None where nothing of the panel can be hit.
    """

    name: str
    title: str
    days: int
    is_sudden: bool
    effect: Callable[[Shape, float, float], Effect | None]


def _outage(shape: Shape, _: float, own: float) -> Effect:
    return _all(shape, 0.4 + 0.2 * own)


def _price(shape: Shape, _: float, own: float) -> Effect | None:
    # A decimal point slips on what makes 50 to 80 % of the revenue.
    money = [name for name in shape.sums if not shape.after[name]]
    if not money:
        return None
    share = 0.5 + 0.3 * own
    return Effect(dict.fromkeys(money, 1 - 0.9 * share), says=shape.naming(set(money)))


def _bots(shape: Shape, _: float, own: float) -> Effect | None:
    last = _last(shape)
    return None if last is None else Effect(added=0.5 + 0.5 * own, target=last, says=shape.naming({last}))


def _tracking(shape: Shape, _: float, own: float) -> Effect | None:
    middle = [name for name in shape.counts if name not in shape.roots]
    if len(middle) > 1:
        middle = middle[:-1]
    if not middle:
        return None
    lost = middle[min(int(own * len(middle)), len(middle) - 1)]
    return Effect({lost: 0.1 + 0.4 * own}, says=shape.naming({lost}))


def _catalogue(shape: Shape, _: float, own: float) -> Effect | None:
    gone = 0.3 + 0.2 * own
    factors = {name: 1 - 0.8 * gone for name in shape.counts if name not in VISITS}
    factors |= dict.fromkeys(shape.sums, 1 - gone)
    return Effect(factors, says=shape.naming(set(factors))) if factors else None


def _drop(shape: Shape, _: float, __: float) -> Effect:
    return _all(shape, 0.75)


def _conversion(shape: Shape, _: float, own: float) -> Effect | None:
    # A value with two to four tenths of the orders loses seven of ten of them.
    last = _last(shape)
    if last is None:
        return None
    hit = {last} | shape.after[last]
    return Effect(dict.fromkeys(hit, 1 - 0.7 * (0.2 + 0.2 * own)), says=shape.naming(hit))


def _decay(shape: Shape, progress: float, _: float) -> Effect:
    return _all(shape, 1 - 0.4 * progress)


def _all(shape: Shape, factor: float) -> Effect:
    return Effect(dict.fromkeys((*shape.counts, *shape.sums), factor), says=shape.naming(set(shape.roots)))


def _last(shape: Shape) -> str | None:
    """The last count that no other comes after."""
    return next((name for name in reversed(shape.counts) if not shape.after[name] & set(shape.counts)), None)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("outage", "half-day outage: 40 to 60 % of a day remain", 1, True, _outage),
        Kind("price", "price error: a tenth of the price on 50 to 80 % of the revenue", 1, True, _price),
        Kind("bots", "bot orders: half as many to as many again, at a tenth of the amount", 1, True, _bots),
        Kind("tracking", "tracking loss: 10 to 50 % of one action remain, two days", 2, True, _tracking),
        Kind("catalogue", "catalogue loss: 30 to 50 % of the revenue gone, two days", 2, True, _catalogue),
        Kind("drop", "25 % drop of everything, five days", 5, True, _drop),
        Kind("conversion", "conversion of one dimension value down by 70 %, two days", 2, False, _conversion),
        Kind("decay", "slow decay to 60 % over ten days", 10, False, _decay),
    )
}


def shape_of(metrics: tuple[Metric, ...]) -> Shape:
    """The counts and sums behind metrics, in the order of the panel, and what comes after what."""
    after = comes_after(metrics)
    amounts = {metric.name for metric in metrics if metric.kind == "amount" and metric.denominator is None}
    amounts |= {str(metric.numerator) for metric in metrics if metric.kind == "amount" and metric.numerator}
    counted = {metric.name for metric in metrics if metric.kind == "count"}
    sums = tuple(name for name in after if name in amounts - counted)
    return Shape(metrics, tuple(name for name in after if name not in sums), sums, after)


def inject(panel: Panel, kind: Kind, day: int, rng: np.random.Generator, days: int | None = None) -> Panel | None:
    """The panel with an incident from a day on.

    Args:
        day: row of the first day.
        days: how many days it lasts; by default those of its kind, fewer at the end of the panel.

    Returns:
        None where the panel has nothing that such an incident could hit. Counts lose events at random, and gain them.

    Example:
        >>> days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-04"))
        >>> figures = np.full((3, 1), 1000.0)
        >>> panel = Panel(days, (Metric("orders", "count"),), figures, figures)
        >>> found = inject(panel, KINDS["drop"], 1, np.random.default_rng(1), days=1)
        >>> found.values[:, 0].tolist()
        [1000.0, 755.0, 1000.0]
    """
    length = min(kind.days if days is None else days, panel.days.size - day)
    shape = shape_of(panel.metrics)
    own = rng.uniform()
    bases = _bases(panel, shape, slice(day, day + length))
    before = {name: values.copy() for name, values in bases.items()}
    for place in range(length):
        effect = kind.effect(shape, (place + 1) / length, own)
        if effect is None:
            return None
        _lose(bases, place, effect.factors, shape, rng)
        if effect.added:
            _add(bases, place, effect, shape, rng)
    return _rebuilt(panel, slice(day, day + length), before, bases)


def says(kind: Kind, panel: Panel) -> frozenset[str]:
    """The metrics any of which names the cause of an incident right; of tracking loss those of any action."""
    shape = shape_of(panel.metrics)
    found = [kind.effect(shape, 1.0, own) for own in np.linspace(0, 0.999, 40)]
    return frozenset().union(*(effect.says for effect in found if effect is not None))


def _bases(panel: Panel, shape: Shape, rows: slice) -> dict[str, Floats]:
    """The counts and sums behind the figures of some days: as they stand in the panel, or by ratio times denominator."""
    found: dict[str, Floats] = {}
    for at, metric in enumerate(panel.metrics):
        values, sizes = panel.values[rows, at], panel.sizes[rows, at]
        if metric.denominator is None:
            found[metric.name] = values.copy()
        else:
            found.setdefault(str(metric.denominator), sizes.copy())
            found.setdefault(str(metric.numerator), values * sizes)
    return {name: np.where(np.isfinite(found[name]), found[name], 0.0) for name in shape.after}


def _lose(
    bases: dict[str, Floats], place: int, factors: dict[str, float], shape: Shape, rng: np.random.Generator
) -> None:
    """Take events away at random, the same ones of all counts: who is not there at a step is not there after it."""
    was = {name: bases[name][place] for name in bases}
    for name in sorted(factors, key=lambda base: len(shape.before(base))):
        kept = factors[name]
        before = shape.before(name)
        if before and before[-1] in factors:
            # Of those of the step before, as many are left as there; beyond that it loses events of its own.
            parent = before[-1]
            left = _left(was[name], was[parent], bases[parent][place], rng, whole=name in shape.counts)
            kept = min(kept / factors[parent], 1.0) if factors[parent] > 0 else 0.0
        else:
            left = was[name]
        bases[name][place] = float(rng.binomial(round(left), kept)) if name in shape.counts else left * kept


def _left(count: float, parent: float, parent_left: float, rng: np.random.Generator, *, whole: bool) -> float:
    """What is left of a count when its parent has lost some of its events."""
    if parent <= 0:
        return count
    if not whole or count > parent:
        return round(count * parent_left / parent) if whole else count * parent_left / parent
    return float(rng.hypergeometric(round(count), round(parent - count), round(parent_left)))


def _add(bases: dict[str, Floats], place: int, effect: Effect, shape: Shape, rng: np.random.Generator) -> None:
    """Events that go through all counts up to their last and bring a tenth of what events bring there."""
    usual = bases[effect.target][place]
    more = float(rng.poisson(effect.added * usual))
    for name in shape.counts:
        if name == effect.target or effect.target in shape.after[name]:
            bases[name][place] += more
    if usual > 0:
        for name in shape.after[effect.target]:
            bases[name][place] *= 1 + 0.1 * more / usual


def _rebuilt(panel: Panel, rows: slice, before: dict[str, Floats], bases: dict[str, Floats]) -> Panel:
    values, sizes = panel.values.copy(), panel.sizes.copy()
    for at, metric in enumerate(panel.metrics):
        if metric.denominator is None:
            values[rows, at] = bases[metric.name]
        else:
            below = bases[str(metric.denominator)]
            quotient = bases[str(metric.numerator)] / np.where(below > 0, below, 1.0)
            values[rows, at] = np.where(below > 0, quotient, np.nan)
        for name, was in before.items():
            if np.array_equal(was, sizes[rows, at]):
                sizes[rows, at] = bases[name]
                break
    return panel.with_figures(values, sizes)
