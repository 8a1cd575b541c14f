"""The few heavy reductions that many reports share: compact tables, one lake part per day, made once.

What belongs here: pure functions from sessions to fact rows, and an engine that makes the parts that are missing or out
of date. What does not: anything that depends on the customers' snapshot or on the report day, which reports combine
when they cut the facts as of a day.

Facts are prefix-stable: a row never changes because of later days, and its ``day`` is the day on which it became true.
"""

from ca_platform.facts.engine import FactSummary, check_history, ensure, ensure_facts
from ca_platform.facts.make import check_values
from ca_platform.facts.registry import FACTS, OF_DELIVERIES, OF_LINES, schema
from ca_platform.facts.shape import Shape
from ca_platform.facts.totals import last_month_end

__all__ = [
    "FACTS",
    "OF_DELIVERIES",
    "OF_LINES",
    "FactSummary",
    "Shape",
    "check_history",
    "check_values",
    "ensure",
    "ensure_facts",
    "last_month_end",
    "schema",
]
