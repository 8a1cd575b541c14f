"""The document store on an Elasticsearch cluster, versions 8 and 9. Core APIs only: bulk, search, point in time, aliases.

Privileges it needs on ``PREFIX*``: ``create_index``, ``index``, ``delete``, ``read``, ``maintenance`` (refresh),
``view_index_metadata`` and ``manage`` (put mapping, aliases); ``monitor`` on the cluster is optional.
"""

from ca_platform.store.elasticsearch.store import ElasticsearchStore

__all__ = ["ElasticsearchStore"]
