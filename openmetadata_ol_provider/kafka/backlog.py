"""Computes over one connection the messages after a checkpoint or of a span of time, and start positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError, DataLossError, KafkaError
from openmetadata_ol_provider.kafka.cluster import ClusterQuery, PartitionFilter, PartitionKey
from openmetadata_ol_provider.kafka.offsets import (
    Backlog,
    GroupOffset,
    PartitionBacklog,
    partition_backlog,
    stored_position,
)
from openmetadata_ol_provider.kafka.settings import DEFAULT_GROUP
from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, StartPosition
from openmetadata_ol_provider.kafka.topic_ids import recreated_topics
from openmetadata_ol_provider.openlineage.positions import Checkpoint

#: The offset of a time that is later than every message; no partition reaches it.
_BEYOND = 2**63 - 1


class PartitionStatus(NamedTuple):
    """The offsets of one partition, for display.

    :param low: first retained offset
    :param high: offset after the last message
    :param committed: the group's next offset, ``None`` when it has committed none
    """

    topic: str
    partition: int
    low: int
    high: int
    committed: int | None


class BacklogQuery(ClusterQuery):
    """Computes what is to be read; every method raises the errors of :class:`ClusterQuery`."""

    def backlog(
        self,
        topics: Sequence[str],
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        start: StartPosition = OWN_GROUP,
        partition_filter: PartitionFilter | None = None,
        *,
        topic_ids: Mapping[str, str] | None = None,
    ) -> Backlog:
        """Return what is still to be read.

        :param topics: names, or regular expressions when they start with ``^``
        :param checkpoint: topic -> partition -> next offset
        :param exclude: topics that a regular expression must not match
        :param start: start of partitions that the checkpoint does not name
        :param partition_filter: the partitions to include; default: all
        :param topic_ids: id of each topic when the checkpoint was stored, as far as it is known: a topic that has
            another one by now was recreated; default: the cluster is not asked for ids
        :raises UnknownTopicError: if a topic does not exist or nothing matches a pattern
        :raises KafkaError: also if ``auto.offset.reset`` is ``error`` and a position is missing or out of range
        :raises ConfigError: also if a group is named that has committed nothing, and there is no checkpoint at all
        """
        keys = self.partitions(topics, exclude, partition_filter)
        unread = [key for key in keys if stored_position(checkpoint, *key) is None]
        committed: dict[PartitionKey, GroupOffset] = {}
        times: dict[PartitionKey, int] = {}
        if start.kind == "group":
            committed = self._committed_starts(unread, start, topics, checkpoint)
        elif start.kind == "time":
            times = {**dict.fromkeys(unread, _BEYOND), **self.offsets_at(unread, start.milliseconds)}
        reset_policy = self._settings.reset_policy
        policy = start.kind if start.kind in ("earliest", "latest") else reset_policy
        current = {} if topic_ids is None else self.topic_ids({topic for topic, _ in keys})
        recreated = recreated_topics(topic_ids or {}, current)
        # After the ids: a topic that is recreated in between is noticed by the next task.
        watermarks = self.watermarks(keys)
        backlog = Backlog(
            tuple(
                partition_backlog(
                    *key,
                    watermarks[key],
                    checkpoint=checkpoint,
                    committed=committed.get(key),
                    at_time=times.get(key),
                    policy=policy,
                    topic_id=current.get(key[0], ""),
                    recreated=key[0] in recreated,
                )
                for key in keys
            )
        )
        if reset_policy == "error":
            self._refuse_resets(backlog, {key: item.offset for key, item in committed.items()}, start)
        return backlog

    def _committed_starts(
        self, unread: Sequence[PartitionKey], start: StartPosition, topics: Sequence[str], checkpoint: Checkpoint
    ) -> dict[PartitionKey, GroupOffset]:
        """Return what the group of a start position has committed for partitions that the checkpoint does not name."""
        committed = self.committed(unread, start.group)
        if committed or any(checkpoint.values()):
            return committed
        if start.group:
            # Any other start would leave a gap or repeat events, which naming a group is meant to avoid.
            raise self._nothing_committed(start, topics)
        return {} if self._settings.names_group else self._committed_before(unread)

    def window(
        self,
        topics: Sequence[str],
        start: StartPosition,
        end: StartPosition | None,
        checkpoint: Checkpoint,
        exclude: Sequence[str] = (),
        *,
        partition_filter: PartitionFilter | None = None,
    ) -> Backlog:
        """Return the messages of a span of time, including those that were read before.

        :param start: time of the first message to read
        :param end: time from which messages are not read any more; ``None``: read up to the end
        :param checkpoint: checkpoint that the batches continue; it does not affect what is read
        """
        keys = self.partitions(topics, exclude, partition_filter)
        starts = self.offsets_at(keys, start.milliseconds)
        ends = {} if end is None else self.offsets_at(keys, end.milliseconds)
        partitions = []
        for key, (low, high) in self.watermarks(keys).items():
            last = min(ends.get(key, high), high)
            first = min(max(starts.get(key, last), low), last)
            stored = stored_position(checkpoint, *key)
            partitions.append(PartitionBacklog(*key, low, last, stored, first, origin="time"))
        return Backlog(tuple(partitions))

    def positions(
        self,
        topics: Sequence[str],
        start: StartPosition,
        exclude: Sequence[str] = (),
        partition_filter: PartitionFilter | None = None,
    ) -> dict[str, dict[str, int]]:
        """Return the offsets of a start position, in the form of a checkpoint.

        Partitions for which a group has committed nothing, or that given offsets do not name, are left out.

        :raises ConfigError: if a given offset is not within the retained ones, or the group has committed none
        """
        keys = self.partitions(topics, exclude, partition_filter)
        offsets: dict[PartitionKey, int] = {}
        if start.kind == "group":
            committed = self.committed(keys, start.group)
            if not committed and not start.group and not self._settings.names_group:
                committed = self._committed_before(keys)
            offsets = {key: item.offset for key, item in committed.items()}
            if not offsets:
                raise self._nothing_committed(start, topics)
        elif start.kind == "offsets":
            offsets = self._checked_offsets(keys, start.offsets or {})
        else:
            times = self.offsets_at(keys, start.milliseconds) if start.kind == "time" else {}
            for key, (low, high) in self.watermarks(keys).items():
                offsets[key] = low if start.kind == "earliest" else times.get(key, high)
        result: dict[str, dict[str, int]] = {}
        for (topic, partition), offset in sorted(offsets.items()):
            result.setdefault(topic, {})[str(partition)] = offset
        return result

    def partition_statuses(self, topics: Sequence[str], exclude: Sequence[str] = ()) -> list[PartitionStatus]:
        """Return the offsets of all partitions, sorted."""
        keys = self.partitions(topics, exclude)
        committed = {key: item.offset for key, item in self.committed(keys).items()}
        return [PartitionStatus(*key, *ends, committed.get(key)) for key, ends in self.watermarks(keys).items()]

    def _committed_before(self, keys: Sequence[PartitionKey]) -> dict[PartitionKey, GroupOffset]:
        """Return the offsets that earlier versions committed, when all DAGs had one group; without rights: none."""
        try:
            committed = self.committed(keys, DEFAULT_GROUP)
        except ConfigError:
            return {}
        return {key: item for key, item in committed.items() if not item.owner}

    def _nothing_committed(self, start: StartPosition, topics: Sequence[str]) -> ConfigError:
        what = f"group {start.group or self._settings.group!r} has committed no offsets of {', '.join(topics)}"
        return ConfigError(self._settings.describe(what, "correct the group's name, or choose another start"))

    def _checked_offsets(self, keys: Sequence[PartitionKey], offsets: Checkpoint) -> dict[PartitionKey, int]:
        checked = {}
        watermarks = self.watermarks(keys)
        for topic, partitions in offsets.items():
            for partition, offset in partitions.items():
                key = (topic, int(partition))
                where = f"topic {topic!r}, partition {partition}"
                if key not in watermarks:
                    raise ConfigError(self._settings.describe(f"there is no {where}", "correct the offsets"))
                low, high = watermarks[key]
                if not low <= offset <= high:
                    what = f"{where}: offset {offset} is not within the retained offsets {low} to {high}"
                    raise ConfigError(self._settings.describe(what, "give one within them"))
                checked[key] = offset
        return checked

    def _refuse_resets(self, backlog: Backlog, committed: dict[PartitionKey, int], start: StartPosition) -> None:
        for item in backlog.partitions:
            position = committed.get((item.topic, item.partition)) if item.checkpoint is None else item.checkpoint
            missing = position is None and start.kind == "group"
            if missing or item.lost or item.reset:
                why = f"is not within the retained offsets {item.low} to {item.high}"
                what = (
                    f"topic {item.topic!r}, partition {item.partition}: position {position} "
                    f"{'is of a deleted topic of the same name' if item.recreated else why} and auto.offset.reset is "
                    "error"
                )
                remedy = "set a checkpoint within them, or auto.offset.reset to earliest"
                error = KafkaError if missing else DataLossError
                raise error(self._settings.describe(what, remedy))
