"""Reports of deliveries of an invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from ca_platform_tests.dash_app.days_of_shop import Row, periods, profile, sessions_on

_MEANS = {"deliver": 62.0, "prepare": 21.0, "ride": 41.0, "return": 35.0}
_CELLS = ("gcpvj0d", "gcpvj0e", "gcpvj1b", "gcpuuz9", "gcpuvpb", "gcvwr3q")
_PLACES = ((51.513, -0.136), (51.515, -0.134), (51.52, -0.11), (51.46, -0.21), (51.47, -0.19), (55.861, -4.25))


def _sizes(day: date, start: date) -> tuple[int, int]:
    """Deliveries so far, and those that came back."""
    count = sum(int(sessions_on(one) * 0.07) for one in periods("day", day, start))
    return count, count // 9


def _times(what: str, factor: float) -> Row:
    mean = _MEANS[what] * factor
    return {"mean_minutes": mean, "median_minutes": 0.9 * mean, "p90_minutes": 1.6 * mean}


def _promises(count: int, share: float) -> Row:
    late = round(count * share)
    return {"promised": count, "late": late, "share_late": late / count if count else None}


def _kpis(day: date, start: date) -> list[Row]:
    count, returned = _sizes(day, start)
    rows: list[Row] = []
    for what in _MEANS:
        row: Row = {"duration": what, "deliveries": returned if what == "return" else count, "locations": len(_CELLS)}
        rows.append(row | _times(what, 1 + count % 7 / 100))
    rows[0] |= _promises(count, 0.083 + count % 5 / 1000)
    return rows


def _daily(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    for one in periods("day", day, start):
        count = int(sessions_on(one) * 0.07)
        for what, usual in _MEANS.items():
            own = count // 9 if what == "return" else count
            mean = usual * (1 + one.day % 6 / 50) if own else None
            row: Row = {"date": one, "duration": what, "deliveries": own, "mean_minutes": mean}
            if what == "deliver" and count:
                row |= _promises(count, 0.06 + one.day % 8 / 100)
            rows.append(row)
    return rows


def _week(what: str) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        count = _sizes(day, start)[what == "return"]
        rows: list[Row] = []
        for weekday in range(1, 8):
            for hour in range(24):
                own = int(count * profile(hour) / 7) if hour > 6 else 0
                row: Row = {"weekday": weekday, "hour": hour, "deliveries": own}
                if not own:
                    rows.append(row)
                    continue
                is_slow = weekday == 5 and hour == 18
                row |= _times(what, (2.2 if is_slow else 0.8 + 0.4 * profile(hour) + weekday / 50))
                rows.append(row | {"normalized": 1.0 if is_slow else 0.3, "p_value": 0.001, "is_abnormal": is_slow})
        return rows

    return make


def _location(what: str) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        count = _sizes(day, start)[what == "return"]
        return [
            {
                "geohash": cell,
                "latitude": latitude,
                "longitude": longitude,
                "deliveries": max(count // (index + 2), 1),
                "mean_minutes": _MEANS[what] * (1 + index / 4),
                "score": 0.1 + index / 7,
                "is_abnormal": index == 4,
            }
            for index, (cell, (latitude, longitude)) in enumerate(zip(_CELLS, _PLACES, strict=True))
        ]

    return make


def _orders(what: str) -> Callable[[date, date], list[Row]]:
    def make(day: date, _: date) -> list[Row]:
        at = datetime(day.year, day.month, day.day, 18, 4, tzinfo=UTC)
        return [
            {
                "order_id": f"o{number}",
                "client": f"c{number % 7}",
                "order_time": at - timedelta(hours=31 * number),
                "delivery_date": at - timedelta(hours=31 * number - 2),
                "latitude": _PLACES[number % 6][0] if number % 5 else None,
                "longitude": _PLACES[number % 6][1] if number % 5 else None,
                "geohash": _CELLS[number % 6] if number % 5 else None,
                "minutes": _MEANS[what] * (6 - number / 10),
                "expected_minutes": _MEANS[what],
                "score": 9 - number / 3,
                "p_customer": 0.0001 if number % 2 else 0.07,
                "p_location": 0.00004 if number % 5 else None,
                "p_weekday_hour": 0.002,
                "customer_anomaly": bool(number % 2),
                "location_anomaly": number % 3 == 0 or not number % 2,
                "weekday_hour_anomaly": True,
                "rule_1": number % 2 == 1 and number % 3 == 0,
                "rule_2": True,
                "is_abnormal": True,
            }
            for number in range(26)
        ]

    return make


def _backtest(day: date, start: date) -> list[Row]:
    return [
        {
            "date": first,
            "duration": what,
            "base": base,
            "model": model,
            "metric": metric,
            "value": round(found - 0.01 * place + (0.03 if model == "autoencoder" else 0), 3),
            "deliveries": 2_000,
            "is_served": model == "autoencoder",
        }
        for first in sorted({start, max(day - timedelta(days=30), start)})
        for what in _MEANS
        for base in ("customer", "location")
        for place, model in enumerate(("autoencoder", "robust baseline"))
        for metric, found in (("recall", 0.7), ("recall_1.5x", 0.4), ("recall_2x", 0.8), ("recall_3x", 0.95))
    ]


DELIVERY_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "deliver_kpis": _kpis,
    "daily_deliveries": _daily,
    "delivery_backtest": _backtest,
    **{f"{what}_weekday_hour": _week(what) for what in _MEANS},
    **{f"{what}_location": _location(what) for what in _MEANS},
    **{f"{what}_orders": _orders(what) for what in _MEANS},
}
