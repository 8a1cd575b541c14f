"""The document store: what people, dashboards and other programs look at.

What belongs here: the protocol, its two implementations (embedded, Elasticsearch), the documents and their encoding.
What does not: what a report means (catalogue, reports), and per-customer reports, whose rows lie in the lake.
"""

from ca_platform.store.factory import open_store
from ca_platform.store.lakecustomers import CUSTOMER_REPORT
from ca_platform.store.protocol import DocumentStore
from ca_platform.store.query import CustomerPage, CustomerQuery, Filter
from ca_platform.store.records import MAIN, Dimension, StoreHealth, WriteSummary

__all__ = [
    "CUSTOMER_REPORT",
    "MAIN",
    "CustomerPage",
    "CustomerQuery",
    "Dimension",
    "DocumentStore",
    "Filter",
    "StoreHealth",
    "WriteSummary",
    "open_store",
]
