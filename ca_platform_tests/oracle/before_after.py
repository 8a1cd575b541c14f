"""Before and after first uses, by loops over orders.

Small shops have no verdict, and none is worked out here; what has one is in ``test_before_after``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import combinations
from statistics import fmean, pvariance

from ca_platform_tests.oracle.funnels import Rows
from ca_platform_tests.oracle.promotions import promotion_of
from ca_platform_tests.oracle.promotions import promotions as names_of
from ca_platform_tests.oracle.world import Session, World, midnight

WEEK = timedelta(hours=168)
Stratum = tuple[date, int]
METRICS: dict[str, Callable[[Session], float]] = {"orders": lambda _: 1.0, "amount": lambda order: float(order.amount)}


@dataclass(frozen=True)
class Instant:
    """The orders of a customer on one instant, and what the customer ordered around it."""

    client: str
    place: int
    at: datetime
    own: list[Session]
    before: list[Session]
    after: list[Session]
    stratum: Stratum
    observed: bool


def instants(world: World) -> dict[str, list[Instant]]:
    """Of each customer, in their order."""
    orders: dict[str, list[Session]] = defaultdict(list)
    for order in world.orders:
        orders[order.client].append(order)
    start = midnight(world.shop.start_date, world.shop.time_zone)
    found = {}
    for client, own in orders.items():
        begin = max(start, world.milestones[client]["download"])
        found[client] = [
            Instant(
                client,
                place,
                at,
                own=[o for o in own if o.start == at],
                before=[o for o in own if at - WEEK <= o.start < at],
                after=[o for o in own if at < o.start <= at + WEEK],
                stratum=(
                    world.local_day(at) - timedelta(days=world.local_day(at).weekday()),
                    min(sum(o.start < at for o in own), 5),
                ),
                observed=at - WEEK >= begin and at + WEEK < world.as_of,
            )
            for place, at in enumerate(sorted({o.start for o in own}))
        ]
    return found


def total(orders: list[Session], metric: str) -> float:
    return sum(METRICS[metric](order) for order in orders)


def found_promotions(world: World, metric: str) -> list[Found]:
    """All promotions that were used."""
    sequences = instants(world)
    return [_promotion(name, sequences, metric) for name in names_of(world)]


def promotions(world: World, metric: str, direction: str | None = None) -> Rows:
    """Of each promotion."""
    return _judged(found_promotions(world, metric), "promotion", metric, direction)


@dataclass(frozen=True)
class Found:
    """What is known of an item.

    Attributes:
        sides: before and after of each customer who counts.
        matched: of those of whom there are adjusted changes, ``beyond``.
        controls: of promotions, the stratum of each of these and the changes of its controls.
        factor: by which ``beyond`` and ``controls`` are enlarged already, because controls had a part of the effect.
        variance: of products, by chance.
    """

    item: str
    sides: list[tuple[float, float]]
    matched: list[tuple[float, float]]
    beyond: list[float]
    controls: list[tuple[Stratum, list[float]]]
    variance: list[float]
    refused: bool = False
    factor: float = 1.0


def _promotion(name: str, sequences: dict[str, list[Instant]], metric: str) -> Found:
    def carries(instant: Instant) -> bool:
        return any(promotion_of(order) == name for order in instant.own)

    firsts = {client: next((i for i in own if carries(i)), None) for client, own in sequences.items()}
    sides, matched, beyond, held, late = [], [], [], [], []
    for first in firsts.values():
        if first is None or not first.observed:
            continue
        before, after = total(first.before, metric), total(first.after, metric)
        sides.append((before, after))
        others = [
            (other, use)
            for client, own in sequences.items()
            for other in own
            if other.observed
            and other.stratum == first.stratum
            # Up to then without it.
            and ((use := firsts[client]) is None or other.place < use.place)
        ]
        controls = [total(other.after, metric) - total(other.before, metric) for other, _ in others]
        if len(controls) >= 2:
            matched.append((before, after))
            beyond.append(after - before - fmean(controls))
            held.append((first.stratum, controls))
            late.append(
                fmean(total([o for o in other.after if use and o.start > use.at], metric) for other, use in others)
            )
    whole = sum(after for _, after in matched)
    factor = 1 / max(1 - sum(late) / whole, 0.5) if whole else 1.0
    return Found(
        name,
        sides,
        matched,
        [factor * value for value in beyond],
        [(stratum, [factor * value for value in controls]) for stratum, controls in held],
        [],
        factor=factor,
    )


def found_products(world: World, metric: str) -> list[Found]:
    """All products that were bought."""
    sequences = instants(world)
    contents: dict[str, set[str]] = defaultdict(set)
    for line in world.shop.lines:
        contents[line.order_id].add(line.product)
    names = sorted({name for order in world.orders for name in contents[order.order_id]})
    every = [instant for own in sequences.values() for instant in own]
    expected = {(i.client, i.place): _others(i, every, metric) for i in every}
    return [_product(name, sequences, contents, expected, metric) for name in names]


def products(world: World, metric: str, direction: str | None = None) -> Rows:
    """Of each product."""
    return _judged(found_products(world, metric), "product", metric, direction)


def _product(
    name: str,
    sequences: dict[str, list[Instant]],
    contents: dict[str, set[str]],
    others: dict[tuple[str, int], float | None],
    metric: str,
) -> Found:
    def contains(instant: Instant) -> bool:
        return any(name in contents[order.order_id] for order in instant.own)

    orders = sum(map(len, sequences.values()))
    with_product = {client: [i for i in own if contains(i)] for client, own in sequences.items()}
    refused = sum(map(len, with_product.values())) > 0.05 * orders
    sides, matched, beyond, variance = [], [], [], []
    for client, own in sequences.items():
        chosen = with_product[client]
        if not chosen or not chosen[0].observed:
            continue
        kept = _kept(chosen[0], chosen, metric)
        sides.append((total(chosen[0].before, metric), kept))
        expected = {i.place: others[i.client, i.place] for i in own}
        # Frequent products are not looked at.
        if expected[chosen[0].place] is None or refused:
            continue
        ways = [
            _kept(way[0], list(way), metric) - total(way[0].before, metric) - mean
            for way in combinations(own, len(chosen))
            if (mean := expected[way[0].place]) is not None
        ]
        # All alike says nothing.
        if max(ways) - min(ways) > 1e-9:
            actual = expected[chosen[0].place]
            assert actual is not None
            matched.append(sides[-1])
            beyond.append(kept - sides[-1][0] - actual - fmean(ways))
            variance.append(pvariance(ways))
    return Found(name, sides, matched, beyond, [], variance, refused)


def _kept(first: Instant, chosen: list[Instant], metric: str) -> float:
    """What comes after, without orders with the product."""
    dropped = {order.order_id for instant in chosen for order in instant.own}
    return total([order for order in first.after if order.order_id not in dropped], metric)


def _others(instant: Instant, every: list[Instant], metric: str) -> float | None:
    """Mean change of other orders of the same week with as many orders before; none where there are fewer than two."""
    if not instant.observed:
        return None
    changes = [
        total(other.after, metric) - total(other.before, metric)
        for other in every
        if other.observed and other.stratum == instant.stratum and other is not instant
    ]
    return fmean(changes) if len(changes) >= 2 else None


OF_TEST = (
    "ci_low",
    "ci_high",
    "raw_p_value",
    "distribution",
    "statistic",
    "p_value",
    "p_adjusted",
    "accept_ratio",
    "significant",
    "direction",
    "power",
    "false_positive_rate",
    "false_positive_low",
    "false_positive_high",
)


def _judged(found: list[Found], kind: str, metric: str, direction: str | None) -> Rows:
    """The rows of the report, where all items are too small for a verdict, as they are in small shops."""
    assert all(is_small(one) for one in found)
    rows: Rows = []
    for one in found if direction is None else []:
        before = fmean(side for side, _ in one.sides) if one.sides else None
        after = fmean(side for _, side in one.sides) if one.sides else None
        difference = fmean(one.beyond) if one.beyond else None
        rows.append(
            {
                "item": one.item,
                "item_kind": kind,
                "metric": metric,
                "customers": len(one.sides),
                "mean_before": before,
                "mean_after": after,
                "difference": difference,
                "relative_difference": difference / before if difference is not None and before else None,
                "raw_difference": after - before if before is not None and after is not None else None,
                "matched_customers": len(one.matched),
                "test": "sign_flip" if kind == "promotion" else "item_permutation" + "_frequent" * one.refused,
                "note": "insufficient" if one.sides else "not observed",
                **dict.fromkeys(OF_TEST),
            }
        )
    return rows


def is_small(one: Found) -> bool:
    """Whether there are too few customers for a verdict."""
    outcomes = [sum(side > 0 for side in sides) for sides in zip(*one.matched, strict=True)] or [0]
    return len(one.matched) < 30 or min(outcomes) < 10 or one.refused


REPORTS: dict[str, Callable[[World], Rows]] = {
    f"{kind}_usage_before_after_{metric}{suffix}": partial(make, metric=metric, direction=direction)
    for kind, make in (("promotion", promotions), ("product", products))
    for metric in METRICS
    for suffix, direction in (("", None), ("_accept", "increase"), ("_reject", "decrease"))
}
