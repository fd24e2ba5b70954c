"""Stores the asset events that a task is to give, until Airflow's own record shows that they were given.

They are in a Variable of their own (``<state key>.assets``), written before the checkpoint moves: Airflow counts the
events of a task only when the task succeeds, so a task that dies after the checkpoint has moved has given none.

The same Variable has the offsets up to which messages were read before the checkpoint moved back: what is read again
is no reason to start a DAG again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.positions import Checkpoint, OffsetRange
from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from openmetadata_ol_provider.state.collisions import refuse_state
from openmetadata_ol_provider.state.keys import assets_key
from openmetadata_ol_provider.state.shared_variable import change_variable
from openmetadata_ol_provider.version_compat import get_variable, set_variable

_DESCRIPTION: Final = "Asset events that may not have been given yet"


class WaitingEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An asset event that is not known to be given. Times are ISO 8601 in UTC.

    :param asset: name of the asset
    :param uri: its URI
    :param run_id: id of the run that wrote it
    :param job: namespace and name of the run's job
    :param dataset: namespace and name of the dataset, as in the event
    :param noted_at: time at which a task first noted it
    :param dag_run: id of the Airflow DAG run, if the job is a task of a DAG
    """

    asset: str
    uri: str
    run_id: str
    job: tuple[str, str]
    dataset: tuple[str, str]
    noted_at: str
    started_at: str | None = None
    ended_at: str | None = None
    dag_run: str | None = None

    @property
    def key(self) -> str:
        """Key of the event: there is one for each asset and run."""
        return "\x1f".join((self.uri, *self.job, self.run_id))


class AssetQueue(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contents of the Variable.

    :param waiting: events by key, in the order in which they were noted
    :param read_until: topic -> partition -> end of what was read before the checkpoint moved back
    """

    waiting: dict[str, WaitingEvent] = {}
    read_until: dict[str, dict[str, int]] = {}


def read_queue(state_key: str) -> AssetQueue:
    """Return the stored queue, an empty one if there is none.

    :raises CheckpointError: if the Variable was not written by this package
    """
    return _queue_of(assets_key(state_key), get_variable(assets_key(state_key)))


def _queue_of(key: str, text: str | None) -> AssetQueue:
    refuse_state(key, text or "")
    try:
        return from_text(text, AssetQueue) if text else AssetQueue()
    except ValueError as error:
        raise CheckpointError(
            f"Variable {key!r} does not contain asset events ({error}). Restore it, or delete it: the asset events of "
            "a task that has died are then not given"
        ) from None


def write_queue(state_key: str, queue: AssetQueue) -> None:
    """Store a queue, whatever was stored before."""
    set_variable(assets_key(state_key), _text(queue), _DESCRIPTION)


def change_queue(state_key: str, changed: Callable[[AssetQueue], AssetQueue]) -> AssetQueue:
    """Change the stored queue, and return it; what another task changes meanwhile stays.

    :param changed: function that returns the queue with the change; it is called again if another task has written
    :raises CheckpointError: if the Variable was not written by this package
    """
    key, queue = assets_key(state_key), AssetQueue()

    def changed_text(before: str) -> str:
        nonlocal queue
        stored = _queue_of(key, before)
        queue = changed(stored)
        return before if queue == stored else _text(queue)

    change_variable(key, changed_text, _DESCRIPTION)
    return queue


def _text(queue: AssetQueue) -> str:
    return to_text(queue) if queue != AssetQueue() else ""


def note_rewind(state_key: str, before: Checkpoint, after: Checkpoint) -> None:
    """Note how far messages were read, for the partitions in which a checkpoint moves back."""
    ends = [
        (topic, partition, end)
        for topic, partitions in before.items()
        for partition, end in partitions.items()
        if after.get(topic, {}).get(partition, 0) < end
    ]
    if not ends:
        return

    def noted(queue: AssetQueue) -> AssetQueue:
        read_until = {topic: dict(partitions) for topic, partitions in queue.read_until.items()}
        for topic, partition, end in ends:
            read_until.setdefault(topic, {})[partition] = max(end, read_until.get(topic, {}).get(partition, 0))
        return msgspec.structs.replace(queue, read_until=read_until)

    change_queue(state_key, noted)


class ReadBefore:
    """The offsets up to which messages were read before, of one state; read when they are first needed.

    :param state_key: Variable with the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        self._state_key = state_key
        self._noted: Checkpoint | None = None

    def of(self, ranges: Iterable[OffsetRange]) -> Checkpoint:
        """Return the offsets that count for a batch; those of topics that were recreated are forgotten."""
        if self._noted is None:
            self._noted = read_queue(self._state_key).read_until
        recreated = [item for item in ranges if item.reset and self._end(item)]
        if recreated:
            queue = change_queue(
                self._state_key,
                lambda queue: msgspec.structs.replace(queue, read_until=_without(queue.read_until, recreated)),
            )
            self._noted = queue.read_until
        return self._noted

    def _end(self, item: OffsetRange) -> int:
        return (self._noted or {}).get(item.topic, {}).get(str(item.partition), 0)


def _without(noted: Checkpoint, ranges: Iterable[OffsetRange]) -> dict[str, dict[str, int]]:
    gone = {(item.topic, str(item.partition)) for item in ranges}
    return {
        topic: kept
        for topic, partitions in noted.items()
        if (kept := {partition: end for partition, end in partitions.items() if (topic, partition) not in gone})
    }


def share_of(queue: AssetQueue, keeps: Callable[[str], bool], takes: Callable[[str, int], bool]) -> AssetQueue:
    """Return the part of a queue that a lane takes over.

    :param keeps: whether the lane takes over something without a partition, by its name
    :param takes: whether the lane reads a partition of a topic
    """
    read_until = {
        topic: taken
        for topic, partitions in queue.read_until.items()
        if (taken := {partition: end for partition, end in partitions.items() if takes(topic, int(partition))})
    }
    return AssetQueue({key: event for key, event in queue.waiting.items() if keeps(key)}, read_until)


def merge_queues(queues: Iterable[AssetQueue]) -> AssetQueue:
    """Return queues as one."""
    waiting: dict[str, WaitingEvent] = {}
    read_until: dict[str, dict[str, int]] = {}
    for queue in queues:
        waiting |= queue.waiting
        for topic, partitions in queue.read_until.items():
            merged = read_until.setdefault(topic, {})
            for partition, end in partitions.items():
                merged[partition] = max(end, merged.get(partition, 0))
    return AssetQueue(waiting, read_until)
