"""The settings as frozen models. Attributes are named as the keys of the file; defaults stand here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationInfo, field_validator, model_validator

from ca_platform.settings.currency import MINOR_DIGITS
from ca_platform.settings.reports import ReportSettings
from ca_platform.settings.secrets import passwords
from ca_platform.settings.sources import SourceSettings
from ca_platform.settings.types import (
    Clock,
    Count,
    Currency,
    Day,
    Duration,
    HttpUrl,
    HttpUrls,
    Model,
    Texts,
    TimeZone,
)

_INDEX_PREFIX = r"^([a-z0-9][a-z0-9_.-]*)?$"


class Business(Model):
    """Time, money and the first day.

    Attributes:
        simulated: the data are invented; every page says so.
    """

    time_zone: TimeZone = "UTC"
    currency: Currency = "EUR"
    start_date: Day = date(2024, 1, 1)
    simulated: bool = False

    @property
    def minor_digits(self) -> int:
        """Digits after the point of an amount of money: 2 for GBP, 0 for JPY, 3 for KWD."""
        return MINOR_DIGITS[self.currency]


class LakeSettings(Model):
    """Where the parts and their manifest lie."""

    path: str = Field(default="data/lake", min_length=1)
    manifest: str = Field(default="sqlite", repr=False)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.manifest != "sqlite" and not self.manifest.startswith(("postgresql://", "postgresql+", "sqlite:///")):
            raise ValueError("`manifest` is `sqlite` or an address that begins with postgresql://")
        return self


class DocumentStoreSettings(Model):
    """Where reports are stored: embedded (a file) or Elasticsearch.

    Attributes:
        give_up_after: how long a run rides out an absent or refusing server.
        monthly_orders_above: number of orders above which new months get an index of their own.
    """

    kind: Literal["embedded", "elasticsearch"] = "embedded"
    path: str = Field(default="data/store.db", min_length=1)
    hosts: HttpUrls = Field(default=("https://localhost:9200",), repr=False)
    ca_certs: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    cloud_id: str | None = None
    index_prefix: str = Field(default="ca_", pattern=_INDEX_PREFIX, max_length=100)
    shards: Count = 2
    replicas: int = Field(default=0, ge=0)
    monthly_orders_above: Count = 50_000_000
    give_up_after: Duration = timedelta(seconds=120)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.password and self.api_key:
            raise ValueError("`password` and `api_key` are both given; keep one")
        if self.cloud_id and "hosts" in self.model_fields_set:
            raise ValueError("`cloud_id` and `hosts` are both given; keep one")
        if self.kind == "elasticsearch" and bool(self.username) != bool(self.password):
            raise ValueError("`username` and `password` belong together; one of them is missing")
        return self


class Users(Model):
    """Where the logins of the dashboards lie."""

    path: str = Field(default="data/users.db", min_length=1)


class Sources(Model):
    """The inputs; only sessions is needed."""

    sessions: SourceSettings | None = None
    customers: SourceSettings | None = None
    lines: SourceSettings | None = None
    deliveries: SourceSettings | None = None
    assignments: SourceSettings | None = None

    @field_validator("*")
    @classmethod
    def _check_names(cls, source: SourceSettings | None, info: ValidationInfo) -> SourceSettings | None:
        if source is not None:
            source.check_names(str(info.field_name))
        return source

    def connected(self) -> dict[str, SourceSettings]:
        """The sources that are given, by name."""
        return {name: source for name, source in self if source is not None}


class Schedule(Model):
    """When the platform runs by itself, and how much of it at a time.

    Attributes:
        every: ``never`` is what ``ca-platform schedule remove`` leaves: there is no schedule to be switched on.
    """

    every: Literal["once", "12h", "daily", "weekly", "never"] = "daily"
    at: Clock = "03:00"
    look_back_days: int = Field(default=3, ge=0)
    days_per_run: Count = 31


class DagsterSettings(Model):
    """A running Dagster, for the pages that start runs."""

    url: HttpUrl | None = None


class Email(Model):
    """A mail server and who gets the messages."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    tls: bool = True
    username: str | None = None
    password: SecretStr | None = None
    sender: str
    to: Texts = Field(min_length=1)


class Notifications(Model):
    """Who hears of failed runs and of anomalies.

    Attributes:
        webhook: address that takes a JSON message; such addresses often are secrets, so it is never shown.
    """

    log: bool = True
    webhook: HttpUrl | None = Field(default=None, repr=False)
    email: Email | None = None


class Settings(Model):
    """All settings. ``load_settings`` makes it; paths in it are absolute then."""

    business: Business = Business()
    lake: LakeSettings = LakeSettings()
    document_store: DocumentStoreSettings = DocumentStoreSettings()
    users: Users = Users()
    sources: Sources = Sources()
    schedule: Schedule = Schedule()
    dagster: DagsterSettings = DagsterSettings()
    reports: ReportSettings = ReportSettings()
    notifications: Notifications = Notifications()

    _file: Path | None = PrivateAttr(default=None)
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """The settings file, None where the built-in defaults hold."""
        return self._file

    @property
    def folder(self) -> Path:
        """The folder from which relative paths count: that of the file, else the working directory."""
        return self._folder or Path.cwd()

    def placed(self, file: Path | None, folder: Path) -> Settings:
        """The same settings with absolute paths, knowing where they come from."""
        settings = self.model_copy(update={name: _anchored(model, folder) for name, model in self})
        settings._file, settings._folder = file, folder
        return settings

    def secrets(self) -> frozenset[str]:
        """Every secret value in the settings, for the log filter."""
        addresses: list[str | None] = [self.lake.manifest, self.notifications.webhook, *self.document_store.hosts]
        addresses += [source.dsn for source in self.sources.connected().values()]
        found = {secret.get_secret_value() for secret in _secret_values(self)}
        for password in (password for address in addresses if address for password in passwords(address)):
            found |= {password, unquote(password)}
        if self.notifications.webhook:
            found.add(urlsplit(self.notifications.webhook).path)
        return frozenset(secret for secret in found if len(secret) > 1)


_PATHS = {"path", "ca_certs"}


def _anchored(model: Any, folder: Path) -> Any:
    """A copy of a model in which relative paths count from ``folder``."""
    if not isinstance(model, Model):
        return model
    changes: dict[str, Any] = {}
    for name, value in model:
        if name in _PATHS and isinstance(value, str) and "://" not in value:
            changes[name] = str((folder / Path(value).expanduser()).absolute())
        elif isinstance(value, SourceSettings):
            changes[name] = _anchored(value, folder)
    return model.model_copy(update=changes) if changes else model


def _secret_values(model: Model) -> Iterator[SecretStr]:
    for _, value in model:
        if isinstance(value, SecretStr):
            yield value
        elif isinstance(value, Model):
            yield from _secret_values(value)
