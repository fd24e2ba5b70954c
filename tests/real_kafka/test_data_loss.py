"""on_data_loss on a real broker: retention, deleted records, a recreated topic, and a loss while a task is working."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import DataLossError
from openmetadata_ol_provider.kafka.data_loss import DataLossPolicy
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
from tests.operators.steps_support import EDGE, ingest, run_event, run_steps, state_document
from tests.real_kafka.cluster import RealKafka, wait

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")
BOTH = pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
BOUNDS: dict[str, Any] = {"max_messages": 1, "max_bytes": 50_000_000, "max_duration": 30}
Work = Callable[..., Any]


def checkpoint(topic: str) -> dict[str, int]:
    found: dict[str, int] = state_document(f"openmetadata_ol.lineage.{topic}")["checkpoint"][topic]
    return found


def lost(report: Any) -> list[str]:
    return [problem["detail"] for problem in report["problems"] if problem["kind"] == "data_loss"]


def refused(work: Work, topic: str) -> str:
    """Work with ``fail``, and return the error: one that no retry mends."""
    with pytest.raises(AirflowFailException) as failure:
        work(topics=[topic], on_data_loss="fail")
    return str(failure.value)


@BOTH
def test_deleted_records_are_fatal_until_the_loss_is_accepted(
    work: Work, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(2)
    produce(name, run_event("read"))
    work(topics=[name])
    for number in range(8):
        produce(name, run_event(f"r{number}", minute=number), partition=number % 2)
    kafka.delete_records(name, {0: 4, 1: 1})
    catalogue.reset_requests()
    for _ in range(2):
        message = refused(work, name)
        assert catalogue.requests == []
        assert checkpoint(name) == {"0": 1, "1": 0}
    assert "events are lost (4 offsets)" in message
    assert f"topic {name!r}, partition 0: 3 offsets are LOST, deleted by retention" in message
    assert "(position 1, first retained 4)" in message
    assert f"topic {name!r}, partition 1: 1 offset is LOST" in message
    words = shlex.split(message.partition("or: ")[2].partition(";")[0])
    assert words[-4:] == ["--offset", f"{name}:0=4", "--offset", f"{name}:1=1"]
    assert main(words[1:]) == 0
    report = work(topics=[name], on_data_loss="fail")
    assert (report["events"], lost(report), checkpoint(name)) == (4, [], {"0": 5, "1": 4})


def test_what_a_short_retention_takes_away_wakes_the_sensor_and_is_accepted_by_one_run(
    hook: Any, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(retention_ms=1000, segment_ms=200)
    produce(name, run_event("read"))
    run_steps(topics=[name])
    produce(name, *[run_event("gone")] * 3)
    wait(lambda: kafka.watermarks(name) == (4, 4), timeout=30)
    # Nothing is to be read, but much is to be told.
    sensor = OpenLineageSensor(task_id="wait", topics=[name], state_key=f"openmetadata_ol.lineage.{name}")
    assert sensor.poke({}).is_done
    assert "(position 1, first retained 4)" in refused(run_steps, name)
    report = run_steps(topics=[name], on_data_loss="continue")
    assert lost(report) == ["retention deleted 3 unread messages (1 to 4)"]
    assert checkpoint(name) == {"0": 4}
    assert not sensor.poke({}).is_done
    assert run_steps(topics=[name], on_data_loss="fail")["events"] == 0


@BOTH
def test_a_topic_recreated_is_fatal_too(
    work: Work, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic()
    produce(name, *[run_event("first life")] * 3)
    work(topics=[name])
    kafka.delete_topic(name)
    kafka.create_topic(name)
    produce(name, run_event("second life", minute=1))
    assert "the position (3) lies beyond the end (1): the topic was recreated or truncated" in refused(work, name)
    assert checkpoint(name) == {"0": 3}
    report = work(topics=[name])
    assert (report["events"], checkpoint(name), len(lost(report))) == (1, {"0": 1}, 1)
    assert list(catalogue.edges()) == [EDGE]


def grow(topic: str, count: int, produce: Any, first: int = 0) -> None:
    """Send the events of so many runs, each of its own job."""
    for number in range(first, first + count):
        event = run_event(f"{topic}-{number}", minute=number, job=f"nightly.load_{number}")
        produce(topic, event, partition=number % 2)


@BOTH
def test_a_topic_recreated_with_more_messages_than_were_read_is_noticed_by_its_id(
    work: Work, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(2)
    grow(name, 4, produce)
    work(topics=[name])
    assert checkpoint(name) == {"0": 2, "1": 2}
    kafka.delete_topic(name)
    kafka.create_topic(name, 2)
    grow(name, 10, produce, first=4)
    for _ in range(2):
        message = refused(work, name)
        assert f"topic {name!r}, partition 1: the topic was deleted and recreated, as its id shows" in message
        assert "the position (2) is that of the deleted one" in message
        assert checkpoint(name) == {"0": 2, "1": 2}
    show = ["checkpoint", "show", "--topics", name, "--state-key", f"openmetadata_ol.lineage.{name}", "--json"]
    assert main(show) == 1
    # The smallest batch moves the positions of all partitions to the topic that is there now.
    report = work(topics=[name], max_events=1)
    assert len(lost(report)) == 2
    assert "the checkpoint 2 is that of the deleted one; reading starts at 0" in lost(report)[0]
    events = report["events"]
    while found := work(topics=[name], on_data_loss="fail")["events"]:
        events += found
    assert (events, checkpoint(name)) == (10, {"0": 5, "1": 5})
    assert main(show) == 0
    (edge,) = catalogue.edges().values()
    assert all(f"nightly.load_{number}" in edge["description"] for number in range(4, 14))


@BOTH
def test_a_topic_recreated_with_as_many_messages_as_were_read_is_read_once(
    work: Work, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(1)
    produce(name, run_event("before", job="nightly.before"))
    work(topics=[name])
    kafka.delete_topic(name)
    kafka.create_topic(name, 1)
    produce(name, run_event("after", job="nightly.after"))
    report = work(topics=[name])
    assert (report["events"], len(lost(report)), checkpoint(name)) == (1, 1, {"0": 1})
    report = work(topics=[name], on_data_loss="fail")
    assert (report["events"], lost(report)) == (0, [])
    (edge,) = catalogue.edges().values()
    assert all(job in edge["description"] for job in ("nightly.before", "nightly.after"))


@BOTH
def test_a_position_that_somebody_has_set_in_the_recreated_topic_stays(
    work: Work, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(2)
    grow(name, 4, produce)
    work(topics=[name])
    kafka.delete_topic(name)
    kafka.create_topic(name, 2)
    grow(name, 10, produce)
    words = ["checkpoint", "set", "--topics", name, "--state-key", f"openmetadata_ol.lineage.{name}"]
    assert main([*words, "--offset", f"{name}:0=4", "--offset", f"{name}:1=3"]) == 0
    report = work(topics=[name], on_data_loss="fail")
    assert (report["events"], lost(report), checkpoint(name)) == (3, [], {"0": 5, "1": 5})


def test_what_was_read_before_a_loss_is_handed_out_and_then_the_read_ends(
    connect: Any, kafka: RealKafka, topic: Any, produce: Any
) -> None:
    # As little as can be is fetched ahead.
    hook, name = connect(extra={"queued.max.messages.kbytes": 1, "fetch.message.max.bytes": 1000}), topic()
    for number in range(20):
        # One by one: what is sent together is fetched together.
        produce(name, b"%d" % number * 100_000)
    with hook.reader(hook.backlog([name], {name: {0: 0}}), DataLossPolicy("fail", "key")) as reader:
        position = reader.read(**BOUNDS).ranges[0].end
        kafka.delete_records(name, {0: 18})
        with pytest.raises(DataLossError) as failure:  # noqa: PT012 - the read that fails is a later one
            while True:
                result = reader.read(**BOUNDS)
                assert (len(result.messages), result.ranges[0].start, result.more) == (1, position, True)
                position = result.ranges[0].end
    assert position < 18
    assert f"(position {position}, first retained 18)" in str(failure.value)


def test_a_task_that_retention_overtakes_publishes_what_it_has_and_fails(
    connect: Any, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic()
    connect(extra={"queued.max.messages.kbytes": 1, "fetch.message.max.bytes": 1000})
    for number in range(20):
        produce(name, run_event(f"r{number}", minute=number, padding={"text": "x" * 100_000}))
    reached = threading.Event()
    catalogue.fail("*", ".", None, times=10_000, delay=0.1)

    def overtake() -> None:
        while not catalogue.requests and not reached.wait(0.01):
            pass
        kafka.delete_records(name, {0: 19})

    retention = threading.Thread(target=overtake)
    retention.start()
    try:
        with pytest.raises(AirflowFailException) as failure:
            ingest(topics=[name], on_data_loss="fail", max_events=1)
    finally:
        reached.set()
        retention.join()
    position = checkpoint(name)["0"]
    assert 0 < position < 19
    assert f"(position {position}, first retained 19)" in str(failure.value)
    (pipeline,) = catalogue.entities("pipeline")
    assert len(catalogue.statuses(pipeline["fullyQualifiedName"])) == position
