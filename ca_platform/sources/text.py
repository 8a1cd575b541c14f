"""Bytes of a text file as clean UTF-8 blocks that end at the end of a record.

Belongs here: compression, encodings, byte-order marks, line ends, NUL bytes. Not here: fields (``csv_file``).
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from ca_platform.errors import ConfigurationError, SourceError
from ca_platform.sources.files import open_bytes

BLOCK_BYTES = 24 << 20
"""Text parsed at once: large enough for full speed, small enough that a few of them fit anywhere."""
LONGEST_RECORD = 128 << 20
QUOTE = b'"'


@dataclass(frozen=True)
class Block:
    """Whole records of one file; ``first_line`` is the line on which the block begins."""

    data: bytes
    first_line: int


def blocks(path: str, encoding: str | None) -> Iterator[Block]:
    """Blocks of one file, in order. Nothing for a file without a character."""
    line = 1
    rest = b""
    for chunk in _utf8_chunks(path, encoding):
        _refuse_nul(chunk, path, line, rest)
        rest += chunk
        if len(rest) < BLOCK_BYTES:
            continue
        cut = _last_record_end(rest)
        if cut:
            yield Block(rest[:cut], line)
            line += rest.count(b"\n", 0, cut)
            rest = rest[cut:]
        elif len(rest) > LONGEST_RECORD:
            raise SourceError(
                f"{path}: a quote that opens after line {line} is not closed within {LONGEST_RECORD >> 20} MiB. "
                "Close it, or double it where it belongs to the text."
            )
    if rest:
        yield Block(rest, line)


def _last_record_end(data: bytes) -> int:
    """Offset after the last line end outside quotes; 0 when there is none."""
    end = data.rfind(b"\n")
    if end < 0:
        return 0
    quotes = data.count(QUOTE, 0, end)
    while quotes % 2:
        before = data.rfind(b"\n", 0, end)
        if before < 0:
            return 0
        quotes -= data.count(QUOTE, before, end)
        end = before
    return end + 1


def _refuse_nul(chunk: bytes, path: str, first_line: int, before: bytes) -> None:
    at = chunk.find(b"\0")
    if at < 0:
        return
    line = first_line + before.count(b"\n") + chunk.count(b"\n", 0, at)
    raise SourceError(
        f"{path}, line {line}: the file has a NUL byte. Write it again as text; if it is UTF-16, set `encoding: utf-16`."
    )


def _utf8_chunks(path: str, encoding: str | None) -> Iterator[bytes]:
    chunks = _raw_chunks(path)
    first = next(chunks, b"")
    name = _encoding_of(first, encoding, path)
    decoder = None if name == "utf-8" else codecs.getincrementaldecoder(name)()
    line = 1
    first = first.removeprefix(codecs.BOM_UTF8) if decoder is None else first
    old_mac = b"\r" in first and b"\n" not in first if decoder is None else False
    for chunk in _chain(first, chunks):
        clean = chunk if decoder is None else _decode(decoder, chunk, path, name, line)
        if old_mac:
            clean = clean.replace(b"\r", b"\n")
        line += clean.count(b"\n") if decoder is not None else 0
        yield clean
    if decoder is not None:
        yield _decode(decoder, b"", path, name, line, final=True)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _encoding_of(first: bytes, encoding: str | None, path: str) -> str:
    """The codec to use; a byte-order mark of UTF-16 speaks for itself."""
    try:
        name = codecs.lookup(encoding or "utf-8").name
    except LookupError:
        raise ConfigurationError(
            f"{path}: the encoding {encoding!r} is not known. Use a name such as utf-8, latin-1, cp1252 or utf-16."
        ) from None
    if name not in {"utf-8", "utf-8-sig"}:
        return name
    return "utf-16" if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, path: str, name: str, line: int, *, final: bool = False
) -> bytes:
    try:
        text = decoder.decode(chunk, final)
    except UnicodeError as error:
        near = line + chunk.count(b"\n", 0, getattr(error, "start", 0))
        raise SourceError(
            f"{path}, near line {near}: the text is not {name} ({error}). "
            "Set `encoding` to what the file is written in, for example utf-8 or latin-1."
        ) from None
    return text.removeprefix("\ufeff").encode()


def _raw_chunks(path: str) -> Iterator[bytes]:
    with _open(path) as stream:
        while True:
            try:
                chunk = stream.read(BLOCK_BYTES // 2)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise SourceError(f"{path}: the gzip file is damaged or cut off ({error}). Fetch it again.") from None
            except OSError as error:
                raise _unreadable(path, error) from None
            if not chunk:
                return
            yield chunk


def _open(path: str) -> BinaryIO:
    """The file, unpacked when it is a gzip (by content, whatever its name)."""
    try:
        plain = open_bytes(path)
        magic = plain.read(2)
        plain.seek(0)
    except OSError as error:
        raise _unreadable(path, error) from None
    if magic == b"\x1f\x8b":
        return cast("BinaryIO", gzip.GzipFile(fileobj=plain))
    if path.endswith(".gz") and magic:
        plain.close()
        raise SourceError(f"{path}: the name ends in .gz, but the content is not gzip. Rename or compress it.")
    return plain


def _unreadable(path: str, error: OSError) -> SourceError:
    return SourceError(
        f"{path}: the file cannot be read ({error.strerror or error}). Check that it exists and its rights."
    )


def explain_utf8(data: bytes, path: str, first_line: int) -> SourceError | None:
    """The error for a block that is not UTF-8, with line and byte; None when it is."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        return SourceError(
            f"{path}, line {line}, byte {column} of the line: 0x{data[error.start]:02x} is not UTF-8. "
            "Set `encoding: latin-1` (or what the file is written in)."
        )
    return None
