"""Churn risk: the probability that a customer with an order does not order within a horizon.

Candidates from the days since the last order to gradient-boosted trees learn from windows of the shop's own past; a
back-test over rolling origins decides which of them serves. With too little history a baseline does that learns nothing.
"""

from ca_platform.catalogue.models import CHURN_BASELINE as BASELINE
from ca_platform.catalogue.models import CHURN_TITLES as TITLES
from ca_platform.models.churn.candidates import CANDIDATES
from ca_platform.models.churn.model import ChurnModel
from ca_platform.models.churn.record import Parameter, from_parameters, to_parameters
from ca_platform.models.churn.training import Score, Trained, default_horizon, train

__all__ = [
    "BASELINE",
    "CANDIDATES",
    "TITLES",
    "ChurnModel",
    "Parameter",
    "Score",
    "Trained",
    "default_horizon",
    "from_parameters",
    "to_parameters",
    "train",
]
