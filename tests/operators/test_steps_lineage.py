"""Consume, translate, publish: what the captured events of real producers become in the catalogue."""

from __future__ import annotations

from collections import Counter

import pytest
from steps_support import (
    EXPECTED,
    SEED,
    TOPIC,
    Holding,
    Sender,
    captured,
    catch_up,
    checkpoint,
    committed,
    holding,
    lineage,
    received,
    run_steps,
)

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")


@pytest.fixture(scope="module")
def whole() -> dict[str, Holding]:
    """Return what a catalogue holds after each capture as one batch, published without Kafka and Airflow."""
    found = {}
    for capture in EXPECTED:
        events = [decode_event(value).event for value in captured(capture)]
        with CatalogueServer(SEED) as server, OpenMetadataClient(server.url) as client:
            publish_plan(translate(events, Config()).plan, client, Config())
            found[capture] = holding(server)
    return found


@pytest.mark.promise("A140")
@pytest.mark.parametrize("capture", EXPECTED)
def test_the_captured_events_make_exactly_the_known_edges(
    capture: str, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(*captured(capture))
    report = run_steps()
    assert lineage(catalogue) == EXPECTED[capture]
    assert report["events"] == len(captured(capture))
    assert report["edges"] == {"published": len(EXPECTED[capture]), "unchanged": 0, "failed": 0}
    assert not any("pipeline" in (edge.from_type, edge.to_type) for edge in catalogue.store.edges)


def test_all_captures_together_make_the_sum_of_their_edges(send: Sender, catalogue: CatalogueServer) -> None:
    for capture in EXPECTED:
        send.events(*captured(capture))
    run_steps()
    found = lineage(catalogue)
    assert found.keys() == {edge for edges in EXPECTED.values() for edge in edges}
    for edges in EXPECTED.values():
        for edge, pairs in edges.items():
            assert {tuple(pair) for pair in pairs} <= {tuple(pair) for pair in found[edge]}


@pytest.mark.parametrize("capture", ["spark-1.53.0", "airflow-scheduler", "dbt-postgres"])
def test_the_same_events_sent_again_write_nothing(capture: str, send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*captured(capture))
    run_steps()
    before = holding(catalogue)
    send.events(*captured(capture))
    catalogue.reset_requests()
    report = run_steps()
    assert catalogue.writes() == []
    assert report["edges"] == {"published": 0, "unchanged": len(EXPECTED[capture]), "failed": 0}
    assert holding(catalogue) == before


@pytest.mark.parametrize("capture", ["spark-1.53.0", "airflow-scheduler", "dbt-postgres"])
def test_reading_from_the_beginning_with_no_memory_writes_nothing(
    capture: str, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(*captured(capture))
    run_steps()
    before = holding(catalogue)
    catalogue.reset_requests()
    # Another state knows neither the checkpoint nor the runs, another connection not the group's offsets.
    report = run_steps(state_key="another_state", kafka_config_id="kafka_other_group")
    assert report["events"] == len(captured(capture))
    assert catalogue.writes() == []
    assert holding(catalogue) == before


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("capture", "max_events"),
    [
        *(("dbt-postgres", number) for number in range(1, 8)),
        *(("airflow-scheduler", number) for number in (1, 3, 5, 6)),
        *(("spark-1.53.0", number) for number in (4, 7)),
        ("spark-1.12.0", 7),
    ],
)
def test_batches_of_any_size_leave_the_same_catalogue(
    capture: str, max_events: int, send: Sender, catalogue: CatalogueServer, whole: dict[str, Holding]
) -> None:
    send.events(*captured(capture))
    reports = catch_up(max_events=max_events)
    assert len(reports) >= len(captured(capture)) / max_events
    assert holding(catalogue) == whole[capture]


def test_the_checkpoint_stands_at_the_end_and_the_group_is_there_too(send: Sender, broker: KafkaBroker) -> None:
    send.events(*captured("dbt-postgres"))
    run_steps()
    ends = Counter(message.partition() for message in received(broker.bootstrap, TOPIC))
    assert checkpoint() == ends
    assert committed(broker.bootstrap) == ends
