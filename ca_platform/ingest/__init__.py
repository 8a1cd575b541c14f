"""From a source to the lake: mapping, validation, quarantine and row accounting.

What belongs here: everything between the rows of a source and the parts of the lake. What does not: how a kind of
source is read (``sources``), how parts are stored (``lake``), Dagster.
"""

from ca_platform.ingest.account import IngestSummary
from ca_platform.ingest.agreement import Agreement
from ca_platform.ingest.days import beginning, day_range, seen_days
from ca_platform.ingest.load import ingest
from ca_platform.ingest.preview import Preview, preview
from ca_platform.ingest.reasons import EXPLANATIONS, Reason
from ca_platform.ingest.zones import loaded_days, moved_zone

__all__ = [
    "EXPLANATIONS",
    "Agreement",
    "IngestSummary",
    "Preview",
    "Reason",
    "beginning",
    "day_range",
    "ingest",
    "loaded_days",
    "moved_zone",
    "preview",
    "seen_days",
]
