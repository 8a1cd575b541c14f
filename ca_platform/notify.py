"""Who hears of a failed run, and in which words: log, webhook, e-mail.

What belongs here: the messages, as pure functions of a small record, and the three ways to send them. What does not:
when a run counts as failed (Dagster's sensor in ``defs``). No secret leaves: every text passes the redaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from ca_platform.errors import CaPlatformError
from ca_platform.logging import LOGGER, Redactor
from ca_platform.settings import Settings
from ca_platform.settings.models import Email

TIMEOUT_SECONDS = 20
# A mail subject or a chat message that goes on for pages is not read.
_LIMIT = 1_000


class NotificationError(CaPlatformError):
    """A message about a failed run could not be delivered."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class FailedStep:
    """A step of a run that failed, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class FailedRun:
    """What a reader needs to know of a failed run.

    Attributes:
        days: the days it was for, in words; empty where it had none.
        url: its page in Dagster's UI, None where no address is configured.
    """

    run_id: str
    job: str
    days: str
    reason: str
    steps: tuple[FailedStep, ...] = ()
    url: str | None = None

    def redacted(self, redact: Redactor) -> FailedRun:
        """The same without secrets."""
        steps = tuple(FailedStep(step.name, redact(step.reason)) for step in self.steps)
        return FailedRun(self.run_id, self.job, self.days, redact(self.reason), steps, self.url)


def subject(run: FailedRun) -> str:
    """One line: which job failed, for which days."""
    days = f" for {run.days}" if run.days else ""
    return f"CA Platform: {run.job} failed{days}"


def body(run: FailedRun) -> str:
    """The whole message as plain text: what failed and why, step by step, and where to look."""
    steps = [f"- {step.name}: {_cut(step.reason)}" for step in run.steps] or [_cut(run.reason)]
    where = f"Look at it: {run.url}" if run.url else f"Look at run {run.run_id} in Dagster's UI."
    mend = "Repair the cause, then run the same days again; what is stored already stays readable."
    return "\n".join([f"{subject(run)}.", "", *steps, "", where, mend])


def payload(run: FailedRun) -> dict[str, Any]:
    """The same as the JSON of a webhook. ``text`` is what chat services show."""
    return {
        "text": body(run),
        "event": "run_failed",
        "run_id": run.run_id,
        "job": run.job,
        "days": run.days,
        "reason": _cut(run.reason),
        "steps": [{"name": step.name, "reason": _cut(step.reason)} for step in run.steps],
        "url": run.url,
    }


def mail(run: FailedRun, settings: Email) -> EmailMessage:
    """The same as an e-mail."""
    message = EmailMessage()
    message["Subject"] = subject(run).replace("\n", " ")
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message.set_content(body(run))
    return message


def notify(run: FailedRun, settings: Settings) -> None:
    """Tell everybody who is configured. One way that fails does not keep the others from being tried.

    Raises:
        NotificationError: names every way that failed.
    """
    redact = Redactor(settings.secrets())
    clean = run.redacted(redact)
    problems: list[str] = []
    for name, send in _ways(settings).items():
        try:
            send(clean)
        except OSError as error:
            problems.append(f"{name}: {redact(str(error) or type(error).__name__)}")
    if problems:
        raise NotificationError(
            f"The failure of run {run.run_id} could not be told to everybody: {'; '.join(problems)}. "
            "Correct `notifications` in the settings, or the server that it names."
        )


def _ways(settings: Settings) -> dict[str, Callable[[FailedRun], None]]:
    wanted = settings.notifications
    ways: dict[str, Callable[[FailedRun], None]] = {}
    if wanted.log:
        ways["log"] = _log
    if wanted.webhook is not None:
        webhook = wanted.webhook
        ways["webhook"] = lambda run: _post(webhook, run)
    if wanted.email is not None:
        email = wanted.email
        ways[f"e-mail by {email.host}"] = lambda run: _mail(email, run)
    return ways


def _log(run: FailedRun) -> None:
    details = {name: value for name, value in payload(run).items() if name != "text"}
    logging.getLogger(LOGGER).error(subject(run), extra=details)


def _post(address: str, run: FailedRun) -> None:
    from urllib.request import Request, urlopen

    data = json.dumps(payload(run)).encode()
    request = Request(address, data, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 — http(s) by type
    with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 — the settings take http(s) alone
        answer.read()


def _mail(settings: Email, run: FailedRun) -> None:
    import smtplib

    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS) as server:
            if settings.tls:
                import ssl

                server.starttls(context=ssl.create_default_context())
            if settings.username is not None and settings.password is not None:
                server.login(settings.username, settings.password.get_secret_value())
            server.send_message(mail(run, settings))
    except smtplib.SMTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


def _cut(text: str) -> str:
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]} …"
