"""The list of benchmarks: what each measures, its sizes and the function that runs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from benchmarks.harness import Result


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark by name; its module is imported when it runs."""

    name: str
    module: str
    title: str
    goal: str
    function: str = "run"

    @property
    def default(self) -> int:
        return int(importlib.import_module(f"benchmarks.{self.module}").DEFAULT)

    @property
    def large(self) -> int:
        return int(importlib.import_module(f"benchmarks.{self.module}").LARGE)

    def run(self, size: int) -> Result:
        function = getattr(importlib.import_module(f"benchmarks.{self.module}"), self.function)
        return cast("Callable[[int], Result]", function)(size)


BENCHMARKS = {
    item.name: item
    for item in (
        Benchmark("load", "load", "sessions from CSV into the lake, validated", "<= 1.45 x scan_csv -> sink_parquet"),
        Benchmark("funnels", "funnels", "ten funnel reports of a day, 3 x 20 values", "<= 2 x bare Polars for main"),
        Benchmark("day", "day", "whole Dagster run of a day, embedded store", "<= 2.5 x bare Polars for main"),
        Benchmark("memory", "day", "peak memory of that run", "<= 4 GB", "run_memory"),
        Benchmark("day-all", "day", "the same with lines and promotions", "<= 2.5 x bare Polars for main", "run_all"),
        Benchmark("memory-all", "day", "peak memory of that run", "<= 6 GB", "run_memory_all"),
        Benchmark("range", "ranges", "31 days at once against 31 single days", "<= 1/6 of the time, equal rows"),
        Benchmark("backfill", "backfill", "a year of days in ranged runs", "<= 1/6 of single days"),
        Benchmark("dimensions", "dimensions", "a day's run with dimensions of 20 to 200 values", "<= 1.8 x none"),
        Benchmark("cohorts", "cohorts", "orders 1 to 4, daily and weekly cohorts", "<= 1.2 x DuckDB's window query"),
        Benchmark("pairs", "pairs", "pairs and triples of products", "<= 1/20 x mlxtend and efficient-apriori"),
        Benchmark("churn", "churn", "churn risk on public shops, and its training", "<= 1.0 x BG/NBD's ranking errors"),
        Benchmark(
            "ab", "ab", "A/B tests on random splits; bootstrap by weights", "<= 1/5 x NumPy rows; 4.5-5.5 % false"
        ),
        Benchmark("ab-speed", "ab_speed", "before and after of 500 promotions, 5,000 products", "<= 60 s, <= 4 GB"),
        Benchmark("clv", "clv", "BG/NBD and Gamma–Gamma, and the quality of all models", "<= 1/5 x lifetimes"),
        Benchmark("clv-totals", "clv_totals", "80 % intervals of a shop's revenue to come", "75-85 % hold"),
        Benchmark("training", "training", "both networks of customer value, trained and judged", "<= 10 min"),
        Benchmark(
            "recommend", "recommend", "next baskets foreseen; lists of many customers", "NDCG@10 above every rival's"
        ),
        Benchmark("rfm", "rfm", "scores of a million customers, the RFM family", "<= 1/2 x scikit-learn, ckwrap"),
        Benchmark(
            "anomaly", "anomaly", "incidents found at one false alarm a month", "<= 1/2 of what the best rival misses"
        ),
        Benchmark(
            "anomaly-nab", "anomaly_nab", "labelled series of NAB by its own scoring", "<= 45 points short of 100"
        ),
        Benchmark("deliveries", "deliveries", "all reports of deliveries of a day; cells; Olist", "<= 20 s, <= 6 GB"),
        Benchmark("index", "index", "orders into Elasticsearch", "<= 1/0.95 x raw bulk, client CPU <= 20 %"),
        Benchmark("page", "page", "/funnels until all cards are settled, p95", "<= 2 x a bare Dash page"),
        Benchmark(
            "customers-page", "customers_page", "/customers: rows, sort, filter, both stores", "<= 1.0 s at the browser"
        ),
        Benchmark("map", "delivery_map", "the map of millions of deliveries in a browser", "<= 2.0 s, <= 300 kB"),
        Benchmark(
            "import", "imports", "importing the package and the code location", "<= 2 x import dagster, <= 0.5 s"
        ),
        Benchmark("report", "report", "ca-platform report kpis, whole process", "<= 0.6 s"),
    )
}
