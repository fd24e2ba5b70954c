"""Parses where reading starts: a group's offsets, the beginning, the end, a time, or explicit offsets."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.kafka.offsets import json_checkpoint
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.times import iso, microseconds, parse_time

Kind = Literal["group", "earliest", "latest", "time", "offsets"]

_GROUP_PREFIX = "group:"
_FORMS: dict[str, str] = {
    "group": "group, group:NAME",
    "earliest": "earliest",
    "latest": "latest",
    "time": "a time such as 2026-05-01T00:00:00Z",
    "offsets": 'offsets such as {"topic": {"0": 17}}',
}
_ALL_KINDS = tuple(_FORMS)
#: The kinds that give every partition a start.
START_KINDS = ("group", "earliest", "latest", "time")


class StartPosition(NamedTuple):
    """A place in topics from which to read.

    :param group: consumer group (kind ``group``); empty for the connection's own
    :param time: time of the first message (kind ``time``)
    :param offsets: topic -> partition -> next offset (kind ``offsets``)
    """

    kind: Kind
    group: str = ""
    time: dt.datetime | None = None
    offsets: Checkpoint | None = None

    @property
    def milliseconds(self) -> int:
        """The time in milliseconds since 1970, rounded up so that no earlier message is included."""
        assert self.time is not None
        return -(-microseconds(self.time) // 1000)

    def __str__(self) -> str:
        """Return the text that :func:`parse_start` reads."""
        if self.time is not None:
            return iso(self.time)
        if self.offsets is not None:
            return json.dumps(self.offsets)
        return f"{_GROUP_PREFIX}{self.group}" if self.group else self.kind


#: The committed offsets of the connection's own group; a partition without one starts at ``auto.offset.reset``.
OWN_GROUP = StartPosition("group")
EARLIEST = StartPosition("earliest")
_WORDS: dict[str, StartPosition] = {start.kind: start for start in (OWN_GROUP, EARLIEST, StartPosition("latest"))}


def parse_start(value: object, setting: str, kinds: Collection[str] = _ALL_KINDS) -> StartPosition | None:
    """Parse a start position given by a user.

    :param value: text, a time, or a mapping of offsets; a template may also have rendered ``None`` as text
    :param setting: name of the parameter or option, for the error
    :param kinds: accepted kinds; default: all
    :return: ``None`` for an empty value
    :raises ConfigError: if the value is not of an accepted kind
    """
    text = value.strip() if isinstance(value, str) else value
    if text in (None, "", "None"):
        return None
    try:
        start = _parse(text)
    except (ValueError, OverflowError):
        start = None
    if start is None or start.kind not in kinds:
        forms = [_FORMS[kind] for kind in _ALL_KINDS if kind in kinds]
        choice = "one of: " if len(forms) > 1 else ""
        raise ConfigError(f"{setting} is {value!r}; give {choice}{', '.join(forms)}")
    return start


def _parse(value: object) -> StartPosition | None:
    if isinstance(value, StartPosition):
        return value
    if isinstance(value, dt.datetime):
        return StartPosition("time", time=value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc))
    if isinstance(value, Mapping):
        return StartPosition("offsets", offsets=_parse_offsets(value))
    return _parse_text(value) if isinstance(value, str) else None


def _parse_text(text: str) -> StartPosition:
    if (word := _WORDS.get(text)) is not None:
        return word
    if text.startswith(_GROUP_PREFIX) and text != _GROUP_PREFIX:
        return StartPosition("group", group=text.removeprefix(_GROUP_PREFIX))
    if text.startswith("{"):
        return StartPosition("offsets", offsets=_parse_offsets(json.loads(text)))
    return StartPosition("time", time=parse_time(text))


def _parse_offsets(value: Mapping[Any, Any]) -> Checkpoint:
    if not value or not all(isinstance(partitions, Mapping) and partitions for partitions in value.values()):
        raise ValueError("not topic -> partition -> offset")
    offsets = json_checkpoint(value)
    for partitions in offsets.values():
        for partition, offset in partitions.items():
            if not partition.isdecimal() or type(offset) is not int or offset < 0:
                raise ValueError("partitions and offsets are numbers, not below 0")
    return offsets
