"""Value classes: whether a customer's revenue within the next horizon will be low, middling or high.

Borders are learnt from what customers brought in earlier horizons; candidates from a calibrated forecast of revenue to
gradient-boosted trees learn from windows of the shop's own past, and a back-test over rolling origins decides which of
them serves. With too little to learn from a baseline does.
"""

from ca_platform.catalogue.value_classes import CLASS_TITLES as TITLES
from ca_platform.catalogue.value_classes import VALUE_CLASSES as CLASSES
from ca_platform.models.value_classes.borders import Borders, learn_borders
from ca_platform.models.value_classes.candidates import BASELINES, CANDIDATES, FREQUENT, LAST_SPEND
from ca_platform.models.value_classes.model import Classed, ValueClassModel
from ca_platform.models.value_classes.record import from_parameters, to_parameters
from ca_platform.models.value_classes.training import Trained, train

__all__ = [
    "BASELINES",
    "CANDIDATES",
    "CLASSES",
    "FREQUENT",
    "LAST_SPEND",
    "TITLES",
    "Borders",
    "Classed",
    "Trained",
    "ValueClassModel",
    "from_parameters",
    "learn_borders",
    "to_parameters",
    "train",
]
