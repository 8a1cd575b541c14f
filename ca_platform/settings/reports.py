"""The options of single reports. The defaults are those of the report definitions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ca_platform.settings.experiments import Experiment
from ca_platform.settings.segments import DEFAULT_SEGMENTS, SegmentRule, segments_by_cell
from ca_platform.settings.types import Count, Country, Day, Model, Share

ClvModel = Literal["bg_nbd", "mbg_nbd", "pareto_nbd", "mbg_cnbd_k", "boosted", "stacked", "lstm", "conv"]


class Churn(Model):
    """From when on a silent customer counts as churned."""

    method: Literal["global", "customer", "fixed"] = "global"
    factor: float = Field(default=2, gt=0)
    days: float = Field(default=90, gt=0)


class ChurnRisk(Model):
    """Horizon of the churn probability; None: twice the median gap."""

    horizon_days: float | None = Field(default=None, gt=0)


class MostCombinedProducts(Model):
    """Pairs in fewer orders are left out."""

    min_orders: Count = 2


class AssociationRules(Model):
    """Limits of the rules, inclusive.

    Attributes:
        min_support: share of the orders that must contain all products of a rule; never under 5 orders.
        min_confidence: share of the orders with the antecedent that must contain the consequent.
        max_size: products of a rule, the consequent included.
    """

    min_support: Share = 0.01
    min_confidence: float = Field(default=0.2, gt=0, le=1)
    max_size: int = Field(default=4, ge=2, le=10)


class AbTest(Model):
    """Tests between variants."""

    alpha: Share = 0.05
    by_dimension: bool = False


class Rfm(Model):
    """How recency, frequency and money become scores, and scores segments.

    Attributes:
        segments: each of the 125 combinations of scores is in exactly one of these rules.
    """

    scoring: Literal["kmeans", "quantile"] = "kmeans"
    segments: tuple[SegmentRule, ...] = DEFAULT_SEGMENTS

    @field_validator("segments")
    @classmethod
    def _is_whole(cls, rules: tuple[SegmentRule, ...]) -> tuple[SegmentRule, ...]:
        segments_by_cell(rules)
        return rules


class Clv(Model):
    """Which models compete for the lifetime value, and how far they look.

    Attributes:
        horizon_weeks: what is forecast, 10 years at most.
        models: the baseline always takes part; networks only where torch is installed.
        seeds: networks that a forecast is the mean of.
    """

    horizon_weeks: int = Field(default=26, ge=1, le=520)
    models: tuple[ClvModel, ...] = (
        "bg_nbd",
        "mbg_nbd",
        "pareto_nbd",
        "mbg_cnbd_k",
        "boosted",
        "stacked",
        "lstm",
        "conv",
    )
    seeds: Count = 5


class Event(Model):
    """A day on which something other than usual is expected."""

    date: Day
    name: str = Field(min_length=1)


class Anomaly(Model):
    """How often an alarm may be false, and which days are known to be special.

    Attributes:
        false_alarms_per_30_days: the budget of each anomaly report.
        country: whose public holidays are expected, such as GB, or GB-ENG for a part of it; None: no holidays.
    """

    false_alarms_per_30_days: float = Field(default=1, gt=0, le=15)
    country: Country = None
    events: tuple[Event, ...] = ()


class Deliveries(Model):
    """Size of the map cells."""

    geohash_precision: int = Field(default=7, ge=1, le=12)


class Dimensions(Model):
    """More values than this are refused."""

    max_values: Count = 1000


class ReportSettings(Model):
    """Options of the reports.

    Attributes:
        history_days: days in tables by day.
        cohort_days: daily cohorts.
        keep_daily: report days of per-customer tables that are kept, before them month ends.
        retail_year: whether customers are expected to buy by seasons: those of retail as a whole, most before Christmas, and
            the shop's own as far as whole years have told them.
        experiments: plans by the name of the experiment; one that is not named has the defaults.
    """

    history_days: Count = 400
    cohort_days: Count = 100
    keep_daily: Count = 90
    retail_year: bool = True
    churn: Churn = Churn()
    churn_risk: ChurnRisk = ChurnRisk()
    most_combined_products: MostCombinedProducts = MostCombinedProducts()
    association_rules: AssociationRules = AssociationRules()
    ab_test: AbTest = AbTest()
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    rfm: Rfm = Rfm()
    clv: Clv = Clv()
    anomaly: Anomaly = Anomaly()
    deliveries: Deliveries = Deliveries()
    dimensions: Dimensions = Dimensions()
