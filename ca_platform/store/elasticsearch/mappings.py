"""Explicit, strict mappings made from column types, and bringing the server's indices to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ca_platform.errors import StoreError
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.errors import conflict

Properties = dict[str, Any]
COLUMNS = "columns"  # in a mapping's _meta: names in the order of the table, which a mapping does not keep

# Lucene takes terms up to 32,766 bytes: 10,922 UTF-16 units of at most three. Longer texts are stored but not found.
KEYWORD: Properties = {"type": "keyword", "ignore_above": 10922}
UNINDEXED: Properties = {"type": "object", "enabled": False}
INSTANT: Properties = {"type": "date", "format": "strict_date_optional_time"}
DAY: Properties = {"type": "date", "format": "strict_date"}

REPORTS: Properties = {
    "report_name": KEYWORD,
    "report_type": KEYWORD,
    "report_date": DAY,
    "as_of": INSTANT,
    "dimension": KEYWORD,
    "value": KEYWORD,
    "part": {"type": "integer"},
    "parts": {"type": "integer"},
    "row_count": {"type": "long"},
    # Unindexed: no number of columns, products or periods can make the mapping explode.
    "schema": UNINDEXED,
    "columns": UNINDEXED,
    "write_id": KEYWORD,
}


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """Settings that an index gets when it is made."""

    shards: int
    replicas: int
    refresh_interval: str | None = None

    def body(self) -> dict[str, Any]:
        index: dict[str, Any] = {"number_of_shards": self.shards, "number_of_replicas": self.replicas}
        return {**index, **({"refresh_interval": self.refresh_interval} if self.refresh_interval else {})}


def properties_of(types: Mapping[str, pl.DataType]) -> Properties:
    """Mapping of documents whose fields have these Polars types."""
    return {name: _property(dtype) for name, dtype in types.items()}


def _property(dtype: pl.DataType) -> Properties:
    if isinstance(dtype, pl.List):
        return _property(_as_type(dtype.inner))
    if isinstance(dtype, pl.Struct):
        fields = {field.name: _as_type(field.dtype) for field in dtype.fields}
        if set(fields) == {"lat", "lon"}:
            return {"type": "geo_point"}
        return {"type": "object", "dynamic": "strict", "properties": properties_of(fields)}
    if isinstance(dtype, pl.Datetime):
        return INSTANT
    if dtype.is_integer():
        return {"type": "long"}
    if dtype.is_float():
        return {"type": "double"}
    return {pl.Date(): DAY, pl.Boolean(): {"type": "boolean"}}.get(dtype, KEYWORD)


def _as_type(dtype: Any) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """An index as it should be.

    Attributes:
        alias: the name under which it is used, where that is another one.
        columns: order of the columns of a table, where that matters.
        meta: what else the index says of itself.
    """

    index: str
    properties: Properties
    options: IndexOptions
    alias: str | None = None
    columns: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    def mapping(self) -> dict[str, Any]:
        meta = {**({COLUMNS: list(self.columns)} if self.columns else {}), **self.meta}
        return {"dynamic": "strict", "properties": self.properties, **({"_meta": meta} if meta else {})}


def ensure_index(connection: Connection, plan: IndexPlan) -> None:
    """Make the index, or check that its fields have our types and add those that it lacks.

    Raises:
        StoreError: a field has another type.
    """
    found = connection.call("GET", f"/{plan.alias or plan.index}/_mapping", missing=None)
    if not found:
        create_index(connection, plan)
        found = connection.call("GET", f"/{plan.index}/_mapping")
    for name, content in found.items():
        _bring_up_to_date(connection, name, content.get("mappings", {}), plan)


def create_index(connection: Connection, plan: IndexPlan) -> None:
    """Make the index, and put its alias on it. One that is there already stays as it is."""
    aliases: dict[str, Any] = {"aliases": {plan.alias: {}}} if plan.alias else {}
    body = {"settings": {"index": plan.options.body()}, "mappings": plan.mapping(), **aliases}
    try:
        connection.call("PUT", f"/{plan.index}", body)
    except StoreError as error:
        # Another process was faster: its index is as good as ours.
        if "resource_already_exists" not in str(error):
            raise


def _bring_up_to_date(connection: Connection, index: str, mapping: Mapping[str, Any], plan: IndexPlan) -> None:
    there = _types(mapping.get("properties", {}))
    ours = _types(plan.properties)
    differing = [
        f"{index}: field {name} is `{there[name]}` where `{kind}` is written"
        for name, kind in ours.items()
        if name in there and there[name] != kind
    ]
    if differing:
        raise StoreError(conflict(connection.where, "; ".join(differing[:5])))
    columns = list(plan.columns) or mapping.get("_meta", {}).get(COLUMNS, [])
    is_same = mapping.get("dynamic") == "strict" and columns == mapping.get("_meta", {}).get(COLUMNS, [])
    if is_same and ours.keys() <= there.keys():
        return
    connection.call("PUT", f"/{index}/_mapping", plan.mapping())


def _types(properties: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Type by dotted name."""
    found: dict[str, str] = {}
    for name, content in properties.items():
        found[prefix + name] = content.get("type", "object")
        found |= _types(content.get("properties", {}), f"{prefix}{name}.")
    return found
