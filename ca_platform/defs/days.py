"""Days as Dagster knows them: the one partitions definition, and the tags by which a run says which days it is for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from ca_platform.calendar import day_ranges
from ca_platform.settings import Settings

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class DayRange:
    """Local days from ``start`` to ``end``, both included."""

    start: date
    end: date

    @property
    def days(self) -> list[date]:
        """The days in order."""
        return [self.start + _ONE_DAY * offset for offset in range((self.end - self.start).days + 1)]

    @property
    def tags(self) -> dict[str, str]:
        """What makes a run be for these days: one partition, or a range that is computed at once."""
        if self.start == self.end:
            return {PARTITION_NAME_TAG: self.start.isoformat()}
        return {
            ASSET_PARTITION_RANGE_START_TAG: self.start.isoformat(),
            ASSET_PARTITION_RANGE_END_TAG: self.end.isoformat(),
        }

    def pieces(self, size: int) -> Iterator["DayRange"]:
        """The same days in ranges of at most ``size``, in order."""
        start = self.start
        while start <= self.end:
            end = min(start + _ONE_DAY * (size - 1), self.end)
            yield DayRange(start, end)
            start = end + _ONE_DAY

    def __str__(self) -> str:
        return f"{self.start}" if self.start == self.end else f"{self.start} to {self.end}"


def ranges_of(days: Iterable[date]) -> list[DayRange]:
    """Days as the fewest ranges without a gap, in order."""
    return [DayRange(*ends) for ends in day_ranges(sorted(set(days)))]


def range_of_run(tags: Mapping[str, str]) -> DayRange | None:
    """The days that a run with these tags is for; None where it has no partition."""
    start = tags.get(ASSET_PARTITION_RANGE_START_TAG) or tags.get(PARTITION_NAME_TAG)
    end = tags.get(ASSET_PARTITION_RANGE_END_TAG) or start
    return DayRange(date.fromisoformat(start), date.fromisoformat(end)) if start and end else None


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """The days that this step shall make, in order. Dagster says which; nothing is counted by hand."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """The partitions that every partitioned asset shares: local days since the start date, the newest one finished.

    With the schedule ``12h`` the running day is a partition, too.
    """
    return dg.DailyPartitionsDefinition(
        start_date=settings.business.start_date.isoformat(),
        timezone=settings.business.time_zone,
        end_offset=1 if settings.schedule.every == "12h" else 0,
    )


def named(days: Sequence[date], limit: int = 10) -> str:
    """Days in words, as ranges, cut after ``limit`` of them with their number."""
    ranges = ranges_of(days)
    shown = ", ".join(map(str, ranges[:limit]))
    return shown if len(ranges) <= limit else f"{shown} and more ({len(days)} days in all)"
