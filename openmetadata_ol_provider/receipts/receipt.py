"""Defines receipts of runs and of batches, and what else is recorded with them, as frozen values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.problems import Rule

#: What became of one edge: written, the same as before, waiting for a dataset, refused and tried again, not wanted (an
#: ignored dataset, or one and the same entity at both ends), or no longer tried.
EdgeOutcome = Literal["published", "unchanged", "parked", "failed", "left_out", "given_up"]


class EdgeCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers of edges by outcome."""

    published: int = 0
    unchanged: int = 0
    parked: int = 0
    failed: int = 0
    left_out: int = 0
    given_up: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[EdgeOutcome]) -> EdgeCounts:
        """Count outcomes."""
        counts = dict.fromkeys(cls.__struct_fields__, 0)
        for outcome in outcomes:
            counts[outcome] += 1
        return cls(**counts)

    def moved(self, before: EdgeOutcome, after: EdgeOutcome) -> EdgeCounts:
        """Return the counts after one edge has got another outcome."""
        changed = msgspec.structs.replace(self, **{before: max(0, getattr(self, before) - 1)})
        return msgspec.structs.replace(changed, **{after: getattr(changed, after) + 1})

    def after(self, before: EdgeCounts) -> EdgeCounts:
        """Return the counts of a run that was published before: what it had published then still is its doing."""
        own = min(self.unchanged, max(0, before.published - self.published))
        return msgspec.structs.replace(self, published=self.published + own, unchanged=self.unchanged - own)

    def __add__(self, other: EdgeCounts) -> EdgeCounts:
        """Return both counts together."""
        return EdgeCounts(*map(sum, zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)))

    @property
    def total(self) -> int:
        """Number of edges of any outcome."""
        return sum(msgspec.structs.astuple(self))


class EdgeColumns(msgspec.Struct, frozen=True, array_like=True):
    """The column lineage of an edge, as it was written last.

    :param keys: ledger keys of the edges of jobs that it was made of
    :param pairs: name of a column of the source, name of a column of the target
    """

    keys: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...]


class PendingEdge(msgspec.Struct, frozen=True, array_like=True):
    """An edge that is tried again, so that its outcome may still change.

    :param key: ledger key of the edge
    :param outcome: outcome so far: parked or failed
    """

    key: int
    outcome: EdgeOutcome


class Note(msgspec.Struct, frozen=True, array_like=True):
    """A problem of a run: its kind, and the detail for people."""

    kind: str
    detail: str


class TaskRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task instance of Airflow that published a batch.

    :param map_index: number of the mapped instance; -1 for a task that is not mapped
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one run.

    :param namespace: namespace of the job
    :param name: name of the job
    :param state: state of the run by its events so far
    :param at: time of the latest publication, in seconds since 1970
    :param batch: number of the batch that was published then
    :param events: number of its events that were read
    :param pipeline: name of the job that is the pipeline in the catalogue
    :param pipeline_fqn: FQN of that pipeline, if it was published or compared
    :param dag_run: id of the Airflow DAG run, if Airflow's own facet names it
    :param map_index: number of the mapped instance of an Airflow task
    :param edges: outcomes of the edges that its job had when the run was published
    :param pending: the first of the edges that are tried again
    :param reasons: why edges are parked or failed, the first few
    :param notes: problems that name the run, the first few
    """

    run_id: str
    namespace: str
    name: str
    state: str
    at: int
    batch: int
    events: int = 0
    pipeline: str = ""
    pipeline_fqn: str = ""
    dag_run: str = ""
    map_index: int | None = None
    started_at: str | None = None
    ended_at: str | None = None
    error: str = ""
    log_url: str = ""
    edges: EdgeCounts = EdgeCounts()
    pending: tuple[PendingEdge, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def key(self) -> str:
        """What identifies the run: several jobs may share a run id."""
        return f"{self.run_id}\x1f{self.namespace}\x1f{self.name}"


class BatchReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one batch.

    :param number: number of the batch, counted from 1 for each state
    :param at: time of the end of its publication, in seconds since 1970
    :param seconds: duration of the publication
    :param parked: number of items that wait after it, those of earlier batches included
    :param problems: number of problems by kind
    :param task: task that published it
    :param error: error that stopped it: the batch was not committed and is read again
    """

    number: int
    at: int
    seconds: float = 0.0
    events: int = 0
    runs: int = 0
    published: int = 0
    unchanged: int = 0
    failed: int = 0
    parked: int = 0
    dead_letters: int = 0
    requests: int = 0
    problems: dict[str, int] = {}
    task: TaskRef | None = None
    error: str = ""


class LetterNote(msgspec.Struct, frozen=True, array_like=True):
    """A message that was not an event: its position, the reason, and the time in seconds since 1970."""

    where: str
    reason: str
    at: int


class NamespaceNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The latest outcome of each dataset of a namespace.

    :param datasets: outcome by name of the dataset, the one seen last at the end
    :param rules: configuration that would settle what is not resolved
    """

    datasets: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()


class TopicLag(msgspec.Struct, frozen=True, array_like=True):
    """What waited in a topic.

    :param messages: number of offsets that were not published
    :param seconds: age of the oldest message that waited, as far as it is known
    :param newest_ms: time of the newest message that was read, in milliseconds since 1970: messages that wait when
        that one is published are about as old
    """

    topic: str
    messages: int
    seconds: float | None = None
    newest_ms: int | None = None

    def after(self, published: int, at: float, newest_ms: int | None) -> TopicLag:
        """Return what waits after some messages were published."""
        messages, newest = max(0, self.messages - published), newest_ms or self.newest_ms
        if not messages:
            return TopicLag(self.topic, 0, 0.0, newest)
        return TopicLag(self.topic, messages, None if newest is None else age(newest, at), newest)


class Lag(msgspec.Struct, frozen=True):
    """What waited in the topics at one moment.

    :param at: time of the measurement, in seconds since 1970
    :param source: what measured it: ``consume``, ``publish``, ``ingest`` or ``sensor``
    """

    at: int
    source: str
    topics: tuple[TopicLag, ...] = ()

    @property
    def messages(self) -> int:
        """Number of offsets that waited in all topics."""
        return sum(topic.messages for topic in self.topics)

    @property
    def seconds(self) -> float | None:
        """Age of the oldest message that waited in any topic; ``None`` if it is not known."""
        return max((topic.seconds for topic in self.topics if topic.seconds is not None), default=None)

    def after(
        self, ranges: Iterable[OffsetRange], at: float, source: str, newest_ms: Mapping[str, int] | None = None
    ) -> Lag:
        """Return what waits after a batch was published.

        :param ranges: offsets of the batch
        :param at: time of its publication, in seconds since 1970
        :param newest_ms: time of its newest message by topic, in milliseconds since 1970
        """
        published: Counter[str] = Counter()
        for item in ranges:
            published[item.topic] += item.end - item.start
        newest = newest_ms or {}
        return Lag(
            int(at),
            source,
            tuple(topic.after(published[topic.topic], at, newest.get(topic.topic)) for topic in self.topics),
        )


def age(time_ms: int, at: float) -> float:
    """Return the age of a message in seconds; none is younger than 0.

    :param time_ms: time of the message, in milliseconds since 1970
    :param at: current time, in seconds since 1970
    """
    return round(max(0.0, at - time_ms / 1000), 1)
