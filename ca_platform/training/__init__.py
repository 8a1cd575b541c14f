"""Models that are fitted to the shop and kept: which of them serves a day, and training those that are missing.

What belongs here: orders of the lake as arrays, fitted models as parts of the lake by training day. What does not: the
methods (``models``), what a report shows (``reports``), when to train (``defs``).
"""

from ca_platform.training.ab_calibration import CALIBRATIONS, TestCalibrations
from ca_platform.training.anomalies import DETECTOR_SCORES, DETECTORS, AnomalyModels
from ca_platform.training.churn import MODELS, SCORES, ChurnModels
from ca_platform.training.clv import MODELS as VALUE_MODELS
from ca_platform.training.clv import SCORES as VALUE_SCORES
from ca_platform.training.clv import Forecasts, Served, ValueModels
from ca_platform.training.days import MOST_DAYS, served_by
from ca_platform.training.kept import KeptModels, Orders
from ca_platform.training.value_classes import MODELS as CLASS_MODELS
from ca_platform.training.value_classes import SCORES as CLASS_SCORES
from ca_platform.training.value_classes import ValueClassModels

__all__ = [
    "CALIBRATIONS",
    "CLASS_MODELS",
    "CLASS_SCORES",
    "DETECTORS",
    "DETECTOR_SCORES",
    "MODELS",
    "MOST_DAYS",
    "SCORES",
    "VALUE_MODELS",
    "VALUE_SCORES",
    "AnomalyModels",
    "ChurnModels",
    "Forecasts",
    "KeptModels",
    "Orders",
    "Served",
    "TestCalibrations",
    "ValueClassModels",
    "ValueModels",
    "served_by",
]
