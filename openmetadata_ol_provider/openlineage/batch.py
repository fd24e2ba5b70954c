"""Defines the event batch, which the consume step passes to the translate step."""

from __future__ import annotations

from typing import Any

import msgspec

from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.serialization import convert, pack, to_builtins, unpack

BATCH_VERSION = 1


class BatchOrigin(msgspec.Struct, frozen=True):
    """The source of a batch and the checkpoint that it moves; passed on from consume to publish.

    :param state_key: Variable with the checkpoint, of the lane if there are lanes
    :param lanes: number of lanes
    :param group: consumer group for lag monitoring if the connection sets no ``group.id``
    :param owner: state key without the lane, which commits name as the group's owner
    """

    state_key: str
    kafka_config_id: str
    ranges: tuple[OffsetRange, ...] = ()
    lanes: int = 1
    group: str = ""
    owner: str = ""

    @property
    def ends(self) -> dict[str, dict[int, int]]:
        """The end of each range, topic -> partition -> next offset."""
        ends: dict[str, dict[int, int]] = {}
        for item in self.ranges:
            ends.setdefault(item.topic, {})[item.partition] = item.end
        return ends


class EventBatch(msgspec.Struct, frozen=True):
    """Events of one read, decoded and reduced to the facets that are used.

    :param dead_letters: number of messages that went to the dead-letter topic
    :param skipped: number of malformed messages that were skipped because ``dead_letter_topic`` is ``none``
    :param more: whether more events were waiting when the batch was full
    :param replayed: runs whose COMPLETE event was read before: namespace and name of the job, id of the run
    """

    origin: BatchOrigin
    events: tuple[Event, ...] = ()
    dead_letters: int = 0
    skipped: int = 0
    more: bool = False
    problems: tuple[Problem, ...] = ()
    replayed: tuple[tuple[str, str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the batch as plain JSON values, its events packed."""
        return {
            **({"replayed": to_builtins(self.replayed)} if self.replayed else {}),
            "version": BATCH_VERSION,
            "origin": to_builtins(self.origin),
            "count": len(self.events),
            "dead_letters": self.dead_letters,
            "skipped": self.skipped,
            "more": self.more,
            "problems": to_builtins(self.problems),
            "events": pack(self.events),
        }

    @classmethod
    def from_dict(cls, batch: dict[str, Any]) -> EventBatch:
        """Rebuild a batch from :meth:`to_dict`.

        :raises ValueError: if it is not a batch, damaged, or of another version
        """
        version = batch.get("version") if isinstance(batch, dict) else None
        if version != BATCH_VERSION:
            raise ValueError(f"event batch version {version!r} is not supported (supported: {BATCH_VERSION})")
        try:
            return cls(
                origin=convert(batch["origin"], BatchOrigin),
                events=unpack(batch["events"], tuple[Event, ...]),
                dead_letters=batch["dead_letters"],
                skipped=batch["skipped"],
                more=batch["more"],
                problems=convert(batch["problems"], tuple[Problem, ...]),
                replayed=convert(batch.get("replayed", ()), tuple[tuple[str, str, str], ...]),
            )
        except KeyError as error:
            raise ValueError(f"damaged: the event batch has no {error}") from None
