"""The lake: immutable Parquet parts by dataset and day, and the manifest that says which of them are valid.

What belongs here: writing, replacing, finding, reading and sweeping parts, and the bookkeeping that must change in
the same transaction (quarantine, row accounting). What does not: what the columns mean (catalogue), how rows are
made (ingest, facts).
"""

from ca_platform.lake.folder import write_parquet
from ca_platform.lake.lake import Lake
from ca_platform.lake.records import ACCOUNTING_COUNTS, Part, listed
from ca_platform.lake.write import LakeWrite

__all__ = ["ACCOUNTING_COUNTS", "Lake", "LakeWrite", "Part", "listed", "write_parquet"]
