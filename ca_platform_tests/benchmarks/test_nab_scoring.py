"""The scoring of the Numenta Anomaly Benchmark: by hand, by its published results, and against the plain definition."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.anomaly_nab import corpus, windowed_gaussian
from benchmarks.nab_scoring import Labelled, best_threshold, normalised, score_at, score_by_threshold

# results/windowedGaussian/windowedGaussian_standard_scores.csv of the benchmark, at its threshold 1.
PUBLISHED = {
    "realAdExchange/exchange-2_cpc_results": -1.0,
    "realAdExchange/exchange-2_cpm_results": -2.0,
    "realAdExchange/exchange-3_cpc_results": 2.5026632611866138,
    "realAdExchange/exchange-3_cpm_results": 0.862098587352162,
    "realAdExchange/exchange-4_cpc_results": 0.2922884634276035,
    "realAdExchange/exchange-4_cpm_results": 1.274710362684976,
    "artificialWithAnomaly/art_daily_flatmiddle": -1.0,
    "artificialWithAnomaly/art_load_balancer_spikes": -0.6924446095227346,
    "realTweets/Twitter_volume_AAPL": 1.5139968362565832,
    "realTweets/Twitter_volume_CRM": 0.7638457640937151,
}
# Digits of the scores in its files: at the threshold 1 they decide.
DIGITS = 12


def detected(rows: int, *at: int) -> np.ndarray:
    scores = np.zeros(rows)
    scores[list(at)] = 1.0
    return scores


def test_published_scores_of_a_published_detector_come_out(public_data: Path) -> None:
    series = corpus(public_data / "nab")
    found = {}
    for name in PUBLISHED:
        scores = np.round(windowed_gaussian(series[name].values), DIGITS)
        found[name] = score_at(series[name].labelled, scores, 1.0)
    assert found == pytest.approx(PUBLISHED, abs=1e-12)


def test_the_first_row_of_a_window_earns_1_and_a_window_not_found_costs_1() -> None:
    series = Labelled(1000, [(400, 499)])
    assert score_at(series, detected(1000, 400), 1.0) == pytest.approx(1.0)
    assert score_at(series, np.zeros(1000), 1.0) == -1.0
    # The last row is one row away from where the sigmoid is 0.
    assert score_at(series, detected(1000, 499), 1.0) == pytest.approx(math.tanh(0.5 * 5 / 100) / math.tanh(2.5))


def test_only_the_earliest_detection_in_a_window_counts_and_each_false_alarm() -> None:
    series = Labelled(1000, [(400, 499)])
    assert score_at(series, detected(1000, 400, 420, 499), 1.0) == pytest.approx(1.0)
    assert score_at(series, detected(1000, 400, 200, 300), 1.0) == pytest.approx(1.0 - 2 * 0.11)
    just_after, long_after = (1.0 - score_at(series, detected(1000, 400, row), 1.0) for row in (500, 900))
    assert just_after == pytest.approx(0.11 * math.tanh(2.5 / 99))
    assert long_after == pytest.approx(0.11)


def test_nothing_counts_before_the_probation_is_over() -> None:
    series = Labelled(1000, [])
    assert series.probation == 150
    assert score_at(series, detected(1000, 149), 1.0) == 0.0
    assert score_at(series, detected(1000, 150), 1.0) == pytest.approx(-0.11)
    assert Labelled(20_000, []).probation == 750


def test_thresholds_are_swept_as_if_each_were_tried() -> None:
    rng = np.random.default_rng(4)
    corpus = {"a": Labelled(200, [(60, 79), (120, 129)]), "b": Labelled(100, []), "c": Labelled(300, [(200, 249)])}
    scores = {name: rng.integers(0, 12, series.rows) / 11 for name, series in corpus.items()}
    tried = {
        threshold: sum(plain(series, scores[name] >= threshold) for name, series in corpus.items())
        for threshold in np.unique(np.concatenate(list(scores.values())))
    }
    for name, series in corpus.items():
        for threshold, total in zip(*score_by_threshold(series, scores[name]), strict=True):
            assert total == pytest.approx(plain(series, scores[name] >= threshold))
    best = best_threshold(corpus, scores)
    if math.isfinite(best):
        assert tried[best] == pytest.approx(max(tried.values()))
    assert max(*tried.values(), -3.0) == pytest.approx(
        sum(score_at(series, scores[name], best) for name, series in corpus.items())
    )


def plain(series: Labelled, is_detected: np.ndarray) -> float:
    """The definition, row by row."""
    total, last, width = 0.0, -math.inf, 1
    earned = [-1.0] * len(series.windows)
    for row in range(series.rows):
        inside = [place for place, (first, end) in enumerate(series.windows) if first <= row <= end]
        if inside:
            first, last = series.windows[inside[0]]
            width = last - first + 1
        if not is_detected[row] or row < series.probation:
            continue
        if inside:
            value = sigmoid(-(last - row + 1) / width) / sigmoid(-1.0)
            earned[inside[0]] = max(earned[inside[0]], value)
        else:
            after = math.inf if math.isinf(last) else (row - last) / (width - 1)
            total += 0.11 * (-1.0 if after >= 3.0 else sigmoid(after))
    return total + sum(earned)


def sigmoid(position: float) -> float:
    return 2 / (1 + math.exp(5 * position)) - 1


def test_saying_nothing_scores_0_and_finding_all_at_once_100() -> None:
    corpus = {"a": Labelled(1000, [(400, 499)]), "b": Labelled(1000, [(300, 349), (600, 649)])}
    nothing = {name: score_at(series, np.zeros(1000), 1.0) for name, series in corpus.items()}
    perfect = {
        name: score_at(series, detected(1000, *(first for first, _ in series.windows)), 1.0)
        for name, series in corpus.items()
    }
    assert normalised(corpus, nothing) == 0.0
    assert normalised(corpus, perfect) == pytest.approx(100.0)
    assert best_threshold({"a": Labelled(100, [])}, {"a": np.ones(100)}) == math.inf
