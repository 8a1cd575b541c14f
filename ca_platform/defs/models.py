"""The fitted models as assets, in a job of their own: trained with what the newest loaded day knows.

The daily partitions use the last model trained on or before their day, and make the one of their week where there is
none; so this job is for having them trained before, at a quiet hour.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ca_platform.calendar import days_between
from ca_platform.catalogue import TableSpec, report_specs, table_specs
from ca_platform.defs import specs
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.errors import HistoryError
from ca_platform.facts import ensure
from ca_platform.models.churn import TITLES, Trained
from ca_platform.settings import Settings
from ca_platform.training import MODELS, ChurnModels

TRAIN = "train_models"
_METRICS = ("auc", "brier", "decile_gap", "chance_gap")


def model_tables(settings: Settings) -> list[TableSpec]:
    """What is kept of the models that connected reports read."""
    connected = {spec.name for spec in specs.connected_reports(settings)}
    read = {name for report in report_specs() if report.name in connected for name in report.facts}
    return [table for table in table_specs("models") if table.name in read]


def model_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The step that trains the models of churn risk."""
    tables = model_tables(settings)
    return [_churn(tables, settings)] if tables else []


def train_models(settings: Settings) -> UnresolvedAssetJobDefinition | None:
    """The job that trains all models; None without any."""
    tables = model_tables(settings)
    if not tables:
        return None
    return dg.define_asset_job(
        TRAIN,
        selection=dg.AssetSelection.assets(*(table.name for table in tables)),
        description="Trains the models with what is known at the end of the newest loaded day, and back-tests them.",
    )


def _churn(tables: list[TableSpec], settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="churn_training",
        specs=[_spec(table, settings) for table in tables],
        description="Learns who will not order again, and judges every candidate at earlier days.",
    )
    def make(platform: dg.ResourceParam[Platform]) -> Iterator[Any]:
        names = [table.name for table in tables]
        platform.journal.begin(names[0])
        try:
            day, trained = _train_churn(platform)
        except Exception as error:  # noqa: BLE001 - raised again, in words
            for name in names:
                platform.journal.fail(name, error)
            raise failure(error, settings) from None
        for name in names:
            platform.journal.finish(name)
            yield dg.MaterializeResult(asset_key=name, metadata=_metadata(name, day, trained))

    return make


def _train_churn(platform: Platform) -> tuple[date, Trained | None]:
    days = platform.lake.days("sessions")
    start = platform.settings.business.start_date
    if not days or days[-1] < start:
        raise HistoryError("No day is loaded that models could learn from. Load some: ca-platform load.")
    ensure(["customer_orders"], list(days_between(start, days[-1])), platform.settings, platform.lake)
    return days[-1], ChurnModels(days[-1], platform.settings, platform.lake).train(days[-1])


def _metadata(name: str, day: date, trained: Trained | None) -> dict[str, Any]:
    """Parameters of the models, or figures of the back-test and the calibration by decile."""
    if trained is None:
        note = "Nobody has ordered twice yet, so there is no horizon; set reports.churn_risk.horizon_days to have one."
        return {"trained_on": day.isoformat(), "note": note}
    shared = {
        "trained_on": day.isoformat(),
        "served": TITLES[trained.model.served],
        "horizon_days": trained.model.horizon,
    }
    if name == MODELS:
        return {**shared, "parameters": dg.MetadataValue.md(_parameters(trained))}
    return {
        **shared,
        "backtest": dg.MetadataValue.md(_figures(trained)),
        "calibration": dg.MetadataValue.md(_calibration(trained)),
    }


def _parameters(trained: Trained) -> str:
    candidates = trained.model.candidates
    if candidates is None:
        return "Too little history: the baseline serves."
    rows = [
        (TITLES[fitted.model], estimate.name, f"{estimate.value:.4g}", estimate.unit)
        for fitted in candidates.fits.values()
        for estimate in fitted.estimates
    ]
    rows += [(TITLES[name], "level", f"{level:.4g}", "log odds") for name, level in trained.model.levels.items()]
    return _table(("model", "parameter", "value", "unit"), rows)


def _figures(trained: Trained) -> str:
    """Mean of each metric over the origins."""
    rows = []
    for model in dict.fromkeys(score.model for score in trained.scores):
        own = [score for score in trained.scores if score.model == model]
        values = {name: [s.value for s in own if s.metric == name and s.value is not None] for name in _METRICS}
        means = (f"{sum(found) / len(found):.4f}" if found else "–" for found in values.values())
        rows.append((f"{TITLES[model]}{' (serves)' if own[0].is_served else ''}", *means))
    return _table(("model", *_METRICS), rows)


def _calibration(trained: Trained) -> str:
    """Forecast and observed share by decile at the newest origin, of what serves."""
    newest = max((score.origin for score in trained.scores), default=0)
    own = {s.metric: s.value for s in trained.scores if s.origin == newest and s.is_served and s.value is not None}
    places = [place for place in range(1, 11) if f"forecast_decile_{place}" in own]
    rows = [
        (str(place), f"{own[f'forecast_decile_{place}']:.3f}", f"{own[f'observed_decile_{place}']:.3f}")
        for place in places
    ]
    return _table(("decile", "forecast", "observed"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _spec(table: TableSpec, settings: Settings) -> dg.AssetSpec:
    shared = specs.common(settings)
    return dg.AssetSpec(
        table.name,
        deps=specs.existing(table.inputs, settings),
        group_name="models",
        description=table.description,
        kinds={"scikitlearn", "parquet"},
        owners=shared["owners"],
        tags={**shared["tags"], "layer": "models"},
        metadata=specs.table_metadata(table, settings),
    )
