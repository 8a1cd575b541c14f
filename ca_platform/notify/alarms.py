"""What is said of an anomaly."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import Any

from ca_platform.catalogue.anomalies import metric_in_words, some_of
from ca_platform.notify.ways import Notice


@dataclass(frozen=True, slots=True)
class Alarm:
    """A day on which a report of anomalies raises an alarm.

    Attributes:
        report: its name.
        title: its title.
        findings: what carries the deviation, one figure each, in words; the largest first.
        metrics: their names.
        p_value: share of usual days that are as far off.
        budget: false alarms per 30 days that the settings allow this report.
        measured: false alarms per 30 days of the detector that serves, in its back-test; None before there is one.
        notes: what could not be taken out of the figures, in words, and so may be why they deviate.
    """

    report: str
    title: str
    day: date
    findings: tuple[str, ...]
    metrics: tuple[str, ...]
    p_value: float | None
    budget: float
    measured: float | None
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """One line: which report, which day, which figures.

        >>> Alarm("revenue_anomaly", "Anomalies of revenue", date(2024, 5, 4), (), ("revenue",), .001, 1, .9).subject
        'CA Platform: anomalies of revenue on 2024-05-04 (revenue)'
        """
        title = self.title[:1].lower() + self.title[1:]
        shown = some_of([metric_in_words(name) for name in self.metrics])
        return f"CA Platform: {title} on {self.day} ({shown})"

    @property
    def rate(self) -> str:
        """How often such an alarm is false, in words."""
        allowed = f"{self.budget:g} in 30 days allowed"
        if self.measured is None:
            return f"False alarms of this report: not measured yet, {allowed}."
        return (
            f"False alarms of this report: {self.measured:.2g} in 30 days measured on the shop's own past, {allowed}."
        )

    @property
    def body(self) -> str:
        """The whole message as plain text: what deviates, how often that is chance, and where to look."""
        where = f"Look at it: /anomalies?date={self.day}&report={self.report}&opened={self.day} of the dashboards."
        mend = "A day that was known to be special can be named in reports.anomaly.events of the settings."
        findings = [f"- {finding}" for finding in self.findings]
        notes = [f"Bear in mind: {note}." for note in self.notes]
        return "\n".join([f"{self.subject}.", "", *findings, "", *notes, self.rate, where, mend])

    @property
    def notice(self) -> Notice:
        """The message for every way."""
        payload: dict[str, Any] = {
            "event": "anomaly",
            "report": self.report,
            "day": self.day.isoformat(),
            "metrics": list(self.metrics),
            "findings": list(self.findings),
            "notes": list(self.notes),
            "p_value": self.p_value,
            "false_alarms_per_30_days": self.measured,
            "false_alarms_allowed_per_30_days": self.budget,
        }
        return Notice(self.subject, self.body, payload, logging.WARNING)
