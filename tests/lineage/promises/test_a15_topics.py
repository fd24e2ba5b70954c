"""Topics and files as ends of lineage."""

from __future__ import annotations

import pytest

from tests.lineage.promises.spelling import named
from tests.support import arrows, dataset, plan_of, run_event

KAFKA = "kafka://b1:9092,b2:9092"
STREAM = {"jobType": {"processingType": "STREAMING", "integration": "SPARK"}}


@pytest.mark.promise("A61", "A173")
def test_topics_are_inputs_and_outputs() -> None:
    event = run_event(inputs=[dataset("in", KAFKA)], outputs=[dataset("out", KAFKA)])
    assert arrows(plan_of(event)) == ["in -> out"]


@pytest.mark.promise("A174")
@pytest.mark.parametrize("separator", [",", ";", ", "])
def test_a_list_of_topics_is_each_of_them(separator: str) -> None:
    event = run_event(inputs=[dataset(separator.join(("one", "two")), KAFKA)], outputs=["x"])
    assert arrows(plan_of(event)) == ["one -> x", "two -> x"]


@pytest.mark.promise("A174")
def test_topics_that_come_up_during_a_run_add_up() -> None:
    events = [
        run_event("RUNNING", seconds=n, inputs=[dataset(topic, KAFKA)], outputs=["x"], job_facets=STREAM)
        for n, topic in enumerate(("t1", "t2"))
    ]
    assert arrows(plan_of(*events)) == ["t1 -> x", "t2 -> x"]


@pytest.mark.promise("A175")
@pytest.mark.parametrize("namespace", ["s3://lake", "s3a://lake", "gs://lake", "abfss://c@a.dfs.core.windows.net"])
def test_a_path_of_an_object_store_is_a_container(namespace: str) -> None:
    assert named(namespace, "orders")[0].split()[0] == "container"


@pytest.mark.promise("A177")
@pytest.mark.parametrize(("namespace", "name"), [("s3://lake", "topics/orders"), ("postgres://db:5432", "d.s.orders")])
def test_a_sink_connector_goes_from_the_topic_to_its_table_or_files(namespace: str, name: str) -> None:
    facets = {"jobType": {"processingType": "STREAMING", "integration": "KAFKA_CONNECT", "jobType": "TASK"}}
    plan = plan_of(
        run_event("RUNNING", inputs=[dataset("orders", KAFKA)], job_facets=facets),
        run_event("RUNNING", seconds=1, outputs=[dataset(name, namespace)], job_facets=facets),
    )
    assert arrows(plan) == [f"orders -> {name}"]


@pytest.mark.promise("C37")
@pytest.mark.parametrize(
    ("namespace", "kind"),
    [("kinesis://eu-west-1", "topic"), ("pubsub", "topic"), ("pulsar://b:6650", "topic"), ("KAFKA://B1:9092", "topic")],
)
def test_topics_are_known_in_every_messaging_system(namespace: str, kind: str) -> None:
    name = {"pubsub": "topic:project:orders", "kinesis://eu-west-1": "stream/orders"}.get(namespace, "orders")
    assert named(namespace, name)[0].split()[0] == kind
