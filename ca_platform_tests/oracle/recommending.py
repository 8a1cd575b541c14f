"""What customers will buy next, by loops over baskets: written from the definitions, not from the platform's code.

The methods and their back-test; what reports show of them is in ``recommended``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from math import log2, sqrt
from typing import NamedTuple

HORIZON, SOLD_WITHIN, HALF_LIFE, PLACES, NEIGHBOURS, CANDIDATES, PRIOR = 28, 90, 28, 10, 20, 300, 20
NAMES = ("blend", "own history, then popularity", "item cosine", "popularity")


class Order(NamedTuple):
    customer: str
    items: frozenset[str]
    day: int


class Candidate(NamedTuple):
    """Proportions of a blend; None: not tuned yet."""

    decay: float
    popular: float
    similar: float | None = None
    new: float | None = None


Lister = Callable[[str, str], list[tuple[str, float]]]


@dataclass(frozen=True, eq=True)
class Known:
    """Orders up to the end of a day, in the order of time."""

    orders: tuple[Order, ...]
    day: int

    def until(self, day: int) -> Known:
        return Known(tuple(order for order in self.orders if order.day <= day), day)

    @cached_property
    def baskets(self) -> dict[str, list[Order]]:
        found: dict[str, list[Order]] = defaultdict(list)
        for order in self.orders:
            found[order.customer].append(order)
        return dict(found)

    @cached_property
    def sold(self) -> set[str]:
        return {item for order in self.orders if order.day > self.day - SOLD_WITHIN for item in order.items}

    @cached_property
    def ever(self) -> dict[str, float]:
        counts = Counter(item for order in self.orders for item in order.items)
        return {item: count / len(self.orders) for item, count in counts.items()}

    @cached_property
    def recent(self) -> dict[str, float]:
        weights = [0.5 ** ((self.day - order.day) / HALF_LIFE) for order in self.orders]
        found: dict[str, float] = defaultdict(float)
        for weight, order in zip(weights, self.orders, strict=True):
            for item in order.items:
                found[item] += weight / sum(weights)
        return dict(found)

    def popularity(self, *, is_recent: bool) -> dict[str, float]:
        own = self.recent if is_recent else self.ever
        highest = max((own[item] for item in self.sold), default=1.0)
        return {item: own[item] / highest for item in self.sold}

    @cached_property
    def repeats(self) -> dict[str, float]:
        again: Counter[str] = Counter()
        chances: Counter[str] = Counter()
        for orders in self.baskets.values():
            seen: set[str] = set()
            for order in orders:
                chances.update(seen)
                again.update(order.items & seen)
                seen |= order.items
        if not again:
            return dict.fromkeys(self.ever, 1.0)
        shop = sum(again.values()) / sum(chances.values())
        rates = {item: (again[item] + PRIOR * shop) / (chances[item] + PRIOR) for item in self.ever}
        return {item: sqrt(rate / max(rates.values())) for item, rate in rates.items()}

    @cached_property
    def by_customers(self) -> dict[tuple[str, str], float]:
        return cosines(set().union(*(order.items for order in orders)) for orders in self.baskets.values())

    @cached_property
    def by_orders(self) -> dict[tuple[str, str], float]:
        return cosines(order.items for order in self.orders)

    @cached_property
    def near(self) -> dict[str, dict[str, float]]:
        """By what was bought: the items like it."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for pair in {*self.by_customers, *self.by_orders}:
            bought, item = pair
            trend = sqrt(min(self.recent[item] / self.ever[item], 4) / 4)
            if item in self.sold:
                both = self.by_customers.get(pair, 0.0) + self.by_orders.get(pair, 0.0)
                found[bought][item] = both / 2 * trend
        return nearest(found)

    @cached_property
    def plain_near(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for (bought, item), cosine in self.by_customers.items():
            if item in self.sold:
                found[bought][item] = cosine
        return nearest(found)

    def shares(self, customer: str, decay: float) -> dict[str, float]:
        orders = self.baskets.get(customer, [])
        weights = [decay**age for age in reversed(range(len(orders)))]
        found: dict[str, float] = defaultdict(float)
        for weight, order in zip(weights, orders, strict=True):
            for item in order.items:
                found[item] += weight / sum(weights)
        return dict(found)

    def similar(self, customer: str, decay: float) -> dict[str, float]:
        """Of new items, the highest being 1."""
        shares = self.shares(customer, decay)
        found: dict[str, float] = defaultdict(float)
        for bought, share in shares.items():
            for item, near in self.near.get(bought, {}).items():
                if item not in shares:
                    found[item] += share * near
        highest = max(found.values(), default=0.0) or 1.0
        return {item: value / highest for item, value in found.items()}


def cosines(rows: Iterable[set[str] | frozenset[str]]) -> dict[tuple[str, str], float]:
    """Of the most similar items of each item, with two rows in common at least."""
    single: Counter[str] = Counter()
    both: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        single.update(row)
        for item in row:
            both[item].update(row - {item})
    found = {}
    for item, others in both.items():
        near = [(-count * count / single[other], other, count) for other, count in others.items() if count > 1]
        for _, other, count in sorted(near)[:CANDIDATES]:
            found[item, other] = count / sqrt(single[item] * single[other])
    return found


def nearest(near: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The items that each item speaks for most."""
    return {
        bought: {
            item: -value for value, item in sorted((-round(value, 9), item) for item, value in own.items())[:NEIGHBOURS]
        }
        for bought, own in near.items()
    }


def top(scores: dict[str, float]) -> list[tuple[str, float]]:
    rounded = [(-round(score, 9), item) for item, score in scores.items()]
    return [(item, -score) for score, item in sorted(rounded) if score < 0][:PLACES]


def of_kind(known: Known, customer: str, kind: str, scores: dict[str, float]) -> list[tuple[str, float]]:
    own = {item for order in known.baskets.get(customer, []) for item in order.items}
    return top(
        {i: s for i, s in scores.items() if i in known.sold and (kind == "all" or (i in own) == (kind == "repeat"))}
    )


def blend(known: Known, chosen: Candidate) -> Lister:
    popular = known.popularity(is_recent=True)
    new, similar_share = chosen.new or 0.0, chosen.similar or 0.0

    @cache
    def listed(customer: str, kind: str) -> list[tuple[str, float]]:
        shares = known.shares(customer, chosen.decay)
        similar = known.similar(customer, chosen.decay) if similar_share else {}
        scores = {}
        for item in known.sold:
            if item in shares:
                own = shares[item] * known.repeats[item]
                scores[item] = (own + chosen.popular * popular[item]) / (1 + chosen.popular)
            else:
                scores[item] = new * (similar_share * similar.get(item, 0.0) + (1 - similar_share) * popular[item])
        return of_kind(known, customer, kind, scores)

    return listed


def own_then_popular(known: Known) -> Lister:
    popular = known.popularity(is_recent=False)

    @cache
    def listed(customer: str, kind: str) -> list[tuple[str, float]]:
        shares = known.shares(customer, 1)
        scores = {item: (1 - 1e-4) * shares.get(item, 0.0) + 1e-4 * popular[item] for item in known.sold}
        return of_kind(known, customer, kind, scores)

    return listed


def item_cosine(known: Known) -> Lister:
    @cache
    def listed(customer: str, kind: str) -> list[tuple[str, float]]:
        found: dict[str, float] = defaultdict(float)
        shares = known.shares(customer, 1)
        for bought, share in shares.items():
            for item, cosine in known.plain_near.get(bought, {}).items():
                found[item] += share * cosine
        highest = max(found.values(), default=1.0)
        return of_kind(known, customer, kind, {item: value / highest for item, value in found.items()})

    return listed


def popularity(known: Known) -> Lister:
    popular = known.popularity(is_recent=True)
    return lambda customer, kind: of_kind(known, customer, kind, popular)


class Worth(NamedTuple):
    recall: float
    ndcg: float
    customers: int


def judge(known: Known, wanted: dict[str, frozenset[str]], kind: str, lister: Lister) -> Worth | None:
    """Mean recall and gain over the customers who wanted something of the kind; None where nobody did."""
    recalls, gains = [], []
    for customer, items in wanted.items():
        own = {item for order in known.baskets[customer] for item in order.items}
        meant = {item for item in items if kind == "all" or (item in own) == (kind == "repeat")}
        if meant:
            hits = [item in meant for item, _ in lister(customer, kind)]
            recalls.append(sum(hits) / len(meant))
            gain = sum(1 / log2(place + 2) for place, hit in enumerate(hits) if hit)
            gains.append(gain / sum(1 / log2(place + 2) for place in range(len(meant))))
    return Worth(sum(recalls) / len(recalls), sum(gains) / len(gains), len(recalls)) if recalls else None


def held_out(everything: Known, origin: int) -> tuple[Known, dict[str, frozenset[str]]]:
    known = everything.until(origin)
    wanted: dict[str, frozenset[str]] = {}
    for order in everything.orders:
        if origin < order.day <= origin + HORIZON and order.customer in known.baskets:
            wanted.setdefault(order.customer, order.items)
    return known, wanted


def tuned(everything: Known) -> Candidate:
    known, wanted = held_out(everything, everything.day - HORIZON)
    if not wanted:
        return Candidate(0.9, 0.1, 0.9, 0.1)

    def choose(candidates: list[Candidate], kind: str) -> Candidate:
        worths = [judge(known, wanted, kind, blend(known, candidate)) for candidate in candidates]
        judged = [0.0 if worth is None else round(worth.recall + worth.ndcg, 9) for worth in worths]
        return candidates[judged.index(max(judged))] if max(judged) > 1.05 * judged[0] else candidates[0]

    chosen = choose([Candidate(d, p) for d in (0.9, 0.8, 1.0) for p in (0.1, 0.03, 0.3, 1.0)], "repeat")
    chosen = choose([chosen._replace(similar=share, new=1.0) for share in (0.9, 0.5, 0.2, 0.0)], "new")
    return choose([chosen._replace(new=new) for new in (0.1, 0.03, 0.01, 0.3)], "all")


def listers(known: Known) -> dict[str, Lister]:
    """Each method with what it knew at the end of the day."""
    found = (blend(known, tuned(known)), own_then_popular(known), item_cosine(known), popularity(known))
    return dict(zip(NAMES, found, strict=True))


def backtest(everything: Known, origin: int) -> dict[str, dict[str, Worth]]:
    """By method and kind what it would have been worth at the origin."""
    known, wanted = held_out(everything, origin)
    found: dict[str, dict[str, Worth]] = {}
    for name, lister in listers(known).items() if wanted else ():
        worths = {kind: judge(known, wanted, kind, lister) for kind in ("all", "repeat", "new")}
        found[name] = {kind: worth for kind, worth in worths.items() if worth is not None}
    return found
