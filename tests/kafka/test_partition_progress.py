"""Ranges over the gaps that compaction and transactions leave, which the mock broker does not have: pure."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.kafka.messages import RawMessage
from openmetadata_ol_provider.kafka.offsets import PartitionBacklog
from openmetadata_ol_provider.kafka.partition_progress import PartitionProgress
from openmetadata_ol_provider.openlineage.positions import OffsetRange


@pytest.fixture
def progress() -> PartitionProgress:
    return PartitionProgress(PartitionBacklog("t", 0, 0, 10, 2, 2))


def message(offset: int) -> RawMessage:
    return RawMessage("t", 0, offset, value=b"12345")


def test_a_gap_at_the_end_is_covered_once_the_partition_has_ended(progress: PartitionProgress) -> None:
    progress.add(message(4))
    assert not progress.finished
    progress.mark_end(10)
    assert progress.finished
    assert progress.pop().offset == 4
    assert progress.close_range() == OffsetRange("t", 0, 2, 2, 10)


def test_a_message_past_the_end_ends_the_partition_and_is_left(progress: PartitionProgress) -> None:
    progress.add(message(4))
    progress.add(message(12))
    assert progress.finished
    assert [item.offset for item in progress.buffer] == [4]
    progress.pop()
    assert progress.close_range() == OffsetRange("t", 0, 2, 2, 10)


def test_with_messages_left_the_range_ends_after_the_last_one_handed_out(progress: PartitionProgress) -> None:
    for offset in (3, 6, 8):
        progress.add(message(offset))
    progress.mark_end(10)
    progress.pop()
    assert progress.close_range() == OffsetRange("t", 0, 2, 2, 4)
    assert progress.close_range() is None
    progress.pop()
    progress.pop()
    assert progress.close_range() == OffsetRange("t", 0, 4, 4, 10)


def test_a_partition_of_gaps_only_moves_the_checkpoint(progress: PartitionProgress) -> None:
    progress.mark_end(11)
    assert progress.close_range() == OffsetRange("t", 0, 2, 2, 10)


def test_an_end_that_moved_back_is_where_reading_stops(progress: PartitionProgress) -> None:
    progress.add(message(2))
    progress.mark_end(3)
    assert progress.finished
    progress.pop()
    assert progress.close_range() == OffsetRange("t", 0, 2, 2, 3)


def test_a_message_that_comes_twice_is_taken_once(progress: PartitionProgress) -> None:
    progress.add(message(4))
    progress.add(message(4))
    assert (len(progress.buffer), progress.size) == (1, 5)


def test_a_recreated_topic_that_is_as_long_as_the_deleted_one_is_covered_once() -> None:
    recreated = PartitionProgress(PartitionBacklog("t", 0, 0, 2, 2, 0, reset=True, topic_id="new", recreated=True))
    for offset in range(2):
        recreated.add(message(offset))
    recreated.pop()
    recreated.pop()
    covered = OffsetRange("t", 0, 2, 0, 2, reset=True, topic_id="new", recreated=True)
    assert recreated.close_range() == covered
    assert recreated.close_range() is None
