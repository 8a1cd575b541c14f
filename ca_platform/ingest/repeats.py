"""Repeated keys among more rows than fit into memory: exact, in one pass, in source order.

Batches are held until a million rows are together; then their keys are compared with all keys before, which are kept
as sorted hashes (8 bytes a row; 0.05 s of processor time for a million rows against ten million). Keys are told apart
by 64 bits: among ten million keys the chance of one false repeat is three in a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from ca_platform.ingest.check import Checked
from ca_platform.ingest.plan import Plan
from ca_platform.ingest.quarantine import BAD_SCHEMA, bad_rows
from ca_platform.ingest.reasons import Reason

HELD_ROWS = 1_000_000

_Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Key:
    """The column that must not repeat, and what a row is called that repeats it."""

    column: str
    reason: Reason


class Repeats:
    """Takes rows out whose key an earlier row has.

    Args:
        taken: hashes (``hash(0)``) of keys that are taken before the first row.
    """

    def __init__(self, key: Key, plan: Plan, taken: pl.Series | None = None) -> None:
        self._key = key
        self._plan = plan
        self._seen: _Hashes = np.empty(0, dtype=np.uint64) if taken is None else np.sort(taken.to_numpy())

    def without(self, batches: Iterable[Checked]) -> Iterator[Checked]:
        """The batches, in order, each repeat moved from the good rows to the bad ones."""
        held: list[Checked] = []
        rows = 0
        for checked in batches:
            held.append(checked)
            rows += checked.good.height
            if rows >= HELD_ROWS:
                yield from self._sift(held)
                held, rows = [], 0
        if held:
            yield from self._sift(held)

    def _sift(self, held: list[Checked]) -> Iterator[Checked]:
        hashes = [_hashes(checked.good[self._key.column]) for checked in held]
        together = np.concatenate(hashes)
        ordered = np.sort(together)
        doubled = ordered[1:][ordered[1:] == ordered[:-1]]
        known = ordered[_contains(self._seen, ordered)]
        # Two sorted runs: a stable sort only merges them.
        self._seen = np.sort(np.concatenate([self._seen, ordered]), kind="stable")
        if not len(doubled) and not len(known):
            return iter(held)
        repeated = pl.Series(np.isin(together, known)) | (
            pl.Series(np.isin(together, doubled)) & ~pl.Series(together).is_first_distinct()
        )
        ends = np.cumsum([len(some) for some in hashes])
        return (
            self._split(checked, repeated[int(end) - len(some) : int(end)])
            for checked, some, end in zip(held, hashes, ends, strict=True)
        )

    def _split(self, checked: Checked, repeated: pl.Series) -> Checked:
        if not repeated.any():
            return checked
        rows = checked.good.filter(repeated)
        day = rows["day"] if "day" in rows.columns else pl.Series([None], dtype=pl.Date).new_from_index(0, rows.height)
        shown = pl.DataFrame({"index": checked.kept.filter(repeated), "day": day}).with_columns(
            reason=pl.lit(self._key.reason.value), column=pl.lit(self._key.column)
        )
        bad = bad_rows(checked.raw, shown, self._plan.fields, self._plan.files).select(BAD_SCHEMA.names())
        return replace(
            checked,
            good=checked.good.filter(~repeated),
            kept=checked.kept.filter(~repeated),
            adjusted=checked.adjusted.filter(~repeated),
            bad=pl.concat([checked.bad, bad]),
        )


def _hashes(keys: pl.Series) -> _Hashes:
    return keys.hash(0).to_numpy()


def _contains(haystack: _Hashes, needles: _Hashes) -> npt.NDArray[np.bool_]:
    """Which of the sorted needles are in the sorted haystack."""
    if not len(haystack):
        return np.zeros(len(needles), dtype=np.bool_)
    places = np.minimum(np.searchsorted(haystack, needles), len(haystack) - 1)
    found: npt.NDArray[np.bool_] = haystack[places] == needles
    return found
