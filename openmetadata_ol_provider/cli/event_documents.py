"""Splits event files into JSON documents: one event per line, a JSON array, or events over several lines.

Files may come from producers that are not trusted. No line is read beyond the size of the largest accepted event, and
no file beyond a size that fits into memory, however small it is while it is compressed.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.limits import MAX_EVENT_BYTES

STDIN = "-"
#: Most bytes of one file, after decompression.
MAX_FILE_BYTES = 2**30
#: Most bytes of a file that has to be read as a whole because it is not one event per line.
MAX_WHOLE_BYTES = 256 * 2**20

_GZIP_MAGIC = b"\x1f\x8b"
_NOT_SPACE = re.compile(r"\S")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class EventDocument(NamedTuple):
    """What may be one event.

    :param location: file and line, such as ``events.ndjson:17``, or index in an array, such as ``events.json[3]``
    :param content: JSON, not yet decoded
    """

    location: str
    content: bytes


def label_of(path: str) -> str:
    """Return the name of a file for messages."""
    return "stdin" if path == STDIN else path


def read_documents(path: str) -> Iterator[EventDocument]:
    """Yield the documents of a file in their order.

    :param path: path of a file, which may be compressed with gzip, or ``-`` for stdin
    :raises ConfigError: if the file cannot be read or is too large
    """
    label = label_of(path)
    try:
        if path == STDIN:
            yield from _split(label, sys.stdin.buffer)
            return
        with Path(path).open("rb") as probe:
            is_gzip = probe.read(2) == _GZIP_MAGIC
        with gzip.open(path) if is_gzip else Path(path).open("rb") as file:
            yield from _split(label, file)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"events {label!r} cannot be read: {reason}; check the path") from None


def _split(label: str, file: BinaryIO) -> Iterator[EventDocument]:
    lines = _BoundedLines(label, file)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return
    number = lines.number
    if first.startswith(_UTF_16):
        raise ConfigError(f"events {label!r} are encoded in UTF-16; write them in UTF-8 (PowerShell: -Encoding utf8)")
    # Editors and shells of Windows put it before the first event.
    first = first.removeprefix(codecs.BOM_UTF8)
    if first.lstrip().startswith(b"[") or not _is_json(first):
        # An array, or events over several lines. If it is neither, each line is judged on its own.
        content = first + lines.read_rest()
        documents = _split_array(label, content)
        if documents is None:
            documents = _split_objects(label, content, number)
        yield from _number_lines(label, content.splitlines(), number) if documents is None else documents
        return
    yield EventDocument(f"{label}:{number}", first)
    yield from _number_lines(label, lines, number + 1)


class _BoundedLines:
    """Iterates over the lines of a file without reading a line or a file that is too long into memory.

    A line that is too long is cut just after the limit, so that decoding reports it as too large.

    :param label: name of the file in messages
    """

    def __init__(self, label: str, file: BinaryIO) -> None:
        self._label = label
        self._file = file
        self._size = 0
        #: Number of the line that was read last, counted from 1.
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self._read():
            self.number += 1
            part = line
            while len(part) > MAX_EVENT_BYTES and not part.endswith(b"\n"):
                part = self._read()
            yield line

    def read_rest(self) -> bytes:
        """Return everything after the line that was read last.

        :raises ConfigError: if it is too large
        """
        rest = self._file.read(MAX_WHOLE_BYTES + 1)
        if len(rest) > MAX_WHOLE_BYTES:
            raise ConfigError(
                f"events {self._label!r} are more than {MAX_WHOLE_BYTES} bytes, and not one event per line; write one "
                "event per line, or several files"
            )
        return rest

    def _read(self) -> bytes:
        line = self._file.readline(MAX_EVENT_BYTES + 1)
        self._size += len(line)
        if self._size > MAX_FILE_BYTES:
            raise ConfigError(
                f"events {self._label!r} are more than {MAX_FILE_BYTES} bytes after decompression; split them into "
                "several files"
            )
        return line


def _number_lines(label: str, lines: Iterable[bytes], first_number: int) -> Iterator[EventDocument]:
    for number, line in enumerate(lines, first_number):
        if line.strip():
            yield EventDocument(f"{label}:{number}", line)


def _split_array(label: str, content: bytes) -> list[EventDocument] | None:
    """Return the elements of an array, or one object as it is, or ``None`` for anything else."""
    try:
        document = msgspec.json.decode(content, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(document, dict):
        return [EventDocument(label, content)]
    return [EventDocument(f"{label}[{index}]", bytes(element)) for index, element in enumerate(document)]


def _split_objects(label: str, content: bytes, number: int) -> list[EventDocument] | None:
    """Return objects that follow one another over several lines, as jq prints them, or ``None`` for anything else.

    :param number: number of the content's first line
    """
    decoder = json.JSONDecoder()
    documents: list[EventDocument] = []
    try:
        text = content.decode()
        end = 0
        while (start := _NOT_SPACE.search(text, end)) is not None:
            number += text.count("\n", end, start.start())
            end = decoder.raw_decode(text, start.start())[1]
            if start[0] != "{":
                return None
            documents.append(EventDocument(f"{label}:{number}", text[start.start() : end].encode()))
            number += text.count("\n", start.start(), end)
    except (ValueError, RecursionError):
        return None
    return documents


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
