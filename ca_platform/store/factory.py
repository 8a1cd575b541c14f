"""From settings to the store they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ca_platform.store.embedded import EmbeddedStore
from ca_platform.store.protocol import DocumentStore

if TYPE_CHECKING:
    from ca_platform.settings import Settings
    from ca_platform.store.documents import LakeReader


def open_store(settings: Settings) -> DocumentStore:
    """The configured document store. Nothing is connected yet: ``check()`` or the first use does that."""
    if settings.document_store.kind == "elasticsearch":
        from ca_platform.store.elasticsearch import ElasticsearchStore

        return ElasticsearchStore(settings)

    def open_lake() -> LakeReader:
        from ca_platform.lake import Lake

        return Lake.open(settings)

    return EmbeddedStore(settings.document_store.path, open_lake, settings.business.minor_digits)
