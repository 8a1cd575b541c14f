"""What a candidate's totals were at earlier origins, part by part of the horizon, and what came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ca_platform.models.backtest import Origin
from ca_platform.models.clv.candidates import Candidate
from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.forecast import Expected, ValueForecast
from ca_platform.models.clv.level import ALL_SEASONS, PastForecasts
from ca_platform.models.clv.past import Past

MEASURES = ("orders", "revenue")

_WEEK = 7
# Parts no shorter than four weeks, and no more of them: a season lasts longer. One is enough where none can be told.
_LEAST_DAYS, _MOST_PARTS = 28, 4


def past_totals(past: Past, origins: Sequence[Origin], candidate: Candidate) -> dict[str, PastForecasts]:
    """Orders and revenue, as they were forecast with what was known at each origin, and as they came.

    Args:
        origins: the earliest first, all of one horizon, which has ended by the end of ``past``.
    """
    horizon = origins[0].horizon
    has_seasons = past.end - origins[0].at >= ALL_SEASONS * _WEEK
    parts = int(np.clip(horizon // _LEAST_DAYS, 1, _MOST_PARTS)) if has_seasons else 1
    ends = [horizon * (part + 1) // parts for part in range(parts)]
    said, came = np.zeros((2, len(origins), parts)), np.zeros((2, len(origins), parts))
    for row, at in enumerate(origins):
        buyers = past.buyers(at.at)
        for place, days in enumerate(ends):
            outcome = past.history.outcome(buyers.number, at.at, days)
            said[:, row, place] = _said(past, at, candidate, buyers, days)
            came[:, row, place] = outcome.orders.sum(), outcome.amount.sum()
    weeks = [at.at / _WEEK for at in origins]
    return {
        measure: PastForecasts(
            weeks, horizon / _WEEK, *(np.diff(sums[place], axis=1, prepend=0.0) for sums in (said, came))
        )
        for place, measure in enumerate(MEASURES)
    }


def _said(past: Past, at: Origin, candidate: Candidate, buyers: Buyers, days: int) -> tuple[float, float]:
    """Totals of so many days from an origin on."""
    forecasts: list[Expected | ValueForecast] = [
        past.value(model, at.at).expect(buyers, days) for model in candidate.totals_of
    ] or [candidate.fit(past, at.at, at.horizon).forecast(buyers, days, share=0.0)]
    orders, revenue = (sum(float(getattr(one, name).sum()) for one in forecasts) for name in MEASURES)
    return orders / len(forecasts), revenue / len(forecasts)
