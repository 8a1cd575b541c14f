"""Reports of what customers will buy next, from the methods of ``recommending``."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import lru_cache

from ca_platform_tests.oracle.combined import baskets
from ca_platform_tests.oracle.funnels import Rows
from ca_platform_tests.oracle.recommending import (
    HORIZON,
    NAMES,
    Candidate,
    Known,
    Lister,
    Order,
    Worth,
    backtest,
    blend,
    item_cosine,
    own_then_popular,
    popularity,
    tuned,
)
from ca_platform_tests.oracle.world import World


def known(world: World) -> Known:
    """Orders with a line, in the order of time."""
    products = baskets(world)
    ordered = sorted(world.orders, key=lambda order: (order.start, order.order_id))
    return Known(
        tuple(
            Order(order.client, frozenset(products[order.order_id]), world.local_day(order.start).toordinal())
            for order in ordered
            if order.order_id in products
        ),
        world.day.toordinal(),
    )


def month_ends(world: World) -> list[date]:
    """All from the start date up to the day, oldest first."""
    return [day for day in world.days if (day + timedelta(days=1)).day == 1]


@lru_cache(maxsize=8)
def _worths(everything: Known, origin: int) -> dict[str, dict[str, Worth]]:
    return backtest(everything.until(origin + HORIZON), origin)


def backtests(world: World) -> dict[date, dict[str, dict[str, Worth]]]:
    everything = known(world)
    origins = [day for day in month_ends(world) if (world.day - day).days >= HORIZON][-4:]
    found = {origin: _worths(everything, origin.toordinal()) for origin in origins}
    return {origin: worths for origin, worths in found.items() if worths}


def served(world: World) -> str:
    found = backtests(world).values()
    if not found:
        return NAMES[0]
    means = [
        round(sum(worths[name]["all"].recall + worths[name]["all"].ndcg for worths in found) / len(found), 9)
        for name in NAMES
    ]
    return NAMES[means.index(max(means))]


def recommendation_backtest(world: World) -> Rows:
    suffix = {"all": "", "repeat": "_repeat", "new": "_new"}
    name = served(world)
    return [
        {
            "origin": origin,
            "model": model,
            "metric": f"{metric}_at_10{suffix[kind]}",
            "value": getattr(worth, metric),
            "customers": worth.customers,
            "is_served": model == name,
        }
        for origin, worths in backtests(world).items()
        for model, kinds in worths.items()
        for kind, worth in kinds.items()
        for metric in ("recall", "ndcg")
    ]


def _lister(world: World, everything: Known, name: str) -> tuple[Lister, Candidate | None]:
    """The served method; of the blend its proportions too."""
    if name != NAMES[0]:
        plain = {NAMES[1]: own_then_popular, NAMES[2]: item_cosine, NAMES[3]: popularity}
        return plain[name](everything), None
    last = month_ends(world)[-1:]
    chosen = tuned(everything.until(last[0].toordinal())) if last else Candidate(0.9, 0.1, 0.9, 0.1)
    return blend(everything, chosen), chosen


def product_recommendations(world: World) -> Rows:
    everything = known(world)
    name = served(world)
    lister, chosen = _lister(world, everything, name)
    popular = everything.popularity(is_recent=True)
    rows: Rows = []
    for client in sorted(world.milestones):
        own = everything.baskets.get(client, [])
        for rank, (product, score) in enumerate(lister(client, "all"), start=1):
            days = [order.day for order in own if product in order.items]
            because = None
            if not days and name == NAMES[2]:
                because = _speaks(everything.shares(client, 1), everything.plain_near, product)
            elif not days and chosen is not None and chosen.similar:
                similar = everything.similar(client, chosen.decay).get(product, 0.0)
                if similar * chosen.similar >= popular[product] * (1 - chosen.similar):
                    because = _speaks(everything.shares(client, chosen.decay), everything.near, product)
            reason = "bought before" if days else "popular"
            if because is not None:
                together = (because, product) in everything.by_orders
                reason = "bought together" if together else "similar customers"
            rows.append(
                {
                    "client": client,
                    "product": product,
                    "score": score,
                    "rank": rank,
                    "reason": reason,
                    "is_repeat": bool(days),
                    "times_bought": len(days),
                    "last_bought": date.fromordinal(max(days)) if days else None,
                    "because_of": because,
                }
            )
    return rows


def _speaks(shares: dict[str, float], near: dict[str, dict[str, float]], product: str) -> str | None:
    """What the customer bought that speaks most for the product."""
    parts = [(-round(share * near.get(bought, {}).get(product, 0.0), 9), bought) for bought, share in shares.items()]
    speaking = sorted(part for part in parts if part[0] < 0)
    return speaking[0][1] if speaking else None


def recommended_products(world: World) -> Rows:
    lists = product_recommendations(world)
    names = {"bought before": "before", "bought together": "together", "similar customers": "similar"}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in lists:
        found[row["product"]].update(["lists", names.get(row["reason"], "popular")])
        found[row["product"]]["first"] += row["rank"] == 1
    columns = ("lists", "first", "before", "together", "similar", "popular")
    ordered = sorted(found.items(), key=lambda item: (-item[1]["lists"], item[0]))
    return [
        {"product": product, "rank": rank, **{name: counts[name] for name in columns}}
        for rank, (product, counts) in enumerate(ordered, start=1)
    ]
