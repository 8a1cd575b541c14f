"""``anomaly-nab``: the detector of single figures on labelled series of the Numenta Anomaly Benchmark, by its own scoring.

27 of its 58 series (advertisements, tweets, artificial ones), 53 labelled windows, one threshold for all series. ``ours``
and ``rival`` are the points that are missing to 100; the rival is the sliding normal distribution that the benchmark
brings along (6,400 readings, renewed every 100), scored in the same run. Because the threshold is the best one on the
series that it is judged on, as the benchmark has it, the table also shows each half of the series with the threshold of
the other half. The published detectors were scored with their best threshold on all 58 series.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.churn import public_file
from benchmarks.harness import Result, child, seconds
from benchmarks.nab_scoring import Floats, Labelled, best_threshold, normalised, score_at

DEFAULT, LARGE = 27, 27
GOAL = 45.0
FOLDERS = {
    "artificial, no anomaly": "artificialNoAnomaly",
    "artificial": "artificialWithAnomaly",
    "advertisements": "realAdExchange",
    "tweets": "realTweets",
}
# Of the same 27 series, from the published scores of each (results/DETECTOR/DETECTOR_standard_scores.csv there).
_PUBLISHED = (("Numenta HTM", 63.2), ("KNN-CAD", 63.2), ("ARTime", 78.7), ("windowed Gaussian", 47.3))
_WINDOW, _STEP = 6400, 100


class Series(NamedTuple):
    """Readings with the windows in which something happened."""

    labelled: Labelled
    values: Floats
    per_day: int


def run(size: int) -> Result:
    """``size`` is the number of series; it can be made smaller for a trial."""
    folder = str(public_file("nab/windows.json").parent)
    measured, rival = (child("anomaly_nab:scored", folder, size, name) for name in ("streaming", "gaussian"))
    ours, theirs = measured.value, rival.value
    rows = [("", "score 0 to 100 | sliding normal distribution")]
    rows += [
        (label, f"{ours[key]:.1f} | {theirs[key]:.1f}")
        for label, key in (
            ("all series, one threshold", "all"),
            ("threshold of the other half of the series", "crossed"),
            *((f"  of them {label}", label) for label in FOLDERS if label in ours),
        )
    ]
    rows += [("false alarms where there is none", f"{ours['false_alarms']} | {theirs['false_alarms']}")]
    rows += [("published, the same series", ", ".join(f"{name} {score}" for name, score in _PUBLISHED))]
    rows += [(f"time for {ours['rows']:,} readings", f"{seconds(measured.seconds)} | {seconds(rival.seconds)}")]
    extra = {"score": ours, "rival_score": theirs, "seconds": measured.seconds}
    return Result(
        "anomaly-nab", size, 100 - ours["all"], 100 - theirs["all"], GOAL, "ours", extra=extra, rows=tuple(rows)
    )


def scored(folder: str, size: int, detector: str) -> Callable[[], Any]:
    """Scores of a detector, all series together and by folder."""
    from ca_platform.models.anomaly.streaming import stream_scores

    series = dict(list(corpus(Path(folder)).items())[:size])
    ways: dict[str, Callable[[Series], Floats]] = {
        "streaming": lambda item: stream_scores(item.values, item.per_day),
        "gaussian": lambda item: windowed_gaussian(item.values),
    }
    return lambda: _judged(series, {name: ways[detector](item) for name, item in series.items()})


def _judged(series: Mapping[str, Series], scores: Mapping[str, Floats]) -> dict[str, Any]:
    labelled = {name: item.labelled for name, item in series.items()}
    threshold = best_threshold(labelled, scores)
    raw = {name: score_at(item, scores[name], threshold) for name, item in labelled.items()}
    found: dict[str, Any] = {
        "all": normalised(labelled, raw),
        "crossed": normalised(labelled, _crossed(labelled, scores)),
        "rows": sum(item.rows for item in labelled.values()),
        "false_alarms": sum(
            int(np.count_nonzero(scores[name][item.probation :] >= threshold))
            for name, item in labelled.items()
            if not item.windows
        ),
    }
    for label, folder in FOLDERS.items():
        some = {name: item for name, item in labelled.items() if name.startswith(f"{folder}/")}
        if any(item.windows for item in some.values()):
            found[label] = normalised(some, {name: raw[name] for name in some})
    return found


def _crossed(labelled: Mapping[str, Labelled], scores: Mapping[str, Floats]) -> dict[str, float]:
    """Scores with the threshold that is best on the other half: every second series."""
    names = list(labelled)
    found: dict[str, float] = {}
    for own, other in ((names[::2], names[1::2]), (names[1::2], names[::2])):
        threshold = best_threshold({name: labelled[name] for name in other}, {name: scores[name] for name in other})
        found |= {name: score_at(labelled[name], scores[name], threshold) for name in own}
    return found


def corpus(folder: Path) -> dict[str, Series]:
    """The labelled series by the name that the benchmark gives them."""
    windows = json.loads((folder / "windows.json").read_text())
    found = {}
    for file in sorted(folder.glob("*.parquet")):
        for (name,), rows in pl.read_parquet(file).group_by("series", maintain_order=True):
            path = f"{file.stem}/{name}"
            time = rows["timestamp"].to_numpy()
            limits = [(_row(time, first), _row(time, last)) for first, last in windows[f"{path}.csv"]]
            found[path] = Series(Labelled(time.size, limits), rows["value"].to_numpy(), _per_day(time))
    return found


def _row(time: NDArray[np.datetime64], instant: str) -> int:
    return int(np.searchsorted(time, np.datetime64(instant.replace(" ", "T"))))


def _per_day(time: NDArray[np.datetime64]) -> int:
    return round(86_400 / float(np.median(np.diff(time).astype("timedelta64[s]").astype(np.int64))))


def windowed_gaussian(values: Floats, window: int = _WINDOW, step: int = _STEP) -> Floats:
    """1 less the probability of so large a deviation under a normal distribution of the readings before."""
    from scipy.special import ndtr

    found = np.zeros(values.size)
    first, last = 0, 0
    mean, spread = 0.0, 1.0
    for place, value in enumerate(values):
        if last:
            found[place] = 1 - ndtr(-abs(value - mean) / spread)
        if place < window:
            last = place + 1
        elif place + 1 - last == step:
            first, last = first + step, last + step
        else:
            continue
        mean, spread = float(values[first:last].mean()), float(values[first:last].std()) or 1e-6
    return found
