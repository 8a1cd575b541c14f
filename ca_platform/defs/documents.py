"""The documents of orders and customers as assets: what people search for, in the document store."""

from collections.abc import Callable, Sequence
from datetime import date

import dagster as dg

from ca_platform.catalogue import Column, report_spec
from ca_platform.catalogue.customers import ADDED, BASE, CUSTOMERS
from ca_platform.defs import specs
from ca_platform.defs.days import days_of
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.settings import Settings
from ca_platform.store.documents import downloads_of, orders_of
from ca_platform.store.picture import TABLES, days_shown, newest_day, picture, spec_of
from ca_platform.store.recommended import COLUMNS as LISTED
from ca_platform.store.recommended import PRODUCTS, REASONS, RECOMMENDATIONS

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
# What has to be there before a document can be written.
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
    made = {name: _documents(name, write, settings, partitions) for name, write in _WRITERS.items()}
    return [*(made[name] for name in _WRITERS if name != specs.CUSTOMERS), _merged(made[specs.CUSTOMERS], settings)]


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


def merged_reports(settings: Settings) -> list[str]:
    """The connected reports that a customer's document consists of."""
    connected = {spec.name for spec in specs.connected_reports(settings)}
    return [name for name in TABLES if name in connected]


def column_lineage(settings: Settings) -> dg.TableColumnLineage:
    """Which column of which report each column of a customer's document is."""
    merged = merged_reports(settings)
    own = {column.name: (BASE, column.name) for column in report_spec(BASE).columns}
    added = {name: (table, source) for table, taken in ADDED.items() for name, source in taken.items()}
    listed = {PRODUCTS: (RECOMMENDATIONS, "product"), REASONS: (RECOMMENDATIONS, "reason")}
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(dg.AssetKey(table), source)]
            for name, (table, source) in {**own, **added, **listed}.items()
            if table in merged
        }
    )


def _columns(settings: Settings) -> list[Column]:
    """The columns of a customer's document, as far as the reports that they come from are connected."""
    known = column_lineage(settings).deps_by_column
    return [column for column in (*CUSTOMERS.columns, *LISTED) if column.name in known]


def _merged(made: dg.AssetsDefinition, settings: Settings) -> dg.AssetsDefinition:
    """The asset with the reports that it merges as its parents, which are no inputs of its step.

    As inputs, one report that failed would keep the step from running, and the customers from what the others say. That
    the step comes after them is a matter of its priority. Dagster has no public way to say so.
    """
    (spec,) = made.specs
    parents = [dg.AssetDep(name) for name in merged_reports(settings)]
    shown = spec.replace_attributes(deps=[*spec.deps, *parents])
    return dg.AssetsDefinition.dagster_internal_init(**{**made.get_attributes_dict(), "specs": [shown]})


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
    is_merged = name == specs.CUSTOMERS
    # Dagster shows the lineage of columns from the newest materialization.
    lineage = {"dagster/column_lineage": column_lineage(settings)} if is_merged else {}

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
        op_tags=_LAST if is_merged else None,
        metadata={specs.SCHEMA: specs.column_schema(_columns(settings))} if is_merged else None,
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
        return dg.MaterializeResult(metadata=lineage)

    return store
