"""Association rules: who buys the antecedent also buys the consequent."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import polars as pl

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.baskets.itemsets import ItemSets
from ca_platform.models.baskets.measures import confidence, conviction, leverage, lift, support

SCHEMA: dict[str, pl.DataType] = {
    "cut": pl.Int64(),
    "group": pl.Int64(),
    "antecedent": pl.List(pl.Int64),
    "consequent": pl.Int64(),
    "rows": pl.Int64(),
    "support": pl.Float64(),
    "confidence": pl.Float64(),
    "lift": pl.Float64(),
    "leverage": pl.Float64(),
    "conviction": pl.Float64(),
    "rank": pl.Int64(),
    "rules_total": pl.Int64(),
    "min_rows": pl.Int64(),
}


def association_rules(found: Sequence[ItemSets], min_confidence: float, limit: int = 10_000) -> pl.DataFrame:
    """Rules with one consequent from frequent sets, of each group at each cut (Agrawal and Srikant 1994, section 3).

    A rule's confidence is at least ``min_confidence``, as it was written, compared in whole numbers. At most ``limit``
    rules of a group are kept, those of the highest lift. Rules of the same lift are ranked by their rows, then by the
    caller's numbers of the antecedent and of the consequent.

    Args:
        found: what ``frequent_sets`` gave.

    Returns:
        ``cut``, ``group``, ``antecedent`` (the caller's numbers, ascending), ``consequent``, ``rows`` that hold all of
        them, the measures (``conviction`` is null at confidence 1), ``rank`` from 1, ``rules_total`` of the group and
        ``min_rows`` that a set needed.
    """
    frames = [pl.DataFrame(schema=SCHEMA)]
    for sets in found:
        splits = [split for size in range(2, len(sets.levels) + 1) for split in _splits(sets, size)]
        for place, cut in enumerate(sets.cuts):
            rules = [_rules(sets, split, place, min_confidence) for split in splits]
            frames += [_ranked(pl.concat(rules), cut, limit)] if rules else []
    return pl.concat(frames)


class _Split:
    """The sets of a size, one of their places the consequent, the others the antecedent."""

    def __init__(self, sets: ItemSets, size: int, place: int) -> None:
        members = sets.levels[size - 1].members
        others = np.delete(members, place, axis=1)
        self.size = size
        self.antecedent = sets.numbers(others)
        self.consequent = members[:, place]
        self.names = np.sort(sets.codes[others], axis=1)


def _splits(sets: ItemSets, size: int) -> list[_Split]:
    return [_Split(sets, size, place) for place in range(size)] if len(sets.levels[size - 1].members) else []


def _rules(sets: ItemSets, split: _Split, place: int, min_confidence: float) -> pl.DataFrame:
    """Rules of a split at a cut."""
    rows = sets.levels[split.size - 1].rows[:, place]
    group = sets.groups[split.consequent]
    first = sets.levels[split.size - 2].rows[split.antecedent, place]
    floor = sets.floors[place][group]
    keep = (rows >= floor) & (rows >= _least(first, min_confidence))
    columns = {
        "group": group,
        "consequent": sets.codes[split.consequent],
        "rows": rows,
        "first": first,
        "second": sets.levels[0].rows[split.consequent, place],
        "all": sets.all_rows[place][group],
        "min_rows": floor,
    }
    frame = pl.DataFrame({name: column[keep].astype(np.int64) for name, column in columns.items()})
    names = pl.Series("antecedent", split.names[keep].astype(np.int64)).cast(pl.List(pl.Int64))
    return frame.with_columns(names)


def _least(rows: Ints, share: float) -> Ints:
    """The smallest whole numbers that are at least a share of these."""
    exact = Fraction(str(share))
    values, place = np.unique(rows, return_inverse=True)
    least = [-(-value * exact.numerator // exact.denominator) for value in values.tolist()]
    return np.array(least, np.int64)[place]


def _ranked(rules: pl.DataFrame, cut: int, limit: int) -> pl.DataFrame:
    both, first, second, everything = (pl.col(name) for name in ("rows", "first", "second", "all"))
    # Quotients of whole numbers: equal lifts are equal here, whatever the numbers. All rows are the same for a group.
    strength = both / (first.cast(pl.Float64) * second.cast(pl.Float64))
    order = [pl.col("antecedent").list.get(place, null_on_oob=True) for place in range(_longest(rules))]
    ranked = rules.sort(
        "group", strength, "rows", *order, "consequent", descending=[False, True, True, *[False] * (len(order) + 1)]
    ).with_columns(rank=pl.int_range(1, pl.len() + 1).over("group"), rules_total=pl.len().over("group"))
    return ranked.filter(pl.col("rank") <= limit).select(
        pl.lit(cut, pl.Int64).alias("cut"),
        "group",
        "antecedent",
        "consequent",
        "rows",
        support=support(both, everything),
        confidence=confidence(both, first),
        lift=lift(both, first, second, everything),
        leverage=leverage(both, first, second, everything),
        conviction=conviction(both, first, second, everything),
        rank=pl.col("rank").cast(pl.Int64),
        rules_total=pl.col("rules_total").cast(pl.Int64),
        min_rows="min_rows",
    )


def _longest(rules: pl.DataFrame) -> int:
    return int(rules["antecedent"].list.len().max() or 0)  # type: ignore[arg-type]
