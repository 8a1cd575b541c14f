"""Whether the report of promotions before and after finds what the simulator has put in: its sign, and its size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from benchmarks.ab_quality import ALPHA
from benchmarks.ab_shops import Shop, loaded, promotions, quiet
from ca_platform.models.experiments import wilson
from ca_platform.simulate.parameters import Promotion

METRICS = ("orders", "amount")
_PLANTED = "PLANTED"
# What the use does to the rate of sessions on the seven days after it; the last is carried by a quarter of all orders.
PLANTED = (
    Promotion(_PLANTED, 0.05, 0.06, 1.6),
    Promotion(_PLANTED, 0.05, 0.06, 1.35),
    Promotion(_PLANTED, 0.05, 0.06, 0.6),
    Promotion(_PLANTED, 0.05, 0.25, 1.35),
)
_WINDOW = timedelta(hours=168)
_FIRST_SEED = 900


def found(shops: int) -> dict[str, Any]:
    """By planted promotion and metric, of so many shops with it.

    Returns:
        ``truth``: the effect per customer in the unit of the metric; ``mean``: of the estimates; ``sign``: share of the
        shops whose estimate has the sign of the truth; ``significant``: share that is called significant after correction,
        in the right and in the wrong direction; ``covers`` over all: share of intervals with the truth inside, with its
        interval and number.
    """
    rows = pl.concat(list(_estimates(shops)))
    # The truth of a shop varies by its customers; that of the same shops on average is exact enough.
    rows = rows.with_columns(truth=pl.col("caused").mean().over("usage", "effect", "metric"))
    inside = (pl.col("ci_low") <= pl.col("truth")) & (pl.col("truth") <= pl.col("ci_high"))
    is_right = pl.col("difference").sign() == pl.col("truth").sign()
    table = (
        rows.with_columns(inside=inside, is_right=is_right)
        .group_by("usage", "effect", "metric", maintain_order=True)
        .agg(
            pl.col("truth").first().round(4),
            mean=pl.col("difference").mean().round(4),
            sign=pl.col("is_right").mean().round(4),
            significant=(pl.col("significant") & pl.col("is_right")).mean().round(4),
            wrong=(pl.col("significant") & ~pl.col("is_right")).mean().round(4),
            covers=pl.col("inside").mean().round(4),
        )
    )
    hits, count = int(rows.select(inside.sum()).item()), rows.height
    low, high = (round(float(end), 4) for end in wilson(hits, count, ALPHA))
    return {"effects": table.to_dicts(), "covers": [round(hits / count, 4), low, high, count]}


def _estimates(shops: int) -> Iterator[pl.DataFrame]:
    """What the report says of the promotion, and ``caused``: what it did, as far as orders are no chance."""
    names = tuple(f"promotion_usage_before_after_{metric}" for metric in METRICS)
    for number in range(shops * len(PLANTED)):
        planted = PLANTED[number % len(PLANTED)]
        parameters = quiet(_FIRST_SEED + number, 12_000, 90).with_(
            promotions=(planted, *promotions(4, 0.06)), unknown_share=0.0
        )
        with loaded(parameters) as shop:
            caused = _caused(shop, planted.effect)
            for frame in shop.reports(names, shop.days[-1:]).values():
                rows = frame.filter(pl.col("item") == _PLANTED)
                told = rows.select("metric", "difference", "ci_low", "ci_high", "significant")
                share = pl.col("metric").replace_strict(caused, return_dtype=pl.Float64)
                kind = {"usage": pl.lit(planted.usage), "effect": pl.lit(planted.effect)}
                yield told.with_columns(**kind, caused=share)


def _caused(shop: Shop, effect: float) -> dict[str, float]:
    """Orders and amount per customer that would not have been without the effect, in the week after the first use.

    It begins on the day after. Of what was ordered under it the share 1 − 1 / effect was caused by it.
    """
    orders = shop.lake.scan("sessions").filter("has_purchased")
    orders = orders.select("client", "day", "promotion_id", at="session_start_date", amount="payment_amount")
    uses = orders.filter(pl.col("promotion_id") == _PLANTED).sort("at").group_by("client").first()
    downloads = shop.lake.scan("customers").select("client", "download_date")
    opens, closes = pl.col("at") - _WINDOW, (pl.col("at") + _WINDOW).dt.convert_time_zone("Europe/London").dt.date()
    observed = (pl.col("download_date") <= opens) & (opens.dt.date() >= shop.days[0]) & (closes <= shop.days[-1])
    treated = uses.join(downloads, on="client").filter(observed).select("client", use="at", use_day="day").collect()
    since = pl.col("at") - pl.col("use")
    under = (pl.col("day") > pl.col("use_day")) & (since <= _WINDOW)
    after = orders.join(treated.lazy(), on="client").filter(under).collect()
    share = (1 - 1 / effect) / treated.height
    return {
        "orders": share * after.height,
        "amount": share * float(np.sum(after["amount"].cast(pl.Float64).to_numpy())),
    }
