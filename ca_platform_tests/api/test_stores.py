"""Every report reads the same from both stores."""

from __future__ import annotations

import uuid

import pytest
from polars.testing import assert_frame_equal

import ca_platform as ca
from ca_platform.catalogue import report_specs
from ca_platform_tests.api.shop import DAY, SETTINGS, Shop, samples
from ca_platform_tests.services.elasticsearch import ElasticsearchServer

CONNECTED = f"""{SETTINGS.rstrip()}
    promotion_id: coupon
  lines: {{kind: csv, path: lines.csv, columns: {{order_id: o, product: p, category: c, price: a}}}}
  assignments: {{kind: csv, path: assigned.csv, columns: {{experiment: e, client: c, variant: v, assigned_at: t}}}}
  deliveries:
    kind: csv
    path: deliveries.csv
    columns: {{order_id: o, delivery_date: d, prepare_date: p, return_date: r, latitude: y, longitude: x}}
"""
"""A shop in which every report exists."""
DOCUMENTS = [spec for spec in report_specs() if spec.storage == "document"]


def test_every_report_reads_the_same_from_both_stores(shop: Shop, elasticsearch_server: ElasticsearchServer) -> None:
    shop = Shop(shop.folder, CONNECTED)
    embedded = {}
    for spec in DOCUMENTS:
        shop.store(spec.name, [DAY], samples(spec, DAY))
        embedded[spec.name] = (ca.collect_report(spec.name), ca.collect_report(spec.name, start="2024-01-01"))
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    text = CONNECTED.replace(
        "{path: store.db}",
        f"{{kind: elasticsearch, hosts: ['{elasticsearch_server.url}'], index_prefix: {prefix}, give_up_after: 30s}}",
    )
    other = Shop(shop.folder, text)
    for spec in DOCUMENTS:
        other.store(spec.name, [DAY], samples(spec, DAY))
        one, several = embedded[spec.name]
        assert_frame_equal(ca.collect_report(spec.name), one, check_exact=True)
        assert_frame_equal(ca.collect_report(spec.name, start="2024-01-01"), several, check_exact=True)
    elasticsearch_server.request("DELETE", f"/{prefix}reports?ignore_unavailable=true")


@pytest.mark.parametrize("spec", DOCUMENTS, ids=lambda spec: spec.name)
def test_every_report_comes_back_with_the_columns_of_its_info(shop: Shop, spec: object) -> None:
    name = getattr(spec, "name", "")
    shop = Shop(shop.folder, CONNECTED)
    shop.store(name, [DAY], samples(next(known for known in DOCUMENTS if known.name == name), DAY))
    frame, info = ca.collect_report(name), ca.report_info(name)
    assert list(frame.schema.items()) == [(column.name, column.dtype) for column in info.columns]
