"""``training``: the time in which both networks of customer value are trained, and what they learn.

For a synthetic shop of a year: the whole contest of a training day with all models of lifetime value, the networks judged
at its origins, and then both networks, every seed, trained with all that is known, whether they won or not. ``ours`` are
the seconds of all this, ``rival`` is the mark of ten minutes; one core is used. Shown are the validation loss of each
seed before the training and at its best, and the peak memory.

Where the public data are named, the contest is also held at the earlier origins of the CDNOW sample and of Online Retail,
up to the days that serve as hold-out elsewhere: the normalized Gini coefficients of orders and revenue, the mean over the
origins at which the networks were judged.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.churn import synthetic
from benchmarks.clv_quality import holdouts, public_files
from benchmarks.harness import Result, child, seconds
from benchmarks.pairs import DATA_VARIABLE

DEFAULT, LARGE = 2_000, 100_000
GOAL = 600.0
SEEDS, HORIZON, DAYS = 5, 91, 365
# Beside the networks.
_SHOWN = ("naive", "bg_nbd", "mbg_cnbd_k", "boosted", "stacked")


def run(size: int) -> Result:
    """``size`` is the number of customers of the synthetic shop."""
    if not all(importlib.util.find_spec(name) for name in ("torch", "pytorch_lightning")):
        raise RuntimeError("torch and Lightning are not installed: scripts/setup_deep.sh large adds them")
    done = child("training:trained", size)
    figures = done.value
    extra: dict[str, Any] = {
        "training": done.seconds,
        "training_cpu_seconds": done.cpu_seconds,
        "contest": figures["contest"],
        "lstm": figures["lstm"]["seconds"],
        "conv": figures["conv"]["seconds"],
        "peak_memory_gb": done.peak_gb,
    }
    rows = [
        ("contest, networks judged at its origins", f"{seconds(figures['contest'])}, {figures['served']} serves"),
        *(row for name in ("lstm", "conv") for row in _course(name, figures[name])),
        ("all, peak memory", f"{seconds(done.seconds)}, {done.peak_gb:.2f} GB"),
    ]
    if DATA_VARIABLE in os.environ:
        for title in list(holdouts(*public_files()))[:2]:
            found = child("training:judged", title, *map(str, public_files())).value
            extra[title] = found
            rows += [(title, "nGini of orders, of revenue, at earlier origins"), *_ranks(found)]
    return Result("training", size, done.seconds, GOAL, GOAL, goal_on="ours", extra=extra, rows=tuple(rows))


def _course(name: str, figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield f"{name}, {SEEDS} seeds on all that is known", seconds(figures["seconds"])
    for seed, (before, best, epoch, epochs) in enumerate(figures["course"]):
        yield f"  seed {seed}", f"validation loss {before:.4f} -> {best:.4f} after {epoch} of {epochs} epochs"


def _ranks(found: dict[str, list[float]]) -> Iterator[tuple[str, str]]:
    for name, figures in found.items():
        yield f"  {name}", "  ".join(f"{figure:.4f}" for figure in figures)


def trained(customers: int) -> Callable[[], Any]:
    """The contest and both networks for a synthetic shop."""
    from ca_platform.models.clv.candidates import CANDIDATES
    from ca_platform.models.clv.contest import hold_contest
    from ca_platform.models.clv.past import Past
    from ca_platform.models.networks import NETWORKS, candidates

    history = synthetic(customers)
    networks = candidates(SEEDS)

    def run() -> dict[str, Any]:
        begun = time.perf_counter()
        contest = hold_contest(history, DAYS, HORIZON, (*CANDIDATES, *networks), {**CANDIDATES, **networks})
        found: dict[str, Any] = {"contest": time.perf_counter() - begun, "served": contest.served}
        past = Past(history, DAYS)
        for name in NETWORKS:
            begun = time.perf_counter()
            model = networks[name].fit(past, DAYS, HORIZON)
            found[name] = {"seconds": time.perf_counter() - begun, "course": _courses(model)}
        return found

    return run


def _courses(model: Any) -> list[tuple[float, float, int, int]]:
    """By seed the validation loss before, the least one, its epoch, and all epochs."""
    found = []
    for seed in range(SEEDS):
        own = [epoch for epoch in model.epochs if epoch.seed == seed]
        best = min(own, key=lambda epoch: epoch.validation_loss)
        found.append((own[0].validation_loss, best.validation_loss, best.epoch, own[-1].epoch))
    return found


def judged(title: str, cdnow: str, retail: str) -> Callable[[], Any]:
    """Mean Gini coefficients of each model at earlier origins of a public shop."""
    from pathlib import Path

    import numpy as np

    from benchmarks.clv_quality import history_of, number_of
    from ca_platform.models.clv.candidates import CANDIDATES
    from ca_platform.models.clv.contest import hold_contest
    from ca_platform.models.networks import candidates

    holdout = holdouts(Path(cdnow), Path(retail))[title]
    history, networks = history_of(holdout.orders), candidates(SEEDS)
    end = number_of(holdout.end) + 1

    def run() -> dict[str, Any]:
        names = (*(name for name in _SHOWN if name in CANDIDATES), *networks)
        contest = hold_contest(history, end, 7 * holdout.weeks, names, {**CANDIDATES, **networks})
        origins = {score.origin for score in contest.scores if score.model in networks}
        found = {}
        for name in names:
            own = [score for score in contest.scores if score.model == name and score.origin in origins]
            means = [
                np.mean([score.value for score in own if score.metric == f"{measure}_gini"])
                for measure in ("orders", "revenue")
            ]
            label = f"{name} (serves)" if name == contest.served else name
            found[label] = [round(float(mean), 4) for mean in means]
        return found

    return run
