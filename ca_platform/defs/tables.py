"""Tables of the lake that no source gives, as asset specs: facts and what is kept of models."""

from collections.abc import Collection
from typing import Any

import dagster as dg

from ca_platform.catalogue import TableSpec, connected_inputs
from ca_platform.defs import specs
from ca_platform.settings import Settings


def table_asset(table: TableSpec, settings: Settings, kinds: Collection[str], **others: Any) -> dg.AssetSpec:
    """One table, in the group of its layer: its meaning, its columns, and what it is made from.

    Args:
        kinds: what makes it; it lies in Parquet.
        others: what else its spec says.
    """
    shared = specs.common(settings)
    return dg.AssetSpec(
        table.name,
        deps=specs.existing(connected_inputs(table, settings), settings),
        group_name=table.layer,
        description=table.description,
        kinds={*kinds, "parquet"},
        owners=shared["owners"],
        tags={**shared["tags"], "layer": table.layer},
        metadata=specs.table_metadata(table, settings),
        **others,
    )
