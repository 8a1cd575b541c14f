"""The key that signs session cookies: one file beside the users, shared by all workers, made at the first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ca_platform.errors import ConfigurationError

_BYTES = 32


def secret_key(users: Path) -> bytes:
    """The key that lies beside the file of the users.

    Raises:
        ConfigurationError: the file cannot be read or made, or holds no key.
    """
    path = users.with_name(f"{users.stem}.key")
    try:
        if not path.exists():
            _make(path)
        path.chmod(0o600)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the key of the session cookies cannot be used ({error.strerror}). "
            "Let this user read and write the folder, or name another file in users.path."
        ) from None
    if len(key) < _BYTES:
        raise ConfigurationError(f"{path}: this is no key of {_BYTES} bytes. Delete the file; a new one is made.")
    return key


def _make(path: Path) -> None:
    """Write the key whole under another name first: a second process that starts now reads all of it or makes its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
