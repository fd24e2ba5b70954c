"""The steps between Kafka and the catalogue, as functions: all operators, single or all in one, call these.

Order of effects, so that a crash between any two of them loses nothing and doubles nothing: that a publication begins
(from then on the ledger is not believed), publication (idempotent), dead letters (delivery confirmed), what is parked,
state and checkpoint (one Variable), the group's offsets in Kafka (for lag tools), and at the end the ledger.
In the four-task DAG the dead letters are written by the consume task, the only one that has the original bytes.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import (
    CheckpointError,
    MalformedEventError,
    OpenLineageProviderError,
    PublicationError,
)
from openmetadata_ol_provider.keeping import begin, end, write_parked
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.sql import discreet
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, BatchRange, EventBatch
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.garbage import without_collection
from openmetadata_ol_provider.openlineage.packing import pack, plain, unpack
from openmetadata_ol_provider.openlineage.problem import Problem, Told, few
from openmetadata_ol_provider.openlineage.runs import Limits
from openmetadata_ol_provider.openlineage.runstate import RunState
from openmetadata_ol_provider.openlineage.showing import shown
from openmetadata_ol_provider.retelling import tell_again
from openmetadata_ol_provider.state import check, is_done, read_checkpoint, write_state

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.messages import DeadLetter, OffsetRange, ReadResult
    from openmetadata_ol_provider.openmetadata.http.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publication.memory import Memory
    from openmetadata_ol_provider.openmetadata.publication.report import PublishReport

    #: Messages that cannot be used, by the dead-letter topic that they go to.
    Letters = dict[str, list[DeadLetter]]

log = logging.getLogger(__name__)

#: Value of ``dead_letter_topic`` that skips messages which cannot be used, counted and logged.
SKIP = "none"
#: Longest reason in the headers of a dead letter, in characters.
MAX_REASON = 500


class Consumed(NamedTuple):
    """A decoded batch, and the messages that could not be used, by the dead-letter topic that they go to."""

    batch: EventBatch
    letters: Letters


class Translated(NamedTuple):
    """A plan on its way to publication: with its batch's origin and the runs to remember once it is published."""

    plan: LineagePlan
    origin: BatchOrigin
    runs: RunState
    dead_letters: int = 0
    more: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the plan's own JSON, with what publication needs beside it."""
        return {
            **self.plan.to_dict(),
            "origin": plain(self.origin),
            "dead_letters": self.dead_letters,
            "more": self.more,
            "state": pack(self.runs, quick=True),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Translated:
        """Rebuild from :meth:`to_dict`.

        :raises ValueError: if it is no plan of TranslateOpenLineageOperator
        """
        if not isinstance(document, dict) or "state" not in document:
            raise ValueError("not a plan of TranslateOpenLineageOperator: it has no state")
        return cls(
            plan=LineagePlan.from_dict(document),
            origin=msgspec.convert(document["origin"], BatchOrigin),
            runs=unpack(document["state"], RunState),
            dead_letters=document["dead_letters"],
            more=document["more"],
        )


@without_collection()
def decode_messages(
    result: ReadResult,
    state_key: str,
    kafka_config_id: str,
    dead_letter_topic: str | None,
    *,
    sql: str = "always",
    lanes: int = 1,
) -> Consumed:
    """Decode what was read from Kafka.

    :param dead_letter_topic: where messages go that cannot be used; ``None``: ``<topic>.dead-letter``;
        ``"none"``: they are skipped
    :param sql: ``write.sql`` of the configuration: what it does not want published is not kept either
    :param lanes: the number of lanes of which this is one
    """
    from openmetadata_ol_provider.kafka.messages import DeadLetter

    events, told, skipped = [], Told(), 0
    keyless: Counter[str] = Counter()
    letters: Letters = {}
    for message in result.messages:
        where = f"{message.topic}[{message.partition}]@{message.offset}"
        try:
            decoded = decode_event(message.value, where)
        except MalformedEventError as error:
            reason = shown(str(error), MAX_REASON)
            if dead_letter_topic == SKIP:
                skipped += 1
                log.warning("skipped %s: %s (dead_letter_topic: none)", where, reason)
            else:
                topic = dead_letter_topic or f"{message.topic}.dead-letter"
                letters.setdefault(topic, []).append(DeadLetter(message, reason))
            told.tell("malformed", where, reason)
            continue
        events.append(discreet(decoded.event, sql))
        told.add(*decoded.problems)
        # Of a topic with just one partition, no key is needed.
        if lanes > 1 and message.key is None and message.partition > 0 and decoded.event.run is not None:
            keyless[message.topic] += 1
    losses = [problem for item in result.ranges if (problem := _data_loss(item))]
    losses += [_no_key(topic, count) for topic, count in keyless.items()]
    ranges = tuple(
        BatchRange(item.topic, item.partition, item.checkpoint, item.start, item.end, item.lost)
        for item in result.ranges
    )
    batch = EventBatch(
        origin=BatchOrigin(state_key, kafka_config_id, ranges, lanes),
        events=tuple(events),
        dead_letters=sum(map(len, letters.values())),
        skipped=skipped,
        more=result.more,
        # What retention has deleted is told whatever else went wrong.
        problems=(*losses, *told.problems),
    )
    return Consumed(batch, letters)


def _no_key(topic: str, count: int) -> Problem:
    return Problem(
        "no_message_key",
        f"topic {topic}",
        f"{count} messages have no key, so the events of a run lie in several partitions, and lanes know parts of runs "
        "only. Let the producers' messages have keys (OpenLineage's clients give them), or set lanes to 1",
    )


def _data_loss(item: OffsetRange) -> Problem | None:
    """Say loudly what can no longer be read."""
    where = f"{item.topic}[{item.partition}]"
    if item.reset:
        detail = (
            f"the checkpoint {item.checkpoint} lies beyond the end: the topic was made anew; read from {item.start}"
        )
    elif item.lost:
        detail = f"retention deleted {item.lost} messages before they were read ({item.checkpoint} to {item.start})"
    else:
        return None
    log.warning("DATA LOSS %s: %s", where, detail)
    return Problem("data_loss", where, detail)


def send_dead_letters(hook: OpenLineageKafkaHook, letters: Mapping[str, Sequence[DeadLetter]]) -> None:
    """Write messages that cannot be used to their dead-letter topics, each delivery confirmed.

    :raises DeadLetterError: if a topic did not take them; the checkpoint has not moved then
    """
    for topic, found in letters.items():
        hook.dead_letter(found, topic)
        for letter in found:
            message = letter.message
            log.warning("dead letter %s[%d]@%d: %s", message.topic, message.partition, message.offset, letter.reason)


def translate_batch(batch: EventBatch, runs: RunState, config: Config, limits: Limits) -> Translated:
    """Translate a batch with the runs known from earlier ones."""
    translation = translate(
        batch.events, config, runs, limits=limits, problems=batch.problems, lanes=batch.origin.lanes
    )
    plan = msgspec.structs.replace(translation.plan, problems=few(translation.plan.problems))
    return Translated(plan, batch.origin, translation.state, batch.dead_letters, batch.more)


def publish_translated(
    translated: Translated,
    client: OpenMetadataClient,
    config: Config,
    memory: Memory,
    *,
    dry_run: bool = False,
    full_refresh: bool = False,
) -> PublishReport:
    """Publish a plan if its batch starts where the checkpoint stands.

    :param memory: what earlier publications left, changed in place
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    :return: the report; a batch that was published before gives an empty one that says so
    :raises CheckpointError: if the checkpoint stands elsewhere: nothing is published
    :raises PublicationError: if more failed than ``write.max_failure_ratio``: the checkpoint stays
    """
    from openmetadata_ol_provider.openmetadata.publication.publisher import publish_plan
    from openmetadata_ol_provider.openmetadata.publication.report import PublishReport

    origin = translated.origin
    checkpoint = {} if dry_run else read_checkpoint(origin.state_key)
    if is_done(origin, checkpoint):
        where = ", ".join(f"{item.topic}[{item.partition}] {item.start}-{item.end}" for item in origin.ranges)
        log.warning("nothing to do: the batch (%s) was published before", where)
        return PublishReport(problems=(Problem("already_published", where, "the checkpoint stands past this batch"),))
    if not dry_run:
        try:
            check(origin, checkpoint)
        except CheckpointError:
            if memory.token:
                # Batches before this one were published, and perhaps at the same time as those of the other.
                tell_again(origin.state_key, client, config)
            raise
        if translated.plan.jobs or translated.plan.datasets or memory.parking.items:
            begin(origin.state_key, memory)
    report = publish_plan(
        translated.plan,
        client,
        config,
        dry_run=dry_run,
        memory=memory,
        full_refresh=full_refresh,
        shared=origin.lanes > 1,
    )
    report = msgspec.structs.replace(report, dead_letters=translated.dead_letters)
    if report.failure_ratio > config.write.max_failure_ratio:
        raise PublicationError(_failure(report, config))
    return report


def settle(
    translated: Translated,
    memory: Memory,
    hook: OpenLineageKafkaHook,
    client: OpenMetadataClient,
    config: Config,
    *,
    commit: bool = True,
) -> None:
    """Make a published batch final: what is parked, state and checkpoint, then the group's offsets for lag tools.

    :param memory: after the publication
    :param client: of the publication, as the configuration; for what has to be put back
    :param commit: ``False``: the group's offsets are about what others read
    :raises CheckpointError: if somebody else has moved the checkpoint meanwhile
    """
    state_key = translated.origin.state_key
    write_parked(state_key, memory.parking)
    if not translated.origin.ranges:
        # Nothing was read, so nothing moves: the comparison has nothing to compare, and these runs may be older ones.
        return
    try:
        write_state(translated.origin, translated.runs, memory.usage)
    except CheckpointError:
        tell_again(state_key, client, config)
        raise
    if not commit:
        return
    offsets: dict[str, dict[int, int]] = {}
    for item in translated.origin.ranges:
        offsets.setdefault(item.topic, {})[item.partition] = item.end
    try:
        hook.commit(offsets)
    except OpenLineageProviderError as error:
        # The batch is published and the checkpoint is what counts: what only lag tools look at must not fail the task.
        log.warning("offsets are not committed to Kafka (the checkpoint is safe): %s", error)


def finish(state_key: str, memory: Memory, client: OpenMetadataClient, config: Config) -> None:
    """End a task whose batches are all settled: the ledger is written once, since a crash costs but a comparison.

    :param memory: after the last publication
    """
    if not end(state_key, memory):
        tell_again(state_key, client, config)


def _failure(report: PublishReport, config: Config) -> str:
    worst = "; ".join(f"{p.where}: {p.detail}" for p in report.problems if p.kind == "failed")
    return (
        f"{report.failure_ratio:.0%} of the facts failed, write.max_failure_ratio allows "
        f"{config.write.max_failure_ratio:.0%}. The checkpoint stays, the batch is tried again. {worst[:1000]}"
    )
