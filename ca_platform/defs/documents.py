"""The documents of orders and customers as assets: what people search for, in the document store."""

from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from ca_platform.catalogue import report_spec
from ca_platform.catalogue.customers import BASE
from ca_platform.defs import specs
from ca_platform.defs.days import days_of
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.settings import Settings
from ca_platform.store.documents import downloads_of, orders_of
from ca_platform.store.picture import days_shown, newest_day, picture, spec_of

_MEANING = {
    "orders": "One document per session with its basket and delivery inside; an order is a session with has_purchased.",
    "downloads": (
        "One document per customer as of the newest day of the run: download, sign-up, actions. A customer without a "
        "row in the customers source was downloaded with the first session (is_imputed)."
    ),
    specs.CUSTOMERS: (
        "One document per customer, the index `customers`: the newest day of client_kpis with what all other reports "
        "that have a row for each customer say, such as segment, churn risk, expected revenue and recommendations. It is "
        "written once, after all other steps of a run and whether or not they went well: a report that failed keeps "
        "what it said last."
    ),
}
# That the customers follow the reports is a matter of the order of steps: as inputs, one that failed would stop them.
_INPUTS = {
    "orders": ("sessions", "lines", "deliveries"),
    "downloads": ("sessions", "customers"),
    specs.CUSTOMERS: report_spec(BASE).facts,
}
_LAST = {"dagster/priority": "-1"}


def document_assets(settings: Settings, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """``orders``, ``downloads`` and the customers, once the sessions are connected."""
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


def write_customers(platform: Platform, days: Sequence[date]) -> dict[date, int]:
    """The newest day of the customers, where what is shown of it was made on one of the days.

    An older day that is made again changes nothing, unless the newest one has no values of its own.
    """
    lake = platform.lake
    newest = newest_day(lake)
    if newest is None or not set(days) & set(days_shown(lake, newest).values()):
        return {}
    if platform.settings.document_store.kind != "embedded":  # there they are a view of the lake
        frame = lake.retry(lambda: picture(lake, newest))
        platform.store.replace("customers", [newest], frame, spec_of(lake))
    return {newest: lake.parts(BASE, newest, newest)[0].rows}


_Writer = Callable[[Platform, Sequence[date]], dict[date, int]]
_WRITERS: dict[str, _Writer] = {
    "orders": write_orders,
    "downloads": write_downloads,
    specs.CUSTOMERS: write_customers,
}


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
        op_tags=_LAST if name == specs.CUSTOMERS else None,
    )
    def store(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
        platform.journal.begin(name)
        days = days_of(context)
        try:
            rows = write(platform, days)
        except Exception as error:  # noqa: BLE001 - raised again, in words
            platform.journal.fail(name, error)
            raise failure(error, settings) from None
        for day, count in rows.items():
            if day in days:
                context.add_asset_metadata({specs.ROW_COUNT: count}, partition_key=day.isoformat())
        platform.journal.finish(name)
        return dg.MaterializeResult()

    return store
