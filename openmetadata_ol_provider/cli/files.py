"""Event files: one JSON event a line, a JSON array, or one event over many lines; gzip too; ``-`` is stdin.

What a file holds may be a producer's: lines are read no further than an event may be long, and files no further than
what fits into memory, however small they are while compressed.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from openmetadata_ol_provider.cli.unread_facets import Survey
from openmetadata_ol_provider.exceptions import ConfigError, MalformedEventError
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.limits import MAX_EVENT_BYTES
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, ProblemLog, count_problems

STDIN = "-"
_GZIP_MAGIC = b"\x1f\x8b"
#: Most bytes of one file, unpacked.
MAX_FILE_BYTES = 2**30
#: Most bytes of a file that has to be read whole (an array).
MAX_WHOLE_BYTES = 256 * 2**20


class FileEvents(NamedTuple):
    """The events of some files, where each is from, and what was lost while reading them."""

    events: list[Event]
    places: list[str]
    problems: list[Problem]

    @property
    def malformed(self) -> int:
        """Number of lines that are no OpenLineage events."""
        return count_problems(self.problems, ProblemKind.MALFORMED)


def read_events(paths: Sequence[str], survey: Survey | None = None) -> FileEvents:
    """Decode the events of files, in order.

    :param survey: also counts the facets that are not read

    :raises ConfigError: if a file cannot be read
    """
    found, told = FileEvents([], [], []), ProblemLog()
    for path in paths:
        for where, value in _counted(_label(path), _documents(path)):
            try:
                decoded = decode_event(value, where)
            except MalformedEventError as error:
                told.record(ProblemKind.MALFORMED, where, str(error))
                continue
            found.events.append(decoded.event)
            found.places.append(where)
            if survey is not None:
                survey.add(value)
            told.add(*decoded.problems)
    found.problems.extend(told.problems)
    return found


def _counted(label: str, documents: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Count on stderr what goes by, on a terminal only."""
    if not sys.stderr.isatty():
        yield from documents
        return
    count = 0
    try:
        for count, document in enumerate(documents, 1):
            if count % 1000 == 0:
                sys.stderr.write(f"\r{label}: {count:,} events")
                sys.stderr.flush()
            yield document
    finally:  # an error's message begins on a line of its own
        sys.stderr.write(f"\r{label}: {count:,} events\n")


def _label(path: str) -> str:
    return "stdin" if path == STDIN else path


def _documents(path: str) -> Iterator[tuple[str, bytes]]:
    label = _label(path)
    try:
        if path == STDIN:
            yield from _split(label, sys.stdin.buffer)
            return
        with Path(path).open("rb") as probe:
            zipped = probe.read(2) == _GZIP_MAGIC
        with gzip.open(path) if zipped else Path(path).open("rb") as file:
            yield from _split(label, file)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"events {label!r} cannot be read: {reason}; check the path") from None


def _split(label: str, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    lines = _Lines(label, file)
    first = b""
    for first in lines:
        if first.strip():
            break
    if not first.strip():
        return
    number = lines.number
    if first.lstrip().startswith(b"[") or not _is_json(first):
        # An array, or one event over many lines; if it is neither, the lines are judged one by one.
        whole = first + lines.rest()
        found = _whole(label, whole)
        yield from _numbered(label, whole.splitlines(), number) if found is None else found
        return
    yield f"{label}:{number}", first
    yield from _numbered(label, lines, number + 1)


class _Lines:
    """The lines of a file, none longer than one that is known to be too long.

    :param label: how messages name the file
    """

    def __init__(self, label: str, file: BinaryIO) -> None:
        self._label = label
        self._file = file
        self._size = 0
        #: Of the line that was read last.
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self._read():
            self.number += 1
            # Of a longer line, what follows is only passed over.
            part = line
            while len(part) > MAX_EVENT_BYTES and not part.endswith(b"\n"):
                part = self._read()
            yield line

    def rest(self) -> bytes:
        """Return all that follows.

        :raises ConfigError: if it is too much
        """
        rest = self._file.read(MAX_WHOLE_BYTES + 1)
        if len(rest) > MAX_WHOLE_BYTES:
            raise ConfigError(
                f"events {self._label!r} are more than {MAX_WHOLE_BYTES} bytes, and not one event a line; write one "
                "event a line, or several files"
            )
        return rest

    def _read(self) -> bytes:
        line = self._file.readline(MAX_EVENT_BYTES + 1)
        self._size += len(line)
        if self._size > MAX_FILE_BYTES:
            raise ConfigError(
                f"events {self._label!r} are more than {MAX_FILE_BYTES} bytes (unpacked); give them in several files"
            )
        return line


def _numbered(label: str, lines: Iterable[bytes], number: int) -> Iterator[tuple[str, bytes]]:
    for line in lines:
        if line.strip():
            yield f"{label}:{number}", line
        number += 1


def _whole(label: str, data: bytes) -> list[tuple[str, bytes]] | None:
    """Return the events of an array or of one object, ``None`` if it is neither."""
    try:
        document = msgspec.json.decode(data, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(document, dict):
        return [(label, data)]
    return [(f"{label}[{index}]", bytes(item)) for index, item in enumerate(document)]


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def write_result(text: str, output: str | None) -> None:
    """Write a result to a file, or to stdout."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--output {output!r} cannot be written: {error.strerror}") from None
