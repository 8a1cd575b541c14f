"""Who hears of a failed run or of an anomaly, and in which words: log, webhook, e-mail.

What belongs here: the messages, as pure functions of small records, and the three ways to send them. What does not: when
a run counts as failed and which anomaly is news (Dagster's sensors in ``defs``). No secret leaves: every text passes the
redaction.
"""

from ca_platform.notify.alarms import Alarm
from ca_platform.notify.failed_runs import FailedRun, FailedStep, body, notify, payload, subject
from ca_platform.notify.ways import Notice, NotificationError, deliver, way_names

__all__ = [
    "Alarm",
    "FailedRun",
    "FailedStep",
    "Notice",
    "NotificationError",
    "body",
    "deliver",
    "notify",
    "payload",
    "subject",
    "way_names",
]
