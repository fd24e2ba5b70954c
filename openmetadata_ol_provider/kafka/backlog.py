"""What is still to be read of some topics, what a span of time holds, and where a start lies in offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError, DataLossError, KafkaError
from openmetadata_ol_provider.kafka.cluster import ClusterQuery, Place
from openmetadata_ol_provider.kafka.offsets import (
    Backlog,
    Checkpoint,
    PartitionBacklog,
    place,
    position_of,
)
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPoint

#: An offset that no partition reaches: where a time lies that is later than every message.
_BEYOND = 2**63 - 1


class Standing(NamedTuple):
    """How one partition stands: first retained offset, one past the last, and the group's (``None``: none)."""

    topic: str
    partition: int
    low: int
    high: int
    committed: int | None


class BacklogQuery(ClusterQuery):
    """Works out, over one connection, what is to be read. All raise what the questions of :class:`ClusterQuery` do."""

    def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPoint = OWN_GROUP,
        takes: Callable[[str, int], bool] | None = None,
    ) -> Backlog:
        """Return what is still to be read.

        :param topics: names, or regular expressions when they start with ``^``
        :param checkpoint: topic -> partition -> next offset
        :param exclude: topics that a regular expression shall not match
        :param start: where partitions start that the checkpoint does not name
        :param takes: tells which partitions (topic, number) are asked about; all, if it is not given
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        :raises KafkaError: also if ``auto.offset.reset`` is ``error`` and a position is missing or out of range
        :raises ConfigError: also if a group is named that has committed nothing, and there is no checkpoint at all
        """
        places = self.partitions(topics, exclude, takes)
        unknown = [item for item in places if position_of(checkpoint, *item) is None]
        committed, times = {}, {}
        if start.kind == "group":
            committed = self.committed(unknown, start.group)
            if start.group and not committed and not any(checkpoint.values()):
                # Beginning elsewhere would be a gap or a repeat, which naming a group is to avoid.
                raise self._uncommitted(start, topics)
        elif start.kind == "time":
            times = {**dict.fromkeys(unknown, _BEYOND), **self.at_time(unknown, start.milliseconds)}
        policy = self._settings.reset_policy
        initial = start.kind if start.kind in ("earliest", "latest") else policy
        watermarks = self.watermarks(places)
        backlog = Backlog(
            tuple(
                place(
                    *item,
                    watermarks[item],
                    checkpoint=checkpoint,
                    committed=committed.get(item),
                    at_time=times.get(item),
                    policy=initial,
                )
                for item in places
            )
        )
        if policy == "error":
            self._refuse_jumps(backlog, committed, start)
        return backlog

    def window(
        self,
        topics: Sequence[str],
        start: StartPoint,
        end: StartPoint | None,
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        *,
        takes: Callable[[str, int], bool] | None = None,
    ) -> Backlog:
        """Return what a span of time holds, whatever was read of it before.

        :param start: of kind ``time``: the first message at or after it is the first to be read
        :param end: of kind ``time``: the first message at or after it is not read any more; ``None``: up to the end
        :param checkpoint: where the checkpoint to be moved stands; it does not decide what is read
        """
        places = self.partitions(topics, exclude, takes)
        starts = self.at_time(places, start.milliseconds)
        ends = {} if end is None else self.at_time(places, end.milliseconds)
        found = []
        for item, (low, high) in self.watermarks(places).items():
            until = min(ends.get(item, high), high)
            begin = min(max(starts.get(item, until), low), until)
            stands = position_of(checkpoint, *item)
            found.append(PartitionBacklog(*item, low, until, stands, begin, origin="time"))
        return Backlog(tuple(found))

    def positions(
        self,
        topics: Sequence[str],
        start: StartPoint,
        exclude: Sequence[str] = (),
        takes: Callable[[str, int], bool] | None = None,
    ) -> dict[str, dict[str, int]]:
        """Return where a start lies, in the form of a checkpoint.

        Partitions are left out of which a group has committed nothing, or that given offsets do not name.

        :raises ConfigError: if a given offset is not within what the partition holds, or the group has committed none
        """
        places = self.partitions(topics, exclude, takes)
        found: dict[Place, int] = {}
        if start.kind == "group":
            found = self.committed(places, start.group)
            if not found:
                raise self._uncommitted(start, topics)
        elif start.kind == "offsets":
            found = self._given(places, start.offsets or {})
        else:
            times = self.at_time(places, start.milliseconds) if start.kind == "time" else {}
            for item, (low, high) in self.watermarks(places).items():
                found[item] = low if start.kind == "earliest" else times.get(item, high)
        result: dict[str, dict[str, int]] = {}
        for (topic, partition), offset in sorted(found.items()):
            result.setdefault(topic, {})[str(partition)] = offset
        return result

    def standings(self, topics: Sequence[str], exclude: Sequence[str] = ()) -> list[Standing]:
        """Return how the partitions stand, sorted."""
        places = self.partitions(topics, exclude)
        committed = self.committed(places)
        return [Standing(*item, *ends, committed.get(item)) for item, ends in self.watermarks(places).items()]

    def _uncommitted(self, start: StartPoint, topics: Sequence[str]) -> ConfigError:
        what = f"group {start.group or self._settings.group!r} has committed no offsets of {', '.join(topics)}"
        return ConfigError(self._settings.describe(what, "correct the group's name, or begin elsewhere"))

    def _given(self, places: Sequence[Place], offsets: Checkpoint) -> dict[Place, int]:
        found = {}
        watermarks = self.watermarks(places)
        for topic, partitions in offsets.items():
            for partition, offset in partitions.items():
                item = (topic, int(partition))
                where = f"topic {topic!r}, partition {partition}"
                if item not in watermarks:
                    raise ConfigError(self._settings.describe(f"there is no {where}", "correct the offsets"))
                low, high = watermarks[item]
                if not low <= offset <= high:
                    what = f"{where}: offset {offset} is not within the retained offsets {low} to {high}"
                    raise ConfigError(self._settings.describe(what, "give one within them"))
                found[item] = offset
        return found

    def _refuse_jumps(self, backlog: Backlog, committed: dict[Place, int], start: StartPoint) -> None:
        for item in backlog.partitions:
            position = committed.get((item.topic, item.partition)) if item.checkpoint is None else item.checkpoint
            missing = position is None and start.kind == "group"
            if missing or item.lost or item.reset:
                what = (
                    f"topic {item.topic!r}, partition {item.partition}: position {position} is not within the retained "
                    f"offsets {item.low} to {item.high} and auto.offset.reset is error"
                )
                remedy = "set a checkpoint within them, or auto.offset.reset to earliest"
                error = KafkaError if missing else DataLossError
                raise error(self._settings.describe(what, remedy))
