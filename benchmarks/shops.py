"""The simulated shops that benchmarks run on, made once per size and kept between runs.

Raw files are kept by size; loaded lakes also by a digest of the code that made them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import FOLDER_VARIABLE, ROOT, child

if TYPE_CHECKING:
    from ca_platform.catalogue import ReportSpec
    from ca_platform.lake import Lake
    from ca_platform.settings import Settings

DAYS = 365
# Reports of what is learnt from the history, tested or judged: the benchmarks rfm, clv, churn, recommend, ab and
# deliveries measure that.
LEARNT_FAMILIES = ("rfm", "clv", "ab_tests", "anomalies", "deliveries")
LEARNT = (
    "churn_risk",
    "churn_risk_distribution",
    "churn_backtest",
    "product_recommendations",
    "recommended_products",
    "recommendation_backtest",
)
# Folders that runs write into.
_OWN = ("data", ".dagster")
_CODE = (
    "calendar.py",
    "sorting.py",
    "catalogue",
    "facts",
    "ingest",
    "lake",
    "settings",
    "simulate",
    "sources",
    "store",
    "api.py",
    "defs",
)


def workplace() -> Path:
    """Where shops lie: ``CA_BENCHMARK_FOLDER``, or a folder among the machine's temporary files."""
    folder = Path(os.environ.get(FOLDER_VARIABLE, Path(tempfile.gettempdir()) / "ca_platform_benchmarks"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True, slots=True)
class ShopFolder:
    """A simulated shop on disk."""

    path: Path
    first_day: date
    last_day: date

    @property
    def days(self) -> list[date]:
        return [self.first_day + timedelta(days=offset) for offset in range((self.last_day - self.first_day).days + 1)]

    def settings(self) -> Settings:
        from ca_platform.settings import load_settings

        chosen = {name: value for name, value in os.environ.items() if name.startswith("CA_DOCUMENT_STORE__")}
        return load_settings(self.path / "ca_platform.yaml", environment=chosen)

    def lake(self) -> Lake:
        from ca_platform.lake import Lake

        return Lake.open(self.settings())

    def reports(self) -> list[ReportSpec]:
        """The exploratory reports whose inputs this shop has: they count and sum, as bare queries can, too."""
        from ca_platform.catalogue import connected, report_specs

        settings = self.settings()
        counted = [spec for spec in report_specs() if spec.family not in LEARNT_FAMILIES and spec.name not in LEARNT]
        return [spec for spec in counted if connected(spec, settings)]

    def copy(self, name: str) -> ShopFolder:
        """Another shop with the same source files (by links) and its own copy of the lake, the store and the runs."""
        target = self.path.parent / f"{self.path.name}-{name}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for item in self.path.iterdir():
            if item.name not in _OWN:
                (target / item.name).symlink_to(item.resolve())
        # The settings must count their relative paths from the copy.
        settings = target / "ca_platform.yaml"
        settings.unlink()
        shutil.copyfile(self.path / "ca_platform.yaml", settings)
        for own in _OWN:
            if (self.path / own).exists():
                shutil.copytree(self.path / own, target / own, copy_function=_link)
        return ShopFolder(target, self.first_day, self.last_day)


def _link(source: str, target: str) -> None:
    """Link immutable parts, copy the data bases."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a shop has.

    Attributes:
        dimensions: number of values of each of its dimensions; None: the standard shop with its own ones.
        baskets: lines and deliveries besides sessions and customers.
    """

    dimensions: tuple[int, ...] | None = (20, 20, 20)
    baskets: bool = False

    @property
    def name(self) -> str:
        values = "standard" if self.dimensions is None else "x".join(map(str, self.dimensions)) or "none"
        return f"shop-{values}{'-baskets' if self.baskets else ''}"


VOLUME = Kind()
STANDARD = Kind(None, baskets=True)
WHOLE = Kind(baskets=True)


def raw_shop(size: int, days: int = DAYS, kind: Kind = VOLUME) -> ShopFolder:
    """A shop of ``size`` sessions in ``days`` days with no lake yet."""
    from ca_platform.simulate.parameters import DEFAULT_START

    folder = workplace() / f"{kind.name}-{size}-{days}-{_digest(('simulate',))}"
    shop = ShopFolder(folder, DEFAULT_START, DEFAULT_START + timedelta(days=days - 1))
    if not (folder / "truth.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        child("shops:simulating", str(folder), size, days, kind.dimensions, kind.baskets)
    return shop


def loaded_shop(size: int, days: int = DAYS, kind: Kind = VOLUME) -> ShopFolder:
    """The same with all its inputs loaded, and no facts or reports."""
    return _prepared(raw_shop(size, days, kind), "loaded", "shops:loading")


def settled_shop(size: int, days: int = DAYS, kind: Kind = VOLUME) -> ShopFolder:
    """The same as it stands in the morning: every day but the last with its facts, the day before with its reports."""
    return _prepared(loaded_shop(size, days, kind), "settled", "shops:settling")


def _prepared(shop: ShopFolder, state: str, step: str) -> ShopFolder:
    marker = f"{state}-{_digest(_CODE)}"
    done = ShopFolder(shop.path.parent / f"{shop.path.name}-{marker}", shop.first_day, shop.last_day)
    if not (done.path / "ready").exists():
        for outdated in shop.path.parent.glob(f"{shop.path.name}-{state}-*"):
            shutil.rmtree(outdated)
        shop.copy(marker)
        child(step, str(done.path), str(shop.first_day), str(shop.last_day))
        (done.path / "ready").touch()
    return done


@cache
def _digest(names: tuple[str, ...]) -> str:
    """Digest of the platform's code under these names, as it is when the benchmark begins."""
    total = hashlib.sha256()
    for name in names:
        place = ROOT / "ca_platform" / name
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        for file in files:
            total.update(file.read_bytes())
    return total.hexdigest()[:10]


# ---- what the children do ----------------------------------------------------------------------------------------


def opened(path: str, first: str, last: str) -> ShopFolder:
    return ShopFolder(Path(path), date.fromisoformat(first), date.fromisoformat(last))


def simulating(path: str, size: int, days: int, dimensions: list[int] | None, baskets: bool) -> Callable[[], None]:  # noqa: FBT001 - the arguments of a child are a list
    from ca_platform.simulate import ShopParameters, simulate_shop, volume_shop

    volume = volume_shop(size, days, dimensions=tuple(dimensions or ()))
    standard = ShopParameters(days=days, customers=volume.customers, sessions=size, incidents_per_30_days=0.0)
    chosen = standard if dimensions is None else volume
    return lambda: void(simulate_shop(Path(path), parameters=replace(chosen, baskets=baskets)))


def loading(path: str, first: str, last: str) -> Callable[[], None]:
    from ca_platform.ingest import ingest

    shop = opened(path, first, last)

    def load() -> None:
        settings, lake = shop.settings(), shop.lake()
        for source in ("customers", "sessions", "lines", "deliveries"):
            if getattr(settings.sources, source) is not None:
                ingest(source, None if source == "customers" else shop.days, settings, lake)

    return load


def settling(path: str, first: str, last: str) -> Callable[[], None]:
    from benchmarks.platform import run_day

    shop = opened(path, first, last)
    return lambda: void(run_day(shop, shop.last_day - timedelta(days=1)))


def void(_: object) -> None:
    """Drop a value that is not JSON."""
