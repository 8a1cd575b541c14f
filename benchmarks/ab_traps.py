"""What the A/B reports find in simulated shops in which nothing has an effect: the traps that naive recipes fall into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.ab_quality import rejections
from benchmarks.ab_shops import loaded, promotions, quiet
from ca_platform.simulate import ShopParameters
from ca_platform.simulate.clock import holidays

METRICS = ("orders", "amount")
_FIRST_SEED = 500


class Trap(NamedTuple):
    """Reports that are made of shops without effect.

    Attributes:
        shop: the parameters of the shop of each seed.
        days: report days of a shop.
        shops: how many of 10,000 splits asked for.
    """

    reports: tuple[str, ...]
    shop: Callable[[int], ShopParameters]
    days: Callable[[ShopParameters], Sequence[date]]
    shops: int


def shops(name: str, splits: int) -> int:
    """Shops of a trap for so many splits of the other parts; two at least."""
    return max(TRAPS[name].shops * splits // 10_000, 2)


def _last_day(shop: ShopParameters) -> list[date]:
    return [_day(shop, shop.days - 1)]


def _day(shop: ShopParameters, number: int) -> date:
    return date.fromordinal(shop.start.toordinal() + number)


def _holidays(shop: ShopParameters) -> list[date]:
    """Public holidays of the shop, the first month left out, in which customers have no segment yet."""
    return [day for day in sorted(holidays(shop.start.year)) if _day(shop, 60) <= day <= _day(shop, shop.days - 1)]


def _every(number: int, first: int) -> Callable[[ShopParameters], list[date]]:
    return lambda shop: [_day(shop, place) for place in range(first, shop.days, number)]


def _before_after(item: str) -> tuple[str, ...]:
    return tuple(f"{item}_usage_before_after_{metric}" for metric in METRICS)


def _segments(period: str) -> tuple[str, ...]:
    return tuple(f"segments_change_{period}_before_after_{metric}" for metric in METRICS)


TRAPS = {
    "200 promotions, before/after": Trap(
        _before_after("promotion"),
        lambda seed: quiet(seed, 25_000, 75).with_(promotions=promotions(200, 0.004)),
        _last_day,
        3,
    ),
    "promotions of many, before/after": Trap(
        _before_after("promotion"),
        lambda seed: quiet(seed, 10_000, 75).with_(promotions=promotions(8, 0.08)),
        _last_day,
        6,
    ),
    "products, before/after": Trap(
        _before_after("product"), lambda seed: quiet(seed, 10_000, 75, baskets=True), _last_day, 4
    ),
    "pairs of promotions, customers shared": Trap(
        ("promotion_comparison",),
        lambda seed: quiet(seed, 10_000, 75).with_(promotions=promotions(12, 0.05)),
        _last_day,
        16,
    ),
    "segments, holidays": Trap(_segments("daily"), lambda seed: quiet(seed, 20_000, 150), _holidays, 16),
    "segments, weeks": Trap(_segments("weekly"), lambda seed: quiet(seed, 10_000, 140), _every(7, 69), 4),
    "segments, months": Trap(_segments("monthly"), lambda seed: quiet(seed, 10_000, 245), _every(31, 182), 20),
}


def found(name: str, shops: int) -> dict[str, Any]:
    """Share of items that a trap's reports call different, each by itself and corrected.

    Returns:
        ``items``: p-values up to .05 among those with a verdict; ``raw``: without any adjustment; ``reports``: those in
        which anything at all is significant; each with its interval and number. Items of a shop share customers, so that
        intervals are a little too narrow.
    """
    trap = TRAPS[name]
    told = pl.concat(list(_told(trap, shops)))
    any_found = told.group_by("shop", "report", "report_date").agg(pl.col("significant").any())["significant"]
    return {
        "items": rejections(told["p_value"].to_numpy()),
        "raw": rejections(told["raw_p_value"].to_numpy()),
        # As p-values: 0 for a report that finds something.
        "reports": rejections(np.where(any_found.to_numpy(), 0.0, 1.0)),
    }


def _told(trap: Trap, shops: int) -> Iterator[pl.DataFrame]:
    """Items with a verdict."""
    for seed in range(_FIRST_SEED, _FIRST_SEED + shops):
        parameters = trap.shop(seed)
        with loaded(parameters) as shop:
            for report, frame in shop.reports(trap.reports, trap.days(parameters)).items():
                rows = frame.filter(pl.col("significant").is_not_null())
                names = ("report_date", "p_value", "raw_p_value", "significant")
                yield rows.select(pl.lit(seed).alias("shop"), pl.lit(report).alias("report"), *names)
