"""The ready ``ca_platform.yaml`` of a simulated shop: embedded store, paths beside the file."""

from __future__ import annotations

from datetime import timedelta

from ca_platform.simulate.clock import black_friday
from ca_platform.simulate.parameters import ShopParameters

_HEAD = """\
# Settings of a simulated shop: invented customers, invented orders, made by `ca-platform simulate`.
# What made the data (rates, incidents, effects of promotions) is in truth.json.
business:
  time_zone: {time_zone}
  currency: {currency}
  start_date: {start}
  simulated: true               # every page of the dashboards says so
lake:
  path: data/lake
document_store:
  kind: embedded
  path: data/store.db
users: {{path: data/users.db}}
reports:
{plans}{anomaly}sources:
  sessions:
    kind: csv
    path: sessions/*.csv
    dimensions: [{dimensions}]
    actions: [{actions}]
{experiments}    promotion_id: promotion_id
    payment_amount_is: net
{assignments}  customers:
    kind: csv
    path: customers.csv
    actions: [first_login]
"""

_BASKETS = """\
  lines:
    kind: csv
    path: lines/*.csv
  deliveries:
    kind: csv
    path: deliveries/*.csv
"""


_ASSIGNMENTS = """\
  assignments:
    kind: csv
    path: assignments.csv
"""


def settings_text(parameters: ShopParameters) -> str:
    """The file's text. Columns have the platform's own names, so that nothing needs mapping."""
    experiment = parameters.experiment
    head = _HEAD.format(
        time_zone=parameters.time_zone,
        currency=parameters.currency,
        start=parameters.start,
        dimensions=", ".join(dimension.name for dimension in parameters.dimensions),
        actions=", ".join(step.name for step in parameters.steps),
        plans=_plans(parameters),
        anomaly=_known_days(parameters),
        assignments="" if parameters.idle_experiment is None else _ASSIGNMENTS,
        experiments="" if experiment is None else f"    experiments: [{experiment.name}]\n",
    )
    return head + _BASKETS if parameters.baskets else head


def _plans(parameters: ShopParameters) -> str:
    """What was planned of the experiments."""
    planted = [item for item in (parameters.experiment, parameters.idle_experiment) if item is not None]
    lines = [
        f"    {item.name}: {{control: {item.variants[0]}, last_day: "
        f"{parameters.start + timedelta(days=item.days(parameters.days)[1])}}}\n"
        for item in planted
    ]
    return "".join(["  experiments:\n", *lines]) if lines else ""


def _known_days(parameters: ShopParameters) -> str:
    """The holidays on which customers come less often, and the days of the great sale."""
    last = parameters.start + timedelta(days=parameters.days - 1)
    sales = [black_friday(year) for year in range(parameters.start.year, last.year + 1)]
    events = [f"      - {{date: {day}, name: Black Friday}}\n" for day in sales if parameters.start <= day <= last]
    return "".join(["  anomaly:\n    country: GB-ENG\n", *(["    events:\n", *events] if events else [])])
