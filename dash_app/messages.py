"""What stands in a card that has nothing to draw: what is the matter, and what to do about it. All texts are here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ca_platform.catalogue import report_spec
from ca_platform.settings.connecting import to_connect
from ca_platform.store import MAIN, Dimension
from dash_app.state import View
from dash_app.words.dates import day as in_words
from dash_app.words.names import of_dimension

if TYPE_CHECKING:
    from ca_platform.settings import Settings


_OF_DOWNLOADS = {"customers", "first_purchases"}
"""The facts that all reports about the way from the download on have in common."""


@dataclass(frozen=True, slots=True)
class Message:
    """Title and text, and a way on: a command for the shell, or a link (label, query)."""

    title: str
    text: str
    command: str = ""
    link: tuple[str, str] | None = None


def nothing_computed() -> Message:
    """No report of this kind on any day."""
    return Message("Not computed yet", "Load the data and compute the newest day with", "ca-platform run")


def not_computed(report: str, day: date) -> Message:
    """The report exists on other days at most."""
    return Message(
        "Not computed yet",
        f"The report {report} is not computed for {in_words(day)}. Compute it with",
        f"ca-platform run --from {day} --to {day} --select {report}",
    )


def outdated(report: str, day: date) -> Message:
    """The report lacks columns that it has by now."""
    return Message(
        "Computed by an earlier version",
        f"The report {report} of {in_words(day)} lacks what is shown here by now. Compute it again with",
        f"ca-platform run --from {day} --to {day} --select {report}",
    )


def not_connected(lacking: tuple[str, ...], settings: Settings) -> Message:
    """The report needs data that the shop does not give."""
    return Message(
        "Needs data that are not connected",
        f"Connect {to_connect(lacking)} in {_settings_file(settings)}, then compute with",
        "ca-platform run",
    )


def no_such_value(dimension: Dimension, day: date, view: View) -> Message:
    """The value has not been seen up to the day."""
    return Message(
        "Nothing about this value yet",
        f"No session up to {in_words(day)} {'is' if dimension.value is None else 'has'} "
        f"{of_dimension(dimension.value, dimension.name)}.",
        link=("Show the whole shop", view.model_copy(update={"dimension": MAIN}).query() or "?"),
    )


def not_by_value(settings: Settings, view: View) -> Message:
    """Comparisons are made of dimension values only where the settings ask for them."""
    return Message(
        "Compared for the whole shop alone",
        f"With reports.ab_test.by_dimension: true in {_settings_file(settings)}, A/B tests are made of each dimension value.",
        link=("Show the whole shop", view.model_copy(update={"dimension": MAIN}).query() or "?"),
    )


def nothing_in_period(text: str) -> Message:
    """Computed, and empty."""
    return Message("Nothing to show", text)


def nothing_chosen(view: View, text: str = "") -> Message:
    """There is something, and nothing of it is what was chosen; the card may say more about it."""
    return Message(
        "Nothing to show",
        text or "No row is left by what is chosen above.",
        link=("Clear the filters", view.without_filters().query() or "?"),
    )


def cannot_open(reason: str) -> Message:
    """Whom a number counts cannot be found."""
    return Message("This list cannot be opened", reason)


def failed(identity: str) -> Message:
    """Something broke; the log says what under this id."""
    return Message(
        "This card could not be loaded", f"Try again. If it stays so, the log has the details: id {identity}."
    )


def no_comparison(day: date) -> str:
    """The earlier day has no report."""
    return f"There is no report of {in_words(day)} to compare with."


def first_contact(report: str, settings: Settings) -> str:
    """A report counts downloads, of which nothing is known; empty where it does not, or customers are connected."""
    if settings.sources.customers is not None or not _OF_DOWNLOADS.issubset(report_spec(report).facts):
        return ""
    return "No customers are connected: the first session of each counts as the download."


def kept_values(days: Mapping[str, date]) -> list[str]:
    """Reports without values of the day, of which the customers keep the last ones; nothing where there are none."""
    said = ", ".join(f"{report_spec(name).title} ({in_words(day)})" for name, day in days.items())
    return [f"Not computed for this day, and as they were before: {said}."] if said else []


def other_day(day: date | None) -> str:
    """The figures of the customers are those of another day."""
    if day is None:
        return "The figures of the customers are not computed: the report client_kpis has no day."
    return f"The figures of the customers are as of {in_words(day)}: those of the shown day are not kept here."


def _settings_file(settings: Settings) -> str:
    return settings.file.name if settings.file else "ca_platform.yaml"
