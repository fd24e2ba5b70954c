"""Bounded reading, against a broker on a socket."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError
from openmetadata_ol_provider.kafka.messages import RawMessage
from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from tests.kafka.fixtures import values

BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 10_000_000, "max_duration": 20}


FETCH = 1


def test_a_read_gives_messages_and_the_exact_ranges(hook: Any, produce: Any) -> None:
    produce("events", 0, *values(0, 1, 2))
    produce("events", 1, *values(10, 11))
    result = hook.read(hook.backlog(["events"], {"events": {"0": 1}}), **BOUNDS)
    assert Counter((m.partition, m.offset, m.value) for m in result.messages) == Counter(
        [(0, 1, b"1"), (0, 2, b"2"), (1, 0, b"10"), (1, 1, b"11")]
    )
    assert result.ranges == (
        OffsetRange("events", 0, 1, 1, 3),
        OffsetRange("events", 1, None, 0, 2),
        # Empty, but now the checkpoint knows where it stands.
        OffsetRange("events", 2, None, 0, 0),
    )
    assert not result.more


def test_messages_that_arrive_after_the_backlog_was_taken_are_left(hook: Any, produce: Any) -> None:
    produce("single", 0, *values(0, 1))
    backlog = hook.backlog(["single"], {})
    produce("single", 0, *values(2, 3))
    result = hook.read(backlog, **BOUNDS)
    assert [m.value for m in result.messages] == values(0, 1)
    assert (result.ranges[0].end, result.more) == (2, False)


def test_nothing_to_read_is_an_empty_result_at_once(hook: Any, produce: Any) -> None:
    produce("single", 0, *values(0))
    assert hook.read(hook.backlog(["single"], {"single": {0: 1}}), **BOUNDS) == ([], (), False)


def test_the_bound_on_messages_holds_and_the_next_batch_goes_on(hook: Any, produce: Any) -> None:
    produce("single", 0, *values(*range(10)))
    checkpoint: dict[str, dict[str, int]] = {}
    seen = []
    for _ in range(4):
        result = hook.read(hook.backlog(["single"], checkpoint), **{**BOUNDS, "max_messages": 3})
        assert len(result.messages) <= 3
        assert result.ranges[0].checkpoint == checkpoint.get("single", {}).get("0")
        seen += [m.offset for m in result.messages]
        checkpoint = {"single": {"0": result.ranges[0].end}}
    assert seen == list(range(10))
    assert not result.more


def test_the_bound_on_bytes_holds_but_one_message_is_always_read(hook: Any, produce: Any) -> None:
    produce("single", 0, b"x" * 100, b"y" * 100, b"z" * 500)
    with hook.reader(hook.backlog(["single"], {})) as reader:
        sizes = [[len(m.value) for m in result.messages] for result in reader.batches(**{**BOUNDS, "max_bytes": 220})]
    assert sizes == [[100, 100], [500]]


def test_a_range_ends_after_the_last_message_kept(hook: Any, produce: Any) -> None:
    produce("single", 0, b"x" * 100, b"y" * 100, b"z" * 100)
    result = hook.read(hook.backlog(["single"], {}), **{**BOUNDS, "max_bytes": 250})
    assert (result.ranges, result.more) == ((OffsetRange("single", 0, None, 0, 2),), True)


def test_a_full_partition_does_not_starve_the_others(hook: Any, produce: Any) -> None:
    produce("events", 0, *[b"x" * 1000] * 3000)
    produce("events", 1, b"a", b"b")
    produce("events", 2, *[b"y" * 1000] * 3000)
    result = hook.read(hook.backlog(["events"], {}), **{**BOUNDS, "max_messages": 100})
    share = Counter(m.partition for m in result.messages)
    # Each gives a third or all it has; what is over comes from whichever was faster.
    assert (share.total(), share[1]) == (100, 2)
    assert min(share[0], share[2]) >= 34
    assert {item.partition: item.end for item in result.ranges} == share


def test_the_oldest_comes_first_when_there_is_room_for_one_only(hook: Any, produce: Any) -> None:
    produce("events", 2, b"oldest", timestamp=1_700_000_000_000)
    for partition in (0, 1):
        produce("events", partition, b"newer", timestamp=1_700_000_000_001)
    result = hook.read(hook.backlog(["events"], {}), **{**BOUNDS, "max_messages": 1})
    assert [m.partition for m in result.messages] == [2]
    assert {item.partition: (item.start, item.end) for item in result.ranges} == {0: (0, 0), 1: (0, 0), 2: (0, 1)}


def test_a_session_reads_everything_once_and_its_ranges_join(hook: Any, produce: Any) -> None:
    for partition in range(3):
        produce("events", partition, *values(*range(50 * (partition + 1))))
    checkpoint: dict[int, int | None] = {0: None, 1: None, 2: None}
    seen: Counter[tuple[int, int]] = Counter()
    with hook.reader(hook.backlog(["events"], {})) as reader:
        for result in reader.batches(**{**BOUNDS, "max_messages": 70}):
            for item in result.ranges:
                assert item.checkpoint == checkpoint[item.partition]
                assert item.start == (item.checkpoint or 0)
                checkpoint[item.partition] = item.end
            seen.update((m.partition, m.offset) for m in result.messages)
        assert reader.read(**BOUNDS) == ([], (), False)
    assert checkpoint == {0: 50, 1: 100, 2: 150}
    assert seen == Counter((partition, offset) for partition in range(3) for offset in range(50 * (partition + 1)))


def test_key_value_headers_and_tombstones_arrive_untouched(hook: Any, produce: Any) -> None:
    headers = [("trace", b"1"), ("trace", None), ("empty", b"")]
    produce("single", 0, b"\x00\xff", key=b"run:1", headers=headers)
    produce("single", 0, None, key=b"run:1")
    first, second = hook.read(hook.backlog(["single"], {}), **BOUNDS).messages
    assert (first.key, first.value, list(first.headers)) == (b"run:1", b"\x00\xff", headers)
    assert (second.key, second.value, second.headers) == (b"run:1", None, ())
    assert isinstance(first, RawMessage)
    assert first.timestamp_ms is not None
    assert first.timestamp_ms > 1_600_000_000_000


def test_a_message_of_five_megabytes_is_read_whatever_the_bound(hook: Any, produce: Any) -> None:
    value = b"0123456789" * 480_000
    produce("single", 0, value)
    result = hook.read(hook.backlog(["single"], {}), **{**BOUNDS, "max_bytes": 1000})
    assert [m.value for m in result.messages] == [value]


def test_a_partition_that_ends_before_the_known_end_is_read_as_far_as_it_goes(hook: Any, produce: Any) -> None:
    produce("single", 0, *values(0, 1))
    backlog = Backlog((PartitionBacklog("single", 0, 0, 9, 0, 0),))
    result = hook.read(backlog, **BOUNDS)
    assert [m.value for m in result.messages] == values(0, 1)
    assert (result.ranges[0].end, result.more) == (2, False)


def test_a_broker_that_goes_away_is_an_error_not_an_empty_batch(hook: Any, broker: Any, produce: Any) -> None:
    produce("single", 0, *values(0, 1))
    backlog = hook.backlog(["single"], {})
    broker.set_down(1)
    with pytest.raises(KafkaError, match=r"2 offsets remain to be read but nothing came within"):
        hook.read(backlog, **{**BOUNDS, "max_duration": 2})


def test_a_passing_hiccup_is_ridden_out(hook: Any, broker: Any, produce: Any) -> None:
    from confluent_kafka import KafkaError as Code

    produce("single", 0, *values(0, 1))
    backlog = hook.backlog(["single"], {})
    broker.push_errors(FETCH, Code.NOT_LEADER_FOR_PARTITION, Code.REQUEST_TIMED_OUT)
    assert [m.value for m in hook.read(backlog, **BOUNDS).messages] == values(0, 1)


def test_a_topic_that_may_not_be_read_is_a_matter_of_rights(hook: Any, broker: Any, produce: Any) -> None:
    from confluent_kafka import KafkaError as Code

    produce("single", 0, *values(0, 1))
    backlog = hook.backlog(["single"], {})
    broker.push_errors(FETCH, *[Code.TOPIC_AUTHORIZATION_FAILED] * 5)
    with pytest.raises(ConfigError, match=r"not allowed.*grant the principal"):
        hook.read(backlog, **BOUNDS)


@pytest.mark.parametrize("bound", ["max_messages", "max_bytes", "max_duration"])
def test_a_bound_of_nothing_is_refused_by_name(hook: Any, bound: str) -> None:
    with pytest.raises(ConfigError, match=f"{bound} is 0"):
        hook.read(Backlog(), **{**BOUNDS, bound: 0})


def test_a_read_in_another_thread_ends_when_it_is_cancelled(connect: Any, dead_port: str) -> None:
    backlog = Backlog((PartitionBacklog("events", 0, 0, 5, None, 0),))
    with connect(dead_port).reader(backlog) as reader, ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(reader.read, **BOUNDS)
        time.sleep(0.2)
        assert not waiting.done()
        reader.cancel()
        # Nobody else ends it: the time for a broker that does not answer is longer.
        with pytest.raises(KafkaError, match="5 offsets remain to be read"):
            waiting.result(8)
