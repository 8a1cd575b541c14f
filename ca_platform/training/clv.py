"""The models of lifetime value: one part of the lake for each training day, and what they forecast of a report day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ca_platform.catalogue import table_spec
from ca_platform.catalogue.models import VALUE_BASELINE
from ca_platform.lake import Lake
from ca_platform.models import networks
from ca_platform.models.backtest import History
from ca_platform.models.clv.candidates import CANDIDATES, Candidate, Forecaster
from ca_platform.models.clv.clock import Clock
from ca_platform.models.clv.contest import Contest, hold_contest
from ca_platform.models.clv.customers import Buyers, buyers_at, seen_clock_at
from ca_platform.models.clv.doubts import doubts, too_far
from ca_platform.models.clv.forecast import ValueForecast, levelled, share_to_ask
from ca_platform.models.clv.level import Level
from ca_platform.models.clv.past import MOST_CUSTOMERS, sampled
from ca_platform.models.clv.record import Parameters
from ca_platform.models.clv.records import Floats, Ints
from ca_platform.models.threads import one_thread
from ca_platform.settings import Settings
from ca_platform.training.frames import scores_frame
from ca_platform.training.kept import KeptModels, Orders
from ca_platform.training.orders import day_number
from ca_platform.training.parameters import KEPT, level_of, level_parameters, number_of, parameters_of, rows_of

MODELS, SCORES = "clv_models", "clv_scores"

# Customers of as many days as this are kept at once, some 150 MB.
_MOST_KEPT = 2_000_000

# Of customers, within their intervals.
_SHARE = 0.8

# Raised where other numbers than before are kept of a model: what was kept is out of date then.
_FORM = 3

# What holds for all candidates of a training.
_WHOLE = "lifetime_value"
_LEVELS = ("orders_level", "revenue_level")


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What serves since a training.

    Attributes:
        name: of the candidate.
        model: it, fitted to all that was known.
        horizon_days: of the forecasts at the origins; 0 where there was none.
        orders_level, revenue_level: what totals are multiplied by, and how far they were off.
        reason: why the baseline serves, and what else should be known of the forecasts; empty where nothing.
    """

    name: str
    model: Forecaster
    horizon_days: int
    orders_level: Level
    revenue_level: Level
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """What is forecast of all customers with an order up to the end of a day, a value each, by ascending number.

    Attributes:
        number: the facts' number of the customer.
        orders, amount, revenue, low, high, alive, no_order, next_order_days: as in ``ValueForecast``, levels applied.
        horizon_days: what is forecast.
        model: name of the candidate that serves.
        trained_on: the last day that it knows of.
        reason, orders_level, revenue_level: as in ``Served``.
    """

    number: Ints
    orders: Floats
    amount: Floats
    revenue: Floats
    low: Floats
    high: Floats
    alive: Floats
    no_order: Floats
    next_order_days: Floats
    horizon_days: float
    model: str
    trained_on: date
    reason: str
    orders_level: Level
    revenue_level: Level


def candidates(settings: Settings) -> dict[str, Candidate]:
    """The candidates that the settings name, the baseline first."""
    known = {**CANDIDATES, **networks.candidates(settings.reports.clv.seeds)}
    return {name: known[name] for name in (VALUE_BASELINE, *settings.reports.clv.models)}


class ValueModels(KeptModels):
    """The models of lifetime value, made for the horizon and of the candidates in the settings."""

    dataset, scored = MODELS, SCORES

    def __init__(self, last: date, settings: Settings, lake: Lake, history: Orders | None = None) -> None:
        clv = settings.reports.clv
        self.horizon_days = 7 * clv.horizon_weeks
        self._candidates = candidates(settings)
        self._has_season = settings.reports.retail_year
        self._served: dict[date, Served] = {}
        self._forecasts: dict[date, Forecasts] = {}
        self._clocks: dict[int, Clock] = {}
        asked = f"{self.horizon_days} {sorted(self._candidates)} {clv.seeds} {self._has_season} {_FORM}"
        super().__init__(last, settings, lake, asked, history)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Networks that the settings name and that cannot be trained here; what was trained elsewhere serves."""
        return () if networks.can_train() else tuple(name for name in self._candidates if name in networks.NETWORKS)

    def train(self, day: date, *, networks_too: bool = False) -> Contest:
        """Hold the contest with what was known at the end of a day, and keep all candidates and their scores.

        Args:
            networks_too: those that the settings name take part; they take minutes, so days that only lack a model do
                without.
        """
        end = day_number(day) + 1
        known = self.history.until(end)
        absent = self.left_out if networks_too else networks.NETWORKS
        present = [name for name in self._candidates if name not in absent]
        contest = hold_contest(known, end, self.horizon_days, present, self._candidates, has_season=self._has_season)
        models = _models(day, contest, reason_of(contest, known, end, self.horizon_days))
        self._keep(day, models, scores_frame(SCORES, day, contest.scores))
        self._forecasts.clear()
        self._served.pop(day, None)
        return contest

    def model(self, trained_on: date) -> Served:
        """What serves since a training day."""
        if trained_on not in self._served:
            self._served[trained_on] = self._told(trained_on)
        return self._served[trained_on]

    def candidate(self, trained_on: date, name: str) -> Forecaster:
        """Any of the candidates that were fitted on a training day."""
        return self._candidates[name].from_parameters(parameters_of(self._rows(trained_on, name)))

    def forecast(self, day: date) -> Forecasts:
        """Forecast all customers of a day over the horizon, by the model that serves it; one that is missing is trained.

        Those of the last days are kept, as far as they are not too many.
        """
        if day not in self._forecasts:
            said = self._said(day)
            while self._forecasts and sum(len(kept.number) for kept in self._forecasts.values()) > _MOST_KEPT:
                del self._forecasts[next(iter(self._forecasts))]
            self._forecasts[day] = said
        return self._forecasts[day]

    def revenue(self, day: date, days_ahead: float) -> Floats:
        """Revenue expected of the customers of ``forecast`` within so many days, intervals left out."""
        served = self.model(self.ensure([day])[day])
        with one_thread():
            plain = served.model.forecast(self._buyers(day), days_ahead, share=0.0)
        return levelled(plain, served.orders_level.factor, served.revenue_level.factor).revenue

    def clock(self, at: int) -> Clock:
        """The shop's own year as it was known at the begin of a day; the plain clock before it has seen one."""
        if at not in self._clocks:
            # Some customers tell the year as well as all do.
            known = sampled(self.history.until(at), MOST_CUSTOMERS)
            self._clocks[at] = seen_clock_at(known, at, has_season=self._has_season)
        return self._clocks[at]

    def earlier(self, day: date, days: int, ahead: int, most: int | None = None) -> tuple[Buyers, ValueForecast]:
        """What the model that serves a day foresees of the customers of so many days before, without intervals or levels.

        Args:
            days: how long ago; what came since is left out.
            ahead: days that are foreseen from then on.
            most: of more customers than so many every so many-th is taken; None: all.
        """
        served = self.model(self.ensure([day])[day])
        origin = day_number(day) + 1 - days
        known = self.history.until(origin)
        buyers = buyers_at(known if most is None else sampled(known, most), origin, has_season=self._has_season)
        with one_thread():
            return buyers, served.model.forecast(buyers, ahead, share=0.0)

    def _buyers(self, day: date) -> Buyers:
        return buyers_at(self.history, day_number(day) + 1, has_season=self._has_season)

    def _said(self, day: date) -> Forecasts:
        trained_on = self.ensure([day])[day]
        served = self.model(trained_on)
        buyers = self._buyers(day)
        share = share_to_ask(_SHARE, self.horizon_days, served.horizon_days)
        with one_thread():
            plain = served.model.forecast(buyers, self.horizon_days, share)
        said = levelled(plain, served.orders_level.factor, served.revenue_level.factor)
        return Forecasts(
            buyers.number,
            **{name: getattr(said, name) for name in ValueForecast.__dataclass_fields__},
            horizon_days=float(self.horizon_days),
            model=served.name,
            trained_on=trained_on,
            reason=served.reason,
            orders_level=served.orders_level,
            revenue_level=served.revenue_level,
        )

    def _told(self, trained_on: date) -> Served:
        whole = parameters_of(self._rows(trained_on, _WHOLE))
        name = str(whole["served"])
        orders, revenue = (level_of(whole, level) for level in _LEVELS)
        model = self.candidate(trained_on, name)
        return Served(name, model, int(number_of(whole["horizon_days"])), orders, revenue, str(whole["reason"]))

    def _rows(self, trained_on: date, model: str) -> pl.DataFrame:
        rows = self._lake.scan(MODELS, trained_on, trained_on, schema=KEPT)
        return self._lake.collect(lambda: rows.filter(pl.col("model") == model))


def reason_of(contest: Contest, known: History, end: int, horizon: int) -> str:
    """What should be known of the forecasts of a contest's winner, in words; empty where nothing."""
    degenerate = contest.model.reason if contest.model.degenerate else ""
    days = end - int(known.day.min(initial=end))
    parts = [contest.reason or too_far(days, horizon), degenerate, *doubts(known, end)]
    return "; ".join(part for part in parts if part)


def _models(day: date, contest: Contest, reason: str) -> pl.DataFrame:
    whole: Parameters = {
        "served": contest.served,
        "reason": reason,
        "horizon_days": float(contest.horizon_days),
        **level_parameters("orders_level", contest.orders_level),
        **level_parameters("revenue_level", contest.revenue_level),
    }
    kept = {_WHOLE: whole, **{name: model.to_parameters() for name, model in contest.fitted.items()}}
    rows = pl.concat(rows_of(day, name, parameters) for name, parameters in kept.items())
    return rows.sort(table_spec(MODELS).sort)
