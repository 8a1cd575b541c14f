"""Which runs a command needs, as pure functions: what is missing, in which ranges, and what can share a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ca_platform.catalogue import FAMILIES, missing_inputs, report_spec
from ca_platform.defs import specs
from ca_platform.defs.days import DayRange, ranges_of
from ca_platform.errors import ReportError
from ca_platform.settings import Settings
from ca_platform.settings.connecting import to_connect
from ca_platform.store.picture import TABLES

CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run: some assets for a range of days. Without days it is for the snapshot alone."""

    assets: tuple[str, ...]
    days: DayRange | None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run shall make besides loading.

    Attributes:
        reports: names of reports.
        others: fact tables and documents.
    """

    reports: tuple[str, ...]
    others: tuple[str, ...] = field(default=())

    @property
    def assets(self) -> tuple[str, ...]:
        """Everything, in an order in which it can be made."""
        return (*self.others, *self.reports)


def selected(wanted: Iterable[str] | None, settings: Settings) -> Selection:
    """The reports of ``NAME``, ``family:NAME``, with the facts that they need; None: everything.

    ``orders``, ``downloads`` and ``customer_documents`` stand for the documents; the last go with every report that
    they show. A report whose input is not connected is refused by name; a
    family gives those of its reports that are connected.
    """
    connected = {spec.name: spec for spec in specs.connected_reports(settings)}
    if wanted is None:
        facts = specs.needed_facts(connected.values())
        return Selection(tuple(connected), (*(fact.name for fact in facts), *specs.DOCUMENTS))
    chosen: dict[str, None] = {}
    documents: dict[str, None] = {}
    for name in wanted:
        if name in specs.DOCUMENTS:
            documents[name] = None
        elif name.startswith("family:"):
            chosen.update(dict.fromkeys(_family(name.removeprefix("family:"), connected)))
        else:
            chosen[_connected(name, connected, settings)] = None
    reports = tuple(name for name in connected if name in chosen)
    if set(reports) & set(TABLES):
        documents[specs.CUSTOMERS] = None
    facts = specs.needed_facts(connected[name] for name in reports)
    return Selection(reports, (*(fact.name for fact in facts), *documents))


def _family(name: str, connected: Iterable[str]) -> list[str]:
    if name not in FAMILIES:
        raise ReportError(f"There is no family {name!r}; there are {', '.join(FAMILIES)}.")
    return [report for report in connected if report_spec(report).family == name]


def _connected(name: str, connected: Iterable[str], settings: Settings) -> str:
    spec = report_spec(name)
    if name not in connected:
        raise ReportError(
            f"The report {name} cannot be computed: its input is not connected. Connect "
            f"{to_connect(missing_inputs(spec, settings))} in the settings."
        )
    return name


def load_runs(missing: Mapping[str, Sequence[date]], *, snapshot: bool) -> list[PlannedRun]:
    """One ranged run for all sources that miss the same days, oldest days first.

    Args:
        missing: days to load by partitioned source; sessions first, since the others belong to their orders.
        snapshot: whether the customers are loaded, too; they go with the first run.
    """
    by_range: dict[DayRange, list[str]] = {}
    for source, days in missing.items():
        for wanted in ranges_of(days):
            by_range.setdefault(wanted, []).append(source)
    # A source that waits for its orders comes after the sessions of the same days, whatever the ranges are.
    ordered = sorted(by_range.items(), key=lambda item: ("sessions" not in item[1], item[0]))
    runs = [PlannedRun(tuple(sources), wanted) for wanted, sources in ordered]
    if not snapshot:
        return runs
    if not runs:
        return [PlannedRun((CUSTOMERS,), None)]
    return [PlannedRun((CUSTOMERS, *runs[0].assets), runs[0].days), *runs[1:]]


def report_runs(selection: Selection, days: DayRange, days_per_run: int) -> list[PlannedRun]:
    """The reports of the days in ranges of at most ``days_per_run``, oldest first."""
    if not selection.assets:
        return []
    return [PlannedRun(selection.assets, piece) for piece in days.pieces(days_per_run)]


def merged(loads: Sequence[PlannedRun], reports: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Loads, then reports; as one run where both are for the same days, as on every ordinary morning."""
    if len(loads) == 1 and len(reports) == 1 and loads[0].days == reports[0].days:
        return [PlannedRun((*loads[0].assets, *reports[0].assets), reports[0].days)]
    return [*loads, *reports]
