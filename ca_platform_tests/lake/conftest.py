"""A lake over every kind of manifest and of folder; every test of the lake runs over all of them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from ca_platform.lake import Lake


@pytest.fixture(params=["sqlite", "postgresql", "remote"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake: local folder with SQLite, local folder with PostgreSQL, and a folder behind a URL."""
    if request.param == "sqlite":
        return Lake(str(tmp_path / "lake"))
    if request.param == "postgresql":
        return Lake(str(tmp_path / "lake"), fresh_schema(request.getfixturevalue("postgresql_server").url))
    return Lake(f"file://{tmp_path}/lake", f"sqlite:///{tmp_path}/manifest.db")


def fresh_schema(url: str) -> str:
    """Address of a new, empty schema of a PostgreSQL server."""
    name = f"lake_{uuid4().hex}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    return (
        sa.make_url(url).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
    )
