"""Anomalies of daily figures: which days are no chance, and which figure they rest on.

``scale`` puts figures on a logarithmic scale, ``baseline`` says what was to be expected of a day from the days before it,
``causes`` and ``covariance`` how deviations hang together, ``evidence`` and ``detectors`` how strange a day is, ``judge``
and ``calibration`` make flags of that which keep to a budget of false alarms, and ``watch`` does all of it. ``kinds`` says what goes wrong, ``incidents`` plants it
in a history and ``contest`` decides by that which detector serves.
"""

from ca_platform.models.anomaly.assortment import products_figure
from ca_platform.models.anomaly.baseline import Residuals, residuals
from ca_platform.models.anomaly.contest import Outcome, Planting, backtest, best
from ca_platform.models.anomaly.detectors import DETECTORS
from ca_platform.models.anomaly.hours import hours_figure
from ca_platform.models.anomaly.incidents import inject
from ca_platform.models.anomaly.kinds import KINDS, Kind
from ca_platform.models.anomaly.records import DayMarks, Metric, Panel, Watched
from ca_platform.models.anomaly.watch import watch

__all__ = [
    "DETECTORS",
    "KINDS",
    "DayMarks",
    "Kind",
    "Metric",
    "Outcome",
    "Panel",
    "Planting",
    "Residuals",
    "Watched",
    "backtest",
    "best",
    "hours_figure",
    "inject",
    "products_figure",
    "residuals",
    "watch",
]
