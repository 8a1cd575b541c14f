"""``rfm``: scores of customers by one-dimensional K-Means, and the whole family of reports about them.

A million customers by the days since their last order (731 distinct values), and by what they have spent (to the cent,
about 56,000 distinct values), in five clusters each; from the rows, so that counting distinct values is in the time.
Rivals are scikit-learn's K-Means with its defaults over the rows, and ckwrap (Ckmeans.1d.dp in C++) over the rows where it is
installed: LGPL, so it is no dependency. The ratio is against the faster rival, over both columns. Cost above the optimum
is printed for scikit-learn: it has no guarantee.

Beside it: the whole family of a day for ``main`` from ``size`` orders whose facts are made, and how many idle customers
of Online Retail keep their segment from one day to the next over sixty days.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.harness import Measured, Result, child, seconds
from benchmarks.pairs import DATA_VARIABLE
from benchmarks.shops import workplace

DEFAULT, LARGE = 1_000_000, 5_000_000
GOAL = 0.5
CUSTOMERS = 1_000_000
CLUSTERS = 5
ROUNDS = 3
_START, _DAYS = date(2024, 1, 1), 730
_REPLAYED = 60


def run(size: int) -> Result:
    """``size`` is the number of orders of the family's shop."""
    ours = {name: _fastest("rfm:ours", name) for name in ("recency", "spend")}
    sklearn = {name: _fastest("rfm:scikit_learn", name, rounds=1) for name in ours}
    ckwrap = {name: _fastest("rfm:ckmeans", name, rounds=1) for name in ours} if _has_ckwrap() else {}
    rivals = [runs for runs in (sklearn, ckwrap) if runs]
    total = min(sum(run.seconds for run in runs.values()) for runs in rivals)
    above = {name: sklearn[name].value / ours[name].value - 1 for name in ours}
    if any(abs(ckwrap[name].value / ours[name].value - 1) > 1e-6 for name in ckwrap):
        raise RuntimeError("ckwrap finds another optimum")
    family = child("rfm:family", size)
    kept = child("rfm:replayed", str(_retail_lines()))
    extra = {
        "recency": ours["recency"].seconds,
        "spend": ours["spend"].seconds,
        **{f"scikit_learn_{name}": run.seconds for name, run in sklearn.items()},
        **{f"ckwrap_{name}": run.seconds for name, run in ckwrap.items()},
        "family": family.seconds,
        "family_peak_memory_gb": family.peak_gb,
        "kept_share": kept.value[1] / kept.value[0],
    }
    rows = (
        ("recency of 1 M customers, 731 distinct: ours", seconds(ours["recency"].seconds)),
        ("scikit-learn / ckwrap", _both(sklearn, ckwrap, "recency")),
        ("spend of 1 M customers to the cent: ours", seconds(ours["spend"].seconds)),
        ("scikit-learn / ckwrap", _both(sklearn, ckwrap, "spend")),
        ("scikit-learn above the optimum", " / ".join(f"{share:.2%}" for share in above.values())),
        (f"{family.value[0]} reports of a day, {family.value[1]:,} customers", seconds(family.seconds)),
        ("peak memory of that", f"{family.peak_gb:.2f} GB"),
        (f"{kept.value[0]:,} idle customer-days in the same segment", f"{kept.value[1] / kept.value[0]:.3%}"),
    )
    return Result("rfm", size, sum(run.seconds for run in ours.values()), total, GOAL, extra=extra, rows=rows)


def _retail_lines() -> Path:
    named = os.environ.get(DATA_VARIABLE)
    file = Path(named or "") / "online_retail" / "lines.parquet"
    if not named or not file.exists():
        raise RuntimeError(f"{DATA_VARIABLE} names no folder with online_retail/lines.parquet: set it and run again")
    return file


def _fastest(function: str, name: str, rounds: int = ROUNDS) -> Measured:
    return min((child(function, name) for _ in range(rounds)), key=lambda run: run.seconds)


def _both(sklearn: dict[str, Measured], ckwrap: dict[str, Measured], name: str) -> str:
    return f"{seconds(sklearn[name].seconds)} / {seconds(ckwrap[name].seconds) if ckwrap else 'not installed'}"


def _has_ckwrap() -> bool:
    from importlib.util import find_spec

    return find_spec("ckwrap") is not None


def _values(name: str) -> Any:
    import numpy as np

    dice = np.random.default_rng(1)
    days = dice.integers(0, _DAYS + 1, CUSTOMERS).astype(float)
    return days if name == "recency" else np.round(np.exp(dice.normal(4, 1, CUSTOMERS)), 2)


# ---- ours


def ours(name: str) -> Callable[[], Any]:
    """Distinct values, then the optimum."""
    from ca_platform.models.kmeans1d import distinct, kmeans1d

    values = _values(name)

    def measured() -> float:
        points, counts = distinct(values)
        return kmeans1d(points, CLUSTERS, counts).cost

    return measured


def family(size: int) -> Callable[[], Any]:
    """Every report of the family for the last day."""
    from ca_platform.catalogue.rfm import RFM
    from ca_platform.facts import ensure
    from ca_platform.lake import Lake
    from ca_platform.reports import compute
    from ca_platform.settings import load_settings

    folder = _shop(size)
    settings = load_settings(folder / "ca_platform.yaml", {})
    lake = Lake.open(settings)
    last = _START + timedelta(days=_DAYS - 1)
    names = [spec.name for spec in RFM]
    ensure(["customer_orders", "dimension_values", "client_numbers"], [last], settings, lake)

    def measured() -> list[int]:
        frames = dict(compute(names, [last], settings, lake))
        for frame in frames.values():
            if isinstance(frame, Exception):
                raise frame
        return [len(frames), frames["rfm"].height]  # type: ignore[union-attr]

    return measured


def _shop(size: int) -> Path:
    """A lake of orders alone: two years, as many customers as a fifth of the orders, some of whom order far more often."""
    folder = workplace() / f"rfm-{size}"
    if not folder.exists():
        import numpy as np

        from ca_platform.lake import Lake
        from ca_platform.settings import load_settings

        folder.mkdir(parents=True)
        (folder / "ca_platform.yaml").write_text(
            f"business: {{time_zone: UTC, currency: EUR, start_date: {_START}}}\n"
            "sources:\n  sessions:\n    kind: parquet\n    path: none.parquet\n"
        )
        dice = np.random.default_rng(7)
        seconds_ = np.sort(dice.integers(0, _DAYS * 86_400, size))
        clients = (dice.random(size) ** 1.5 * (size // 5)).astype(np.int64)
        orders = pl.DataFrame({"second": seconds_, "client": clients}).with_row_index("number")
        start = pl.lit(_START).cast(pl.Datetime("us", "UTC"))
        frame = orders.select(
            day=pl.lit(_START) + pl.duration(days=pl.col("second") // 86_400),
            order_id=pl.col("number").cast(pl.String),
            client=pl.format("client {}", "client"),
            session_start_date=start + pl.duration(seconds="second"),
            payment_amount=pl.Series(np.round(np.exp(dice.normal(3.5, 1, size)), 2)).cast(pl.Decimal(18, 4)),
            discount_amount=pl.lit(0).cast(pl.Decimal(18, 4)),
            has_purchased=pl.lit(value=True),
        ).sort("client", "session_start_date", "order_id")
        lake = Lake.open(load_settings(folder / "ca_platform.yaml", {}))
        with lake.write() as write:
            for (day,), part in frame.partition_by("day", as_dict=True, maintain_order=True).items():
                write.put("sessions", day, part)
    return folder


def replayed(file: str) -> Callable[[], Any]:
    """Idle days of customers of Online Retail over sixty days, and those that kept the segment."""
    from ca_platform.ingest import ingest
    from ca_platform.lake import Lake
    from ca_platform.reports import compute
    from ca_platform_tests.oracle.stability import stability
    from ca_platform_tests.oracle.test_oracle import public_settings

    settings = public_settings("online_retail", Path(file), workplace() / "rfm-retail")
    lake = Lake.open(settings)
    last = date(2011, 12, 9)
    if not lake.days("sessions"):
        first = settings.business.start_date
        ingest("sessions", [first + timedelta(days=n) for n in range((last - first).days + 1)], settings, lake)
    days = [last - timedelta(days=n) for n in range(_REPLAYED, -1, -1)]

    def measured() -> list[int]:
        ((_, frame),) = compute(["rfm"], days, settings, lake)
        if isinstance(frame, Exception):
            raise frame
        return list(stability(frame))

    return measured


# ---- rivals


def scikit_learn(name: str) -> Callable[[], Any]:
    """K-Means as it comes: ten starts are chosen by k-means++, one is run."""
    from sklearn.cluster import KMeans

    values = _values(name).reshape(-1, 1)
    return lambda: float(KMeans(CLUSTERS, random_state=0).fit(values).inertia_)


def ckmeans(name: str) -> Callable[[], Any]:
    """Ckmeans.1d.dp over the rows."""
    import ckwrap

    values = _values(name)
    return lambda: float(ckwrap.ckmeans(values, CLUSTERS).withinss.sum())
