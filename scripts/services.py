"""``make services``: an Elasticsearch and a PostgreSQL for hand use, until Ctrl-C. Their data end with them."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import ExitStack
from types import FrameType

from ca_platform_tests.services.components import ComponentMissing
from ca_platform_tests.services.elasticsearch import ElasticsearchServer
from ca_platform_tests.services.postgresql import PostgresqlServer
from scripts.serving import ServingError, free_port, say

ELASTICSEARCH_PORT, POSTGRESQL_PORT = 9200, 5432


def main() -> int:
    signal.signal(signal.SIGTERM, _stop)
    with ExitStack() as ending:
        try:
            say("Starting Elasticsearch (the first time it is fetched: about 100 MB) …")
            elasticsearch = ElasticsearchServer(port=free_port(ELASTICSEARCH_PORT))
            ending.callback(elasticsearch.remove)
            elasticsearch.start()
            say("Starting PostgreSQL …")
            postgresql = PostgresqlServer(port=free_port(POSTGRESQL_PORT))
            ending.callback(postgresql.remove)
            postgresql.start()
        except (ComponentMissing, ServingError) as error:
            sys.stderr.write(f"services: {error}\n")
            return 1
        except KeyboardInterrupt:
            return 130
        say(_described(elasticsearch, postgresql))
        try:
            _watch(elasticsearch, postgresql)
        except KeyboardInterrupt:
            say("\nEnding.")
            return 0
    return 1


def _described(elasticsearch: ElasticsearchServer, postgresql: PostgresqlServer) -> str:
    return f"""
Elasticsearch {elasticsearch.version}   {elasticsearch.url}
PostgreSQL             {postgresql.url}

In ca_platform.yaml:

document_store:
  kind: elasticsearch
  hosts: [{elasticsearch.url}]
lake:
  manifest: {postgresql.dsn.replace("@", ":${PG_PASSWORD}@")}
sources:
  sessions: {{kind: postgresql, dsn: "{postgresql.dsn}", password: "${{PG_PASSWORD}}", table: sessions}}

In the shell:

export PG_PASSWORD={postgresql.password}

Their data end with them. Ctrl-C ends them."""


def _watch(elasticsearch: ElasticsearchServer, postgresql: PostgresqlServer) -> None:
    """Return when one of them has ended by itself."""
    while elasticsearch.running and postgresql.running:
        time.sleep(0.5)
    sys.stderr.write("services: a server has ended by itself.\n")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
