"""Tables that fit the terminal and show no character of the data as anything but text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.cli.output import as_text
from ca_platform.cli.table import measure, render, visible, wrap

ROWS: list[list[str | None]] = [
    ["daily_orders", "12", "Orders of each day, quiet ones included."],
    ["kpis", "1,234", None],
]
NAMES = ["name", "rows", "description"]


def test_wide_enough_table_has_one_line_per_row() -> None:
    assert render(NAMES, ROWS, {1}, None).splitlines() == [
        "name           rows  description",
        "────────────  ─────  ────────────────────────────────────────",
        "daily_orders     12  Orders of each day, quiet ones included.",
        "kpis          1,234  –",
    ]


def test_texts_are_wrapped_where_the_screen_is_narrow() -> None:
    assert render(NAMES, ROWS, {1}, 40).splitlines()[2:5] == [
        "daily_orders     12  Orders of each day,",
        "                     quiet ones",
        "                     included.",
    ]


def test_a_very_narrow_screen_gets_a_block_per_row() -> None:
    assert render(NAMES, ROWS, {1}, 28).splitlines()[:6] == [
        "name         daily_orders",
        "rows         12",
        "description  Orders of each",
        "             day, quiet ones",
        "             included.",
        "",
    ]


def test_no_rows_is_a_table_with_its_head() -> None:
    assert render(["a", "b"], [], set(), None).splitlines() == ["a  b", "─  ─"]
    assert render(["a long name", "another long name"], [], set(), 12) == "a long name, another long name\n"


@given(
    rows=st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), max_size=5),
    width=st.integers(30, 120),
)
def test_no_line_is_wider_than_the_screen(rows: list[list[str]], width: int) -> None:
    text = render(NAMES, rows, {1} if all(len(row[1]) < 8 for row in rows) else set(), width)
    assert all(measure(line) <= width for line in text.split("\n"))


@given(text=st.text(max_size=80), width=st.integers(2, 30))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    shown = visible(text)
    lines = wrap(shown, width)
    assert all(measure(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("two\nlines\tand\rmore", "two\\nlines\\tand\\rmore"),
        ("right \u202eto left", "right \\u202eto left"),
        ("[bold]no markup[/]", "[bold]no markup[/]"),
        ("ключ 🦊 日本", "ключ 🦊 日本"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🦊", 2)])
def test_width_is_that_of_the_terminal(text: str, columns: int) -> None:
    assert measure(text) == columns


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "yes"),
        (1234567, "1,234,567"),
        (0.5, "0.5"),
        (1234.56789, "1,234.5679"),
        (0.00001234, "1.234e-05"),
        (-0.0, "0"),
        (2.0, "2"),
        (["a", "b"], "a, b"),
    ],
)
def test_cells_are_read_easily(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_money_has_the_digits_of_its_currency() -> None:
    assert as_text(1234.5, 2) == "1,234.50"
    assert as_text(1234.0, 0) == "1,234"
