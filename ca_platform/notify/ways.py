"""The three ways on which a message goes out: a log line, a webhook, an e-mail."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from ca_platform.errors import CaPlatformError
from ca_platform.logging import LOGGER, Redactor
from ca_platform.settings import Settings
from ca_platform.settings.models import Email

TIMEOUT_SECONDS = 20


class NotificationError(CaPlatformError):
    """A message could not be delivered."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Notice:
    """A message, the same on every way. Its texts hold no secret.

    Attributes:
        subject: one line.
        body: plain text that begins with the subject.
        payload: the same as JSON, without the text.
        level: of the log line, as in ``logging``.
    """

    subject: str
    body: str
    payload: Mapping[str, Any]
    level: int = logging.ERROR

    def to_line(self) -> str:
        """The whole text on one line: a log that says that a run failed, and not why, sends its reader elsewhere."""
        lines = (line.removeprefix("- ").strip() for line in self.body.splitlines())
        return " ".join(line for line in lines if line)

    def to_json(self) -> bytes:
        """The body of a webhook. ``text`` is what chat services show."""
        return json.dumps({"text": self.body, **self.payload}).encode()

    def to_mail(self, settings: Email) -> EmailMessage:
        """The message as an e-mail."""
        message = EmailMessage()
        message["Subject"] = self.subject.replace("\n", " ")
        message["From"] = settings.sender
        message["To"] = ", ".join(settings.to)
        message.set_content(self.body)
        return message


def way_names(settings: Settings) -> tuple[str, ...]:
    """The ways that are configured."""
    return tuple(_ways(settings))


def deliver(notice: Notice, settings: Settings, only: Collection[str] | None = None) -> dict[str, str]:
    """Tell everybody who is configured. One way that fails does not keep the others from being tried.

    Args:
        only: names of the ways to use; None: all.

    Returns:
        Why it failed, by the name of the way that failed.
    """
    redact = Redactor(settings.secrets())
    problems: dict[str, str] = {}
    for name, send in _ways(settings).items():
        if only is not None and name not in only:
            continue
        try:
            send(notice)
        except OSError as error:
            problems[name] = redact(str(error) or type(error).__name__)
    return problems


def in_words(problems: Mapping[str, str]) -> str:
    """What failed and how to mend it."""
    told = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
    return f"{told}. Correct `notifications` in the settings, or the server that it names."


def _ways(settings: Settings) -> dict[str, Callable[[Notice], None]]:
    wanted = settings.notifications
    ways: dict[str, Callable[[Notice], None]] = {}
    if wanted.log:
        ways["log"] = _log
    if wanted.webhook is not None:
        webhook = wanted.webhook
        ways["webhook"] = lambda notice: _post(webhook, notice)
    if wanted.email is not None:
        email = wanted.email
        ways[f"e-mail by {email.host}"] = lambda notice: _mail(email, notice)
    return ways


def _log(notice: Notice) -> None:
    logging.getLogger(LOGGER).log(notice.level, notice.to_line(), extra=dict(notice.payload))


def _post(address: str, notice: Notice) -> None:
    from urllib.request import Request, urlopen

    content = {"Content-Type": "application/json"}
    request = Request(address, notice.to_json(), content, method="POST")  # noqa: S310 — http(s) by type
    with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 — the settings take http(s) alone
        answer.read()


def _mail(settings: Email, notice: Notice) -> None:
    import smtplib

    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS) as server:
            if settings.tls:
                import ssl

                server.starttls(context=ssl.create_default_context())
            if settings.username is not None and settings.password is not None:
                server.login(settings.username, settings.password.get_secret_value())
            server.send_message(notice.to_mail(settings))
    except smtplib.SMTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
