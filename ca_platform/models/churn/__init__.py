"""Churn risk: the probability that a customer with an order does not order within a horizon.

Candidates from the days since the last order to gradient-boosted trees learn from windows of the shop's own past; a
back-test over rolling origins decides which of them serves. With too little history a baseline does that learns nothing.
"""

from ca_platform.models.churn.candidates import CANDIDATES, TITLES
from ca_platform.models.churn.model import BASELINE, ChurnModel
from ca_platform.models.churn.record import Parameter, from_parameters, to_parameters
from ca_platform.models.churn.training import LEAST_CUSTOMERS, LEAST_DAYS, Score, Trained, default_horizon, train

__all__ = [
    "BASELINE",
    "CANDIDATES",
    "LEAST_CUSTOMERS",
    "LEAST_DAYS",
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
