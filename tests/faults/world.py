"""One scenario's world: a topic, a consumer group, a state and a catalogue of its own, and DAG runs in it."""

from __future__ import annotations

import contextlib
import itertools
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from typing_extensions import Self

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable, set_variable
from tests.faults import outcome
from tests.faults.mix import CONFIG, PARTITIONS, Feed, Message
from tests.faults.outcome import Accounts, Outcome
from tests.faults.points import Stop
from tests.faults.tasks import PATIENCE, Ended, Task, Tasks
from tests.operators.steps_support import SEED
from tests.real_kafka.cluster import RealKafka, wait

if TYPE_CHECKING:
    from typing_extensions import Self

#: The DAG with three tasks, and the one with one.
Form = Literal["steps", "ingest"]
FORMS: tuple[Form, ...] = ("steps", "ingest")
TASKS: dict[Form, tuple[str, ...]] = {"steps": ("consume", "translate", "publish"), "ingest": ("ingest",)}
#: Seconds in which a task surely prepares a batch while another one is published.
PREPARING = 1.0
#: DAG runs after which nothing may be left to do.
_MOST_RUNS = 12
_TOKEN = "test-token"


class Repair(NamedTuple):
    """What it took to make up for what happened.

    :param runs: DAG runs, without the last one, which found nothing to do
    :param doubled: copies of dead letters
    """

    runs: int
    doubled: int
    accounts: Accounts


class World:
    """The broker, catalogue and tasks of one scenario; a context manager.

    :param kafka: the broker
    :param tasks: processes that run tasks
    :param form: form of the DAG
    :param feed: content of the topic
    :param topic: its name
    :param timeout: seconds that the client waits for an answer of the catalogue
    """

    def __init__(  # noqa: PLR0917 - what a world is made of
        self, kafka: RealKafka, tasks: Tasks, form: Form, feed: Feed, topic: str, timeout: float = 120.0
    ) -> None:
        name = uuid.uuid4().hex[:8]
        self.kafka = kafka
        self.form: Form = form
        self.topic = topic
        self.dead_letter_topic = f"{self.topic}.{name}"
        self.group = f"faults-{name}"
        self.state_key = f"faults.{name}"
        self.catalogue = CatalogueServer({**json.loads(SEED.read_text("utf-8")), **_PEOPLE}, token=_TOKEN)
        #: Messages of the topic, in the order in which they were sent.
        self.messages = feed.messages
        self.partitions = range(feed.partitions)
        #: Seconds that a task may take to read and publish; ``None``: the operator's default.
        self.max_duration: float | None = None
        self._batch = feed.batch
        self._tasks = tasks
        self._timeout = timeout

    def __enter__(self) -> Self:
        self.kafka.create_topic(self.dead_letter_topic)
        self.catalogue.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.catalogue.close()

    # -- DAG runs ------------------------------------------------------------------------------------------------------

    def dag_run(self) -> DagRun:
        """Return a new DAG run; none of its tasks has run yet."""
        return DagRun(self)

    def start(self, task: str, inputs: Sequence[Any], stops: Sequence[Stop], patience: float) -> Task:
        """Start a task."""
        parameters: dict[str, Any] = {}
        if task in {"consume", "ingest"}:
            parameters |= {"topics": [self.topic], "max_events": self._batch, "state_key": self.state_key}
            parameters["dead_letter_topic"] = self.dead_letter_topic
            if self.max_duration is not None:
                parameters["max_duration"] = self.max_duration
        if task != "consume":
            parameters["config"] = CONFIG
        return self._tasks.start(task, inputs, parameters, self._environment(), stops, patience)

    def _environment(self) -> dict[str, str]:
        kafka = {"conn_type": "kafka", "extra": {**self.kafka.settings, "group.id": self.group}}
        extra = {"timeout": self._timeout}
        openmetadata = {"conn_type": "openmetadata", "host": self.catalogue.url, "password": _TOKEN, "extra": extra}
        return {
            "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps(kafka),
            "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps(openmetadata),
        }

    def work_off(self) -> int:
        """Run the DAG, undisturbed, until there is nothing to do, and return how many runs had something to do."""
        for number in range(_MOST_RUNS):
            before = self.position()
            self.catalogue.reset_requests()
            ended = self.dag_run().go()
            assert ended.word == "done", f"an undisturbed run {ended.word}: {ended.error}"
            read = sum(self.checkpoint().values()) - sum(before.values())
            report = ended.result
            assert report["events"] + report["dead_letters"] == read, f"read: {read}, but the report is {report}"
            if not read and not self.catalogue.writes():
                return number
        raise AssertionError(f"after {_MOST_RUNS} runs there is still something to do: {self.catalogue.writes()}")

    # -- state ---------------------------------------------------------------------------------------------------------

    def variable(self, suffix: str = "") -> str | None:
        """Return the text of one of the Variables: state and checkpoint, or ``.ledger`` or ``.parked``."""
        return get_variable(self.state_key + suffix)

    def store(self, text: str, suffix: str = "") -> None:
        """Write one of the Variables by hand."""
        set_variable(self.state_key + suffix, text)

    def delete(self, *suffixes: str) -> None:
        """Delete Variables."""
        from airflow.models.variable import Variable

        for suffix in suffixes:
            Variable.delete(self.state_key + suffix)

    def set_back(self, offset: int = 0, **kept: Any) -> None:
        """Set the checkpoint back by hand.

        :param offset: offset of all partitions
        :param kept: other content of the Variable (default: its present content)
        """
        document = kept or json.loads(self.variable() or "")
        positions = {str(partition): offset for partition in self.partitions}
        self.store(json.dumps({"version": 1, **document, "checkpoint": {self.topic: positions}}))

    def commit(self, offset: int) -> None:
        """Set the group's offsets of all partitions."""
        from confluent_kafka import TopicPartition

        with _reader(self.kafka, self.group) as consumer:
            targets = [TopicPartition(self.topic, partition, offset) for partition in self.partitions]
            consumer.commit(offsets=targets, asynchronous=False)

    # -- what there is -------------------------------------------------------------------------------------------------

    def checkpoint(self) -> dict[int, int]:
        """Return where the checkpoint stands, by partition."""
        positions = StateStore(self.state_key).read_checkpoint().get(self.topic, {})
        return {int(partition): offset for partition, offset in positions.items()}

    def position(self) -> dict[int, int]:
        """Return where the next run begins to read: where the checkpoint stands, or else the group."""
        stands = self.checkpoint()
        return stands if stands.keys() >= set(self.partitions) else self._committed() | stands

    def _committed(self) -> dict[int, int]:
        from confluent_kafka import KafkaException, TopicPartition

        asked = [TopicPartition(self.topic, partition) for partition in self.partitions]
        found: dict[int, int] = {}

        def ask() -> bool:
            # A broker that has just come back does not know yet that it coordinates the group.
            with contextlib.suppress(KafkaException):
                found.update((item.partition, max(item.offset, 0)) for item in consumer.committed(asked, timeout=20))
            return bool(found)

        with _reader(self.kafka, self.group) as consumer:
            wait(ask)
        return found

    def ends(self) -> dict[int, int]:
        """Return where the topic ends, by partition."""
        return {partition: self.kafka.watermarks(self.topic, partition)[1] for partition in self.partitions}

    def letters(self) -> list[Any]:
        """Return the messages of the dead-letter topic."""
        return read_all(self.kafka, self.dead_letter_topic)

    def outcome(self) -> Outcome:
        """Return what there is."""
        return Outcome(
            outcome.held(self.catalogue),
            outcome.waiting(self.state_key),
            outcome.letters(self.letters(), self.topic),
            self.checkpoint(),
        )

    def accounts(self, found: Outcome) -> Accounts:
        """Return what became of the messages that the checkpoint has passed."""
        counters = {partition: itertools.count() for partition in self.partitions}
        numbered = [(item.partition, next(counters[item.partition]), item) for item in self.messages]
        ends = found.checkpoint
        return outcome.accounts([item for item in numbered if item[1] < ends.get(item[0], 0)], found)

    def repaired(self, undisturbed: Outcome) -> Repair:
        """Run the DAG until nothing is left to do; then all has to be as if nothing had happened.

        :raises AssertionError: naming what is not
        """
        runs = self.work_off()
        found = self.outcome()
        wrong = found.differences(undisturbed)
        assert not wrong, "not as undisturbed:\n" + "\n".join(wrong)
        assert found.checkpoint == self.ends()
        sums = self.accounts(found)
        assert not sums.missing, f"not accounted for: {sums.missing} of {sums}"
        assert sums.read == len(self.messages)
        return Repair(runs, found.doubled, sums)


class DagRun:
    """One run of the DAG: the outputs of its tasks are kept, so that each can be run again.

    :param world: world that it runs in
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.outputs: dict[str, Any] = {}

    @property
    def is_over(self) -> bool:
        """Whether all tasks have succeeded."""
        return len(self.outputs) == len(TASKS[self._world.form])

    @property
    def next_task(self) -> str:
        """The first task that has not succeeded."""
        return next(task for task in TASKS[self._world.form] if task not in self.outputs)

    def go(self, *stops: Stop, until: str | None = None, patience: float = PATIENCE) -> Ended:
        """Run the tasks that have not succeeded, one after the other, as long as they succeed.

        :param stops: points at which they are killed
        :param until: the last task to run
        """
        while True:
            task = self.next_task
            ended = self.end(self.start(*stops, patience=patience))
            if ended.word != "done" or task in (until, TASKS[self._world.form][-1]):
                return ended

    def start(self, *stops: Stop, patience: float = PATIENCE) -> Task:
        """Start the next task."""
        tasks = TASKS[self._world.form]
        before = tasks[: tasks.index(self.next_task)]
        inputs = [self.outputs[before[-1]]] if before else []
        return self._world.start(self.next_task, inputs, stops, patience)

    def end(self, task: Task) -> Ended:
        """Wait for the end of the next task, and keep what it hands on."""
        ended = task.end()
        if ended.word == "done":
            self.outputs[self.next_task] = ended.result
        return ended

    def clear(self, *tasks: str) -> None:
        """Forget what tasks have handed on, so that they run again."""
        for task in tasks:
            del self.outputs[task]


def at(point: str, run: DagRun, *, meanwhile: Callable[[], object], nth: int = 1, patience: float = PATIENCE) -> Ended:
    """Run the tasks of a DAG run up to the one that reaches a boundary, and do something while it waits there.

    :param nth: the time that it is reached
    :param patience: seconds that the tasks wait for a broker after that
    :return: how that task ended
    """
    while True:
        task = run.start(Stop(point, nth, wait=True), patience=patience)
        if task.stops():
            meanwhile()
            task.go_on()
            return run.end(task)
        ended = run.end(task)
        assert ended.word == "done", f"{point} was not reached: {ended.error}"


#: Owners that events may name.
_PEOPLE = {"users": [{"name": "ada", "email": "ada@example.com"}]}


# -- topics ------------------------------------------------------------------------------------------------------------


def new_topic(kafka: RealKafka, messages: Sequence[Message] = (), partitions: int = PARTITIONS) -> str:
    """Make a topic and send messages to it."""
    name = f"events.{uuid.uuid4().hex[:8]}"
    kafka.create_topic(name, partitions)
    send(kafka, name, messages)
    return name


def send(kafka: RealKafka, topic: str, messages: Sequence[Message]) -> None:
    """Send messages; they are there when this returns."""
    from confluent_kafka import Producer

    failed: list[Any] = []
    producer = Producer({**kafka.settings, "enable.idempotence": True, "log_level": 0})
    for message in messages:
        producer.produce(
            topic,
            message.value,
            message.key,
            message.partition,
            headers=list(message.headers),
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
    assert producer.flush(30) == 0
    assert not failed


def read_all(kafka: RealKafka, topic: str) -> list[Any]:
    """Return the messages of a topic with one partition."""
    from confluent_kafka import TopicPartition

    end = kafka.watermarks(topic)[1]
    with _reader(kafka) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[Any] = []
        while end and (not found or found[-1].offset() < end - 1):
            messages = consumer.consume(end, timeout=60)
            assert messages, f"{topic} cannot be read"
            found += messages
        return found


@contextlib.contextmanager
def _reader(kafka: RealKafka, group: str = "harness") -> Iterator[Any]:
    from confluent_kafka import Consumer

    consumer = Consumer({**kafka.settings, "group.id": group, "log_level": 0})
    try:
        yield consumer
    finally:
        consumer.close()
