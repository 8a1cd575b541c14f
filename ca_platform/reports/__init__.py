"""The reports: pure functions of compact tables, one module per family, bound to the names of the catalogue.

What belongs here: definitions of reports as queries, the compact tables that they share, and the engine that computes
many of them for many days. What does not: storing, Dagster, and the heavy reductions, which are facts.
"""

from ca_platform.reports.bind import bind_report
from ca_platform.reports.cut import Cut
from ca_platform.reports.engine import compute, compute_pieces

__all__ = ["Cut", "bind_report", "compute", "compute_pieces"]
