"""Offsets that were deleted before they were read: counted, logged, and refused on request."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import DataLossError
from openmetadata_ol_provider.kafka.data_loss import DataLossPolicy, parse_on_data_loss
from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from tests.kafka.fixtures import values

BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 10_000_000, "max_duration": 20}


def test_offsets_deleted_by_retention_are_counted_and_loud(
    hook: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    # The mock broker retains about 5 MB a partition.
    produce("single", 0, *[b"x" * 1_000_000] * 12)
    backlog = hook.backlog(["single"], {"single": {"0": 2}})
    low = backlog.partitions[0].low
    assert low > 2
    with caplog.at_level(logging.WARNING):
        result = hook.read(backlog, **BOUNDS)
    assert result.ranges[0] == OffsetRange("single", 0, 2, low, result.ranges[0].end, lost=low - 2)
    assert f"{low - 2} offsets are LOST" in caplog.text


def test_a_loss_is_counted_once_in_a_session(hook: Any, produce: Any) -> None:
    produce("single", 0, *[b"x" * 1_000_000] * 12)
    backlog = hook.backlog(["single"], {"single": {"0": 2}})
    with hook.reader(backlog) as reader:
        ranges = [result.ranges[0] for result in reader.batches(**{**BOUNDS, "max_messages": 1})]
    assert [item.lost for item in ranges] == [backlog.lost, *[0] * (len(ranges) - 1)]
    assert len(ranges) > 1
    assert (ranges[0].checkpoint, ranges[-1].end) == (2, 12)


def test_offsets_deleted_while_reading_are_counted_and_loud(
    hook: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    produce("single", 0, b"first", b"second")
    backlog = hook.backlog(["single"], {"single": {"0": 0}})
    produce("single", 0, *[b"x" * 1_000_000] * 12)
    with caplog.at_level(logging.WARNING):
        result = hook.read(backlog, **BOUNDS)
    assert result == ([], (OffsetRange("single", 0, 0, 0, 2, lost=2),), False)
    assert "2 offsets are LOST" in caplog.text


def test_a_checkpoint_beyond_the_end_starts_over_loudly(
    hook: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    produce("single", 0, *values(0, 1))
    with caplog.at_level(logging.WARNING):
        result = hook.read(hook.backlog(["single"], {"single": {"0": 100}}), **BOUNDS)
    assert result.ranges == (OffsetRange("single", 0, 100, 0, 2, reset=True),)
    assert "recreated or truncated" in caplog.text


def test_with_fail_what_was_read_before_a_loss_is_handed_out_first(broker: Any, connect: Any, produce: Any) -> None:
    # As little as can be is fetched ahead.
    hook = connect(broker.bootstrap, {"queued.max.messages.kbytes": 1, "fetch.message.max.bytes": 1000})
    for number in range(9):
        # One by one: what is sent together is fetched together.
        produce("single", 0, b"%d" % number * 100_000)
    backlog = hook.backlog(["single"], {"single": {"0": 0}})
    with hook.reader(backlog, DataLossPolicy("fail", "the_key")) as reader:
        first = reader.read(**{**BOUNDS, "max_messages": 1})
        produce("single", 0, *[b"x" * 1_000_000] * 12)
        position = first.ranges[0].end
        with pytest.raises(DataLossError) as failure:  # noqa: PT012 - the read that fails is a later one
            while True:
                result = reader.read(**{**BOUNDS, "max_messages": 1})
                assert (len(result.messages), result.ranges[0].start, result.more) == (1, position, True)
                position = result.ranges[0].end
    assert position < 9
    assert f"(position {position}, first retained" in str(failure.value)
    assert f"--state-key the_key --lanes 1 --offset single:0={hook.backlog(['single'], {}).partitions[0].low}" in str(
        failure.value
    )


def test_with_fail_a_backlog_with_a_loss_is_not_read(hook: Any, produce: Any) -> None:
    produce("events", 1, *[b"x" * 1_000_000] * 12)
    with pytest.raises(DataLossError, match=r"on_data_loss is fail, and events are lost \(\d+ offsets\)"):
        hook.read(hook.backlog(["events"], {"events": {"1": 2}}), **BOUNDS, on_loss=DataLossPolicy("fail"))


def test_an_error_about_many_partitions_names_ten_of_them(connect: Any) -> None:
    lost = [PartitionBacklog("t", number, 7, 9, 5, 7, lost=2) for number in range(12)]
    with pytest.raises(DataLossError) as failure:
        DataLossPolicy("fail", "key").check(connect("nowhere:1").settings, Backlog(tuple(lost)))
    message = str(failure.value)
    assert "events are lost (24 offsets)" in message
    assert message.count("2 offsets are LOST") == 10
    assert "and 2 more partitions" in message
    assert "openmetadata-ol checkpoint" not in message


@pytest.mark.parametrize(
    ("value", "expected"), [(" Fail ", "fail"), ("continue", "continue"), ("", None), (None, None)]
)
def test_a_policy_is_read_from_text(value: Any, expected: Any) -> None:
    assert parse_on_data_loss(value, "on_data_loss") == expected
