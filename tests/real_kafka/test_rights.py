"""The table of rights in docs/kafka.md: each line is enough for what it says, and without it that is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import ConfigError, DeadLetterRefusedError
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from openmetadata_ol_provider.kafka.start_position import EARLIEST
from openmetadata_ol_provider.operators.replay import ReplayDeadLettersOperator
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
from tests.operators.steps_support import ingest, run_event
from tests.real_kafka.cluster import RealKafka

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")
LETTER = DeadLetter(RawMessage("events", 0, 7, 1_700_000_000_000, b"key", b"{"), "not JSON")
USER: dict[str, Any] = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "lineage",
    "sasl.password": "lineage-password",
}
STARTING = "starting at a group's offsets (`start_from`), `checkpoint show`"
Grant = Callable[[str, str], None]


def table() -> dict[str, tuple[str, str]]:
    """Return what each line is for, with what the right is on, and the right."""
    page = (Path(__file__).parents[2] / "docs" / "kafka.md").read_text(encoding="utf-8")
    rows = page.partition("<!-- rights -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {what: (on, right) for what, on, right in cells}


TABLE = table()


@pytest.fixture
def grant(kafka: RealKafka) -> Grant:
    """Return ``grant(what, name)``: give the user the right of that line of the table, on a topic or group."""

    def give(what: str, name: str) -> None:
        on, right = TABLE[what]
        kafka.allow("lineage", "GROUP" if "group" in on else "TOPIC", name, right)

    return give


@pytest.fixture
def lineage(connections: None, connect: Any) -> Any:
    """Return the hook of a user who may do nothing yet; its group is new, too."""
    return connect("sasl", USER)


def test_waiting_needs_to_describe_the_topics(lineage: Any, topic: Any, produce: Any, grant: Grant) -> None:
    name = topic()
    produce(name, b"x")
    sensor = OpenLineageSensor(task_id="wait", topics=[name], start_from="earliest", state_key=f"rights.{name}")
    with pytest.raises(ConfigError, match="not allowed"):
        sensor.poke({})
    grant("waiting: the sensor and the triggers", name)
    assert sensor.poke({}).xcom_value["events"] == 1
    with pytest.raises(ConfigError, match=f"cannot read '{name}': not allowed"):
        lineage.read(lineage.backlog([name], {}, start=EARLIEST), max_messages=1, max_bytes=1000, max_duration=20)


def test_reading_is_enough_for_a_task_and_lag_tools_need_the_group(
    lineage: Any, topic: Any, produce: Any, grant: Grant, caplog: pytest.LogCaptureFixture
) -> None:
    name, group = topic(), lineage.settings.group
    produce(name, run_event("a"))
    with pytest.raises(AirflowFailException, match="grant the principal DESCRIBE and READ on the topics"):
        ingest(topics=[name], start_from="earliest")
    grant("reading", name)
    with pytest.raises(
        AirflowFailException, match=f"cannot read the committed offsets of group '{group}': not allowed"
    ):
        ingest(topics=[name])
    assert ingest(topics=[name], start_from="earliest")["events"] == 1
    assert "offsets are not committed to Kafka (the checkpoint is safe)" in caplog.text
    caplog.clear()
    grant("committing offsets for lag monitoring", group)
    produce(name, run_event("b", minute=1))
    assert ingest(topics=[name])["events"] == 1
    assert "not committed" not in caplog.text


def test_beginning_at_a_groups_offsets_needs_to_describe_it(
    connect: Any, topic: Any, produce: Any, group: str, grant: Grant
) -> None:
    name, other = topic(), f"other-{uuid.uuid4().hex[:8]}"
    produce(name, run_event("a"), run_event("b", minute=1))
    connect(extra={"group.id": other}).commit({name: {0: 1}})
    connect("sasl", USER)
    grant("reading", name)
    with pytest.raises(AirflowFailException, match=f"group '{other}': not allowed"):
        ingest(topics=[name], start_from=f"group:{other}")
    grant(STARTING, other)
    assert ingest(topics=[name], start_from=f"group:{other}")["events"] == 1
    arguments = ["checkpoint", "show", "--topics", name, "--state-key", f"openmetadata_ol.lineage.{name}"]
    assert main(arguments) == 2
    grant(STARTING, group)
    assert main(arguments) == 0


def test_a_dead_letter_topic_needs_to_be_written(lineage: Any, topic: Any, grant: Grant) -> None:
    name = topic(prefix="dead")
    with pytest.raises(DeadLetterRefusedError, match="not allowed"):
        lineage.dead_letter([LETTER], name)
    grant("dead letters", name)
    assert lineage.dead_letter([LETTER], name) == 1


@pytest.mark.usefixtures("lineage")
def test_letters_are_written_again_unless_the_topic_may_be_read(
    topic: Any, produce: Any, kafka: RealKafka, grant: Grant, caplog: pytest.LogCaptureFixture
) -> None:
    name, dead = topic(), topic(prefix="dead")
    produce(name, b"{")
    grant("reading", name)
    grant("dead letters", dead)

    def letters() -> int:
        assert ingest(topics=[name], replay_from="earliest", dead_letter_topic=dead)["dead_letters"] == 1
        return sum(high - low for low, high in [kafka.watermarks(dead)])

    assert letters() == 1
    assert letters() == 2
    assert f"what lies on the dead-letter topic {dead} cannot be read" in caplog.text
    grant("not writing a letter twice when events are read again", dead)
    caplog.clear()
    assert letters() == 2
    assert "cannot be read" not in caplog.text


def test_one_that_does_not_exist_needs_to_be_created_too(lineage: Any, kafka: RealKafka, grant: Grant) -> None:
    name = f"made.{uuid.uuid4().hex[:8]}"
    grant("dead letters", name)
    with pytest.raises(DeadLetterRefusedError, match="CREATE if it does not exist"):
        lineage.dead_letter([LETTER], name)
    grant("creating the dead-letter topic", name)
    assert lineage.dead_letter([LETTER], name) == 1
    assert kafka.watermarks(name) == (0, 1)


def test_putting_dead_letters_back_needs_reading_there_and_writing_here(
    hook: Any, topic: Any, connect: Any, grant: Grant
) -> None:
    name = topic()
    dead = f"{name}.dead-letter"
    hook.dead_letter([DeadLetter(RawMessage(name, 0, 0, value=b"{"), "not JSON")], dead)
    connect("sasl", USER)
    replay = ReplayDeadLettersOperator(task_id="replay", topics=[name])
    # A topic that may not be seen is as one that is not there: then there are no letters.
    assert replay.execute({})["read"] == 0
    grant("listing, showing and replaying dead letters", dead)
    assert main(["dlq", "list", "--topics", name]) == 0
    with pytest.raises(AirflowFailException, match=f"grant the principal WRITE and DESCRIBE on the topic '{name}'"):
        replay.execute({})
    grant("replaying dead letters, in addition", name)
    assert replay.execute({})["replayed"] == 1


def test_every_line_is_tried() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [line for line in TABLE if f'"{line}"' not in source] == []
