"""The loop with a slow catalogue, with pauses, and with traffic that does not end."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping

import pytest
from steps_support import EDGE, TOPIC, Sender, checkpoint, ingest, run_event

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.batch_size import FIRST_SIZE
from openmetadata_ol_provider.ingestion.ingest_settings import IngestSettings
from openmetadata_ol_provider.ingestion.loop import IngestLoop
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.reader import BacklogReader
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.lanes import Lane

KEY = f"openmetadata_ol.lineage.{TOPIC}"


# -- a slow catalogue --------------------------------------------------------------------------------------------------
@pytest.fixture
def sizes(caplog: pytest.LogCaptureFixture) -> Callable[[], list[int]]:
    """Return a function that gives the sizes of the batches so far."""
    caplog.set_level("INFO", "openmetadata_ol_provider.ingestion.loop")

    def logged() -> list[int]:
        return [int(record.args[0].split()[0]) for record in caplog.records if record.msg.startswith("batch of")]

    return logged


def work(
    catalogue: CatalogueServer,
    *,
    seconds_each: float,
    max_events: int,
    max_duration: float,
    hook: OpenLineageKafkaHook | None = None,
) -> PublishReport:
    """Ingest, with a catalogue that is slow by a clock which only its requests move."""
    settings = IngestSettings(
        [TOPIC], KEY, Lane(), BatchLimits(max_events, 1 << 25, max_duration), DeadLetterTarget(None), Limits()
    )
    client = OpenMetadataHook().get_conn()

    def clock() -> float:
        return len(catalogue.requests) * seconds_each

    return IngestLoop(settings, hook or OpenLineageKafkaHook(), client, Config(), clock).run()


@pytest.mark.usefixtures("connections")
def test_a_slow_catalogue_gets_small_batches_and_in_the_end_everything(
    send: Sender, catalogue: CatalogueServer, sizes: Callable[[], list[int]], caplog: pytest.LogCaptureFixture
) -> None:
    # A pipeline each: so many requests each.
    send.events(*(run_event(f"r{number}", job=f"job_{number}") for number in range(80)))
    done = work(catalogue, seconds_each=3, max_events=40, max_duration=400).events
    first, *rest = sizes()
    assert first == 40
    assert rest
    assert max(rest) < 20
    assert "the catalogue is slow" in caplog.text
    # The next tasks go on where this one had to stop.
    while done < 80:
        done += work(catalogue, seconds_each=3, max_events=40, max_duration=400).events
    assert done == 80
    assert len(catalogue.entities("pipeline")) == 80
    assert sum(checkpoint().values()) == 80


@pytest.mark.usefixtures("connections")
def test_batches_grow_again_once_the_catalogue_is_fast(
    send: Sender, catalogue: CatalogueServer, sizes: Callable[[], list[int]]
) -> None:
    send.events(*(run_event(f"r{number}") for number in range(2 * FIRST_SIZE)))
    assert work(catalogue, seconds_each=0.001, max_events=5000, max_duration=400).events == 2 * FIRST_SIZE
    assert sizes() == [FIRST_SIZE, FIRST_SIZE]
    send.events(*(run_event(f"s{number}") for number in range(4 * FIRST_SIZE)))
    assert work(catalogue, seconds_each=0.001, max_events=5000, max_duration=400).events == 4 * FIRST_SIZE
    assert sizes()[2:] == [FIRST_SIZE, 3 * FIRST_SIZE]


@pytest.mark.usefixtures("connections")
def test_the_batch_under_way_when_the_time_is_over_is_finished_and_none_is_begun(
    send: Sender, catalogue: CatalogueServer, sizes: Callable[[], list[int]]
) -> None:
    send.events(*(run_event(f"r{number}", job=f"job_{number}") for number in range(30)))
    done = work(catalogue, seconds_each=1, max_events=10, max_duration=5).events
    assert sizes() == [10]
    assert done == 10
    assert sum(checkpoint().values()) == 10
    assert len(catalogue.entities("pipeline")) == 10


# -- pauses and traffic ------------------------------------------------------------------------------------------------
def test_a_pause_longer_than_max_poll_interval_costs_nothing(send: Sender, broker: KafkaBroker) -> None:
    send.events(*(run_event(f"r{number}") for number in range(40)))
    impatient = {"session.timeout.ms": 200, "max.poll.interval.ms": 200, "heartbeat.interval.ms": 50}
    settings = KafkaSettings("kafka_default", {"bootstrap.servers": broker.bootstrap, "group.id": "tests", **impatient})
    with BacklogQuery(settings) as query:
        backlog = query.backlog([TOPIC], {})
    found = []
    with BacklogReader(settings, backlog) as reader:
        more = True
        while more:
            result = reader.read(max_messages=20, max_bytes=1 << 20, max_duration=20)
            found += [(message.partition, message.offset) for message in result.messages]
            more = result.more
            # What a publication does: nobody polls.
            time.sleep(0.8)
    assert len(found) == len(set(found)) == 40


@pytest.mark.usefixtures("connections")
def test_a_topic_that_grows_with_every_batch_is_read_to_where_it_ended_at_the_start(
    send: Sender, catalogue: CatalogueServer, sizes: Callable[[], list[int]]
) -> None:
    send.events(*(run_event(f"before-{number}", minute=number) for number in range(20)))

    class Busy(OpenLineageKafkaHook):
        """Commits, and hears from the producers that there is more than before."""

        def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
            super().commit(offsets, owner)
            send.events(*(run_event(f"during-{next(numbers)}") for _ in range(10)))

    numbers = itertools.count()
    report = work(catalogue, seconds_each=0, max_events=5, max_duration=1, hook=Busy())
    assert report.events == 20
    assert sizes() == [5, 5, 5, 5]
    assert ingest()["events"] == 40
    assert list(catalogue.edges()) == [EDGE]
