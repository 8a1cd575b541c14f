"""Which customers, orders or deliveries does this number of a report count?

What belongs here: for each number that can be opened, the rows behind it, by the definitions on which the report itself
rests (facts, reports' own events). What does not: drawing, sentences and pages. Reads the lake, makes nothing.
"""

from ca_platform.drill.cells import Cell, Count, What
from ca_platform.drill.scope import DELIVERY_COLUMNS, ORDER_COLUMNS, Scope
from ca_platform.drill.table import COUNTS, NAMES, add_count, count_of, counts, everybody, members

__all__ = [
    "COUNTS",
    "DELIVERY_COLUMNS",
    "NAMES",
    "ORDER_COLUMNS",
    "Cell",
    "Count",
    "Scope",
    "What",
    "add_count",
    "count_of",
    "counts",
    "everybody",
    "members",
]
