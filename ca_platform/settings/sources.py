"""The settings of one source: where its rows are and which column is what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from ca_platform.settings.types import CurrencyMark, Encoding, Model, Separator, Texts, near

Kind = Literal["csv", "parquet", "postgresql", "bigquery", "redshift"]
Constant = bool | int | float | date | str | None

# What the platform calls the columns of each source. The catalogue describes them; here only the names matter.
CANONICAL: dict[str, tuple[str, ...]] = {
    "sessions": (
        "order_id",
        "client",
        "session_start_date",
        "session_end_date",
        "payment_amount",
        "discount_amount",
        "has_purchased",
        "promotion_id",
    ),
    "customers": ("client", "download_date", "signup_date"),
    "lines": ("order_id", "product", "category", "price", "quantity", "discount_amount", "date"),
    "deliveries": (
        "order_id",
        "delivery_date",
        "prepare_date",
        "return_date",
        "promised_date",
        "latitude",
        "longitude",
    ),
    "assignments": ("experiment", "client", "variant", "assigned_at"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "sessions": ("order_id", "client", "session_start_date", "payment_amount", "has_purchased"),
    "customers": ("client", "download_date"),
    "lines": ("order_id", "product", "price"),
    "deliveries": ("order_id", "delivery_date"),
    "assignments": ("experiment", "client", "variant", "assigned_at"),
}
# Steps of the funnels that exist anyway: an action of the same name would be shown twice.
_RESERVED_STEPS = {
    "sessions": ("session_start", "purchase"),
    "customers": ("download", "signup", "first_session", "first_purchase"),
}
RESERVED_STEPS = frozenset(step for steps in _RESERVED_STEPS.values() for step in steps)
_NAME_KEYS = ("dimensions", "actions", "experiments")
_FILE_KEYS = frozenset({"path"})
_NUMBER_KEYS = frozenset({"decimal", "thousands", "currency_mark"})
_TEXT_KEYS = frozenset({"separator", "encoding"}) | _NUMBER_KEYS
_SERVER_KEYS = frozenset({"dsn", "password", "table"})
_BIGQUERY_KEYS = frozenset({"project", "dataset", "table"})
_KEYS: dict[str, frozenset[str]] = {
    "csv": _FILE_KEYS | _TEXT_KEYS,
    "parquet": _FILE_KEYS | _NUMBER_KEYS,
    "postgresql": _SERVER_KEYS | _NUMBER_KEYS,
    "redshift": _SERVER_KEYS | _NUMBER_KEYS,
    "bigquery": _BIGQUERY_KEYS,
}
_ALL_KIND_KEYS = frozenset[str]().union(*_KEYS.values())


class SourceSettings(Model):
    """One source and its mapping.

    Attributes:
        path: of files: a path, a glob or a URL.
        decimal: the decimal mark of numbers in texts.
        thousands: the mark between the thousands of amounts in texts; None: they have none.
        currency_mark: what stands before or behind the digits of amounts in texts, such as $ or EUR; None: nothing.
        date_format: strftime form of dates in text; None: the forms of ISO 8601.
        dsn: address of a database, its password filled in.
        query: SQL; of files it reads the table ``source``, and ``columns`` applies to its result.
        columns: source column by canonical name (or name of a dimension, action or experiment).
        constants: value by canonical name, for columns that the source does not have.
        payment_amount_is: "net" (what was paid) or "gross" (before discount; ingest subtracts).
    """

    kind: Kind
    path: str | None = None
    separator: Separator = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    currency_mark: CurrencyMark | None = None
    encoding: Encoding = "utf-8"
    date_format: str | None = None
    dsn: str | None = Field(default=None, repr=False)
    password: SecretStr | None = None
    project: str | None = None
    dataset: str | None = None
    table: str | None = None
    query: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, Constant] = Field(default_factory=dict)
    dimensions: Texts = ()
    actions: Texts = ()
    experiments: Texts = ()
    promotion_id: str | None = None
    payment_amount_is: Literal["net", "gross"] = "net"

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        foreign = sorted((self.model_fields_set & _ALL_KIND_KEYS) - _KEYS[self.kind])
        if foreign:
            raise ValueError(
                f"`{foreign[0]}` does not belong to a source of kind {self.kind}, which knows "
                f"{', '.join(sorted(_KEYS[self.kind]))}"
            )
        if self.kind in ("csv", "parquet"):
            _require(self.path, f"a source of kind {self.kind} needs `path`: a path, a glob or a URL")
        else:
            _require(
                bool(self.table) != bool(self.query),
                f"a source of kind {self.kind} needs `table` or `query`, one of them",
            )
        if self.kind in ("postgresql", "redshift"):
            _require(self.dsn, f"a source of kind {self.kind} needs `dsn`, such as postgresql://shop@db/shop")
        if self.kind == "csv" and self.separator == self.decimal and "separator" in self.model_fields_set:
            raise ValueError(f"`separator` and `decimal` are both {self.separator!r}")
        if self.thousands == self.decimal:
            raise ValueError(f"`thousands` and `decimal` are both {self.decimal!r}")
        return self

    def gives(self, column: str) -> bool:
        """Whether there is a column of this canonical name, mapped or called so by the source itself."""
        from ca_platform.settings.given import gives

        return gives(self, column)

    def check_names(self, source: str) -> None:
        """Refuse names that would collide. The owner calls it, since a source does not know its own name."""
        for problem in self._name_problems(source):
            raise ValueError(problem)

    def _name_problems(self, source: str) -> Iterator[str]:
        canonical = {*CANONICAL[source], "updated_at"}
        by_key = [(key, name) for key in _NAME_KEYS for name in getattr(self, key)]
        own = [name for _, name in by_key]
        for name, count in Counter(own).items():
            if count > 1:
                keys = ", ".join(dict.fromkeys(f"`{key}`" for key, each in by_key if each == name))
                yield f"the name {name} is given twice, in {keys}; keep one, or rename one and map it in `columns`"
        for key, name in by_key:
            yield from _own_name_problems(key, name, source, canonical)
        if source != "sessions":
            yield from self._session_keys(source)
        known = canonical | set(own)
        for key in ("columns", "constants"):
            for name in sorted(set(getattr(self, key)) - known):
                yield f"`{key}` maps `{name}`, which {source} does not have{near(name, known)}"
        for name in sorted(set(self.columns) & set(self.constants)):
            yield f"`{name}` is given in `columns` and in `constants`; keep one"
        if self.promotion_id and {"promotion_id"} & {*self.columns, *self.constants}:
            yield "`promotion_id` is given twice: as a key of the source and among its columns or constants; keep one"

    def _session_keys(self, source: str) -> Iterator[str]:
        allowed = {"actions"} if source == "customers" else set()
        for key in ("dimensions", "actions", "experiments", "promotion_id"):
            if getattr(self, key) and key not in allowed:
                yield f"`{key}` belongs to the source sessions, not to {source}"
        if self.payment_amount_is == "gross":
            yield f"`payment_amount_is` belongs to the source sessions, not to {source}"


def _own_name_problems(key: str, name: str, source: str, canonical: set[str]) -> Iterator[str]:
    if not name or name != name.strip() or len(name) > 100 or any(mark in name for mark in '=."\n\r\t\0'):
        yield (
            f"`{key}`: {name!r} is no usable name: 1 to 100 characters, without = . quotes and blanks at the ends; "
            "rename it in `columns`"
        )
    elif name in canonical:
        yield f"`{key}`: {name} is the name of a column that {source} has anyway; choose another and map it in `columns`"
    elif name == "main":
        yield f"`{key}`: main is no name here: it stands for the whole shop; choose another and map it in `columns`"
    elif name in _RESERVED_STEPS.get(source, ()):
        yield f"`{key}`: {name} is the name of a funnel step that exists anyway; choose another and map it in `columns`"


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueError(message)
