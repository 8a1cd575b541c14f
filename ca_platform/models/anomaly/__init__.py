"""Anomalies of daily figures: which days are no chance, and which figure they rest on.

``scale`` puts figures on a logarithmic scale, ``baseline`` says what was to be expected of a day from the days before it,
``covariance`` and ``causes`` how deviations hang together, ``detectors`` make one score of a day, ``calibration`` turns
scores into flags that keep to a budget of false alarms, and ``watch`` does all of it. ``incidents`` plants what goes wrong
in a history and ``backtest`` decides by that which detector serves.
"""

from ca_platform.models.anomaly.baseline import Residuals, residuals
from ca_platform.models.anomaly.detectors import DETECTORS
from ca_platform.models.anomaly.records import DayMarks, Metric, Panel, Watched
from ca_platform.models.anomaly.watch import watch

__all__ = ["DETECTORS", "DayMarks", "Metric", "Panel", "Residuals", "Watched", "residuals", "watch"]
