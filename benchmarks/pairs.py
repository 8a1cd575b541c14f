"""``pairs``: what is bought together, over Online Retail many times and over synthetic baskets.

The rivals are the frequent item sets of mlxtend (fpgrowth) and of efficient-apriori, pairs and triples in at least one of
a hundred baskets of Online Retail, whose invoices are repeated with other numbers. Each gets the baskets in its own form,
prepared before the clock starts: a table of flags, a list of tuples, ours the packed incidence. All must find the same
sets with the same counts. The ratio is against the faster rival. Equal baskets are merged by mlxtend and by ours.

What they cannot do is quoted beside it, from lines of two whole numbers: every pair counted whatever its support, with
the lift of those that the report lists, on the same baskets and on the synthetic ones, whose peak memory is the
benchmark's; the triples of the synthetic ones; the pairs of three dimensions of 20 values, and of 31 days, against those of the whole shop on one day.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.harness import Measured, Result, child, seconds
from benchmarks.shops import workplace

DEFAULT, LARGE = 180_000, 1_800_000
GOAL = 0.05
DATA_VARIABLE = "CA_PUBLIC_DATA"
# Copies of Online Retail for so many synthetic baskets.
_BASKETS_PER_COPY = 90_000
_SUPPORT, _SYNTHETIC_SUPPORT = 0.01, 0.0005
_LARGEST = 3
_PRODUCTS, _MEAN_SIZE = 5_000, 6
_DAYS, _VALUES = 31, 20
ROUNDS = 2


def run(size: int) -> Result:
    """``size`` is the number of synthetic baskets."""
    copies = max(size // _BASKETS_PER_COPY, 1)
    retail, synthetic = retail_file(copies), synthetic_file(size)
    ours = _fastest("pairs:our_sets", retail)
    fpgrowth, apriori = (_fastest(f"pairs:{name}", retail) for name in ("mlxtend_sets", "efficient_sets"))
    if not ours.value == fpgrowth.value == apriori.value:
        raise RuntimeError(f"the sets differ: {ours.value}, {fpgrowth.value}, {apriori.value}")
    all_retail, all_synthetic = _fastest("pairs:all_pairs", retail), _fastest("pairs:all_pairs", synthetic)
    triples = _fastest("pairs:our_sets", synthetic, _SYNTHETIC_SUPPORT)
    values, days = (_fastest(f"pairs:{name}", synthetic) for name in ("pairs_of_values", "pairs_of_days"))
    rival = min(fpgrowth.seconds, apriori.seconds)
    extra = {
        "fpgrowth": fpgrowth.seconds,
        "efficient_apriori": apriori.seconds,
        "sets": ours.value[0],
        "all_pairs_retail": all_retail.seconds,
        "all_pairs_synthetic": all_synthetic.seconds,
        "pairs_retail": all_retail.value[0],
        "pairs_synthetic": all_synthetic.value[0],
        "triples_synthetic": triples.seconds,
        "peak_memory_gb": all_synthetic.peak_gb,
        "ratio_3x20": values.seconds / all_synthetic.seconds,
        "ratio_31_days": days.seconds / all_synthetic.seconds,
    }
    rows = (
        (f"Online Retail × {copies}: {ours.value[0]} sets of {ours.value[2]:,} baskets", seconds(ours.seconds)),
        ("mlxtend fpgrowth / efficient-apriori", f"{seconds(fpgrowth.seconds)} / {seconds(apriori.seconds)}"),
        (f"all {all_retail.value[0]:,} pairs of the same, listed with lift", seconds(all_retail.seconds)),
        (f"all {all_synthetic.value[0]:,} pairs of synthetic baskets", seconds(all_synthetic.seconds)),
        ("peak memory of that", f"{all_synthetic.peak_gb:.2f} GB"),
        (f"{triples.value[0]:,} pairs and triples in one of 2,000 of them", seconds(triples.seconds)),
        ("the pairs of main and three dimensions of 20 values / main", f"{extra['ratio_3x20']:.2f}"),
        ("the pairs of 31 days / one day", f"{extra['ratio_31_days']:.2f}"),
    )
    return Result("pairs", size, ours.seconds, rival, GOAL, extra=extra, rows=rows)


def _fastest(function: str, path: Path, *more: float) -> Measured:
    return min((child(function, str(path), *more) for _ in range(ROUNDS)), key=lambda run: run.seconds)


def retail_file(copies: int) -> Path:
    """Lines of Online Retail, ``order`` and ``item`` as numbers, so many times with other numbers of orders."""
    named = os.environ.get(DATA_VARIABLE)
    source = Path(named or "") / "online_retail" / "lines.parquet"
    if not named or not source.exists():
        raise RuntimeError(f"{DATA_VARIABLE} names no folder with online_retail/lines.parquet: set it and run again")
    path = workplace() / f"retail-pairs-{copies}.parquet"
    if not path.exists():
        lines = pl.read_parquet(source, columns=["InvoiceNo", "StockCode"])
        once = lines.select(
            order=pl.col("InvoiceNo").rank("dense").cast(pl.Int64) - 1,
            item=pl.col("StockCode").rank("dense").cast(pl.Int64) - 1,
        )
        shift = once["order"].max() + 1  # type: ignore[operator]
        pl.concat(once.with_columns(pl.col("order") + n * shift) for n in range(copies)).write_parquet(path)
    return path


def synthetic_file(size: int) -> Path:
    """Baskets of about six of 5,000 products, some of which are bought far more often than others."""
    path = workplace() / f"synthetic-pairs-{size}.parquet"
    if not path.exists():
        import numpy as np

        dice = np.random.default_rng(11)
        lengths = 1 + dice.poisson(_MEAN_SIZE - 1, size)
        order = np.repeat(np.arange(size), lengths)
        # As in a real shop, the k-th product is bought about 1 / (k + 20) as often.
        chance = 1 / (np.arange(_PRODUCTS) + 20)
        item = np.searchsorted(np.cumsum(chance) / chance.sum(), dice.random(order.size))
        values = {f"value_{n}": dice.integers(0, _VALUES, size)[order] for n in range(3)}
        pl.DataFrame({"order": order, "item": item, **values}).write_parquet(path)
    return path


# ---- ours


def our_sets(path: str, support: float = _SUPPORT) -> Callable[[], Any]:
    """Frequent pairs and triples, with their counts."""
    import scipy.sparse  # noqa: F401 loaded before the clock starts, like the rivals

    from ca_platform.models.baskets import frequent_sets, incidence
    from ca_platform.models.baskets.itemsets import needed_rows

    order, item = _columns(path, "order", "item")

    source = incidence(order, item)

    def measured() -> list[int]:
        all_rows = source.row_counts()
        (sets,) = frequent_sets(source, needed_rows(all_rows, support), _LARGEST)
        counts = [level.rows for level in sets.levels[1:]]
        return [sum(map(len, counts)), sum(int(rows.sum()) for rows in counts), int(all_rows[0, 0])]

    return measured


def all_pairs(path: str) -> Callable[[], Any]:
    """Every pair counted; those that the report lists, with their lift."""
    import scipy.sparse  # noqa: F401 as above

    from ca_platform.models.baskets import frequent_pairs, incidence
    from ca_platform.models.baskets.measures import lift

    order, item = _columns(path, "order", "item")
    measure = lift(*(pl.col(name) for name in ("rows", "rows_first", "rows_second", "all_rows")))

    def measured() -> list[int]:
        found = frequent_pairs(incidence(order, item)).with_columns(lift=measure)
        return [found.height + int(found["pairs_below"][0]), found.height]

    return measured


def pairs_of_values(path: str) -> Callable[[], Any]:
    """The same for the whole shop and for each value of three dimensions."""
    import numpy as np
    import scipy.sparse  # noqa: F401 as above

    from ca_platform.models.baskets import Grouping, frequent_pairs_by, incidence
    from ca_platform.models.baskets.measures import lift

    order, item = _columns(path, "order", "item")
    values = (_columns(path, f"value_{n}")[0] for n in range(3))
    baskets, first = np.unique(order, return_index=True)
    whole = Grouping(np.zeros(baskets.size, np.int64), 1)
    groupings = [whole, *(Grouping(own[first], _VALUES) for own in values)]
    measure = lift(*(pl.col(name) for name in ("rows", "rows_first", "rows_second", "all_rows")))

    def measured() -> list[int]:
        found = frequent_pairs_by(incidence(order, item), groupings)
        return [table.with_columns(lift=measure).height for table in found]

    return measured


def pairs_of_days(path: str) -> Callable[[], Any]:
    """The same for the whole shop at the end of each of the last 31 days of a year."""
    import scipy.sparse  # noqa: F401 as above

    from ca_platform.models.baskets import frequent_pairs, incidence

    order, item = _columns(path, "order", "item")
    day = order * 365 // (int(order[-1]) + 1)
    since = (day - (365 - _DAYS)).clip(0)

    def measured() -> list[int]:
        return [frequent_pairs(incidence(order, item, since=since, cuts=_DAYS)).height]

    return measured


def _columns(path: str, *names: str) -> list[Any]:
    frame = pl.read_parquet(path, columns=list(names))
    return [frame[name].to_numpy() for name in names]


# ---- rivals


def _baskets(path: str) -> list[list[int]]:
    frame = pl.read_parquet(path, columns=["order", "item"]).unique()
    return frame.group_by("order", maintain_order=True).agg("item")["item"].to_list()


def mlxtend_sets(path: str) -> Callable[[], Any]:
    """fpgrowth over a table of flags, the form that it takes."""
    import numpy as np
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth

    frame = pl.read_parquet(path, columns=["order", "item"]).unique()
    flags = np.zeros((frame["order"].n_unique(), int(frame["item"].max()) + 1), np.bool_)  # type: ignore[arg-type]
    flags[frame["order"].rank("dense").to_numpy() - 1, frame["item"].to_numpy()] = True
    table = pd.DataFrame(flags)

    def measured() -> list[int]:
        found = fpgrowth(table, _SUPPORT, max_len=_LARGEST)
        found = found[found["itemsets"].map(len) > 1]
        return [len(found), round(float((found["support"] * len(table)).round().sum())), len(table)]

    return measured


def efficient_sets(path: str) -> Callable[[], Any]:
    """efficient-apriori over a list of tuples."""
    from efficient_apriori import itemsets_from_transactions

    baskets = [tuple(basket) for basket in _baskets(path)]

    def measured() -> list[int]:
        found, _ = itemsets_from_transactions(baskets, _SUPPORT, max_length=_LARGEST)
        counts = [count for size, sets in found.items() if size > 1 for count in sets.values()]
        return [len(counts), sum(counts), len(baskets)]

    return measured
