"""The commented settings file that ``ca-platform init`` writes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

_HEAD = """\
# Settings of CA Platform. Every value can be overridden by an environment variable, such as
# CA_DOCUMENT_STORE__HOSTS for document_store.hosts. Relative paths count from the folder of this file.
# Secrets do not stand here: write ${NAME} and set the environment variable NAME.

business:
  time_zone: {time_zone}  # days, weeks and hours of all reports; a name such as Europe/London
  currency: {currency}  # of all amounts
  start_date: {start_date}  # the first day of the data; nothing before it is loaded

lake:
  path: data/lake          # a folder, s3://... or gs://...
  manifest: sqlite         # or postgresql://user:${{PG_PASSWORD}}@host/database for several machines

document_store:
  kind: embedded           # or elasticsearch
  path: data/store.db      # embedded only
  # hosts: [https://localhost:9200]
  # ca_certs: certs/ca.crt
  # username: ca_platform
  # password: ${{ES_PASSWORD}}
  # shards: 2
  # replicas: 0
  # give_up_after: 120s            # how long a run rides out an absent server
  # monthly_orders_above: 50000000 # with more orders, new months get an index of their own

users: {{path: data/users.db}}

"""
_EXAMPLE = """\
# What to read. Only sessions is needed: one row for each visit, bought or not.
sources:
  # sessions:
  #   kind: csv                   # csv, parquet, postgresql or redshift
  #   path: sessions/*.csv
  #   columns:                    # our name: the name of your column
  #     order_id: OrderNo
  #     client: CustomerNo
  #     session_start_date: Started
  #     payment_amount: Total
  #     has_purchased: Bought
  #   thousands: ","              # amounts are written as $1,234.50
  #   currency_mark: $
  #   dimensions: [country]       # columns by which every report is cut
  #   actions: [has_basket]       # steps on the way to an order: flags or times
  # customers:                    # left out: the first session counts as the first contact
  #   kind: csv
  #   path: customers.csv
  #   columns: {client: Id, download_date: CreatedAt}
  # lines:                        # what was in the baskets
  #   kind: parquet
  #   path: lines/*.parquet
  # deliveries:                   # when and where orders were prepared, delivered and returned
  #   kind: postgresql
  #   dsn: postgresql://shop@db/shop
  #   password: ${PG_PASSWORD}
  #   table: deliveries
  # assignments:                  # who got which variant of an experiment, and when
  #   kind: csv
  #   path: experiments.csv
  #   columns: {experiment: Test, client: CustomerNo, variant: Arm, assigned_at: At}

"""
_SOURCES = "# What to read. Check the mapping: `ca-platform check` shows the rows as they would be loaded.\n"
_TAIL = """\
schedule:
  every: daily             # once, 12h, daily, weekly or never
  at: "03:00"
  look_back_days: 3        # days that are loaded again, for late rows, and for deliveries that came back since
  days_per_run: 31

# reports:                 # options of single reports; these are the defaults
#   history_days: 400
#   cohort_days: 100
#   retail_year: true        # forecasts of customers expect seasons, of retail and your own; false: every month alike
#   churn: {method: global, factor: 2, days: 90}
#   most_combined_products: {min_orders: 2}    # pairs in fewer orders are left out
#   association_rules: {min_support: 0.01, min_confidence: 0.2, max_size: 4}
#   rfm: {scoring: kmeans}                     # or quantile
#   anomaly: {false_alarms_per_30_days: 1, country: null}   # of each report; holidays of a country such as GB
#   # anomaly.events: [{date: 2024-11-29, name: Sale}]      # known to be special: marked, and no alarm
#   deliveries: {geohash_precision: 7}         # letters of map cells; 7 are about 150 m, 5 about 5 km
#   experiments:                               # by name; what is left out has its default
#     homepage: {control: old, goal: revenue_per_customer, planned_days: 28, last_day: null}
#     # goal: capped_revenue_per_customer where a few customers spend most: it finds smaller changes of what all spend

notifications: {log: true, webhook: null, email: null}
"""


def template(
    sources: Mapping[str, Mapping[str, Any]] | None = None,
    start_date: date | None = None,
    time_zone: str | None = None,
    currency: str | None = None,
) -> str:
    """Text of a commented settings file.

    Args:
        sources: keys of each source by name, as in the file; None: examples in comments.
        start_date: the first day of the data; None: the first of January of last year.
        time_zone: None: UTC.
        currency: None: EUR.
    """
    first = start_date or date(date.today().year - 1, 1, 1)
    head = _HEAD.replace("${NAME}", "${{NAME}}").format(
        time_zone=time_zone or "UTC", currency=currency or "EUR", start_date=first.isoformat()
    )
    return head + (_dump(sources) if sources else _EXAMPLE) + _TAIL


def _dump(sources: Mapping[str, Mapping[str, Any]]) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump({"sources": {name: _plain(source) for name, source in sources.items()}}, out)
    return f"{_SOURCES}{out.getvalue()}\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str) and "\n" in value:
        from ruamel.yaml.scalarstring import LiteralScalarString

        return LiteralScalarString(value)
    return value
