"""The small records that go in and out of a document store. No behaviour but their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ca_platform.errors import ReportError

MAIN_NAME = "main"


@dataclass(frozen=True, slots=True, order=True)
class Dimension:
    """What a report is about: everything (``main``) or one value of one dimension.

    Attributes:
        name: ``main`` or the name of the dimension.
        value: matched exactly; None is the null value. Empty text is null.
    """

    name: str
    value: str | None = None

    def __post_init__(self) -> None:
        if self.value == "":
            object.__setattr__(self, "value", None)
        if self.name == MAIN_NAME and self.value is not None:
            raise ReportError(f"`main` is everything and has no value ({self.value!r} given): ask for `main`.")

    @classmethod
    def parse(cls, text: str | Mapping[str, str | None] | Dimension) -> Dimension:
        """Read ``main``, ``region=EU``, ``region=`` (null) or ``{"region": "EU"}``.

        Everything after the first ``=`` is the value.
        """
        if isinstance(text, Dimension):
            return text
        if isinstance(text, Mapping):
            if len(text) != 1:
                raise ReportError(f"One dimension at a time: {dict(text)!r} names {len(text)}.")
            return cls(*next(iter(text.items())))
        name, equals, value = text.partition("=")
        if not name or (not equals and name != MAIN_NAME):
            raise ReportError(f"{text!r} is no dimension: write `main` or name=value, such as region=EU.")
        return cls(name, value or None)

    @property
    def is_main(self) -> bool:
        return self.name == MAIN_NAME

    def __str__(self) -> str:
        return self.name if self.is_main else f"{self.name}={self.value or ''}"


MAIN = Dimension(MAIN_NAME)


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """What a write did.

    Attributes:
        dataset: name of the report or dataset.
        documents: documents that are valid after the write for its days (0 where the store keeps no copy).
        rows: table rows within them.
        deleted: documents of older writes that were removed.
        bytes: size of the encoded documents as sent or stored.
        note: why nothing was written, when nothing had to be.
    """

    dataset: str
    documents: int
    rows: int
    deleted: int = 0
    bytes: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """State of a store in words, as ``/health`` and ``ca-platform check`` show it.

    Attributes:
        status: ``ok``, or ``degraded`` where it answers but something is missing.
        kind: ``embedded`` or ``elasticsearch``.
        version: of the server or of SQLite.
        where: path or hosts, without secrets.
        detail: one sentence.
    """

    status: str
    kind: str
    version: str
    where: str
    detail: str = ""
