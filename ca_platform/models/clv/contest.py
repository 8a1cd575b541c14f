"""The contest of the models at rolling origins of a shop's own history: which of them serves, and at which level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ca_platform.catalogue.models import VALUE_LEAST_CUSTOMERS, VALUE_LEAST_DAYS
from ca_platform.errors import ValidationError
from ca_platform.models.backtest import (
    History,
    Origin,
    Outcome,
    decile_error,
    deciles,
    interval_coverage,
    mean_absolute_error,
    normalised_gini,
    rolling_origins,
    root_mean_squared_error,
    spearman,
    total_error,
)
from ca_platform.models.clv.candidates import BASELINE, CANDIDATES, Candidate, Forecaster
from ca_platform.models.clv.forecast import ValueForecast
from ca_platform.models.clv.level import Level, PastForecasts, factors_at, learn_level
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.totals import MEASURES, past_totals
from ca_platform.models.threads import one_thread

# Thirteen of four weeks reach back a year.
_LEAST_ORIGINS, _MOST_ORIGINS = 4, 13
# Candidates that take long to fit are judged at so many of them at most.
_FEW_ORIGINS = 4

# A model whose fit is degenerate serves only if its merit is better by more than this.
_PRICE_OF_DEGENERATE = 0.01

# How much of the Gini coefficient an error of the total of e is worth, and one of all tenths of the customers by their
# whole sums: ranks first, the level is put right by itself.
_PRICE_OF_LEVEL, _PRICE_OF_TENTHS = 0.1, 0.1

# Two years are not the same shop's if their months differ by more than a factor of two.
_OTHER_YEAR = float(np.log(2))


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of the contest.

    Attributes:
        origin: number of the first day that was not known.
        horizon: days that were forecast.
        metric: as in ``metrics_of``; of the served model also as in ``deciles_of``.
        value: None where the metric has none.
        customers: who were forecast: all with an order before the origin; of a decile those in it.
    """

    origin: int
    horizon: int
    model: str
    metric: str
    value: float | None
    customers: int
    is_served: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """How it ended.

    Attributes:
        served: the model that forecasts from now on.
        fitted: all models, fitted to all that is known; of those that take long to fit only the one that serves.
        horizon_days: what was forecast at the origins; 0 where there was none.
        orders_level, revenue_level: what its totals are to be multiplied by, and how far they were off.
        reason: why the baseline serves, in words; empty where the contest decided.
        challengers: those that take long to fit, as they were at the newest origin.
    """

    served: str
    fitted: Mapping[str, Forecaster]
    scores: tuple[Score, ...]
    horizon_days: int
    orders_level: Level
    revenue_level: Level
    reason: str = ""
    challengers: Mapping[str, Forecaster] = field(default_factory=dict)

    @property
    def model(self) -> Forecaster:
        """The one that serves."""
        return self.fitted[self.served]


def hold_contest(
    history: History,
    end: int,
    horizon_days: int,
    models: Sequence[str] = tuple(CANDIDATES),
    candidates: Mapping[str, Candidate] = CANDIDATES,
    *,
    has_season: bool = False,
) -> Contest:
    """Fit every model at every origin with what was known by then, and hold its forecast against what came.

    The model with the highest mean Gini coefficient of orders and revenue serves, less a tenth of the mean logarithm by
    which its totals were off, for levels are learnt apart from ranks (``learn_level``), and less a tenth of the mean error
    by tenths of the customers. One whose fit to all that is known is degenerate gives way to one that is hardly worse, and
    one that had nothing to learn from at the first origins has a head start. Candidates that take long to fit challenge
    the winner of the others, at some of the origins.

    Args:
        history: orders from ``end`` on are not looked at; of many customers some are judged, all are fitted.
        end: number of the first day that is not known.
        horizon_days: 1 and up; or a quarter of the history where that is shorter.
        models: names of ``candidates``, the baseline among them.
        has_season: whether days are counted from 1970-01-01, so that models take time by the usual year of trade.
    """
    with one_thread():
        return _held(
            Past(history, end, has_season=has_season), horizon_days, {name: candidates[name] for name in models}
        )


def _held(past: Past, horizon_days: int, candidates: Mapping[str, Candidate]) -> Contest:
    end = past.end
    negative = int(np.count_nonzero(past.history.amount < 0))
    if negative:
        raise ValidationError(
            f"Orders with a negative amount: {negative:,}. The models know purchases alone: leave cancellations and refunds "
            "out."
        )
    refused = _refusal(past.buyers(end).summary.repeaters, end - past.start)
    if refused:
        nothing = learn_level(PastForecasts([], 0.0, [], []), 0.0)
        return Contest(BASELINE, {BASELINE: past.value(BASELINE, end)}, (), 0, nothing, nothing, refused)
    origins = _origins(past.start, end, horizon_days)
    usable = origins[-1].horizon
    quick = {name: candidate for name, candidate in candidates.items() if candidate.corrects is None}
    scores, _ = _judged(past.few, origins, quick)
    fitted = {name: candidate.fit(past, end, usable) for name, candidate in quick.items()}
    ahead = {name: _ahead(candidates[name], is_degenerate=model.degenerate) for name, model in fitted.items()}
    served = max(fitted, key=lambda name: _merit(scores, name) + ahead[name])
    slow = {name: candidate for name, candidate in candidates.items() if candidate.corrects is not None}
    challengers: dict[str, Forecaster] = {}
    if slow:
        challenge, challengers = _judged(past.few, _some(origins), slow)
        served = _winner(scores, challenge, {served: ahead[served], **_ahead_of_slow(past, slow)})
        scores += challenge
    if served in slow:
        fitted[served] = slow[served].fit(past, end, usable)
    totals = past_totals(past.few, _of_this_year(origins, past.few), candidates[served])
    levels = {name: learn_level(totals[name], end / 7, horizon_days / 7, totals["orders"]) for name in MEASURES}
    for name in MEASURES:
        if levels[name].method != "none":
            scores += _then(scores, served, f"{name}_level", factors_at(totals[name], totals["orders"]))
    marked = tuple(replace(score, is_served=score.model == served) for score in scores if _is_shown(score, served))
    return Contest(served, fitted, marked, usable, levels["orders"], levels["revenue"], challengers=challengers)


def _some(origins: Sequence[Origin]) -> Sequence[Origin]:
    """A few of the origins, evenly chosen, the newest among them."""
    step = -(-len(origins) // _FEW_ORIGINS)
    return origins[::-1][::step][::-1]


def _of_this_year(origins: Sequence[Origin], past: Past) -> Sequence[Origin]:
    """Those at which the shop's year was taken for about what it is now.

    Before a gift shop had seen a Christmas its forecasts missed a season that they know by now, and tell no level.
    """
    now = past.buyers(past.end).clock
    return [at for at in origins if past.buyers(at.at).clock.unlike(now) < _OTHER_YEAR] or origins


def _ahead(candidate: Candidate, *, is_degenerate: bool) -> float:
    """What a candidate's merit is raised by, whatever it was at the origins."""
    return candidate.head_start - _PRICE_OF_DEGENERATE * is_degenerate


def _ahead_of_slow(past: Past, slow: Mapping[str, Candidate]) -> dict[str, float]:
    """The same of those that are not fitted yet, by the models that they correct."""
    return {
        name: _ahead(candidate, is_degenerate=past.value(str(candidate.corrects), past.end).degenerate)
        for name, candidate in slow.items()
    }


def _winner(scores: Iterable[Score], challenge: Sequence[Score], ahead: Mapping[str, float]) -> str:
    """The first one, which serves, or who has more merit at the origins at which all were judged."""
    origins = {score.origin for score in challenge}
    both = [*challenge, *(score for score in scores if score.origin in origins)]
    return max(ahead, key=lambda name: _merit(both, name) + ahead[name])


def _then(scores: Sequence[Score], served: str, metric: str, factors: Mapping[float, float]) -> list[Score]:
    """What totals of the served model would have been multiplied by, by weeks, at each origin at which it was judged."""
    judged = [score for score in scores if score.model == served and score.metric == "coverage"]
    return [replace(score, metric=metric, value=factors.get(score.origin / 7, 1.0)) for score in judged]


def _judged(
    past: Past, origins: Sequence[Origin], candidates: Mapping[str, Candidate]
) -> tuple[list[Score], dict[str, Forecaster]]:
    """Scores of every model at every origin, and the models as they were at the last one."""
    scores: list[Score] = []
    fitted: dict[str, Forecaster] = {}
    for at in origins:
        buyers = past.buyers(at.at)
        outcome = past.history.outcome(buyers.number, at.at, at.horizon)
        for model, candidate in candidates.items():
            fitted[model] = candidate.fit(past, at.at, at.horizon)
            forecast = fitted[model].forecast(buyers, at.horizon)
            found = {metric: (value, len(buyers)) for metric, value in metrics_of(forecast, outcome).items()}
            found |= deciles_of(forecast, outcome)
            scores += [Score(at.at, at.horizon, model, metric, *cell) for metric, cell in found.items()]
    return scores, fitted


def _is_shown(score: Score, served: str) -> bool:
    """Whether a score is kept: deciles are of the served model alone."""
    return score.model == served or "_decile_" not in score.metric or score.metric.endswith("_decile_error")


def metrics_of(forecast: ValueForecast, outcome: Outcome) -> Mapping[str, float | None]:
    """All metrics of one forecast: of orders and of revenue, and of the intervals of revenue.

    ``coverage`` is over all customers, the figure that is judged; ``coverage_of_likely`` over those whose interval is not
    just 0.
    """
    found: dict[str, float] = {}
    for measure, said, came in (
        ("orders", forecast.orders, outcome.orders.astype(np.float64)),
        ("revenue", forecast.revenue, outcome.amount),
    ):
        found |= {
            f"{measure}_mae": mean_absolute_error(came, said),
            f"{measure}_rmse": root_mean_squared_error(came, said),
            f"{measure}_spearman": spearman(came, said),
            f"{measure}_gini": normalised_gini(came, said),
            f"{measure}_decile_error": decile_error(came, said),
            f"{measure}_total_error": total_error(came, said),
        }
    likely = forecast.high > 0
    found["coverage"] = interval_coverage(outcome.amount, forecast.low, forecast.high)
    found["coverage_of_likely"] = interval_coverage(outcome.amount[likely], forecast.low[likely], forecast.high[likely])
    return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}


def deciles_of(forecast: ValueForecast, outcome: Outcome) -> dict[str, tuple[float, int]]:
    """Mean forecast and outcome of tenths of the customers by their forecast, and how many they are.

    ``orders_forecast_decile_1`` is of those of whom least is forecast.
    """
    return {
        f"{measure}_{side}_decile_{place}": (getattr(part, side), part.customers)
        for measure, said, came in (
            ("orders", forecast.orders, outcome.orders.astype(np.float64)),
            ("revenue", forecast.revenue, outcome.amount),
        )
        for place, part in enumerate(deciles(came, said), 1)
        for side in ("forecast", "observed")
    }


def _origins(start: int, end: int, horizon_days: int) -> tuple[Origin, ...]:
    """As many origins one after another as there is room for, four at least and thirteen at most."""
    usable = max(min(horizon_days, (end - start) // 4), 1)
    room = (end - start) // usable - 1
    return rolling_origins(start, end, horizon_days, min(max(room, _LEAST_ORIGINS), _MOST_ORIGINS))


def _refusal(repeaters: float, days: int) -> str:
    if days < VALUE_LEAST_DAYS:
        told = "1 day of orders is" if days == 1 else f"{max(days, 0)} days of orders are"
        return f"{told} too few to hold forecasts against; {VALUE_LEAST_DAYS} are needed"
    if repeaters < VALUE_LEAST_CUSTOMERS:
        told = "1 customer has" if repeaters == 1 else f"{repeaters:,.0f} customers have"
        return f"{told} ordered on a second day; {VALUE_LEAST_CUSTOMERS} are needed"
    return ""


def _merit(scores: Iterable[Score], model: str) -> float:
    own = [score for score in scores if score.model == model]
    ranks = [_plain(score) for score in own if score.metric in ("orders_gini", "revenue_gini")]
    levels = [
        abs(np.log(max(1 + _plain(score), 1e-3)))
        for score in own
        if score.metric in ("orders_total_error", "revenue_total_error")
    ]
    tenths = [min(_plain(score), 1.0) for score in own if score.metric.endswith("_decile_error")]
    return float(np.mean(ranks) - _PRICE_OF_LEVEL * np.mean(levels) - _PRICE_OF_TENTHS * np.mean(tenths))


def _plain(score: Score) -> float:
    return 0.0 if score.value is None else score.value
