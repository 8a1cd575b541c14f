"""What goes wrong in shops: kinds of incidents, and what each does to the counts and sums behind daily figures.

How large each kind is is part of its definition, and not fitted to what can be found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ca_platform.models.anomaly.causes import comes_after
from ca_platform.models.anomaly.records import Metric

# Counts of those who come, whatever they find.
VISITS = frozenset({"sessions", "downloads"})


@dataclass(frozen=True, slots=True)
class Effect:
    """What an incident does on a day.

    Attributes:
        factors: on counts and sums, by name; others stay.
        added: events that come on top, as a share of ``target``: to it and to the counts before it.
        missing: share of the sales, in products that cannot be bought, where it is known what was sold.
        silent: share of a usual day that is empty, where it is known at which hours things happen; in place of factors.
        says: the metrics any of which names the cause right.
    """

    factors: dict[str, float] = field(default_factory=dict)
    added: float = 0.0
    target: str = ""
    missing: float = 0.0
    silent: float = 0.0
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

    @property
    def of_hours(self) -> frozenset[str]:
        """The metrics that look at the hours within a day."""
        return frozenset(metric.name for metric in self.metrics if metric.hours_of is not None)

    @property
    def of_products(self) -> frozenset[str]:
        """The metrics that look at the products sold on a day."""
        return frozenset(metric.name for metric in self.metrics if metric.products_of is not None)

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
    found = _all(shape, 0.4 + 0.2 * own)
    return replace(found, silent=0.6 - 0.2 * own, says=found.says | shape.of_hours)


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
    says = shape.naming(set(factors)) | shape.of_products
    return Effect(factors, missing=gone, says=says) if factors else None


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
