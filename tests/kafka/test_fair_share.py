"""What is held of partitions that are ahead of the others is limited, also while one of them does not answer."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.kafka.fair_share import Room, has_fair_part, take_in_turn
from openmetadata_ol_provider.kafka.messages import RawMessage
from openmetadata_ol_provider.kafka.offsets import PartitionBacklog
from openmetadata_ol_provider.kafka.partition_progress import PartitionProgress

ROOM = Room(messages=1000, bytes=100_000, part_bytes=1000)


def partitions(count: int) -> list[PartitionProgress]:
    return [
        PartitionProgress(PartitionBacklog("events", number, checkpoint=0, start=0, low=0, high=1000))
        for number in range(count)
    ]


def fetch(partition: PartitionProgress, size: int = 100) -> None:
    partition.add(RawMessage("events", partition.backlog.partition, partition.fetched, 0, None, b"x" * size))


@pytest.mark.parametrize("fetch_bytes", [100, 500, 2000])
def test_others_read_ahead_only_so_far_while_one_partition_does_not_answer(fetch_bytes: int) -> None:
    silent, *others = partitions(4)
    held = 0
    for _ in range(50):
        while not has_fair_part([silent, *others], ROOM, fetch_bytes):
            for partition in others:
                fetch(partition)
        held = max(held, sum(partition.size for partition in others))
        assert take_in_turn([silent, *others], ROOM)
    assert held <= 2 * ROOM.part_bytes + 4 * fetch_bytes + 300


def test_a_part_is_complete_when_each_partition_has_its_share() -> None:
    one, other = partitions(2)
    while not has_fair_part([one, other], ROOM, 1000):
        fetch(one)
        fetch(other)
    assert (one.size, other.size) == (500, 500)
