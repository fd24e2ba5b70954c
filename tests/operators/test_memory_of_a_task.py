"""What a task keeps in memory does not grow with the number of its batches, and goes when it is not needed."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator, Mapping

import pytest
from steps_support import SEED, TOPIC, Sender, run_event

from bench.standin import standin
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.ingest_settings import IngestSettings
from openmetadata_ol_provider.ingestion.loop import IngestLoop
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.state.lanes import Lane

#: Events of a batch: START and COMPLETE of half as many runs.
EVENTS = 200
BATCHES = 32
#: Batches whose maxima are compared: the client hands out 1,000 messages at a time, so five are one cycle.
WINDOW = 10
#: What may be kept of a batch, in bytes. Its events have 180,000; without limits, 300,000 and more are kept.
MOST = 60_000


@pytest.fixture
def catalogue_elsewhere(monkeypatch: pytest.MonkeyPatch, broker: KafkaBroker) -> Iterator[None]:
    """Run the stand-in in a process of its own, so that its memory does not count."""
    kafka = {"conn_type": "kafka", "extra": {"bootstrap.servers": broker.bootstrap, "group.id": "tests"}}
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    with standin(SEED) as server:
        connection = {"conn_type": "openmetadata", "host": server.url}
        monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(connection))
        yield


def settings(events: int) -> IngestSettings:
    """Return the input of a task with batches of a number of events."""
    return IngestSettings(
        [TOPIC],
        f"openmetadata_ol.lineage.{TOPIC}",
        Lane(),
        BatchLimits(events, 1 << 25, 3600),
        DeadLetterTarget(None),
        Limits(max_ended=2 * EVENTS, max_starts=2 * EVENTS),
        receipts=20,
    )


@pytest.mark.usefixtures("catalogue_elsewhere")
def test_the_plan_is_gone_before_a_batch_is_final(send: Sender) -> None:
    send.events(*(run_event(f"r{number}", "COMPLETE") for number in range(10)))
    plans: list[int] = []

    class Looking(OpenLineageKafkaHook):
        """Looks for plans that are in memory when the offsets are committed."""

        def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
            super().commit(offsets, owner)
            plans.append(sum(isinstance(one, LineagePlan) and one.events > 0 for one in gc.get_objects()))

    report = IngestLoop(settings(10), Looking(), OpenMetadataHook().get_conn(), Config()).run()
    assert (report.events, plans) == (10, [0])


@pytest.mark.exhaustive
@pytest.mark.usefixtures("catalogue_elsewhere")
def test_what_is_kept_of_batches_does_not_add_up(send: Sender) -> None:
    send.events(
        *(
            run_event(f"r{number:06d}", state, minute=number % 60, job=f"nightly.load_{number % 10}")
            for number in range(BATCHES * EVENTS // 2)
            for state in ("START", "COMPLETE")
        )
    )
    kept: list[int] = []

    class Measuring(OpenLineageKafkaHook):
        """Measures what is in use when a batch is over."""

        def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
            super().commit(offsets, owner)
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])

    config = Config.model_validate({"ledger": {"max_facts": 2 * EVENTS}})
    tracemalloc.start()
    try:
        report = IngestLoop(settings(EVENTS), Measuring(), OpenMetadataHook().get_conn(), config).run()
    finally:
        tracemalloc.stop()
    assert report.events == BATCHES * EVENTS
    assert len(kept) == BATCHES
    # By then everything that is limited is full, with the limits above.
    earlier, later = kept[-2 * WINDOW : -WINDOW], kept[-WINDOW:]
    assert (max(later) - max(earlier)) / WINDOW < MOST
