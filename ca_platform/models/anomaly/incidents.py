"""What goes wrong in shops, planted into a history of daily figures: the test that a detector has to pass.

An incident acts on the counts and sums behind the figures, and every figure of the panel follows from them, so that ratios
and means stay what they are ratios and means of. Where it is known at which hours things happened, it acts on the hours: an
outage empties some, and with them all that was lost in them. Where it is known what was sold, products go missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ca_platform.models.anomaly.assortment import products_figure
from ca_platform.models.anomaly.hours import HOURS, KNOWN_BY, hours_figure, usual_course
from ca_platform.models.anomaly.kinds import Effect, Kind, Shape, shape_of
from ca_platform.models.anomaly.records import Floats, Panel, Sold

# Hours within which events come that are added: a program does not wait for the evening.
_BURST = 6


def inject(panel: Panel, kind: Kind, day: int, rng: np.random.Generator, days: int | None = None) -> Panel | None:
    """The panel with an incident from a day on.

    Args:
        day: row of the first day.
        days: how many days it lasts; by default those of its kind, fewer at the end of the panel.

    Returns:
        None where the panel has nothing that such an incident could hit. Counts lose events at random, and gain them.

    Example:
        >>> from ca_platform.models.anomaly import KINDS, Metric
        >>> days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-04"))
        >>> figures = np.full((3, 1), 1000.0)
        >>> panel = Panel(days, (Metric("orders", "count"),), figures, figures)
        >>> found = inject(panel, KINDS["drop"], 1, np.random.default_rng(1), days=1)
        >>> found.values[:, 0].tolist()
        [1000.0, 755.0, 1000.0]
    """
    rows = slice(day, min(day + (kind.days if days is None else days), panel.days.size))
    shape = shape_of(panel.metrics)
    own = rng.uniform()
    bases = _bases(panel, shape, rows)
    before = {name: values.copy() for name, values in bases.items()}
    hours = _hours(panel, day, rows.stop)
    for place in range(rows.stop - day):
        effect = kind.effect(shape, (place + 1) / (rows.stop - day), own)
        if effect is None:
            return None
        silent = effect.silent and _silent_hours(hours, shape, day + place - rows.stop, effect.silent, rng)
        if silent:
            _silence(bases, place, hours, day + place - rows.stop, silent)
            continue
        _lose(bases, place, effect.factors, shape, rng)
        if effect.added:
            _add(bases, place, effect, shape, rng)
        for name, counts in hours.items():
            row = counts[day + place - rows.stop]
            row[:] = _thinned(row, bases[name][place], rng, whole=name in shape.counts)
    sold = _sold(panel, rows, kind, own, before, bases, rng)
    return _rebuilt(panel, rows, before, bases, hours, sold)


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


def _hours(panel: Panel, day: int, end: int) -> dict[str, Floats]:
    """Events and money by hour of the days of an incident, and of those before it that tell what is usual."""
    return {name: values[max(day - KNOWN_BY, 0) : end].copy() for name, values in (panel.hours or {}).items()}


def _silent_hours(
    hours: Mapping[str, Floats], shape: Shape, row: int, share: float, rng: np.random.Generator
) -> slice | None:
    """Whole hours in a row that usually bring about a share of the day, wherever they begin; None where that is not known."""
    root = next((name for name in shape.roots if name in hours), None)
    usual = np.full(HOURS, np.nan) if root is None else usual_course(hours[root])[row]
    if not np.isfinite(usual).all():
        return None
    reached = np.concatenate([[0.0], np.cumsum(usual)])
    begin = int(np.searchsorted(reached, rng.uniform() * (1 - share), side="right")) - 1
    return slice(begin, int(np.abs(reached - reached[begin] - share).argmin()))


def _silence(bases: dict[str, Floats], place: int, hours: Mapping[str, Floats], row: int, silent: slice) -> None:
    """Nothing happens in some hours of a day."""
    for name, counts in hours.items():
        counts[row, silent] = 0.0
        bases[name][place] = counts[row].sum()


def _thinned(hours: Floats, left: float, rng: np.random.Generator, *, whole: bool) -> Floats:
    """The hours of a day of which so much is left: of events, any may be lost; what is added comes within a few hours."""
    was = hours.sum()
    if not whole:
        return hours * (left / was) if was > 0 else hours
    if left <= was:
        lost: Floats = rng.multivariate_hypergeometric(hours.astype(np.int64), round(left)).astype(np.float64)
        return lost
    burst = (rng.integers(HOURS) + rng.integers(_BURST, size=round(left - was))) % HOURS
    return hours + np.bincount(burst, minlength=HOURS)


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


def _sold(
    panel: Panel,
    rows: slice,
    kind: Kind,
    own: float,
    before: Mapping[str, Floats],
    bases: Mapping[str, Floats],
    rng: np.random.Generator,
) -> list[Sold]:
    """What is sold on the days of an incident, and was on those before it that tell what is usual; none if not known."""
    looking = next((metric.products_of for metric in panel.metrics if metric.products_of is not None), None)
    if panel.sold is None or looking is None:
        return []
    found = list(panel.sold[max(rows.start - KNOWN_BY, 0) : rows.stop])
    keys = rng.uniform(size=1 + max((int(items.max()) for items, _ in found if items.size), default=0))
    effect = kind.effect(shape_of(panel.metrics), 1.0, own)
    first = len(found) - (rows.stop - rows.start)
    for at, (was, left) in enumerate(zip(before[looking], bases[looking], strict=True), first):
        found[at] = (
            _without(found[at], effect.missing, keys)
            if effect is not None and effect.missing
            else _resold(found[at], was, left, rng)
        )
    return found


def _without(sold: Sold, share: float, keys: Floats) -> Sold:
    """Sales of a day without products that make about a share of them, the same ones on each day of an incident."""
    items, orders = sold
    order = np.argsort(keys[items])
    is_left = np.ones(items.size, bool)
    is_left[order] = np.cumsum(orders[order]) > share * orders.sum()
    return items[is_left], orders[is_left]


def _resold(sold: Sold, was: float, left: float, rng: np.random.Generator) -> Sold:
    """Sales of a day of whose orders so many are left; an order that comes on top brings one product."""
    items, orders = sold
    if left < was:
        orders = rng.binomial(orders, left / was)
    elif items.size:
        orders = orders + rng.multinomial(round(left - was), orders / orders.sum())
    return items[orders > 0], orders[orders > 0]


def _rebuilt(
    panel: Panel,
    rows: slice,
    before: dict[str, Floats],
    bases: dict[str, Floats],
    hours: Mapping[str, Floats],
    sold: list[Sold],
) -> Panel:
    values, sizes = panel.values.copy(), panel.sizes.copy()
    length = rows.stop - rows.start
    for at, metric in enumerate(panel.metrics):
        if metric.looks_within:
            found = products_figure(sold) if metric.hours_of is None else hours_figure(hours[metric.hours_of])
            values[rows, at], sizes[rows, at] = (column[-length:] for column in found)
            continue
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
