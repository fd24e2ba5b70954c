"""A batch in parts: together they are what one read gives, and of the messages only those of a part are in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import DataLossError
from openmetadata_ol_provider.kafka.data_loss import DataLossPolicy
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.openlineage.positions import OffsetRange, joined_ranges

BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 10_000_000, "max_duration": 20}


def sizes(parts: Iterable[ReadResult]) -> list[list[int]]:
    return [[len(message.value or b"") for message in part.messages] for part in parts]


def test_parts_are_of_bounded_size_and_join_to_one_batch(hook: Any, produce: Any) -> None:
    for partition in range(3):
        produce("events", partition, *[b"x" * 100] * (10 * (partition + 1)))
    with hook.reader(hook.backlog(["events"], {})) as reader:
        parts = list(reader.parts(**BOUNDS, part_bytes=1000))
        assert reader.read(**BOUNDS) == ([], (), False)
    assert [size for part in sizes(parts) for size in part] == [100] * 60
    assert max(map(sum, sizes(parts))) <= 1000
    assert joined_ranges(item for part in parts for item in part.ranges) == tuple(
        OffsetRange("events", partition, None, 0, 10 * (partition + 1)) for partition in range(3)
    )
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]


@pytest.mark.parametrize(
    "limits",
    [{"max_messages": 5}, {"max_bytes": 500}, {"max_bytes": 550}],
    ids=["messages", "bytes", "bytes that leave a rest"],
)
def test_the_limits_are_those_of_all_parts_together(hook: Any, produce: Any, limits: dict[str, int]) -> None:
    produce("single", 0, *[b"x" * 100] * 20)
    with hook.reader(hook.backlog(["single"], {})) as reader:
        for _ in range(2):
            parts = [part for part in sizes(reader.parts(**{**BOUNDS, **limits}, part_bytes=200)) if part]
            assert parts == [[100, 100], [100, 100], [100]]


def test_a_message_larger_than_a_part_is_one_and_one_larger_than_a_batch_is_one(hook: Any, produce: Any) -> None:
    produce("single", 0, *(b"x" * size for size in (100, 400, 100, 900, 100)))
    found, more = [], True
    with hook.reader(hook.backlog(["single"], {})) as reader:
        while more:
            parts = list(reader.parts(**{**BOUNDS, "max_bytes": 700}, part_bytes=200))
            found.append([part for part in sizes(parts) if part])
            more = parts[-1].more
    assert found == [[[100], [400], [100]], [[900]], [[100]]]


def test_a_loss_between_two_parts_does_not_take_those_before_it(broker: Any, connect: Any, produce: Any) -> None:
    # As little as can be is fetched ahead.
    hook = connect(broker.bootstrap, {"queued.max.messages.kbytes": 1, "fetch.message.max.bytes": 1000})
    for number in range(9):
        produce("single", 0, b"%d" % number * 100_000)
    backlog = hook.backlog(["single"], {"single": {"0": 0}})
    with hook.reader(backlog, DataLossPolicy("fail", "the_key")) as reader:
        batch = reader.parts(**BOUNDS, part_bytes=100_000)
        first = next(batch)
        produce("single", 0, *[b"x" * 1_000_000] * 12)
        ranges = [item for part in (first, *batch) for item in part.ranges]
        assert joined_ranges(ranges)[0].end < 9
        with pytest.raises(DataLossError):  # noqa: PT012 - the read that fails may be a later one
            while True:
                reader.read(**BOUNDS)


def test_ranges_of_one_partition_become_one() -> None:
    ranges = (
        OffsetRange("b", 0, 5, 7, 9, lost=2),
        OffsetRange("a", 1, None, 0, 3, reset=True),
        OffsetRange("b", 0, 9, 9, 12, lost=1),
        OffsetRange("a", 1, 3, 3, 4),
    )
    assert joined_ranges(ranges) == (
        OffsetRange("a", 1, None, 0, 4, reset=True),
        OffsetRange("b", 0, 5, 7, 12, lost=3),
    )


@pytest.mark.parametrize("extra", [{}, {"message.max.bytes": 4_000_000}, {"fetch.max.bytes": 1_000_000}])
def test_a_message_larger_than_a_response_may_be_is_read(
    broker: Any, connect: Any, produce: Any, extra: dict[str, Any]
) -> None:
    large = 2_300_000
    produce("single", 0, b"x" * 100, b"x" * large, b"x" * 100)
    hook = connect(broker.bootstrap, extra)
    with hook.reader(hook.backlog(["single"], {})) as reader:
        assert sizes([reader.read(**BOUNDS)]) == [[100, large, 100]]
