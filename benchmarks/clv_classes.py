"""How well value classes are told on the hold-outs of public shops, against the class of what was spent before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.churn import HISTORIES, synthetic
from ca_platform.models.backtest import accuracy, confusion, log_loss, macro_f1, recalls
from ca_platform.models.value_classes import BASELINES, CANDIDATES, CLASSES, TITLES, ValueClassModel, train

# Days known of CDNOW (to 1997-09-30); of the others a fifth of the history is hidden.
_CASES = {
    "CDNOW sample": ("cdnow", "cdnow_sample_2357/transactions.parquet", 273),
    "Online Retail": ("retail", "online_retail/lines.parquet", None),
    "Complete Journey": ("journey", "completejourney/transactions_sample.parquet", None),
}
_HORIZON = 182
HEAD = "right  macro F1  log loss | found of " + ", ".join(CLASSES)

# Accuracy, macro F1, log loss, recall of each class.
Figures = list[float]


def told(folder: Path) -> dict[str, dict[str, Any]]:
    """By shop what serves, the borders, the horizon, and the figures of every model in the horizon after the training.

    Args:
        folder: of the public shops.
    """
    found: dict[str, dict[str, Any]] = {}
    for shop, (name, file, known_days) in _CASES.items():
        history = HISTORIES[name](pl.read_parquet(folder / file))
        first, last = int(history.day.min()), int(history.day.max()) + 1
        origin = first + (known_days or (last - first) - (last - first) // 5)
        model = train(history, origin, _HORIZON, has_season=True).model
        assert model is not None
        known = history.until(origin)
        came = model.borders.classes(history.outcome(known.customers, origin, model.horizon).amount)
        figures = {one: _figures(model.served_by(one), known, origin, came) for one in (*CANDIDATES, *BASELINES)}
        found[shop] = {
            "served": model.served,
            "borders": [model.borders.low, model.borders.high],
            "horizon": model.horizon,
            "customers": int(came.size),
            "figures": figures,
        }
    return found


def _figures(model: ValueClassModel, known: Any, origin: int, came: Any) -> Figures:
    said = model.classify(known, origin)
    counts = confusion(came, said.value_class, len(CLASSES))
    figures = (accuracy(counts), macro_f1(counts), log_loss(came, said.chances), *recalls(counts).tolist())
    return [round(figure, 4) for figure in figures]


def lines(found: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The figures as rows of a table."""
    rows = []
    for shop, case in found.items():
        low, high = case["borders"]
        rows.append((f"{shop}, classes of {case['horizon']} days", HEAD))
        rows += [
            (f"  {TITLES[name]}{' (serves)' if name == case['served'] else ''}", _line(figures))
            for name, figures in case["figures"].items()
        ]
        rows.append(("  borders", f"low up to {low:g}, high above {high:g}; {case['customers']:,} customers"))
    return rows


def _line(figures: Figures) -> str:
    right, f1, loss, *found = figures
    return f"{right:>5.1%}  {f1:>8.3f}  {loss:>8.3f} | {'  '.join(f'{share:.1%}' for share in found)}"


def training(customers: int) -> Callable[[], Any]:
    """Training for a synthetic shop of a year, after one for a small one, so that imports are not measured."""
    train(synthetic(300), 365, _HORIZON)
    history = synthetic(customers)
    return lambda: train(history, 365, _HORIZON).reason
