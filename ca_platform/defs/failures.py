"""Errors as Dagster shall see them: one clear sentence, no secret, and a second try only where it can help."""

import traceback

import dagster as dg

from ca_platform.errors import CaPlatformError, ManifestAwayError, SourceError
from ca_platform.logging import Redactor
from ca_platform.settings import Settings
from ca_platform.sources import UnreachableError

# Around the reading of sources: half a minute of absence is ridden out, then somebody must look. Writes to the document
# store need none, since the store itself rides out `give_up_after`; another round would only make the run wait longer.
RETRIES = dg.RetryPolicy(
    max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)  # fmt: skip
SERVERS = ("postgresql", "redshift", "bigquery")


def failure(error: Exception, settings: Settings, source: str | None = None) -> dg.Failure:
    """The failure to raise for ``error``. Raise it ``from None``: the cause may hold a secret, and stands in it.

    Args:
        source: name of the source that was read, where one was.
    """
    redact = Redactor(settings.secrets())
    metadata: dict[str, dg.MetadataValue] = {}
    if not isinstance(error, CaPlatformError):
        text = "".join(traceback.format_exception(error))
        metadata["traceback"] = dg.MetadataValue.md(f"```\n{redact(text)}\n```")
    return dg.Failure(
        description=redact(in_words(error)), metadata=metadata, allow_retries=may_help(error, settings, source)
    )


def in_words(error: Exception) -> str:
    """The message of our own errors; of others, which nobody has worded, their kind and the first line."""
    if isinstance(error, CaPlatformError):
        return str(error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def may_help(error: Exception, settings: Settings, source: str | None = None) -> bool:
    """Whether another try may succeed: only where a server was absent. The same rows give the same error again.

    A wrong password is not tried again, as some servers lock an account for that. Files behind a URL do not tell absence
    from the rest.
    """
    given = settings.sources.connected().get(source or "")
    if given is not None and isinstance(error, ManifestAwayError):
        return True
    if given is None or not isinstance(error, SourceError):
        return False
    return isinstance(error, UnreachableError) or "://" in (given.path or "")
