"""What Python users learn without data: names, meanings, datasets; and what importing costs."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import date, timedelta

import polars as pl
import pytest

import ca_platform as ca
from ca_platform.errors import CaPlatformError, ReportError
from ca_platform.lake import Lake
from ca_platform_tests.api.shop import DAY, SETTINGS, START, Shop
from ca_platform_tests.store.shop import sessions

_TIMES = ("_hours", "_days", "_minutes", "_seconds", "_weeks")


def test_the_whole_catalogue_is_listed(shop: Shop) -> None:
    names = ca.report_names()
    assert isinstance(names, list)
    assert len(names) == len(set(names))
    assert {"kpis", "daily_funnel", "client_kpis"} <= set(names)


@pytest.mark.parametrize("name", ca.report_names())
def test_time_and_money_always_have_a_unit(name: str) -> None:
    info = ca.report_info(name)
    assert info.meaning and info.grain and info.family
    assert info.storage in ("document", "lake")
    for column in info.columns:
        assert column.meaning
        if column.type in ("date", "instant", "money") or column.name.endswith(_TIMES):
            assert column.unit, column.name


def test_information_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ca.report_info("kpis").name = "other"  # type: ignore[misc]


def test_an_unknown_report_has_no_information() -> None:
    with pytest.raises(CaPlatformError, match="kpis"):
        ca.report_info("kpi")


def test_settings_are_those_of_the_file(shop: Shop) -> None:
    assert ca.settings().business.currency == "GBP"
    shop.file.write_text(SETTINGS.replace("GBP", "JPY"))
    assert ca.settings().business.currency == "JPY"


# ---- scan


@pytest.fixture
def loaded(shop: Shop) -> Shop:
    with Lake.open(shop.settings).write() as write:
        for offset in range(4):
            day = START + timedelta(days=offset)
            write.put("sessions", day, sessions(day, offset + 1, prefix=f"{day}"))
    return shop


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [(None, None, 10), ("2024-01-02", "2024-01-03", 5), (date(2024, 1, 4), None, 4), (None, "2024-01-01", 1)],
)
def test_scan_holds_local_days_with_both_ends(
    loaded: Shop, start: date | str | None, end: date | str | None, rows: int
) -> None:
    frame = ca.scan("sessions", start, end)
    assert isinstance(frame, pl.LazyFrame)
    assert frame.collect().height == rows


def test_scan_reads_per_customer_reports(shop: Shop) -> None:
    with Lake.open(shop.settings).write() as write:
        write.put("client_kpis", DAY, pl.DataFrame({"client": ["a"]}))
    assert ca.scan("client_kpis").collect()["client"].to_list() == ["a"]


def test_scan_refuses_what_there_is_not(loaded: Shop) -> None:
    with pytest.raises(ReportError, match="did you mean sessions"):
        ca.scan("session")
    with pytest.raises(ReportError, match="exchange them"):
        ca.scan("sessions", "2024-01-02", "2024-01-01")
    with pytest.raises(CaPlatformError, match="load its source first"):
        ca.scan("lines")


# ---- importing


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_loads_nothing_and_takes_half_a_second_of_the_processor_at_most() -> None:
    code = (
        "import sys, time; begun = time.process_time(); import ca_platform; "
        "heavy = {'polars', 'dagster', 'pydantic', 'sqlalchemy', 'elasticsearch', 'dash', 'numpy'} & set(sys.modules); "
        "print(time.process_time() - begun < 0.5, sorted(heavy))"
    )
    assert python(code) == "True []"


def test_every_public_name_is_there_and_listed() -> None:
    code = (
        "import ca_platform as ca; "
        "print(all(callable(getattr(ca, name)) for name in ca.__all__), set(ca.__all__) <= set(dir(ca)))"
    )
    assert python(code) == "True True"


def test_settings_can_be_called_before_and_after_their_package_is_imported() -> None:
    code = (
        "import ca_platform as ca; one = ca.settings(); import ca_platform.settings; two = ca.settings(); "
        "from ca_platform.settings import load_settings; print(one == two == load_settings())"
    )
    assert python(code) == "True"


def test_reading_a_report_imports_no_dagster(shop: Shop) -> None:
    code = (
        "import sys, ca_platform as ca\n"
        "try: ca.collect_report('kpis')\n"
        "except ca.CaPlatformError: print('dagster' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    assert python(code) == "False False"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        ca.no_such_name  # noqa: B018
