"""What is said of a failed run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ca_platform.logging import Redactor
from ca_platform.notify.ways import Notice, NotificationError, deliver, in_words
from ca_platform.settings import Settings

# A mail subject or a chat message that goes on for pages is not read.
_LIMIT = 1_000


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
    """The same for programs."""
    return {
        "event": "run_failed",
        "run_id": run.run_id,
        "job": run.job,
        "days": run.days,
        "reason": _cut(run.reason),
        "steps": [{"name": step.name, "reason": _cut(step.reason)} for step in run.steps],
        "url": run.url,
    }


def notify(run: FailedRun, settings: Settings) -> None:
    """Tell everybody who is configured of a failed run.

    Raises:
        NotificationError: names every way that failed.
    """
    clean = run.redacted(Redactor(settings.secrets()))
    problems = deliver(Notice(subject(clean), body(clean), payload(clean)), settings)
    if problems:
        raise NotificationError(f"The failure of run {run.run_id} could not be told to everybody: {in_words(problems)}")


def _cut(text: str) -> str:
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]} …"
