"""The broker is killed and comes back, or hangs; the topic is truncated, recreated, or gets more partitions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from tests.faults.lab import Lab, Scenario
from tests.faults.mix import PARTITIONS, Feed, mix
from tests.faults.points import POINTS
from tests.faults.world import FORMS, PREPARING, Form, World, at, new_topic, send

CHAPTER = "The broker fails"
TOPICS = "The topic changes"
#: Boundaries at which the broker is killed: before the reads, the letters and the commit, and in the middle of them.
_POINTS = ("asked", "read", "letters due", "letter sent", "state written", "commit due")
#: Seconds that a task waits for a broker that does not return.
_IMPATIENT = 2.0
#: Messages of each partition that are lost; they repeat earlier ones.
_LOST = 5


def _killed_and_back(point: str, lab: Lab, form: Form) -> None:
    with lab.world(form) as world:

        def restart() -> None:
            lab.kafka.kill()
            lab.start_kafka()

        ended = at(point, world.dag_run(), meanwhile=lambda: lab.meet(restart))
        lab.notes.ended(ended)
        assert ended.word == "done", ended.error
        lab.repaired(world)


def _killed_and_gone(point: str, lab: Lab, form: Form) -> None:
    """Restart the broker only after the task has given up."""
    with lab.world(form) as world:
        ended = at(point, world.dag_run(), patience=_IMPATIENT, meanwhile=lambda: lab.meet(lab.kafka.kill))
        lab.notes.ended(ended)
        lab.meet(lab.start_kafka)
        lab.repaired(world)


def _hangs(point: str, lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        ended = at(point, world.dag_run(), patience=_IMPATIENT, meanwhile=lambda: lab.meet(lab.kafka.stall))
        lab.notes.ended(ended)
        lab.meet(lab.kafka.resume)
        lab.repaired(world)


# -- topics ------------------------------------------------------------------------------------------------------------


def _read_and_deleted(lab: Lab, form: Form) -> None:
    """Delete the messages of a batch before it is published."""
    with lab.world(form, own_topic=True) as world:
        run = world.dag_run()

        def delete() -> None:
            world.kafka.delete_records(world.topic, dict.fromkeys(range(PARTITIONS), _LOST))

        lab.notes.ended(at("translated", run, meanwhile=delete))
        if form == "steps":
            lab.notes.ended(run.go())
        lab.repaired(world)


def _read_in_advance_and_deleted(lab: Lab, form: Form) -> None:
    """Delete all messages when the last batch is prepared, and the one before is not published yet."""
    with lab.world(form, own_topic=True) as world:

        def delete() -> None:
            time.sleep(PREPARING)
            world.kafka.delete_records(world.topic, world.ends())

        ended = at("published", world.dag_run(), nth=2, meanwhile=delete)
        assert ended.word == "done", ended.error
        lab.notes.ended(ended)
        lab.repaired(world)


def _deleted_unread(lab: Lab, form: Form) -> None:
    """Delete unread messages: their number is reported, and nothing else is lost.

    They repeat earlier messages, so the outcome is the same as for a topic where they are not deleted.
    """
    (said,) = (message for message in mix().messages if message.value and b'"facts.load"' in message.value)
    head = tuple(said._replace(partition=partition) for partition in range(PARTITIONS))
    feed = Feed("repeated", (*head * (_LOST + 1), *mix().messages), mix().batch)
    topic = new_topic(lab.kafka, head)
    with World(lab.kafka, lab.tasks, form, feed, topic) as world:
        world.work_off()
        send(world.kafka, topic, feed.messages[len(head) :])
        world.kafka.delete_records(topic, dict.fromkeys(range(PARTITIONS), 1 + _LOST))
        ended = world.dag_run().go()
        lab.notes.ended(ended)
        told = [problem["detail"] for problem in ended.result["problems"] if problem["kind"] == "data_loss"]
        assert len(told) == PARTITIONS
        assert all(f"deleted {_LOST} unread messages" in detail for detail in told)
        lab.notes.said.append(f"{PARTITIONS * _LOST} lost offsets, reported")
        lab.repaired(world, feed)


def _recreated(part: float, lab: Lab, form: Form) -> None:
    """Delete the topic and recreate it with a part of its messages; all of them reach what the checkpoint says."""
    with lab.world(form, own_topic=True) as world:
        world.work_off()
        before = world.outcome()
        world.kafka.delete_topic(world.topic)
        world.kafka.create_topic(world.topic, PARTITIONS)
        world.messages = mix().messages[: int(len(mix().messages) * part)]
        send(world.kafka, world.topic, world.messages)
        ended = world.dag_run().go()
        assert ended.word == "done", ended.error
        told = [problem["detail"] for problem in ended.result["problems"] if problem["kind"] == "data_loss"]
        assert any("the topic was deleted and recreated" in detail for detail in told)
        lab.notes.ended(ended)
        lab.repaired(world, undisturbed=before._replace(checkpoint=world.ends()))


def _more_partitions(lab: Lab, form: Form) -> None:
    """Add a partition between two runs: it is read from its beginning."""
    from confluent_kafka.admin import NewPartitions

    messages = tuple(item._replace(partition=item.partition or PARTITIONS) for item in mix().messages)
    feed = Feed("moved", messages, mix().batch, PARTITIONS + 1)
    topic = new_topic(lab.kafka, [item for item in messages if item.partition != PARTITIONS])
    with World(lab.kafka, lab.tasks, form, feed, topic) as world:
        lab.notes.ended(world.dag_run().go())
        admin = lab.kafka.admin()
        admin.create_partitions([NewPartitions(topic, feed.partitions)])[topic].result(timeout=120)
        lab.kafka.watermarks(topic, PARTITIONS)
        send(lab.kafka, topic, [item for item in messages if item.partition == PARTITIONS])
        lab.repaired(world, feed)


def _scenarios() -> Iterator[Scenario]:
    for form in FORMS:
        for fault, act, points in (
            ("killed, restarted immediately", _killed_and_back, _POINTS),
            ("killed, restarted after the task failed", _killed_and_gone, _POINTS),
            ("hangs", _hangs, ("asked", "letters due", "commit due")),
        ):
            for point in points:
                quick = point == "letter sent" and act is _killed_and_back
                where = POINTS[point].words
                yield Scenario(CHAPTER, fault, where, form, partial(act, point), quick, party=f"broker {fault}")
        yield Scenario(
            TOPICS, "records deleted", "already read by a batch, before it is published", form, _read_and_deleted
        )
        if form == "ingest":
            yield Scenario(
                TOPICS, "records deleted", "already read in advance, while another batch is published", form,
                _read_in_advance_and_deleted,
            )  # fmt: skip
        yield Scenario(TOPICS, "records deleted", "not read yet", form, _deleted_unread, quick=form == "ingest")
        for part, count in ((0.5, "fewer"), (1, "as many")):
            where = f"with {count} messages {'than' if part < 1 else 'as'} before"
            yield Scenario(TOPICS, "deleted and recreated", where, form, partial(_recreated, part))
        yield Scenario(TOPICS, "partition added", "between two runs", form, _more_partitions)


BROKER = tuple(_scenarios())
