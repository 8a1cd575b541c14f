"""Anomalies: days on which a figure of the shop lies where it should not, and what carries that."""

from __future__ import annotations

from collections.abc import Sequence

from ca_platform.catalogue.columns import count, day, flag, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec, TableSpec

DETECTORS = {
    "weighed": "odds of all single causes together, such as lost sessions today or over the last five days",
    "matched": "how surprising the likeliest single cause is, and all deviations together",
    "mahalanobis": "distance of all residuals of the day together, correlation taken out (Mahalanobis)",
    "deviation": "largest deviation from the same weekday before, in median absolute deviations",
    "autoencoder": "what a neural network cannot rebuild of the residuals of the day (autoencoder)",
}
"""What can serve, in words, in the order in which the first one wins a tie."""

FIRST_DETECTOR = "matched"
"""Serves before there is enough history to choose."""

COHORT_OFFSETS = 4
"""First columns of the download cohorts that are watched: offsets 0 to 3."""

TOP_VALUES = 5
"""Values of each dimension that ``dimension_anomaly`` lists of a metric and day."""

DAY_REPORTS = ("dfunnel_anomaly", "dcohort_anomaly", "dcohort_anomaly_2", "dorders_anomaly", "revenue_anomaly")
"""Families of metrics that are watched together, each with an alert budget of its own."""

_METRICS = {
    "mean_amount": "order value",
    "offset_0": "first orders on the day of download",
    "offset_1": "first orders a day later",
    "signup": "sign-up",
    "usual_products": "usual products sold",
}
_OFFSET = "offset_"
_NAMED = 3


def metric_in_words(metric: str) -> str:
    """What a metric of these reports is called in sentences and on axes.

    >>> [metric_in_words(name) for name in ("mean_amount", "has_basket/sessions", "offset_2")]
    ['order value', 'has basket / sessions', 'first orders 2 days later']
    """
    return " / ".join(_part_in_words(part) for part in metric.split("/"))


def _part_in_words(name: str) -> str:
    offset = name.removeprefix(_OFFSET)
    if name not in _METRICS and offset != name and offset.isdigit():
        return f"first orders {offset} days later"
    return _METRICS.get(name, name.replace("_", " ").strip() or name)


def some_of(names: Sequence[str]) -> str:
    """The first of some names, and how many there are besides.

    >>> some_of(["mug", "cup", "plate", "bowl"]), some_of(["mug"])
    ('mug, cup, plate and 1 more', 'mug')
    """
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


_KNOWN = ("session_steps", "dimension_values", "client_numbers", "first_purchases", "customer_orders")
_SOLD = ("product_days",)
# Whichever of them is asked for: detectors are chosen for all of them together.
_FACTS = (*_KNOWN, *_SOLD, "anomaly_models")

_MEASURES = (
    Column("actual", Kind.FLOAT, "The figure of the day; null where it has none.", "by metric", nullable=True),
    Column("expected", Kind.FLOAT, "What the days before let expect; null where they are too few.", "by metric", True),
    Column("low", Kind.FLOAT, "Low end of what is usual.", "by metric", nullable=True),
    Column("high", Kind.FLOAT, "High end of what is usual.", "by metric", nullable=True),
    Column("residual", Kind.FLOAT, "Natural logarithm of actual over expected.", "log", nullable=True),
    Column("score", Kind.FLOAT, "How far the day lies from the usual, of all metrics together.", "by detector", True),
    Column(
        "p_value",
        Kind.FLOAT,
        "Share of days like those before that lie so far from the usual, of all metrics together.",
        "probability",
        nullable=True,
    ),
)
_DIRECTION = text("direction", "increase or decrease where is_anomaly; null elsewhere.", nullable=True)
_DAY_COLUMNS = (
    day("date", "The day."),
    text("metric", "The figure."),
    *_MEASURES,
    flag("is_anomaly", "The day is flagged, and this metric carries it."),
    _DIRECTION,
    text(
        "explanation",
        "Where is_anomaly: the deviation in words, and the dimension value that carries it, where one does; of a public "
        "holiday or a known event its name; null elsewhere.",
        nullable=True,
    ),
    text(
        "note",
        "What could not be taken out of the figure, and so may be why it deviates: peaks of the season before there is a "
        "year of history, public holidays where no country is set; or why it is not judged. Null where nothing.",
        nullable=True,
    ),
    flag("is_alarm", "The day is flagged and the day before is not: an alarm."),
    text("detector", "The detector that decides on this day.", nullable=True),
    *(
        Column(f"score_{name}", Kind.FLOAT, f"Score of the day: {words}.", "by detector", nullable=True)
        for name, words in DETECTORS.items()
    ),
)

_HOW = (
    "Figures are expected from the days before alone: weekday, trend, season of the year and known holidays are taken out "
    "of their logarithms; until there is a year of history the peaks of a season are not known. Eight weeks come first that "
    "only teach. A day is flagged when it lies further off than the budget "
    "reports.anomaly.false_alarms_per_30_days lets come by chance, judged on the days before, and by three customers, orders "
    "or sessions at least; flagged days do not teach, and a run of them is one alarm. Holidays and events of the settings "
    "are marked and never flagged; a day that has not ended has no row. A detector decides from the day on that it was "
    "chosen, on incidents put into the shop's own past, so "
    "a row stays as it was."
)


_OTHER_IDS = (
    "Where at least half of those who return on such a weekday are gone, and half of these or more come as new customers "
    "instead, customers have other ids: then nothing is judged until the share of new customers is about as before, for a "
    "week at least and 90 days at most."
)
_OF_HOURS = (
    "The figure of hours is how much of a usual day lies in the hours in which anything came, over what chance lets expect "
    "of as many: about 1 on every day, however weak, and a half where half a day is empty. A usual day is the last eight "
    "same weekdays."
)
_OF_PRODUCTS = (
    "usual_products is how much of what usually sells lies in the products sold, over what chance lets expect of as many "
    "sales: about 1 on every day, less where products cannot be bought. What usually sells is what sold in the eight weeks "
    "before; the figure is only told where chance moves it by a tenth at most."
)


def _report(name: str, title: str, what: str, *inputs: str) -> ReportSpec:
    return ReportSpec(
        name=name,
        family="anomalies",
        title=title,
        grain="day × metric",
        description=f"{what} {_HOW}",
        columns=_DAY_COLUMNS,
        key=("date", "metric"),
        facts=(*_FACTS, *inputs),
        page="/anomalies",
        by_dimension=False,
        window="days",
    )


_DIMENSIONS = ReportSpec(
    name="dimension_anomaly",
    family="anomalies",
    title="Dimension values behind flagged days",
    grain="flagged day × metric × dimension × value",
    description=(
        "Which values of the dimensions carry a metric's deviation on a flagged day of dfunnel_anomaly, revenue_anomaly or "
        f"dorders_anomaly: the {TOP_VALUES} values of each dimension that move it most. A value is expected to have its usual "
        "part of what is expected of the whole, as in the eight weeks before. It is an anomaly, and explains the day, where it "
        "moves the metric the same way by half of the whole deviation or more, and its own deviation is twice that of all "
        "other values together, or more."
    ),
    columns=(
        day("date", "The flagged day."),
        text("metric", "The figure."),
        text("dimension", "Name of the dimension."),
        text("value", "Value of the dimension.", nullable=True),
        *_MEASURES[:5],
        Column(
            "score", Kind.FLOAT, "The residual in its usual deviations of the eight weeks before.", "deviations", True
        ),
        Column("p_value", Kind.FLOAT, "Share of those days on which the value was so far off.", "probability", True),
        flag("is_anomaly", "The value explains the day."),
        text("direction", "increase or decrease of the value.", nullable=True),
        text("explanation", "The value's deviation in words."),
        Column(
            "contribution",
            Kind.FLOAT,
            "Part of the whole deviation that the value brings; less than 0 where it goes the other way.",
            "share",
            nullable=True,
        ),
    ),
    key=("date", "metric", "dimension", "value"),
    facts=_FACTS,
    page="/anomalies",
    by_dimension=False,
    window="days",
    requires=("sessions.dimensions",),
)

BACKTEST_KEY = ("report", "detector", "metric")
_BACKTEST_COLUMNS = (
    text("report", "The report whose metrics were watched."),
    text("detector", "; ".join(f"{name}: {words}" for name, words in DETECTORS.items()) + "."),
    text(
        "metric",
        "recall (mean of the sudden kinds), recall_KIND (outage, price, bots, tracking, catalogue, drop, conversion, decay), "
        "false_alarms_per_30_days, delay_days (of those found), cause_right (share of those found whose metric was named).",
    ),
    Column("value", Kind.FLOAT, "The figure; null where it has none.", "by metric", nullable=True),
    count("incidents", "Incidents put in; of false alarms the days without one."),
    flag("is_served", "Whether this detector serves the report."),
)

ANOMALY_TABLES = (
    TableSpec(
        name="anomaly_models",
        layer="models",
        title="Detectors of anomalies",
        description=(
            "Which detector serves each report of anomalies, chosen with what was known at the end of a day, and the numbers "
            "of those that are learnt."
        ),
        columns=(
            text("model", "The report, or REPORT.autoencoder for the numbers of its network."),
            text("parameter", "served, or the name of the number."),
            Column("place", Kind.INTEGER, "Place among the numbers of the same name, from 0.", "place"),
            Column("value", Kind.FLOAT, "The number; null where a text is kept.", "by parameter", nullable=True),
            text("text", "The text; null where a number is kept.", nullable=True),
        ),
        key=("model", "parameter", "place"),
        sort=("model", "parameter", "place"),
        inputs=_KNOWN,
        more_inputs=_SOLD,
    ),
    TableSpec(
        name="anomaly_scores",
        layer="models",
        title="Back-tests of detectors of anomalies",
        description="How many incidents put into the shop's own past each detector found, and its false alarms.",
        columns=_BACKTEST_COLUMNS,
        key=BACKTEST_KEY,
        sort=BACKTEST_KEY,
        inputs=_KNOWN,
        more_inputs=_SOLD,
    ),
)

ANOMALIES = (
    _report(
        "dfunnel_anomaly",
        "Anomalies of the funnel",
        "Sessions, sessions with each action, orders, the ratio of each step to the one before, written step/step, "
        f"and of orders to sessions; and hours_with_sessions. {_OF_HOURS}",
    ),
    _report(
        "dcohort_anomaly",
        "Anomalies of download cohorts",
        "Downloads of the day, and first orders of the day by the days since the download (offset_0 to "
        f"offset_{COHORT_OFFSETS - 1}), as daily_cohort_downloads counts them at the end of the day. {_OTHER_IDS}",
        "customers",
    ),
    _report(
        "dcohort_anomaly_2",
        "Anomalies of download cohorts, shares",
        "First orders of the day as a share of the download cohort that they come from, by the days since the download "
        f"(offset_0/downloads to offset_{COHORT_OFFSETS - 1}/downloads), as daily_cohort_downloads gives them at the end of "
        f"the day. {_OTHER_IDS}",
        "customers",
    ),
    _report(
        "dorders_anomaly",
        "Anomalies of orders",
        "Orders of each day. Expected is their mean on the four same weekdays before, and the residual is against that; low, "
        "high, score and p_value take season, trend and known days out of it as well.",
    ),
    _report(
        "revenue_anomaly",
        "Anomalies of revenue",
        f"Revenue, orders, the mean amount of an order, hours_with_orders and, where lines are connected, usual_products. "
        f"{_OF_HOURS} {_OF_PRODUCTS}",
        "product_numbers",
    ),
    _DIMENSIONS,
    ReportSpec(
        name="anomaly_backtest",
        family="anomalies",
        title="Anomalies, back-test",
        grain="report × detector × metric",
        description=(
            "How the detectors did on incidents put into the shop's own past, with all that was known on the day of the choice: "
            "the most found at the budget of false alarms serves. Chosen anew whenever the history has doubled, first after 16 "
            f"weeks, and by the job train_models. Without rows the past was too short to choose, and {FIRST_DETECTOR} serves."
        ),
        columns=(*_BACKTEST_COLUMNS, day("trained_on", "The last day that was known when they were judged.")),
        key=BACKTEST_KEY,
        facts=(*_KNOWN, "anomaly_scores"),
        page="/anomalies",
        by_dimension=False,
    ),
)
