"""What is bought together: pairs, frequent item sets, association rules, similar items.

Everything counts rows (baskets, customers) in which items stand together, exactly, for any number of groups at once
(the whole shop, or every value of a dimension) and at several cuts in time, of which each holds all rows of those before
it: what lies between two cuts is counted once. Numbers in, numbers out; names are the caller's business.
"""

from ca_platform.models.baskets.incidence import Incidence, incidence
from ca_platform.models.baskets.itemsets import ItemSets, frequent_sets
from ca_platform.models.baskets.listing import Grouping
from ca_platform.models.baskets.pairs import frequent_pairs, frequent_pairs_by
from ca_platform.models.baskets.rules import association_rules
from ca_platform.models.baskets.similarity import similar_items

__all__ = [
    "Grouping",
    "Incidence",
    "ItemSets",
    "association_rules",
    "frequent_pairs",
    "frequent_pairs_by",
    "frequent_sets",
    "incidence",
    "similar_items",
]
