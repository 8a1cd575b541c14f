"""``recommend``: next baskets foreseen on public shops, and the time for the lists of many customers.

The last basket of each customer is hidden and to be found from the earlier ones. Weights, and those of ALS, are chosen
on half of the customers; all figures are of the other half, repeated and new items apart (whoever lists repeated items
lists no others). The rivals are "own history, then popularity", item cosine, popularity of recent orders, and matrix
factorization by alternating least squares (implicit). Printed are Recall@10 and NDCG@10 with the ideal of all wanted
items. ``ours`` and ``rival`` are the shares of that ideal that are missed on Online Retail, the rival the best of all.

The lists are those of a synthetic shop: three orders of five products per customer on average, 5,000 products, half of
the lines from ten products that each customer likes. Their time includes everything that is learnt.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from benchmarks.harness import Result, child, seconds
from benchmarks.pairs import DATA_VARIABLE

if TYPE_CHECKING:
    from ca_platform.models.recommend import Purchases
    from ca_platform.models.recommend.backtest import HoldOut

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1.0
_PRODUCTS, _DAYS = 5_000, 365
_ALS = "ALS (implicit)"
# Factors and weight of a purchase that are tried on the first half of the customers.
_FACTORS, _ALPHAS = (32, 64, 128), (1, 10)
_KINDS: tuple[Literal["all", "repeat", "new"], ...] = ("all", "repeat", "new")

# Recall, NDCG by kind of items.
Figures = dict[str, list[float]]


def run(size: int) -> Result:
    """``size`` is the number of customers of the synthetic shop."""
    files = {
        "retail": _public("online_retail", "lines.parquet"),
        "journey": _public("completejourney", "transactions_sample.parquet"),
    }
    shops = {shop: child(f"recommend:{shop}_figures", str(file)).value for shop, file in files.items()}
    lists = child("recommend:lists", size)
    ours, *rivals = (1 - figures["all"][1] for figures in shops["retail"].values())
    rows = [row for shop, figures in shops.items() for row in _table(shop, figures)]
    extra: dict[str, Any] = {
        "lists": lists.seconds,
        "lists_cpu_seconds": lists.cpu_seconds,
        "peak_memory_gb": lists.peak_gb,
        **{f"{shop}_{name}_{kind}": values for shop, name, kind, values in _flat(shops)},
    }
    rows += [
        (f"lists of ten with reasons, {size:,} customers", seconds(lists.seconds)),
        ("processor time and peak memory of that", f"{seconds(lists.cpu_seconds)}, {lists.peak_gb:.2f} GB"),
    ]
    return Result("recommend", size, ours, min(rivals), GOAL, extra=extra, rows=tuple(rows))


def _table(shop: str, figures: dict[str, Figures]) -> Iterator[tuple[str, str]]:
    title = {"retail": "Online Retail", "journey": "Complete Journey, a sample of its lines"}[shop]
    yield f"{title}: Recall@10 NDCG@10", " | ".join(f"{kind:<13}" for kind in _KINDS)
    for name, own in figures.items():
        yield f"  {name}", " | ".join("{:.4f} {:.4f}".format(*own[kind]) for kind in _KINDS)


def _flat(shops: dict[str, dict[str, Figures]]) -> Iterator[tuple[str, str, str, list[float]]]:
    for shop, figures in shops.items():
        for name, own in figures.items():
            for kind, values in own.items():
                yield shop, re.sub(r"\W+", "_", name).strip("_").lower(), kind, [round(value, 4) for value in values]


# ---- figures


def retail_figures(path: str) -> Callable[[], Any]:
    """Online Retail: orders of known customers that are no cancellations."""
    lines = pl.read_parquet(path)
    is_order = pl.col("CustomerID").is_not_null() & ~pl.col("InvoiceNo").str.starts_with("C") & (pl.col("Quantity") > 0)
    columns = {"customer": "CustomerID", "order": "InvoiceNo", "item": "StockCode", "at": "InvoiceDate"}
    found = lines.filter(is_order).select(**columns)
    return lambda: figures_of(found)


def journey_figures(path: str) -> Callable[[], Any]:
    """Complete Journey: the sampled lines, so that most baskets are torn."""
    lines = pl.read_parquet(path)
    columns = {"customer": "household_id", "order": "basket_id", "item": "product_id", "at": "transaction_timestamp"}
    found = lines.select(**columns)
    return lambda: figures_of(found)


def _public(folder: str, file: str) -> Path:
    path = Path(os.environ.get(DATA_VARIABLE, "")) / folder / file
    if DATA_VARIABLE not in os.environ or not path.exists():
        raise RuntimeError(f"{DATA_VARIABLE} names no folder with {folder}/{file}: set it and run again")
    return path


def figures_of(lines: pl.DataFrame) -> dict[str, Figures]:
    """All methods on the second half of the customers."""
    from ca_platform.models.recommend import BASELINES, SERVED
    from ca_platform.models.recommend.backtest import best_weights, judge
    from ca_platform.models.recommend.blend import best, evidence

    first, second = _halves(lines)
    found: dict[str, Figures] = {}
    for name, weights in {SERVED: best_weights(first), **BASELINES}.items():
        parts = evidence(second.fit, second.customers, weights)
        scores = {kind: judge(second, best(parts, weights, 10, kind), kind) for kind in _KINDS}
        found[name] = {kind: [score.recall, score.ndcg] for kind, score in scores.items()}
    return {**found, _ALS: _als(first, second)}


def _halves(lines: pl.DataFrame) -> tuple[HoldOut, HoldOut]:
    """Everything but the last basket of each customer, which every second customer's lists are held against."""
    import numpy as np

    from ca_platform.models.recommend import Fit
    from ca_platform.models.recommend.backtest import HoldOut

    at = pl.col("at").min().over("order")
    placed = lines.with_columns(at=at, day=at.dt.epoch("d")).with_columns(
        customer=pl.col("customer").rank("dense").cast(pl.Int64) - 1,
        item=pl.col("item").rank("dense").cast(pl.Int64) - 1,
        order=pl.struct("at", "order").rank("dense").cast(pl.Int64) - 1,
    )
    placed = placed.select("customer", "order", "item", pl.col("day").cast(pl.Int64)).unique(["order", "item"])
    is_last = pl.col("order") == pl.col("order").max().over("customer")
    has_more = pl.col("order").n_unique().over("customer") > 1
    known, hidden = (
        _purchases(part, placed) for part in (placed.filter(~(is_last & has_more)), placed.filter(is_last & has_more))
    )
    fit = Fit(known, int(placed["day"].max()), np.arange(known.n_items))  # type: ignore[arg-type]
    customers = hidden.buyers()
    whole = HoldOut(fit, customers, hidden)
    return replace(whole, customers=customers[::2]), replace(whole, customers=customers[1::2])


def _purchases(part: pl.DataFrame, whole: pl.DataFrame) -> Purchases:
    from ca_platform.models.recommend import Purchases

    n_customers, n_items = (int(whole[name].max()) + 1 for name in ("customer", "item"))  # type: ignore[arg-type]
    customers, orders, items, days = (part[name].to_numpy() for name in ("customer", "order", "item", "day"))
    return Purchases(customers, orders, items, days, n_customers, n_items)


def _als(first: HoldOut, second: HoldOut) -> Figures:
    """The best of several sizes and weights on the first half; binary purchases, as its documentation has it."""
    import numpy as np
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    from ca_platform.models.recommend.backtest import judge
    from ca_platform.models.recommend.ranking import Ranked

    table = csr_matrix(first.fit.shares(1.0).sign().astype(np.float32))

    def figures(model: Any, held: HoldOut, kind: Literal["all", "repeat", "new"]) -> list[float]:
        is_new = kind == "new"
        rows = table[held.customers]
        if kind == "repeat":
            scores = model.user_factors[held.customers] @ model.item_factors.T
            ranked = np.argsort(-np.where(rows.toarray() > 0, scores, -np.inf), axis=1, kind="stable")[:, :10]
            items = np.where(np.take_along_axis(rows.toarray(), ranked, 1) > 0, ranked, -1)
        else:
            items, _ = model.recommend(held.customers, rows, N=10, filter_already_liked_items=is_new)
        score = judge(held, Ranked(items, np.zeros(items.shape)), kind)
        return [score.recall, score.ndcg]

    models = []
    with threadpool_limits(1, "blas"):
        for factors in _FACTORS:
            for alpha in _ALPHAS:
                model = AlternatingLeastSquares(factors=factors, alpha=alpha, regularization=0.05, random_state=0)
                model.fit(table, show_progress=False)
                models.append(model)
        chosen = {kind: max(models, key=lambda one: sum(figures(one, first, kind))) for kind in _KINDS}
        return {kind: figures(model, second, kind) for kind, model in chosen.items()}


# ---- speed


def lists(size: int) -> Callable[[], Any]:
    """Lists of ten with their reasons for all customers, with everything that is learnt before."""
    import numpy as np
    import scipy.sparse  # noqa: F401 loaded before the clock starts

    from ca_platform.models.recommend import Fit, recommendations, tuned

    history = _synthetic(size)

    def measured() -> int:
        order = np.arange(history.n_items)
        weights = tuned(history, _DAYS - 1, order)
        return int(recommendations(Fit(history, _DAYS - 1, order), np.arange(size), weights).items.size)

    return measured


def _synthetic(size: int) -> Purchases:
    import numpy as np

    from ca_platform.models.recommend import Purchases

    dice = np.random.default_rng(11)
    customer = np.repeat(np.arange(size), dice.geometric(1 / 3, size))
    day = dice.integers(0, _DAYS, customer.size)
    placed = np.argsort(day, kind="stable")
    customer, day = customer[placed], day[placed]
    order = np.repeat(np.arange(customer.size), 1 + dice.poisson(4, customer.size))
    # As in a real shop, the k-th product is bought about 1 / (k + 20) as often.
    chance = 1 / (np.arange(_PRODUCTS) + 20)
    item = np.searchsorted(np.cumsum(chance) / chance.sum(), dice.random(order.size)).clip(0, _PRODUCTS - 1)
    liked = (customer[order] * 7919 + dice.integers(0, 10, order.size) * 104_729) % _PRODUCTS
    item = np.where(dice.random(order.size) < 0.5, liked, item)
    order, item = np.divmod(np.unique(order.astype(np.int64) * _PRODUCTS + item), _PRODUCTS)
    return Purchases(customer[order], order, item, day[order], size, _PRODUCTS)
