"""What the steps work with: the settings, the lake, the document store, and the journal of the run."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import dagster as dg

from ca_platform.defs.processes import process_tags
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import DocumentStore, open_store

Progress = Callable[[str, int, int], None]
RESOURCE = "platform"


@dataclass
class Journal:
    """What the steps of one or more runs did, for the summary and the progress bar of whoever started them.

    Attributes:
        progress: told the phase, how many of its assets are done, and how many there are.
        phases: phase by asset; assets that are not in it are not told of.
        planned: assets by phase; an asset counts once for each run that makes it.
        sources: row counts by source, as in the row accounting.
        made: assets that were written.
        failures: what went wrong, by the name of the asset.
        notes: what the sources had to say.
    """

    progress: Progress | None = None
    phases: Mapping[str, str] = field(default_factory=dict)
    planned: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    sources: dict[str, Counter[str]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    failures: dict[str, Exception] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def begin(self, name: str) -> None:
        """Say what is worked on."""
        phase = self.phases.get(name)
        if self.progress is not None and phase is not None:
            self.progress(phase, self.done[phase], self.planned[phase])

    def finish(self, name: str) -> None:
        """One asset is written."""
        self.made.add(name)
        self._count(name)

    def fail(self, name: str, error: Exception) -> None:
        """One asset could not be made."""
        self.failures[name] = error
        self._count(name)

    def read(self, source: str, counts: Mapping[str, int]) -> None:
        """Rows that a load of ``source`` accounts for."""
        self.sources.setdefault(source, Counter()).update(counts)

    def _count(self, name: str) -> None:
        if name in self.phases:
            self.done[self.phases[name]] += 1
            self.begin(name)


class Platform:
    """The opened parts of the platform, one of each per run."""

    def __init__(self, settings: Settings, journal: Journal | None = None) -> None:
        self.settings = settings
        self.journal = journal or Journal()

    @cached_property
    def lake(self) -> Lake:
        return Lake.open(self.settings)

    @cached_property
    def store(self) -> DocumentStore:
        return open_store(self.settings)

    def close(self) -> None:
        """Give the store's connections back."""
        if "store" in vars(self):
            self.store.close()


def platform_resource(settings: Settings, journal: Journal | None = None) -> dg.ResourceDefinition:
    """The platform as a resource: opened by the first step that needs it, closed at the end of the run."""

    def opened(context: dg.InitResourceContext) -> Iterator[Platform]:
        _name_process(context)
        platform = Platform(settings, journal)
        try:
            yield platform
        finally:
            platform.close()

    return dg.ResourceDefinition(opened, description="The settings, the lake and the document store of this shop.")


def _name_process(context: dg.InitResourceContext) -> None:
    """Let the run say which process it is in. Here every run comes by, whoever started it."""
    instance, run = context.instance, context.run
    if instance is None or run is None:
        return
    tags = process_tags(run.run_id)
    if not tags.items() <= run.tags.items():
        instance.add_run_tags(run.run_id, tags)
