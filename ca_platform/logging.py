"""Structured logs: one JSON object for each line, without a secret in it.

What belongs here: the form of a log line and the redaction. What does not: what is logged, and Dagster's own loggers.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from ca_platform.settings import Settings

HIDDEN = "***"
LOGGER = "ca_platform"

# A password that the settings do not know, for instance in the message of a driver.
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/@:\"']*):([^\s/\"']+)@")
# One with a /, which ends that part of an address for everybody else. What looks like a port followed by a path, on the
# web, or by a query, is one.
_SLASHED = r"([^\s/@\"']*/(?:(?!://)[^\s\"'])*)@"
_SLASHED_IN_ADDRESSES = (
    re.compile(rf"(?:(?<=http://)|(?<=https://))([^\s/@:\"']*):(?!\d{{1,5}}/){_SLASHED}"),
    re.compile(rf"(?<=://)(?<!http://)(?<!https://)([^\s/@:\"']*):(?!\d{{1,5}}/[^@\s]*[?#]){_SLASHED}"),
)
_IN_DSN = re.compile(r"(?i)\b(password|passwd|api_key|sslpassword)(\s*=\s*)('[^']*'|[^\s&,;]+)")
_IN_HEADER = re.compile(r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|apikey)\s+)[^\s'\"]+")
# Whatever a plain record has; everything else on it was given with `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redactor:
    """Takes secrets out of texts.

    Args:
        secrets: values that must never be shown, as such, quoted for an address, or escaped in JSON.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        # The longest first: one secret may be part of another.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """The text with *** in place of every secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern in (_IN_ADDRESS, *_SLASHED_IN_ADDRESSES):
            text = pattern.sub(rf"\1:{HIDDEN}@", text)
        text = _IN_DSN.sub(rf"\1\2{HIDDEN}", text)
        return _IN_HEADER.sub(rf"\1{HIDDEN}", text)


class JsonFormatter(logging.Formatter):
    """A record as one JSON line: ``time`` (UTC), ``level``, ``logger``, ``message``, what ``extra`` gave, ``error``."""

    def __init__(self, redact: Redactor | None = None) -> None:
        super().__init__()
        self._redact = redact or Redactor()

    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted as a whole text by text, so that it stays JSON."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        if record.stack_info:
            fields["stack"] = record.stack_info
        return json.dumps(self._clean(fields), ensure_ascii=False)

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, dict):
            return {self._redact(str(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._clean(item) for item in value]
        return self._redact(str(value))


def set_up_logging(
    settings: Settings | None = None, *, level: int = logging.INFO, stream: IO[str] | None = None
) -> logging.Logger:
    """Make the platform's logger write JSON lines; calling it again replaces the former handler.

    Args:
        settings: their secrets are redacted; None: only passwords inside addresses are.
        stream: None: standard error, since standard output belongs to the results.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(Redactor(settings.secrets() if settings is not None else ())))
    logger = logging.getLogger(LOGGER)
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    return logger


def _forms(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
