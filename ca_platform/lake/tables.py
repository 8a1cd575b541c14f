"""The tables of the manifest database, in SQLAlchemy Core. Imported only when a manifest is opened: it is slow."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

PARTS = sa.Table(
    "ca_lake_parts",
    METADATA,
    sa.Column("dataset", sa.String(200), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("write_id", sa.String(40), nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("written_at", sa.String(40), nullable=False),
    sa.Column("columns", sa.Text, nullable=False),
)

# Parts that were replaced; their files live on for the readers that have begun with them.
TRASH = sa.Table(
    "ca_lake_trash",
    METADATA,
    sa.Column("path", sa.String(1000), primary_key=True),
    sa.Column("queued_at", sa.String(40), nullable=False),
)

QUARANTINE = sa.Table(
    "ca_lake_quarantine",
    METADATA,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("file", sa.Text),
    sa.Column("row_number", sa.BigInteger),
    sa.Column("reason", sa.Text),
    sa.Column("column", sa.Text),
    sa.Column("row", sa.Text),
    sa.Index("ca_lake_quarantine_source_day", "source", "day"),
)

ACCOUNTING = sa.Table(
    "ca_lake_accounting",
    METADATA,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("read", sa.BigInteger, nullable=False),
    sa.Column("loaded", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False),
    sa.Column("out_of_range", sa.BigInteger, nullable=False),
    sa.Column("open", sa.BigInteger, nullable=False),
    sa.Column("adjusted", sa.BigInteger, nullable=False),
)
