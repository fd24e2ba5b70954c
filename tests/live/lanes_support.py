"""A deployment with lanes, its messages, and the comparison with one plain task."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from openmetadata_ol_provider.openlineage.segments.state_text import state_of_texts
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.lanes import Lane
from tests.live.backlog import BAD_EVERY, PARTITIONS, backlog
from tests.live.comparison import comparable, differences
from tests.live.deployment import LOCAL, Airflow, Executor
from tests.live.postgres import Postgres, binaries
from tests.operators.steps_support import SEED, holding, ingest, received
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.fetching import libraries, needed
from tests.surface.segments import stored_texts

log = logging.getLogger("live")

#: Messages in the topic.
COUNT = int(os.environ.get("LIVE_EVENTS", "200000"))
LANES = 4
TOPIC = "openlineage.events"
DAG_ID = "lanes"
KEY = f"openmetadata_ol.{DAG_ID}.{TOPIC}"
TOKEN = "live-token"
#: Seconds that one run of the DAG may work; it takes several to work through the backlog.
MAX_DURATION = 90

needs_machine = [
    pytest.mark.skipif(not os.environ.get("LIVE"), reason="takes ten minutes and much of a machine: make test-live"),
    pytest.mark.timeout(3600),
]

_DAG = f"""
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
    """Everything that runs, and the clock of the report.

    :param executor: folder and address of the metadata database -> how tasks are run
    """

    def __init__(
        self,
        folder: Path,
        kafka: RealKafka,
        catalogue: CatalogueServer,
        executor: Callable[[Path, str], Executor],
    ) -> None:
        self.kafka, self.catalogue = kafka, catalogue
        (folder / "postgres").mkdir()
        (folder / "airflow").mkdir()
        self.postgres = Postgres(folder / "postgres")
        url = self.postgres.url
        self.airflow = Airflow(
            folder / "airflow",
            url,
            _DAG,
            _connections(kafka, catalogue, "lanes"),
            tasks=LANES,
            executor=executor(folder, url),
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

    def done(self) -> int:
        """Return the number of messages that are before the checkpoints of all lanes."""
        return sum(self.positions()[0].values())

    def positions(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return the positions of all lanes together, and the size of each lane's head."""
        found: dict[str, int] = {}
        sizes: dict[str, int] = {}
        variables = self.airflow.variables()
        for number in range(LANES):
            key = Lane(number, LANES).key(KEY)
            text = variables.get(key) or '{"checkpoint": {}}'
            mine = json.loads(text)["checkpoint"].get(TOPIC, {})
            assert not found.keys() & mine.keys(), "a partition is in two lanes"
            found |= mine
            sizes[key] = len(text)
        return found, sizes

    def open_runs(self) -> int:
        """Return the number of runs that all lanes together remember as open."""
        variables = self.airflow.variables()
        states = [
            state_of_texts(stored_texts(variables, Lane(number, LANES).key(KEY), "remembered"))
            for number in range(LANES)
        ]
        return sum(not item.terminal for state in states for item in state.runs.values())

    def work_until(self, count: int, run_id: str) -> list[str]:
        """Wait for a run of the DAG, and start others until so many messages are done; return all their ids."""
        runs = [run_id]
        while True:
            state = self.wait_for(runs[-1], "success", "failed")
            done = self.done()
            self.say("run %d: %s, %d messages done", len(runs), state, done)
            assert state == "success", self.airflow.tasks(DAG_ID, runs[-1])
            if done == count:
                return runs
            assert len(runs) < 40
            runs.append(self.airflow.trigger(DAG_ID))

    def tries(self, runs: list[str]) -> int:
        """Return how many times tasks were tried again."""
        return sum(max(0, task["try_number"] - 1) for run in runs for task in self.airflow.tasks(DAG_ID, run))

    def report(self, sent: int, seconds: float, runs: list[str], sizes: dict[str, int]) -> None:
        """Log how the work went."""
        self.say(
            "%d messages in %.0f s (%.0f a second), %d runs of the DAG, %d tasks tried again, calls %s",
            sent,
            seconds,
            sent / seconds,
            len(runs),
            self.tries(runs),
            self.catalogue.calls(),
        )
        self.say("heads of the states: %s; open runs at the end: %d", sizes, self.open_runs())
        reports = [self.airflow.result(DAG_ID, runs[-1], "ingest", number) or {} for number in range(LANES)]
        self.say("last reports: %s", [report.get("events") for report in reports])


def _connections(kafka: RealKafka, catalogue: CatalogueServer, group: str) -> dict[str, str]:
    consumer = {**kafka.settings, "group.id": group}
    return {
        "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps({"conn_type": "kafka", "extra": consumer}),
        "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps(
            {"conn_type": "openmetadata", "host": catalogue.url, "password": TOKEN}
        ),
    }


@contextmanager
def running(executor: Callable[[Path, str], Executor] = lambda _folder, _url: LOCAL) -> Iterator[Live]:
    """Run everything.

    :param executor: folder and address of the metadata database -> how tasks are run
    """
    if binaries() is None:
        pytest.skip("NOT TESTED live: there is no PostgreSQL on this machine; install the package postgresql")
    java, jars = needed("java"), libraries("broker")
    # Not pytest's own folder, which others may not enter: PostgreSQL runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="live-"))
    folder.chmod(0o755)
    (folder / "kafka").mkdir()
    with ExitStack() as stack:
        kafka = RealKafka(java, jars, folder / "kafka")
        stack.callback(kafka.stop)
        kafka.start()
        kafka.create_topic(TOPIC, PARTITIONS)
        catalogue = stack.enter_context(CatalogueServer(seed=SEED, token=TOKEN))
        live = Live(folder, kafka, catalogue, executor)
        stack.callback(live.postgres.stop)
        live.postgres.start()
        stack.callback(live.airflow.stop)
        live.airflow.start()
        live.say("Airflow, PostgreSQL and Kafka run")
        yield live
    if not os.environ.get("LIVE_KEEP"):
        shutil.rmtree(folder)


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


def assert_like_one_task(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop Airflow, and compare what it has done with what one undisturbed task makes of the same topic."""
    done, _ = live.positions()
    live.airflow.stop()

    # Every message is accounted for.
    assert done == _ends(live.kafka) == _committed(live.kafka, "lanes")
    letters = Counter(
        (headers["openlineage.dead_letter.partition"], headers["openlineage.dead_letter.offset"])
        for headers in (dict(message.headers()) for message in received(live.kafka.bootstrap, f"{TOPIC}.dead-letter"))
    )
    assert len(letters) == COUNT // BAD_EVERY
    live.say("%d dead letters, %d of them twice", len(letters), letters.total() - len(letters))

    with CatalogueServer(seed=SEED, token=TOKEN) as other:
        for name, value in _connections(live.kafka, other, "alone").items():
            monkeypatch.setenv(name, value)
        begun = time.monotonic()
        # The tests of a session share Airflow's database.
        key = f"alone.{uuid.uuid4().hex}"
        while ingest(topics=[TOPIC], max_duration=3000, dead_letter_topic="none", state_key=key)["events"]:
            pass
        live.say("one task alone takes %.0f s", time.monotonic() - begun)
        mine, theirs = comparable(holding(live.catalogue)), comparable(holding(other))
    wrong = differences(mine, theirs)
    live.say(
        "the catalogue has %d edges, %d pipelines, %d run statuses; %d differences",
        len(mine["edges"]),
        len(mine["pipelines"]),
        sum(len(statuses) for statuses in mine["statuses"].values()),
        len(wrong),
    )
    assert not wrong, "\n".join(wrong)


def _ends(kafka: RealKafka) -> dict[str, int]:
    return {str(partition): kafka.watermarks(TOPIC, partition)[1] for partition in range(PARTITIONS)}


def _committed(kafka: RealKafka, group: str) -> dict[str, int]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**kafka.settings, "group.id": group})
    try:
        asked = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]
        return {str(item.partition): item.offset for item in consumer.committed(asked, timeout=20)}
    finally:
        consumer.close()
