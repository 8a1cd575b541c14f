"""Tables as plain text. Own code and no library, since a report must be on the screen within 0.6 s.

A table that is too wide has its texts wrapped; one that is still too wide becomes one block of lines per row. Control
characters of the data are written out, so that no text of a customer can paint on the terminal.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size

GAP = "  "
NULL = "–"
# A column of text is not made narrower than its longest word, but for words longer than this: names stay whole.
_LONGEST_WORD = 32
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160))} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    # Characters that turn the direction of the line around would make a table say something else.
    **{code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


def screen_width() -> int | None:
    """Columns of the terminal; None where the output goes into a file or a pipe, and COLUMNS does not say."""
    if "COLUMNS" in os.environ or sys.stdout.isatty():
        return max(get_terminal_size().columns, 20)
    return None


def render(names: Sequence[str], rows: Sequence[Sequence[str | None]], right: set[int], width: int | None) -> str:
    """The table as text, every line ended.

    Args:
        rows: texts of the cells; None is shown as a dash.
        right: positions of the columns that are set to the right.
        width: of the screen; None: any.
    """
    cells = [[NULL if cell is None else visible(cell) for cell in row] for row in rows]
    head = [visible(name) for name in names]
    widths = [max([measure(name), *(measure(row[index]) for row in cells)]) for index, name in enumerate(head)]
    floors = {
        index: _floor([name, *(row[index] for row in cells)]) for index, name in enumerate(head) if index not in right
    }
    fitted = _fit(widths, floors, width)
    if fitted is None:
        return _blocks(head, cells, width or 80)
    lines = [*_row(head, fitted, right), GAP.join("─" * width for width in fitted)]
    lines += [line for row in cells for line in _row(row, fitted, right)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def visible(text: str) -> str:
    """The text with its control characters written out."""
    return text.translate(_ESCAPES)


def measure(text: str) -> int:
    """Columns that a text takes on the screen."""
    if text.isascii():
        return len(text)
    return sum(_measure_one(character) for character in text)


def _measure_one(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _floor(texts: Sequence[str]) -> int:
    """The least width of a column of text."""
    return min(_LONGEST_WORD, max(measure(word) for text in texts for word in text.split(" ")))


def _fit(widths: Sequence[int], floors: dict[int, int], width: int | None) -> list[int] | None:
    """Widths that fit the screen, the widest texts made narrower first; None where they cannot."""
    fitted = list(widths)
    excess = sum(fitted) + len(GAP) * (len(fitted) - 1) - width if width is not None else 0
    while excess > 0:
        shrinkable = [index for index, floor in floors.items() if fitted[index] > floor]
        if not shrinkable:
            return None
        widest = max(shrinkable, key=fitted.__getitem__)
        fitted[widest] -= 1
        excess -= 1
    return fitted


def _row(cells: Sequence[str], widths: Sequence[int], right: set[int]) -> Iterator[str]:
    wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, wrapped), default=1)):
        parts = []
        for index, lines in enumerate(wrapped):
            text = lines[number] if number < len(lines) else ""
            blank = " " * (widths[index] - measure(text))
            parts.append(blank + text if index in right else text + blank)
        yield GAP.join(parts)


def _blocks(head: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> str:
    """One line per cell, the rows apart by an empty line."""
    label = min(max(map(measure, head), default=0), width // 2)
    room = max(width - label - len(GAP), 8)
    blocks = []
    for row in cells:
        lines = []
        for name, cell in zip(head, row, strict=True):
            names, values = wrap(name, label), wrap(cell, room)
            for number in range(max(len(names), len(values))):
                left = names[number] if number < len(names) else ""
                value = values[number] if number < len(values) else ""
                lines.append(f"{left}{' ' * (label - measure(left))}{GAP}{value}".rstrip())
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n" if blocks else ", ".join(head) + "\n"


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns, broken at blanks where there are any."""
    if measure(text) <= width:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if measure(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _chop(word, width)
        lines += whole
    return [*lines, line] if line or not lines else lines


def _chop(word: str, width: int) -> list[str]:
    """A word in pieces of at most ``width`` columns."""
    pieces, piece, used = [], "", 0
    for character in word:
        size = _measure_one(character) if not character.isascii() else 1
        if used + size > width and piece:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + size
    return [*pieces, piece]
