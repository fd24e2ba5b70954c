"""Where to begin, as users say it: a group's offsets, the beginning, the end, a time, or offsets. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.kafka.offsets import Checkpoint, json_checkpoint
from openmetadata_ol_provider.openlineage.times import iso, microseconds, parse_time

Kind = Literal["group", "earliest", "latest", "time", "offsets"]

_GROUP = "group:"
_FORMS: dict[str, str] = {
    "group": "group, group:NAME",
    "earliest": "earliest",
    "latest": "latest",
    "time": "a time such as 2026-05-01T00:00:00Z",
    "offsets": 'offsets such as {"topic": {"0": 17}}',
}
_EVERYTHING = tuple(_FORMS)
#: The kinds that say where all partitions begin.
STARTS = ("group", "earliest", "latest", "time")


class StartPoint(NamedTuple):
    """One of the ways to say where to begin.

    :param group: of kind ``group``: the consumer group; empty for the connection's own
    :param time: of kind ``time``
    :param offsets: of kind ``offsets``: topic -> partition -> next offset
    """

    kind: Kind
    group: str = ""
    time: dt.datetime | None = None
    offsets: Checkpoint | None = None

    @property
    def milliseconds(self) -> int:
        """The time in milliseconds since 1970, rounded up: a message of that time or later is meant."""
        assert self.time is not None
        return -(-microseconds(self.time) // 1000)

    def __str__(self) -> str:
        """Return it as :func:`parse_start` takes it."""
        if self.time is not None:
            return iso(self.time)
        if self.offsets is not None:
            return json.dumps(self.offsets)
        return f"{_GROUP}{self.group}" if self.group else self.kind


#: Where the connection's own group stands; without a position there, ``auto.offset.reset`` decides.
OWN_GROUP = StartPoint("group")
EARLIEST = StartPoint("earliest")
_WORDS: dict[str, StartPoint] = {point.kind: point for point in (OWN_GROUP, EARLIEST, StartPoint("latest"))}


def parse_start(value: object, setting: str, kinds: Collection[str] = _EVERYTHING) -> StartPoint | None:
    """Read what a user gave.

    :param value: text, a time, or offsets as a mapping; a template may also have made ``None`` of nothing
    :param setting: the parameter's or option's name, for the error
    :param kinds: which kinds make sense there
    :return: ``None`` for nothing
    :raises ConfigError: if it is none of these
    """
    text = value.strip() if isinstance(value, str) else value
    if text in (None, "", "None"):
        return None
    try:
        found = _read(text)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.kind not in kinds:
        forms = ", ".join(_FORMS[kind] for kind in _EVERYTHING if kind in kinds)
        raise ConfigError(f"{setting} is {value!r}; give one of: {forms}")
    return found


def _read(value: object) -> StartPoint | None:
    if isinstance(value, StartPoint):
        return value
    if isinstance(value, dt.datetime):
        return StartPoint("time", time=value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc))
    if isinstance(value, Mapping):
        return StartPoint("offsets", offsets=_offsets(value))
    return _read_text(value) if isinstance(value, str) else None


def _read_text(text: str) -> StartPoint:
    if (word := _WORDS.get(text)) is not None:
        return word
    if text.startswith(_GROUP) and text != _GROUP:
        return StartPoint("group", group=text.removeprefix(_GROUP))
    if text.startswith("{"):
        return StartPoint("offsets", offsets=_offsets(json.loads(text)))
    return StartPoint("time", time=parse_time(text))


def _offsets(value: Mapping[Any, Any]) -> Checkpoint:
    if not value or not all(isinstance(partitions, Mapping) and partitions for partitions in value.values()):
        raise ValueError("not topic -> partition -> offset")
    found = json_checkpoint(value)
    for partitions in found.values():
        for partition, offset in partitions.items():
            if not partition.isdecimal() or type(offset) is not int or offset < 0:
                raise ValueError("partitions and offsets are numbers, not below 0")
    return found
