"""Neural networks of customer value: what the course of a customer's orders tells beside their number and their times.

A recurrent network (LSTM) and a convolutional one read a customer's orders and amounts step by step up to an origin. They
say by how much a model of orders errs for customers like this one: without anything learnt they forecast what that model
does. ``sequences`` makes what they read, ``heads`` the distributions that they tell, ``forward`` evaluates a trained network
with NumPy, ``learning`` trains one (the only place that needs torch and Lightning, the extra ``deep``), and ``model`` is
the forecaster that takes part in the contest.
"""

from ca_platform.models.networks.learning import can_train
from ca_platform.models.networks.model import NETWORKS, Effort, NetworkModel, candidates, fit_network
from ca_platform.models.networks.records import Epoch

__all__ = ["NETWORKS", "Effort", "Epoch", "NetworkModel", "can_train", "candidates", "fit_network"]
