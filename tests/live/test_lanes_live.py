"""Four lanes in a real Airflow, with a real Kafka and PostgreSQL, while what they run on is killed around them."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.lanes import Lane
from tests.live.backlog import BAD_EVERY, PARTITIONS, backlog
from tests.live.deployment import Airflow
from tests.live.postgres import Postgres, binaries
from tests.operators.steps_support import SEED, Holding, holding, ingest, received
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.fetching import libraries, needed
from tests.surface.segments import stored_texts

log = logging.getLogger("live")

#: Messages in the topic, and how many of them come while the first run waits.
COUNT = int(os.environ.get("LIVE_EVENTS", "200000"))
FIRST = 2_000
LANES = 4
TOPIC = "openlineage.events"
DAG_ID = "lanes"
KEY = f"openmetadata_ol.{DAG_ID}.{TOPIC}"
TOKEN = "live-token"
#: Seconds that one run of the DAG may work; it takes several to work through the backlog.
MAX_DURATION = 90

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LIVE"), reason="takes five minutes and much of a machine: make test-live"),
    pytest.mark.timeout(3600),
]

DAG = f"""
import datetime as dt
from airflow.sdk import DAG
from openmetadata_ol_provider import IngestOpenLineageOperator, OpenLineageSensor

with DAG(
    "{DAG_ID}",
    schedule=None,
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    max_active_runs=1,
    default_args={{"retries": 5, "retry_delay": dt.timedelta(seconds=3)}},
) as dag:
    wait = OpenLineageSensor(
        task_id="wait", topics="{TOPIC}", lanes={LANES}, deferrable=True, timeout=900, poke_interval=2, soft_fail=True
    )
    ingest = IngestOpenLineageOperator.partial(
        task_id="ingest", topics="{TOPIC}", lanes={LANES}, max_duration={MAX_DURATION}
    ).expand(lane=list(range({LANES})))
    wait >> ingest
"""


class Live:
    """Everything that runs, and the clock of the report."""

    def __init__(self, folder: Path, kafka: RealKafka, catalogue: CatalogueServer) -> None:
        self.kafka, self.catalogue = kafka, catalogue
        (folder / "postgres").mkdir()
        (folder / "airflow").mkdir()
        self.postgres = Postgres(folder / "postgres")
        self.airflow = Airflow(
            folder / "airflow", self.postgres.url, DAG, connections(kafka, catalogue, "lanes"), LANES
        )
        self.begun = time.monotonic()

    def say(self, text: str, *values: object) -> None:
        log.info("%6.0f s  %s", time.monotonic() - self.begun, text % values)

    def wait_for(self, run_id: str, *states: str, seconds: float = 900) -> str:
        """Wait until a run of the DAG has one of the states."""
        return str(
            self.airflow.wait(
                lambda: (state := self.airflow.run_state(DAG_ID, run_id)) in states and state,
                f"run {run_id} is {' or '.join(states)}; its tasks: {self.airflow.tasks(DAG_ID, run_id)}",
                seconds,
            )
        )


def connections(kafka: RealKafka, catalogue: CatalogueServer, group: str) -> dict[str, str]:
    consumer = {**kafka.settings, "group.id": group}
    return {
        "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps({"conn_type": "kafka", "extra": consumer}),
        "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps(
            {"conn_type": "openmetadata", "host": catalogue.url, "password": TOKEN}
        ),
    }


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that other users may enter, as pytest's own may not be: PostgreSQL runs as one."""
    path = Path(tempfile.mkdtemp(prefix="live-"))
    path.chmod(0o755)
    yield path
    if not os.environ.get("LIVE_KEEP"):
        shutil.rmtree(path)


@pytest.fixture
def live(folder: Path) -> Iterator[Live]:
    if binaries() is None:
        pytest.skip("NOT TESTED live: there is no PostgreSQL on this machine; install the package postgresql")
    java, jars = needed("java"), libraries("broker")
    (folder / "kafka").mkdir()
    kafka = RealKafka(java, jars, folder / "kafka")
    kafka.start()
    try:
        kafka.create_topic(TOPIC, PARTITIONS)
        with CatalogueServer(seed=SEED, token=TOKEN) as catalogue:
            running = Live(folder, kafka, catalogue)
            try:
                running.postgres.start()
                running.airflow.start()
                running.say("Airflow, PostgreSQL and Kafka run")
                yield running
            finally:
                running.airflow.stop()
                running.postgres.stop()
    finally:
        kafka.stop()


def send(kafka: RealKafka, start: int, end: int) -> None:
    """Send messages of the backlog, each where its key puts it."""
    from confluent_kafka import Producer

    refused: list[object] = []
    producer = Producer({**kafka.settings, "compression.type": "gzip", "queue.buffering.max.messages": 300_000})
    for number, message in enumerate(backlog(end)):
        if number >= start:
            producer.produce(
                TOPIC, message.value, message.key, on_delivery=lambda error, _: error and refused.append(error)
            )
            producer.poll(0)
    assert producer.flush(120) == 0
    assert refused == []


def ends(kafka: RealKafka) -> dict[str, int]:
    return {str(partition): kafka.watermarks(TOPIC, partition)[1] for partition in range(PARTITIONS)}


def positions(airflow: Airflow) -> tuple[dict[str, int], dict[str, int]]:
    """Return where all lanes together stand, and the size of each lane's state."""
    found: dict[str, int] = {}
    sizes: dict[str, int] = {}
    variables = airflow.variables()
    for number in range(LANES):
        key = Lane(number, LANES).key(KEY)
        text = variables.get(key) or '{"checkpoint": {}}'
        mine = json.loads(text)["checkpoint"].get(TOPIC, {})
        assert not found.keys() & mine.keys(), "a partition is in two lanes"
        found |= mine
        sizes[key] = len(text)
    return found, sizes


def committed(kafka: RealKafka, group: str) -> dict[str, int]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**kafka.settings, "group.id": group})
    try:
        asked = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]
        return {str(item.partition): item.offset for item in consumer.committed(asked, timeout=20)}
    finally:
        consumer.close()


def comparable(found: Holding) -> dict[str, Any]:
    """Return what has to be the same whatever the order in which jobs wrote the same edges."""
    by_turns = {"pipeline", "sqlQuery", "createdBy", "updatedBy"}
    return {
        "edges": {
            ends: {key: value for key, value in details.items() if key not in by_turns}
            for ends, details in found.edges.items()
        },
        "pipelines": found.pipelines,
        "statuses": found.statuses,
    }


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return [
        f"{kind} {key}: {mine[kind].get(key)} instead of {theirs[kind].get(key)}"
        for kind in mine
        for key in sorted({*mine[kind], *theirs[kind]}, key=str)
        if mine[kind].get(key) != theirs[kind].get(key)
    ]


def test_lanes_work_through_a_backlog_while_triggerer_and_scheduler_are_killed(
    live: Live, monkeypatch: pytest.MonkeyPatch, airflow_db: None
) -> None:
    airflow, kafka, catalogue = live.airflow, live.kafka, live.catalogue

    # The triggerer is killed while a run is deferred, and events come while there is none.
    run = airflow.trigger(DAG_ID)
    airflow.wait(lambda: airflow.states(DAG_ID, run, "wait") == ["deferred"], "the sensor is deferred", 180)
    airflow.parts["triggerer"].kill()
    live.say("the triggerer is killed while a run is deferred")
    send(kafka, 0, FIRST)
    time.sleep(5)
    assert airflow.states(DAG_ID, run, "wait") == ["deferred"]
    airflow.parts["triggerer"].start()
    assert live.wait_for(run, "success", "failed") == "success"
    assert sum(positions(airflow)[0].values()) == FIRST
    live.say("another triggerer has woken it, and its four lanes have ingested %d messages", FIRST)

    # The scheduler is killed while four lanes work through the backlog.
    send(kafka, FIRST, COUNT)
    live.say("%d more messages are waiting", COUNT - FIRST)
    catalogue.reset_requests()
    backlog_begun = time.monotonic()
    run = airflow.trigger(DAG_ID)
    airflow.wait(
        lambda: (
            airflow.states(DAG_ID, run, "ingest").count("running") >= 2
            and sum(positions(airflow)[0].values()) > FIRST + COUNT // 50
        ),
        "lanes are at work",
        300,
    )
    airflow.parts["scheduler"].kill()
    live.say("the scheduler is killed at %d messages", sum(positions(airflow)[0].values()))
    time.sleep(5)
    airflow.parts["scheduler"].start()
    runs, tries = [run], 0
    largest: Counter[str] = Counter()
    while True:
        state = live.wait_for(runs[-1], "success", "failed")
        done, sizes = positions(airflow)
        largest |= Counter(sizes)
        tries += sum(max(0, task["try_number"] - 1) for task in airflow.tasks(DAG_ID, runs[-1]))
        live.say("run %d: %s, %d messages done", len(runs), state, sum(done.values()))
        assert state == "success"
        if sum(done.values()) == COUNT:
            break
        assert len(runs) < 40
        runs.append(airflow.trigger(DAG_ID))
    seconds = time.monotonic() - backlog_begun
    calls = catalogue.calls()
    reports = [airflow.result(DAG_ID, runs[-1], "ingest", number) or {} for number in range(LANES)]
    variables = airflow.variables()
    open_runs = 0
    for number in range(LANES):
        state = state_of_texts(stored_texts(variables, Lane(number, LANES).key(KEY), "remembered"))
        open_runs += sum(not item.terminal for item in state.runs.values())
    live.say(
        "%d messages in %.0f s (%.0f a second), %d runs of the DAG, %d tasks tried again, calls %s",
        COUNT - FIRST,
        seconds,
        (COUNT - FIRST) / seconds,
        len(runs),
        tries,
        calls,
    )
    live.say("largest states: %s; open runs at the end: %d", dict(largest), open_runs)
    live.say("last reports: %s", [report.get("events") for report in reports])
    airflow.stop()

    # Every message is accounted for.
    assert done == ends(kafka) == committed(kafka, "lanes")
    letters = Counter(
        (headers["openlineage.dead_letter.partition"], headers["openlineage.dead_letter.offset"])
        for headers in (dict(message.headers()) for message in received(kafka.bootstrap, f"{TOPIC}.dead-letter"))
    )
    assert len(letters) == COUNT // BAD_EVERY
    live.say("%d dead letters, %d of them twice", len(letters), letters.total() - len(letters))

    # And the catalogue is what one undisturbed task makes of the same topic.
    with CatalogueServer(seed=SEED, token=TOKEN) as other:
        for name, value in connections(kafka, other, "alone").items():
            monkeypatch.setenv(name, value)
        begun = time.monotonic()
        while ingest(topics=[TOPIC], max_duration=3000, dead_letter_topic="none", state_key="alone")["events"]:
            pass
        live.say("one task alone takes %.0f s", time.monotonic() - begun)
        wrong = differences(comparable(holding(catalogue)), comparable(holding(other)))
        live.say(
            "the catalogue has %d edges, %d pipelines, %d run statuses; %d differences",
            len(catalogue.edges()),
            len(catalogue.entities("pipeline")),
            sum(len(found) for found in holding(catalogue).statuses.values()),
            len(wrong),
        )
        assert wrong == []
