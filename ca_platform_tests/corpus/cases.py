"""Malformed files and settings, and what must become of each."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

HEAD = "order_id,client,session_start_date,payment_amount,has_purchased"
ROWS = tuple(f"{n},c{n},2024-03-2{5 + n % 5}T10:00:00Z,{n}.50,true" for n in range(1, 8))


def csv_text(*rows: str, header: str = HEAD, end: str = "\n") -> bytes:
    return (end.join([header, *rows]) + end).encode()


GOOD = csv_text(*ROWS)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _typed(**changes: Any) -> pl.DataFrame:
    columns = {
        "order_id": ["1", "2", "3"],
        "client": ["a", "b", "c"],
        "session_start_date": [datetime(2024, 3, 25, 10)] * 3,
        "payment_amount": [1.5, 2.5, 3.5],
        "has_purchased": [True, True, False],
    }
    return pl.DataFrame(columns | changes)


@dataclass(frozen=True)
class Loads:
    """The rows that are read, loaded and quarantined."""

    read: int
    loaded: int
    quarantined: int = 0
    out_of_range: int = 0


@dataclass(frozen=True)
class Refused:
    """Words that the message must have."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    outcome: Loads | Refused
    file: str = "sessions.csv"
    keys: Mapping[str, Any] = field(default_factory=dict)


def _row(order_id: str = "x", client: str = "c", at: str = "2024-03-25", paid: str = "1", bought: str = "true") -> str:
    return f"{order_id},{client},{at},{paid},{bought}"


FILES = (
    # the file as a whole
    Case("empty file", b"", Refused("sessions.csv", "is empty")),
    Case("only blank lines", b"\n\n\r\n", Refused("sessions.csv", "is empty")),
    Case("header only", csv_text(), Loads(0, 0)),
    Case("header without line end", HEAD.encode(), Loads(0, 0)),
    Case("no line end at the end", GOOD[:-1], Loads(7, 7)),
    Case("windows line ends", csv_text(*ROWS, end="\r\n"), Loads(7, 7)),
    Case("old mac line ends", csv_text(*ROWS, end="\r"), Loads(7, 7)),
    Case("blank lines between", csv_text(*ROWS, end="\n\n"), Loads(7, 7)),
    Case("byte-order mark", b"\xef\xbb\xbf" + GOOD, Loads(7, 7)),
    Case("NUL byte", csv_text(*ROWS, _row(client="c\0d")), Refused("sessions.csv, line 9", "NUL byte", "utf-16")),
    Case("NUL file", b"\0" * 4096, Refused("sessions.csv, line 1", "NUL byte")),
    Case("UTF-16 without saying so", GOOD.decode().encode("utf-16"), Loads(7, 7)),
    Case("UTF-16 without its mark", GOOD.decode().encode("utf-16-le"), Refused("NUL byte", "encoding: utf-16")),
    Case("UTF-16 with the setting", GOOD.decode().encode("utf-16"), Loads(7, 7), keys={"encoding": "utf-16"}),
    Case("latin-1 in UTF-8", csv_text(*ROWS) + "8,Müller,2024-03-25,1,true\n".encode("latin-1"),
         Refused("sessions.csv, line 9", "0xfc", "encoding: latin-1")),
    Case("latin-1 with the setting", csv_text("8,Müller,2024-03-25,1,true").decode().encode("latin-1"), Loads(1, 1),
         keys={"encoding": "latin-1"}),
    Case("latin-1 in the header", "Bestellnummer,Käufer\n1,2\n".encode("latin-1"), Refused("sessions.csv, line 1", "latin-1")),
    Case("UTF-8 read as ASCII", csv_text("8,Müller,2024-03-25,1,true"), Refused("is not ascii", "encoding"), keys={"encoding": "ascii"}),
    Case("quote that never closes", csv_text(*ROWS, '8,"c,2024-03-25,1,true', *ROWS), Refused("sessions.csv, line 9", "never closed")),
    Case("quote inside a field", csv_text(*ROWS, '8,c "the" d,2024-03-25,1,true'), Loads(8, 8)),
    Case("quoted newline", csv_text(*ROWS, '8,"two\nlines",2024-03-25,1,true'), Loads(8, 8)),
    Case("binary rubbish", bytes(range(1, 256)) * 20, Refused("sessions.csv")),
    # compression
    Case("gzip", gzip.compress(GOOD), Loads(7, 7), file="sessions.csv.gz"),
    Case("gzip under another name", gzip.compress(GOOD), Loads(7, 7)),
    Case("truncated gzip", gzip.compress(GOOD * 50)[:-20], Refused("sessions.csv.gz", "damaged or cut off", "again"), file="sessions.csv.gz"),
    Case("damaged gzip", gzip.compress(GOOD)[:30] + b"\xff" * 40, Refused("sessions.csv.gz", "damaged"), file="sessions.csv.gz"),
    Case("gzip in name only", GOOD, Refused("sessions.csv.gz", "not gzip", "Rename"), file="sessions.csv.gz"),
    # header and separator
    Case("semicolons", csv_text(*ROWS).replace(b",", b";"), Refused("sessions.csv, line 1", 'separator: ";"')),
    Case("tabs", csv_text(*ROWS).replace(b",", b"\t"), Refused("sessions.csv, line 1", 'separator: "\\t"')),
    Case("pipes", csv_text(*ROWS).replace(b",", b"|"), Refused("sessions.csv, line 1", 'separator: "|"')),
    Case("commas where semicolons are said", GOOD, Refused("sessions.csv, line 1", 'separator: ","'), keys={"separator": ";"}),
    Case("missing column", csv_text("1,2024-03-25,1,true", header="order_id,session_start_date,payment_amount,has_purchased"),
         Refused("sessions.csv", "no column 'client'")),
    Case("misspelt column", csv_text(*ROWS, header=HEAD.replace("client", "cleint")), Refused("no column 'client'", "Did you mean 'cleint'")),
    Case("other letter case", csv_text(*ROWS, header=HEAD.upper()), Refused("no column 'order_id'", "Did you mean 'ORDER_ID'")),
    Case("doubled column", csv_text("1,2,3,4,5,6", header=HEAD + ",client"), Refused("sessions.csv, line 1", "'client'", "twice")),
    Case("no header", csv_text(*ROWS[1:], header=ROWS[0]), Refused("sessions.csv", "no column 'order_id'")),
    Case("mapped column that is not there", GOOD, Refused("no column 'OrderNo'", "Did you mean 'order_id'"), keys={"columns": {"order_id": "OrderNo"}}),
    Case("dimension that is not there", GOOD, Refused("no column 'country'"), keys={"dimensions": ["country"]}),
    Case("blanks around names", csv_text(*ROWS, header=HEAD.replace(",", " , ")), Loads(7, 7)),
    # rows
    Case("short row", csv_text(*ROWS, "8,c,2024-03-25"), Loads(8, 7, 1)),
    Case("long row", csv_text(*ROWS, _row() + ",more"), Loads(8, 7, 1)),
    Case("short and long row", csv_text(*ROWS, "8,c,2024-03-25,1", _row() + ",more"), Loads(9, 7, 2)),
    Case("trailing separator in every row", csv_text(*(row + "," for row in ROWS)), Loads(7, 0, 7)),
    Case("row of separators", csv_text(*ROWS, ",,,,"), Loads(8, 7, 1)),
    Case("repeated order", csv_text(*ROWS, ROWS[0], ROWS[0]), Loads(9, 7, 2)),
    Case("header in the middle", csv_text(*ROWS, HEAD), Loads(8, 7, 1)),
    # dates
    *(
        Case(f"dates as {at}", csv_text(*(_row(str(n), at=at) for n in range(4))), Loads(4, 4))
        for at in ("2024-03-25", "2024-03-25 10:00", "2024-03-25T10:00:00.5Z", "2024-03-25T10:00:00+05:30", "1711360800", "1711360800000", "20240325")
    ),
    *(
        Case(f"dates as {at}", csv_text(*(_row(str(n), at=at) for n in range(4))),
             Refused("sessions.csv, line 2", "'session_start_date'", repr(at), "date_format"))
        for at in ("25.03.2024", "03/25/2024 10:00", "25 March 2024", "2024/03/25", "Monday", "2024-13-45")
    ),
    Case("German dates with the setting", csv_text(_row(at="25.03.2024 10:00")), Loads(1, 1), keys={"date_format": "%d.%m.%Y %H:%M"}),
    Case("date format that is none", csv_text(*(_row(str(n)) for n in range(4))), Loads(4, 4), keys={"date_format": "DD.MM.YYYY"}),
    Case("one bad date", csv_text(*ROWS, _row(at="soon")), Loads(8, 7, 1)),
    Case("year 1 and 9999", csv_text(*ROWS, _row("y", at="0001-01-01"), _row("z", at="9999-12-31 23:59:59")), Loads(9, 7, 2)),
    Case("far future and past epoch", csv_text(*ROWS, _row("y", at="99999999999999"), _row("z", at="-99999999999")), Loads(9, 7, 2)),
    Case("before the start", csv_text(*ROWS, _row(at="1999-01-01")), Loads(8, 7, 0, 1)),
    # numbers and flags
    Case("decimal commas", csv_text(*(_row(str(n), paid='"1,50"') for n in range(4))),
         Refused("sessions.csv, line 2", "'payment_amount'", "'1,50'", 'decimal: ","')),
    Case("decimal commas with the setting", csv_text(*(_row(str(n), paid='"1,50"') for n in range(4))), Loads(4, 4), keys={"decimal": ","}),
    Case("currency signs", csv_text(*(_row(str(n), paid="£1.50") for n in range(4))), Refused("'payment_amount'", "'£1.50'", 'currency_mark: "£"')),
    Case("currency signs with the setting", csv_text(*(_row(str(n), paid="£1.50") for n in range(4))), Loads(4, 4), keys={"currency_mark": "£"}),
    Case("thousands with the setting", csv_text(*(_row(str(n), paid='"1,234.50"') for n in range(4))), Loads(4, 4), keys={"thousands": ","}),
    Case("infinities", csv_text(*ROWS, *(_row(paid, paid=paid) for paid in ("inf", "-inf", "nan", "Infinity"))), Loads(11, 7, 4)),
    Case("huge and tiny numbers", csv_text(*ROWS, _row("y", paid="1e300"), _row("z", paid="0.00001")), Loads(9, 8, 1)),
    Case("negative amounts", csv_text(*ROWS, _row(paid="-0.01")), Loads(8, 7, 1)),
    Case("flags in words", csv_text(*(_row(str(n), bought="bought") for n in range(4))), Refused("'has_purchased'", "'bought'", "true/false")),
    Case("flags in every form", csv_text(*(_row(str(n), bought=flag) for n, flag in enumerate(["true", "FALSE", "1", "0", "Yes", "no", "T", "f", "y", "N"]))), Loads(10, 10)),
    Case("action of flags and times", csv_text("1,c,2024-03-25,1,true,yes", "2,c,2024-03-25,1,true,2024-03-25T10:00:00Z", header=HEAD + ",basket"),
         Refused("'basket'", "mixes flags", "query"), keys={"actions": ["basket"]}),
    Case("constant that cannot be read", csv_text(*ROWS), Refused("constant", "has_purchased", "constants"), keys={"constants": {"has_purchased": "perhaps"}}),
    # Parquet
    Case("Parquet that is text", GOOD, Refused("sessions.parquet", "cannot be read as Parquet", "kind"), file="sessions.parquet"),
    Case("Parquet that is cut off", parquet_bytes(_typed())[:-30], Refused("sessions.parquet", "damaged, cut off"), file="sessions.parquet"),
    Case("Parquet without its middle", parquet_bytes(_typed())[:40] + parquet_bytes(_typed())[300:], Refused("sessions.parquet"), file="sessions.parquet"),
    Case("empty Parquet file", b"", Refused("sessions.parquet", "Parquet"), file="sessions.parquet"),
    Case("Parquet without rows", parquet_bytes(_typed().clear()), Loads(0, 0), file="sessions.parquet"),
    Case("Parquet with infinities", parquet_bytes(_typed(payment_amount=[float("inf"), float("nan"), 1.0])), Loads(3, 1, 2), file="sessions.parquet"),
    Case("Parquet with numbers for ids", parquet_bytes(_typed(client=[17850.0, None, 2.5])), Loads(3, 2, 1), file="sessions.parquet"),
    Case("Parquet with lists for ids", parquet_bytes(_typed(client=[["a"], ["b"], []])), Refused("'client'", "List", "query"), file="sessions.parquet"),
    Case("Parquet with text dates", parquet_bytes(_typed(session_start_date=["2024-03-25", "x", None])), Loads(3, 1, 2), file="sessions.parquet"),
    Case("Parquet with flags for dates", parquet_bytes(_typed(session_start_date=[True, False, True])),
         Refused("'session_start_date'", "row 1"), file="sessions.parquet"),
    Case("CSV that is Parquet", parquet_bytes(_typed()), Refused("sessions.csv")),
    # queries
    Case("query with an error", GOOD, Refused("sources.sessions.query", "cannot be run"), keys={"query": "selec * from source"}),
    Case("query over an unknown column", GOOD, Refused("sources.sessions.query"), keys={"query": "select nothing from source"}),
    Case("query that leaves a column out", GOOD, Refused("no column 'client'"), keys={"query": "select order_id from source"}),
)  # fmt: skip

SETTINGS = {
    "unknown key": ("sources: {sessions: {kind: csv, path: x.csv, seperator: ';'}}", ("seperator", "separator")),
    "tab": ("sources:\n\tsessions: {kind: csv, path: x.csv}", ("settings.yaml:2", "tab")),
    "unknown kind": ("sources: {sessions: {kind: cvs, path: x.csv}}", ("kind", "csv")),
    "no path": ("sources: {sessions: {kind: csv}}", ("path",)),
    "table and query": ("sources: {sessions: {kind: postgresql, dsn: 'postgresql://a@b/c', table: t, query: q}}", ("table",)),
    "neither table nor query": ("sources: {sessions: {kind: postgresql, dsn: 'postgresql://a@b/c'}}", ("table",)),
    "literal password": ("sources: {sessions: {kind: postgresql, dsn: 'postgresql://a:geheim@b/c', table: t}}", ("${",)),
    "reference that is not set": ("sources: {sessions: {kind: postgresql, dsn: 'postgresql://a@b/c', password: '${NOBODY_SET_THIS}', table: t}}", ("NOBODY_SET_THIS",)),
    "mapping of an unknown name": ("sources: {sessions: {kind: csv, path: x.csv, columns: {custmer: c}}}", ("custmer",)),
    "file that is not there": ("sources: {sessions: {kind: csv, path: none.csv}}", ("none.csv", "does not exist")),
    "glob without a match": ("sources: {sessions: {kind: csv, path: 'none/*.csv'}}", ("none/*.csv", "no file matches")),
    "unreachable server": ("sources: {sessions: {kind: postgresql, dsn: 'postgresql://a@127.0.0.1:1/c', table: t}}", ("127.0.0.1:1", "cannot be reached")),
    "no source": ("business: {time_zone: UTC}", ("sources.sessions", "not connected")),
}  # fmt: skip
