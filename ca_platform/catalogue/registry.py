"""Looking things up in the catalogue."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from ca_platform.catalogue.ab_before_after import BEFORE_AFTER_REPORTS
from ca_platform.catalogue.ab_calibration import CALIBRATION_REPORTS, CALIBRATION_TABLES
from ca_platform.catalogue.ab_experiments import AB_EXPERIMENTS, EXPERIMENT_FACTS
from ca_platform.catalogue.ab_pairs import PROMOTION_PAIRS
from ca_platform.catalogue.ab_segments import SEGMENT_CHANGES
from ca_platform.catalogue.anomalies import ANOMALIES, ANOMALY_TABLES
from ca_platform.catalogue.baskets import BASKETS
from ca_platform.catalogue.churn import CHURN
from ca_platform.catalogue.clv import CLV
from ca_platform.catalogue.cohorts import COHORTS
from ca_platform.catalogue.customer_anomalies import CUSTOMER_ANOMALIES
from ca_platform.catalogue.datasets import DATASETS
from ca_platform.catalogue.deliveries import DELIVERIES, DELIVERY_FACTS, OLD_NAMES
from ca_platform.catalogue.delivery_orders import DELIVERY_ORDERS
from ca_platform.catalogue.facts import FACTS
from ca_platform.catalogue.families import FAMILIES, PAGES
from ca_platform.catalogue.funnels import FUNNELS
from ca_platform.catalogue.models import MODEL_TABLES
from ca_platform.catalogue.orders import ORDERS
from ca_platform.catalogue.products import PRODUCTS
from ca_platform.catalogue.promotions import PROMOTION_FACTS, PROMOTIONS
from ca_platform.catalogue.recommendations import RECOMMENDATIONS
from ca_platform.catalogue.revenue_ahead import REVENUE_AHEAD
from ca_platform.catalogue.rfm import RFM
from ca_platform.catalogue.spec import ReportSpec, TableSpec
from ca_platform.catalogue.value_classes import CLASS_REPORTS, CLASS_TABLES
from ca_platform.errors import ReportError

if TYPE_CHECKING:
    from ca_platform.settings import Settings

_REPORTS = {
    spec.name: spec
    for spec in (
        *FUNNELS,
        *ORDERS,
        *COHORTS,
        *CHURN,
        *PRODUCTS,
        *BASKETS,
        *RECOMMENDATIONS,
        *PROMOTIONS,
        *AB_EXPERIMENTS,
        *RFM,
        *CLV,
        *CLASS_REPORTS,
        *REVENUE_AHEAD,
        *BEFORE_AFTER_REPORTS,
        *PROMOTION_PAIRS,
        *SEGMENT_CHANGES,
        *CALIBRATION_REPORTS,
        *DELIVERIES,
        *DELIVERY_ORDERS,
        *ANOMALIES,
        *CUSTOMER_ANOMALIES,
    )
}
_TABLES = {
    spec.name: spec
    for spec in (
        *DATASETS,
        *FACTS,
        *PROMOTION_FACTS,
        *EXPERIMENT_FACTS,
        *DELIVERY_FACTS,
        *MODEL_TABLES,
        *CLASS_TABLES,
        *CALIBRATION_TABLES,
        *ANOMALY_TABLES,
    )
}


def report_names() -> tuple[str, ...]:
    """Names of all reports, by family."""
    return tuple(_REPORTS)


def report_specs() -> tuple[ReportSpec, ...]:
    """All reports, by family."""
    return tuple(_REPORTS.values())


def report_spec(name: str) -> ReportSpec:
    """The report of this name, or of the one that the predecessor gave it; a ``ReportError`` otherwise."""
    name = OLD_NAMES.get(name, name)
    if name not in _REPORTS:
        near = get_close_matches(name, _REPORTS, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`ca-platform reports` lists them."
        raise ReportError(f"There is no report {name!r}. {hint}")
    return _REPORTS[name]


def add_report(spec: ReportSpec) -> None:
    """Make one more report known, before definitions, dashboards or documents are made of the catalogue.

    What the platform itself reports stands in the families' tables; this is for reports that are written elsewhere.
    Its function is given to ``reports.bind_report``, its card to the dashboards' ``pages.add_card``.

    Raises:
        ReportError: the name is taken, or there is no such family or page.
    """
    if spec.name in (*_REPORTS, *_TABLES):
        raise ReportError(f"The name {spec.name} is taken. Choose another for the report.")
    if spec.family not in FAMILIES or spec.page not in PAGES:
        raise ReportError(
            f"The report {spec.name} belongs to the family {spec.family!r} and the page {spec.page!r}. There are the "
            f"families {', '.join(FAMILIES)} and the pages {', '.join(PAGES)}."
        )
    _REPORTS[spec.name] = spec


def table_specs(layer: Literal["lake", "facts", "models"] | None = None) -> tuple[TableSpec, ...]:
    """Datasets of the lake, fact tables and fitted models, each after those that it is made from."""
    return tuple(spec for spec in _TABLES.values() if layer is None or spec.layer == layer)


def table_spec(name: str) -> TableSpec:
    """The dataset or fact table of this name; a ``ReportError`` otherwise."""
    if name not in _TABLES:
        raise ReportError(f"There is no dataset {name!r}; there are {', '.join(_TABLES)}.")
    return _TABLES[name]


def connected(spec: ReportSpec, settings: Settings) -> bool:
    """Whether everything that a report needs is in the settings."""
    return not missing_inputs(spec, settings)


def connected_facts(spec: ReportSpec, settings: Settings) -> tuple[str, ...]:
    """What a report reads without the fact tables of sources that are not in the settings: some of what it is about."""
    return tuple(name for name in spec.facts if table_spec(name).layer == "lake" or _has_sources(name, settings))


def connected_inputs(spec: TableSpec, settings: Settings) -> tuple[str, ...]:
    """What a table is made from, with those of its further inputs whose sources are in the settings."""
    return (*spec.inputs, *(name for name in spec.more_inputs if _has_sources(name, settings)))


def _has_sources(name: str, settings: Settings) -> bool:
    spec = table_spec(name)
    if spec.layer == "lake":
        return name in settings.sources.connected()
    return all(_has_sources(own, settings) for own in spec.inputs)


def missing_inputs(spec: ReportSpec, settings: Settings) -> tuple[str, ...]:
    """Sources and columns that would have to be connected, as ``source``, ``source.column`` or ``one or another``."""
    return tuple(need for need in ("sessions", *spec.requires) if not _is_given(need, settings))


def _is_given(need: str, settings: Settings) -> bool:
    return any(_is_connected(either, settings) for either in need.split(" or "))


def _is_connected(need: str, settings: Settings) -> bool:
    name, _, column = need.partition(".")
    source = settings.sources.connected().get(name)
    if source is None or not column:
        return source is not None
    if column in ("dimensions", "actions", "experiments"):
        return bool(getattr(source, column))
    return source.gives(column)
