"""What can be chosen on ``/anomalies``: which figures are watched, how many days are shown, and the day that is opened.

What belongs here: the choices. What does not: which day is opened where none is chosen (``words.anomalies``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from dash_app.filters import Control, Filters
from dash_app.state import Day

Watching = Literal["dfunnel_anomaly", "dcohort_anomaly", "dcohort_anomaly_2", "dorders_anomaly", "revenue_anomaly"]
Span = Literal["90", "180", "all"]
OPENED = "opened"


class AnomalyFilters(Filters):
    """``/anomalies``; no day stands for the newest one that was flagged."""

    report: Annotated[
        Watching,
        Control(
            "Figures",
            {
                "dfunnel_anomaly": "funnel",
                "dcohort_anomaly": "download cohorts",
                "dcohort_anomaly_2": "shares of cohorts",
                "dorders_anomaly": "orders",
                "revenue_anomaly": "revenue",
            },
        ),
    ] = "dfunnel_anomaly"
    span: Annotated[Span, Control("Days shown", {"90": "last 90", "180": "last 180", "all": "all"})] = "90"
    opened: Day | None = None

    @classmethod
    def given(cls, parameters: Mapping[str, str]) -> dict[str, str]:
        """The controls, and the day: a mark or a name in a list chooses it, no control does."""
        day = parameters.get(OPENED)
        return super().given(parameters) | ({OPENED: day} if day else {})

    def chosen(self) -> dict[str, str]:
        day = self.value(OPENED)
        return super().chosen() | ({OPENED: day} if day else {})
