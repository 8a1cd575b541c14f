"""``init``: a settings file that holds, and says how sure its mapping is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from ca_platform.settings import load_settings
from ca_platform_tests.cli.conftest import Tell
from ca_platform_tests.services.postgresql import PostgresqlServer

VISITS = """\
OrderNo;CustomerNo;Started;Total;Bought;Land;has_basket
1;7;2024-02-03 10:00;10,50;yes;DE;1
2;8;2024-02-04 11:00;;no;AT;0
3;9;2024-02-05 11:00;3,20;yes;DE;1
"""
CUSTOMERS = "client,download_date\n7,2024-02-01\n"


@pytest.fixture
def here(nowhere: Path) -> Path:
    (nowhere / "visits.csv").write_text(VISITS)
    (nowhere / "customers.csv").write_text(CUSTOMERS)
    return nowhere


def test_without_data_the_file_is_a_commented_template(nowhere: Path, tell: Tell) -> None:
    assert tell("init").code == 0
    text = (nowhere / "ca_platform.yaml").read_text()
    assert "# sessions:" in text
    assert load_settings(nowhere / "ca_platform.yaml").sources.connected() == {}


def test_a_mapping_is_guessed_and_its_certainty_said(here: Path, tell: Tell) -> None:
    said = tell("init", "visits.csv", "--currency", "CHF", "--time-zone", "Europe/Zurich")
    assert said.code == 0
    assert said.out == ""
    assert "likely: the name 'OrderNo' means it" in said.err
    assert "The data begin on 2024-02-03 and end on 2024-02-05." in said.err
    settings = load_settings(here / "ca_platform.yaml")
    sessions = settings.sources.sessions
    assert sessions is not None
    assert (sessions.separator, sessions.decimal) == (";", ",")
    assert sessions.columns["payment_amount"] == "Total"
    assert (sessions.dimensions, sessions.actions) == (("Land",), ("has_basket",))
    assert settings.business.start_date == date(2024, 2, 3)
    assert (settings.business.currency, settings.business.time_zone) == ("CHF", "Europe/Zurich")


def test_a_past_that_is_too_long_is_told(here: Path, tell: Tell) -> None:
    assert "set business.start_date" not in tell("init", "visits.csv", "-").err
    with (here / "visits.csv").open("a") as file:
        file.writelines(
            f"{year};9;{year}-0{month}-03 00:00;3,20;yes;DE;1\n" for year in range(1990, 2024) for month in (1, 8)
        )
    assert "if it is that of a wrong date, set business.start_date" in tell("init", "visits.csv", "-").err


def test_single_order_long_before_all_others_does_not_begin_the_shop(here: Path, tell: Tell) -> None:
    with (here / "visits.csv").open("a") as file:
        file.write("4;9;1970-01-01 00:00;3,20;yes;DE;1\n5;9;2099-01-01 00:00;3,20;yes;DE;1\n")
    said = tell("init", "visits.csv")
    assert "1 row lies more than a year before all others: business.start_date is 2024-02-03" in said.err
    assert "set it to 1970-01-01 if that is right" in said.err
    assert load_settings(here / "ca_platform.yaml").business.start_date == date(2024, 2, 3)
    part = tell("check", "--json").json()["parts"]["sessions"]
    assert part["totals"]["out_of_range"] == 1
    assert "up to 2099-01-01: a day is loaded once it has ended" in part["notes"][-1]


def test_currency_is_that_of_the_sign_of_the_amounts(nowhere: Path, tell: Tell) -> None:
    rows = "".join(f'{number},7,2024-02-0{number},"1.{number}00,00 £"\n' for number in range(1, 6))
    (nowhere / "visits.csv").write_text(f"order_id,client,date,total\n{rows}")
    said = tell("init", "visits.csv")
    assert "numbers such as '1.100,00 £' are read as 1100" in said.err
    assert "business.currency is GBP" in said.err
    assert load_settings(nowhere / "ca_platform.yaml").business.currency == "GBP"
    assert tell("check", "--json").json()["parts"]["sessions"]["totals"]["loaded"] == 5
    other = tell("init", "visits.csv", "-", "--currency", "EUR")
    assert "given in £, which does not mean EUR" in other.err
    assert "currency: EUR" in other.out


def test_column_of_currencies_says_that_of_the_shop(nowhere: Path, tell: Tell) -> None:
    rows = [f"{number},7,2024-02-03,5,usd" for number in range(4)]
    (nowhere / "visits.csv").write_text("\n".join(["id,customer,date,amount,Currency", *rows]))
    assert "currency: USD" in tell("init", "visits.csv", "-").out
    (nowhere / "visits.csv").write_text("\n".join(["id,customer,date,amount,Currency", *rows, "9,7,2024-02-03,5,eur"]))
    said = tell("init", "visits.csv", "-")
    assert "several currencies: EUR, USD" in said.err
    assert "currency: EUR" in said.out


def test_rows_of_guests_are_told(nowhere: Path, tell: Tell) -> None:
    rows = "".join(f"{number},{customer},2024-02-03,5\n" for number, customer in enumerate(["0", "7", "", "0", "8"]))
    (nowhere / "visits.csv").write_text(f"id,customer_id,date,amount\n{rows}")
    said = tell("init", "visits.csv", "-").err
    assert "3 of the first 5 rows have no customer: customer_id is empty or '0'" in said
    assert "they are refused, and counted" in said


def test_column_that_is_called_right_and_has_no_numbers_is_named(nowhere: Path, tell: Tell) -> None:
    (nowhere / "visits.csv").write_text("order_id,client,date,total\n1,7,2024-02-03,much\n")
    assert "'total' is called so, but 'much' is no number" in tell("init", "sessions=visits.csv", "-").err


def test_what_init_writes_can_be_loaded(here: Path, tell: Tell) -> None:
    assert tell("init", "visits.csv", "customers.csv").code == 0
    parts = tell("check", "--json").json()["parts"]
    assert parts["sessions"]["totals"]["loaded"] == 3
    assert parts["customers"]["totals"]["loaded"] == 1


def test_several_inputs_become_several_sources(here: Path, tell: Tell) -> None:
    assert tell("init", "customers=customers.csv", "sessions=visits.csv", "shop.yaml").code == 0
    assert sorted(load_settings(here / "shop.yaml").sources.connected()) == ["customers", "sessions"]
    said = tell("init", "visits.csv", "sessions=visits.csv", "-")
    assert "another input is already" in said.refusal()


def test_paths_count_from_the_settings_file(here: Path, tell: Tell) -> None:
    assert tell("init", "visits.csv", "deep/down/shop.yaml").code == 0
    sessions = load_settings(here / "deep" / "down" / "shop.yaml").sources.sessions
    assert sessions is not None
    assert sessions.path is not None
    assert Path(sessions.path).resolve() == here / "visits.csv"


def test_a_dash_is_standard_output(here: Path, tell: Tell) -> None:
    for arguments in (("init", "-"), ("init", "--output", "-"), ("init", "visits.csv", "-")):
        said = tell(*arguments)
        assert said.code == 0
        assert said.out.startswith("# Settings of CA Platform.")
    assert not (here / "ca_platform.yaml").exists()


def test_a_file_is_never_overwritten_without_force(here: Path, tell: Tell) -> None:
    (here / "ca_platform.yaml").write_text("business: {currency: JPY}\n")
    assert "is there already" in tell("init", "visits.csv").refusal()
    assert "JPY" in (here / "ca_platform.yaml").read_text()
    assert tell("init", "visits.csv", "--force").code == 0
    assert "JPY" not in (here / "ca_platform.yaml").read_text()


def test_ca_settings_names_the_file(here: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CA_SETTINGS", str(here / "named.yaml"))
    assert tell("init").code == 0
    assert (here / "named.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.csv"], "There is nothing to read at absent.csv: name a file"),
        (["--currency", "GPB"], "'GPB' is no currency code"),
        (["--time-zone", "Europe/Atlantis"], "'Europe/Atlantis' is no time zone"),
        (["a.yaml", "b.yaml"], "More than one file"),
    ],
)
def test_what_cannot_be_guessed_ends_with_2(here: Path, tell: Tell, arguments: list[str], words: str) -> None:
    assert words in tell("init", *arguments).refusal()
    assert not list(here.glob("*.yaml"))


def test_missing_columns_are_named(here: Path, tell: Tell) -> None:
    said = tell("init", "lines=visits.csv", "-")
    assert said.code == 0
    assert "no column was found for product, price" in said.err
    assert "sessions, which are needed" in said.err


def test_the_first_column_is_found_in_a_database(
    nowhere: Path, tell: Tell, postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A database of its own: in the other one lie tables of other tests, which are proposed, too.
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE guessed_alone_by_init")
    alone = f"{postgresql_server.url.rpartition('/')[0]}/guessed_alone_by_init"
    with psycopg.connect(alone, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA guessed")
        connection.execute(
            "CREATE TABLE guessed.visits (order_id text, client text, session_start_date timestamptz, "
            "payment_amount numeric, has_purchased boolean, region text)"
        )
        connection.execute("INSERT INTO guessed.visits VALUES ('1', 'a', '2024-05-06 12:00Z', 9.5, true, 'EU')")
    said = tell("init", alone)
    assert said.code == 0, said.err
    text = (nowhere / "ca_platform.yaml").read_text()
    assert postgresql_server.password not in text + said.err + said.out
    assert "${PG_PASSWORD}" in text
    monkeypatch.setenv("PG_PASSWORD", postgresql_server.password)
    assert load_settings().business.start_date == date(2024, 5, 6)
    assert tell("check", "--json").json()["parts"]["sessions"]["totals"]["loaded"] == 1


def test_how_dates_are_read_and_what_is_not_used_is_told(nowhere: Path, tell: Tell) -> None:
    text = "order_id,customer,date,total,note,memo\n1,7,03.04.2024 10:00,5,,\n2,8,05.04.2024 10:00,6,,\n"
    (nowhere / "visits.csv").write_text(text)
    said = tell("init", "visits.csv", "-").err
    assert "dates such as '03.04.2024 10:00' are read as 2024-04-03" in said
    assert "visits.csv: 2 columns are not used: note, memo." in said
    assert "business.time_zone is UTC, as none was named" in said
    (nowhere / "visits.csv").write_text("order_id,customer,date,total\n1,7,2024-04-03T10:00:00+02:00,5\n")
    assert "written with an offset, as in 2024-04-03T10:00:00+02:00" in tell("init", "visits.csv", "-").err
    assert "time_zone" not in tell("init", "visits.csv", "-", "--time-zone", "Europe/Berlin").err
