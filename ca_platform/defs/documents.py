"""The documents of orders and customers as assets: what people search for, in the document store."""

from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from ca_platform.defs import specs
from ca_platform.defs.days import days_of
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.settings import Settings
from ca_platform.store.documents import downloads_of, orders_of

_MEANING = {
    "orders": "One document per session with its basket and delivery inside; an order is a session with has_purchased.",
    "downloads": (
        "One document per customer as of the newest day of the run: download, sign-up, actions. A customer without a "
        "row in the customers source was downloaded with the first session (is_imputed)."
    ),
}
_INPUTS = {"orders": ("sessions", "lines", "deliveries"), "downloads": ("sessions", "customers")}


def document_assets(settings: Settings, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """``orders`` and ``downloads``, once the sessions are connected."""
    if "sessions" not in settings.sources.connected():
        return []
    return [_documents(name, write, settings, partitions) for name, write in _WRITERS.items()]


def write_orders(platform: Platform, days: Sequence[date]) -> dict[date, int]:
    """The sessions of the days, a day at a time; returns the documents of each day."""
    digits = platform.settings.business.minor_digits
    for day in days:
        platform.store.replace("orders", [day], orders_of(platform.lake, day, digits))
    rows = dict.fromkeys(days, 0)
    rows.update(
        {part.day: part.rows for part in platform.lake.parts("sessions", days[0], days[-1]) if part.day in rows}
    )
    return rows


def write_downloads(platform: Platform, days: Sequence[date]) -> dict[date, int]:
    """All customers as of the last of the days: the documents show the newest day alone."""
    written = platform.store.replace("downloads", days, downloads_of(platform.lake, days[-1]))
    return {days[-1]: written.documents} if written.documents else {}


_Writer = Callable[[Platform, Sequence[date]], dict[date, int]]
_WRITERS: dict[str, _Writer] = {"orders": write_orders, "downloads": write_downloads}


def _documents(
    name: str, write: _Writer, settings: Settings, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    shared = specs.common(settings)

    @dg.asset(
        name=name,
        deps=specs.existing(_INPUTS[name], settings),
        group_name="store",
        description=_MEANING[name],
        kinds={"polars", specs.store_kind(settings)},
        owners=shared["owners"],
        tags={**shared["tags"], "layer": "store"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(settings.schedule.days_per_run),
    )
    def store(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
        platform.journal.begin(name)
        try:
            rows = write(platform, days_of(context))
        except Exception as error:  # noqa: BLE001 - raised again, in words
            platform.journal.fail(name, error)
            raise failure(error, settings) from None
        for day, count in rows.items():
            context.add_asset_metadata({specs.ROW_COUNT: count}, partition_key=day.isoformat())
        platform.journal.finish(name)
        return dg.MaterializeResult()

    return store
