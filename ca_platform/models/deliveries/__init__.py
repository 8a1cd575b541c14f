"""What is usual for a delivery, and which ones, and which places, are not. Arrays in, arrays out.

What belongs here: the judgement of single deliveries (``judge``) from running means (``groups``), tails and the
networks that compete with them (``autoencoder``, ``contest``, ``memory``); that of map cells (``places``). Not: how
deliveries are read, where they are, how reports look.
"""

from ca_platform.models.deliveries.contest import BASELINE, FACTORS, NETWORK, Contest
from ca_platform.models.deliveries.groups import numbered, pairs
from ca_platform.models.deliveries.judge import abnormal, is_abnormal, judge
from ca_platform.models.deliveries.places import score_cells
from ca_platform.models.deliveries.records import Durations, Judged

__all__ = [
    "BASELINE",
    "FACTORS",
    "NETWORK",
    "Contest",
    "Durations",
    "Judged",
    "abnormal",
    "is_abnormal",
    "judge",
    "numbered",
    "pairs",
    "score_cells",
]
