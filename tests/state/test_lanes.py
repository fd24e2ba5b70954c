"""Which lane reads what: every partition in exactly one, shared out evenly, and mistakes told at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.state.keys import MAX_KEY, default_state_key, lanes_key, ledger_key, parked_key
from openmetadata_ol_provider.state.lanes import Lane, as_lane


def lanes(count: int) -> list[Lane]:
    return [Lane(number, count) for number in range(count)]


@given(st.text(), st.integers(0, 10_000), st.integers(1, 64))
def test_every_partition_of_every_topic_is_in_exactly_one_lane(topic: str, partition: int, count: int) -> None:
    assert [lane.takes(topic, partition) for lane in lanes(count)].count(True) == 1
    assert [lane.keeps(topic) for lane in lanes(count)].count(True) == 1


@pytest.mark.parametrize("partitions", [4, 8, 9, 100])
def test_a_topics_partitions_are_shared_out_evenly(partitions: int) -> None:
    for topic in ("openlineage.events", "spark", "x"):
        shares = [sum(lane.takes(topic, number) for number in range(partitions)) for lane in lanes(4)]
        assert max(shares) - min(shares) <= 1


def test_many_topics_of_one_partition_do_not_all_come_to_the_first_lane() -> None:
    found = Counter(lane.number for number in range(400) for lane in lanes(4) if lane.takes(f"team-{number}.events", 0))
    assert set(found) == {0, 1, 2, 3}
    assert min(found.values()) > 50


def test_a_partition_stays_where_it_is_whatever_becomes_of_other_topics() -> None:
    # Known places: another division without a change of their number would look like lost checkpoints.
    placed = [lane.number for number in range(5) for lane in lanes(4) if lane.takes("openlineage.events", number)]
    assert placed == [3, 0, 1, 2, 3]


def test_without_lanes_there_is_one_that_takes_everything_under_the_key_of_always() -> None:
    assert as_lane(None, 1) == as_lane(0, 1) == as_lane("0", "1") == Lane()
    assert Lane().key("openmetadata_ol.dag.topic") == "openmetadata_ol.dag.topic"
    assert all(Lane().takes("t", number) for number in range(9))


def test_each_lane_has_a_key_of_its_own() -> None:
    assert as_lane("2", "4").key("openmetadata_ol.dag.topic") == "openmetadata_ol.dag.topic.lane-2-of-4"
    assert len({lane.key("k") for count in (1, 2, 3, 4) for lane in lanes(count)}) == 10


def test_no_key_is_longer_than_airflow_takes() -> None:
    base = default_state_key("d" * 200, [f"topic-{number}" for number in range(40)])
    for lane in (Lane(), Lane(3, 4), Lane(99, 100)):
        for name in (parked_key, ledger_key):
            assert len(name(lane.key(base))) <= MAX_KEY
    assert len(lanes_key(base)) <= MAX_KEY
    assert len({lane.key(base) for lane in lanes(4)}) == 4
    assert Lane(0, 4).key(base) != Lane(0, 4).key(f"{base}x")


@pytest.mark.parametrize(
    ("lane", "count", "told"),
    [
        (4, 4, r"lane is 4 but lanes is 4; give 0 to 3"),
        (-1, 4, r"lane is -1"),
        (1, 1, r"lane is 1 but lanes is 1"),
        (None, 4, r"lanes is 4 but lane is not given; map .*\.expand\(lane=list\(range\(4\)\)\)"),
        (0, 0, r"lanes is 0; give 1 or more"),
        ("first", 4, r"lane is 'first'; give a whole number"),
        (0, "many", r"lanes is 'many'"),
        (1.5, 4, r"lane is 1.5"),
        (True, 4, r"lane is True"),
        (0, None, r"lanes is None"),
    ],
)
def test_a_lane_that_there_is_not_is_a_clear_error(lane: Any, count: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        as_lane(lane, count)
