"""Which class reads which kind. Nothing else."""

from __future__ import annotations

from ca_platform.errors import ConfigurationError
from ca_platform.settings import SourceSettings
from ca_platform.sources.base import Source
from ca_platform.sources.servers import READ_ONLY, Server


def open_source(name: str, source: SourceSettings, time_zone: str) -> Source:  # noqa: ARG001 - a fixed signature
    """The connected source.

    Args:
        name: its name in the settings, for messages.
        time_zone: in which its values without offset are meant, for the bounds of a database.

    Raises:
        NoFileError: no file matches.
        SourceError: it cannot be reached or read.
    """
    if source.kind in ("csv", "parquet"):
        return _file_source(name, source)
    if source.kind in ("postgresql", "redshift"):
        return _database_source(name, source)
    raise ConfigurationError(
        f"sources.{name}: the kind {source.kind} cannot be read yet. Export the table to Parquet and set "
        "`kind: parquet` with its `path` (gs:// and s3:// work)."
    )


def _file_source(name: str, source: SourceSettings) -> Source:
    from ca_platform.sources.csv_file import TextFormat
    from ca_platform.sources.csv_source import TEXT_ENDINGS, CsvSource
    from ca_platform.sources.files import find_files
    from ca_platform.sources.lazy import PARQUET_ENDINGS, ParquetSource, QuerySource

    path = source.path or ""
    files = find_files(name, path, TEXT_ENDINGS if source.kind == "csv" else PARQUET_ENDINGS)
    plain: Source
    if source.kind == "csv":
        plain = CsvSource(name, path, files, TextFormat(source.separator, source.encoding))
    else:
        plain = ParquetSource(name, path, files)
    return QuerySource(plain, source.query, name) if source.query else plain


def _database_source(name: str, source: SourceSettings) -> Source:
    from ca_platform.sources.postgresql import PostgresqlSource, RedshiftSource

    password = source.password.get_secret_value() if source.password is not None else None
    if source.kind == "redshift":
        # Redshift knows none of the options that make a session read-only; the transaction is.
        return RedshiftSource(name, Server(source.dsn or "", password, options=""), source.table, source.query)
    return PostgresqlSource(name, Server(source.dsn or "", password, READ_ONLY), source.table, source.query)
