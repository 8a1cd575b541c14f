"""What a user reads when the lake's place cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from ca_platform.errors import LakeError, ManifestAwayError
from ca_platform.lake import Lake

DAY = date(2024, 1, 1)
FRAME = pl.DataFrame({"client": ["a"]})


def put(lake: Lake) -> None:
    with lake.write() as write:
        write.put("sessions", DAY, FRAME)


def test_damaged_manifest_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "manifest.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(LakeError, match=r"manifest\.db cannot be used.*damaged.*load the sources again"):
        Lake(str(tmp_path)).parts("sessions")


@pytest.mark.parametrize(
    "cause",
    [
        "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally",
        "terminating connection due to administrator command",
        'connection to server at "db", port 5432 failed: FATAL:  the database system is starting up',
    ],
)
def test_manifest_whose_server_went_away_may_be_tried_again_and_says_what_became_of_the_write(cause: str) -> None:
    manifest = Lake("/tmp/lake", "postgresql://shop:secret@db/shop")._manifest
    with pytest.raises(ManifestAwayError) as caught, manifest._explained():
        raise sa.exc.OperationalError("select 1", {}, Exception(cause))
    said = str(caught.value)
    assert cause.splitlines()[0] in said
    assert "as a whole or not at all. Run again when the server is back." in said
    assert "secret" not in said


def test_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("x")
    with pytest.raises(LakeError, match=str(tmp_path / "lake")):
        put(Lake(str(tmp_path / "lake")))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user without rights")
def test_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    script = (
        "import os, sys; sys.path[:] = sys.argv[2].split(':')\n"
        "import polars as pl, sqlalchemy, datetime, uuid\n"
        "from ca_platform.lake import Lake, lake, manifest, write, bookkeeping, ledger\n"
        "lake = Lake(sys.argv[1]); frame = pl.DataFrame({'a': [1]}); os.setuid(65534)\n"
        "from ca_platform.errors import LakeError, ManifestAwayError\n"
        "try:\n"
        "    with lake.write() as w: w.put('sessions', None, frame)\n"
        "except LakeError as error: print(error)\n"
    )
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    run = subprocess.run(
        [sys.executable, "-c", script, str(closed / "lake"), ":".join(sys.path)],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert "Permission denied" in run.stdout and "lake.path" in run.stdout, run.stdout + run.stderr


def test_full_disk_leaves_the_lake_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(str(tmp_path))
    put(lake)

    def refuse(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", refuse)
    with pytest.raises(LakeError, match="disk is full"):
        put(lake)
    monkeypatch.undo()
    assert lake.scan("sessions").collect().equals(FRAME)


def test_unreachable_database_is_named_without_its_password(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), "postgresql://shop:planted-secret@127.0.0.1:1/lake")
    with pytest.raises(LakeError, match=r"127\.0\.0\.1:1/lake.*nobody answers") as caught:
        lake.parts("sessions")
    assert "planted-secret" not in str(caught.value)


def test_unknown_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="mysql is not known"):
        Lake(str(tmp_path), "mysql://u@h/d").parts("sessions")


def test_object_store_needs_a_database_for_its_manifest() -> None:
    with pytest.raises(LakeError, match="set lake.manifest to postgresql"):
        Lake("s3://bucket/lake").parts("sessions")


def test_unknown_kind_of_object_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="nosuch://"):
        put(Lake("nosuch://bucket/lake", f"sqlite:///{tmp_path}/m.db"))
