"""``ab_speed``: before and after first uses of 500 promotions and of 5,000 products, orders and amounts, as the reports compare
them: matched changes, tests, fitted families, and 1,000 resamples of the customers of every item.

``ours`` is the slower of the two kinds, from the orders of all customers on, both metrics together; so many customers as the
size says. ``rival`` draws the rows of each item's customers in NumPy, 1,000 times: the resampling alone, of every 50th item,
times 50.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.harness import Result, child, seconds

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 60.0
_ITEMS = {"promotion": 500, "product": 5_000}
# First uses of a customer, and orders.
_USES = {"promotion": 2, "product": 10}
_ORDERS, _DAYS = 5, 365
_RESAMPLES = 1_000
_EVERY = 50


def run(size: int) -> Result:
    """``size`` is the number of customers."""
    ours = {kind: child("ab_speed:ours", kind, size) for kind in _ITEMS}
    rival = {kind: child("ab_speed:rival", kind, size) for kind in _ITEMS}
    rows: list[tuple[str, str]] = []
    extra: dict[str, float] = {}
    for kind, measured in ours.items():
        drawn = rival[kind].seconds * _EVERY
        rows += [
            (f"{_ITEMS[kind]:,} {kind}s, {measured.value['uses']:,} first uses", seconds(measured.seconds)),
            ("  rows drawn in NumPy", f"{seconds(drawn)} (of every {_EVERY}th item, times {_EVERY})"),
            ("  items with an interval", f"{measured.value['shown']:,}"),
            ("  peak memory", f"{measured.peak_gb:.2f} GB"),
        ]
        extra |= {
            f"{kind}_seconds": measured.seconds,
            f"{kind}_rival": drawn,
            f"{kind}_peak_memory_gb": measured.peak_gb,
        }
    slower = max(ours, key=lambda kind: ours[kind].seconds)
    return Result(
        "ab-speed",
        size,
        ours[slower].seconds,
        rival[slower].seconds * _EVERY,
        GOAL,
        "ours",
        extra=extra,
        rows=tuple(rows),
    )


# ---- measured


def ours(kind: str, customers: int) -> Callable[[], Any]:
    from datetime import date

    import numpy as np
    import polars as pl

    from ca_platform.models.experiments.order_windows import order_windows
    from ca_platform.models.threads import one_thread
    from ca_platform.reports.before_after import Asked, Bought, products_before_after, promotions_before_after

    orders = _orders(customers)
    items = _ITEMS[kind]
    names = pl.DataFrame({"slice": np.zeros(items, np.int64), "item": [f"{kind} {number}" for number in range(items)]})

    def measured() -> dict[str, int]:
        with one_thread():
            windows = order_windows(orders, "Europe/London")
            uses, times = _uses(kind, windows)
            observed = (windows.day >= windows.day.min() + 7) & (windows.day <= windows.day.max() - 7)
            shown = 0
            for metric in ("orders", "amount"):
                asked = Asked(kind, metric, date(2024, 12, 30), 0.05)
                if kind == "promotion":
                    found = promotions_before_after(windows, observed, uses, names, asked)
                else:
                    nothing = np.zeros(items, bool)
                    bought = Bought(times, {metric: np.zeros(times.size)}, nothing, nothing)
                    found = products_before_after(windows, observed, uses, bought, names, asked)
                shown += found.shown.size
        return {"uses": int(uses.row.size), "shown": shown}

    return measured


def rival(kind: str, customers: int) -> Callable[[], Any]:
    import numpy as np

    from ca_platform.models.experiments.order_windows import order_windows

    windows = order_windows(_orders(customers), "Europe/London")
    uses, _ = _uses(kind, windows)
    changes = [windows.after[metric] - windows.before[metric] for metric in ("orders", "amount")]
    order = np.argsort(uses.item, kind="stable")
    ends = np.searchsorted(uses.item[order], np.arange(_ITEMS[kind] + 1))

    def measured() -> float:
        dice = np.random.default_rng(1)
        total = 0.0
        for item in range(0, _ITEMS[kind], _EVERY):
            rows = uses.row[order[ends[item] : ends[item + 1]]]
            for change in changes:
                own = change[rows]
                means = [own[dice.integers(0, own.size, own.size)].mean() for _ in range(_RESAMPLES)]
                total += float(np.quantile(means, 0.975))
        return total

    return measured


def _orders(customers: int) -> Any:
    """Orders over a year, some customers often, as ``instants`` gives them."""
    import numpy as np
    import polars as pl

    dice = np.random.default_rng(3)
    counts = 1 + dice.poisson(dice.gamma(0.8, (_ORDERS - 1) / 0.8, customers))
    count = int(counts.sum())
    at = dice.integers(0, _DAYS * 86_400, count) * 1_000_000 + 1_704_067_200_000_000
    amount = (dice.gamma(1.5, 3_000.0, count) + 100).astype(np.int64)
    rows = pl.DataFrame({"customer": np.repeat(np.arange(customers), counts), "at": at, "cents": amount})
    return (
        rows.unique(["customer", "at"], maintain_order=True)
        .select(
            pl.lit(0, pl.Int64).alias("slice"),
            "customer",
            pl.col("at").cast(pl.Datetime("us", "UTC")),
            pl.lit(1, pl.Int64).alias("orders"),
            amount=pl.col("cents").cast(pl.Decimal(38, 4)) / 100,
        )
        .sort("slice", "customer", "at")
    )


def _uses(kind: str, windows: Any) -> Any:
    """First uses, some items of many customers and most of few, and how often customers came to use each."""
    import numpy as np

    from ca_platform.reports.before_after import Uses

    dice = np.random.default_rng(5)
    customers = windows.begin.size - 1
    count, items = customers * _USES[kind], _ITEMS[kind]
    item = np.minimum((items * dice.random(count) ** 2).astype(np.int64), items - 1)
    row = dice.integers(0, len(windows), count)
    key, first = np.unique(item * customers + windows.owner[row], return_index=True)
    order = np.argsort(row[first], kind="stable")
    chosen = first[order]
    left = windows.begin[windows.owner[row[chosen]] + 1] - row[chosen]
    return Uses(row[chosen], key[order] // customers), np.minimum(1 + (dice.random(chosen.size) < 0.2), left)
