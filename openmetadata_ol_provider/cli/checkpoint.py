"""``openmetadata-ol checkpoint``: shows, moves or deletes the offsets from which reading continues."""

from __future__ import annotations

import json
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.cli.airflow import lane_keys, prepare_airflow, state_key_of, topics_of
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.other_states import other_states
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.terminal import write_table
from openmetadata_ol_provider.exceptions import CheckpointError, ConfigError
from openmetadata_ol_provider.openlineage.listing import counted

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.offsets import PartitionBacklog
    from openmetadata_ol_provider.kafka.start_position import StartPosition
    from openmetadata_ol_provider.state.document import StateSummary
    from openmetadata_ol_provider.state.lanes import Lane
    from openmetadata_ol_provider.state.store import StateStore

_OFFSET = re.compile(r"(?P<topic>.+):(?P<partition>\d+)=(?P<offset>\d+)")
#: Heading of a column -> key of a partition in the JSON document.
_COLUMNS = {
    "topic": "topic",
    "partition": "partition",
    "checkpoint": "checkpoint",
    "group": "committed",
    "low": "low",
    "high": "high",
    "starts at": "start",
    "by": "start_by",
    "lag": "lag",
    "lost": "lost",
}


def checkpoint_command(arguments: Namespace) -> int:
    """Run the action ``show``, ``set`` or ``reset``, and return the exit code."""
    prepare_airflow()
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.ingestion.settings import DeadLetterTarget
    from openmetadata_ol_provider.kafka.default_group import default_group
    from openmetadata_ol_provider.state.store import StateStore

    state_key, lanes = state_key_of(arguments), lane_keys(arguments)
    if arguments.action == "reset":
        return max(_reset(key, dry_run=arguments.dry_run) for key in lanes.values())
    topics = topics_of(arguments)
    hook = OpenLineageKafkaHook(arguments.kafka_config_id, default_group(arguments.dag_id, topics))
    exclude = DeadLetterTarget(conf.dead_letter_topic()).exclude
    if arguments.action == "show":
        stores = [StateStore(key) for key in lanes.values()]
        code = _show(hook, topics, exclude, stores, as_json=arguments.json)
        if hint := other_states(state_key, stores):
            sys.stderr.write(f"nothing was read yet under state key {state_key!r}{hint}\n")
        return code
    start = _parse_offsets(arguments.offset) if arguments.offset else _parse_start(arguments.to)
    positions = hook.positions(topics, start, exclude)
    return max(_set(lane, key, positions, dry_run=arguments.dry_run) for lane, key in lanes.items())


def _show(
    hook: OpenLineageKafkaHook, topics: list[str], exclude: Sequence[str], stores: list[StateStore], *, as_json: bool
) -> int:
    from openmetadata_ol_provider.ingestion.read_request import start_option
    from openmetadata_ol_provider.state.document import agreed_topic_ids

    keys = [store.state_key for store in stores]
    summaries = [summary for store in stores if (summary := store.read_summary()) is not None]
    held = [store.read_held() for store in stores]
    checkpoint = _joined_checkpoint(summaries)
    with hook.query() as query:
        backlog = query.backlog(topics, checkpoint, exclude, start_option(), topic_ids=agreed_topic_ids(summaries))
        committed = {(item.topic, item.partition): item.committed for item in query.partition_statuses(topics, exclude)}
    document = {
        "state_key": keys[0] if len(keys) == 1 else keys,
        "updated_at": max((summary.updated_at for summary in summaries), default=None),
        "runs": sum(summary.runs for summary in summaries),
        "open_runs": sum(summary.open_runs for summary in summaries),
        "held": {
            "observability": sum(len(waiting.rows) for waiting in held),
            "usage": sum(len(waiting.counts) for waiting in held),
        },
        "group": hook.settings.group,
        "lag": backlog.events,
        "lost": backlog.lost,
        "partitions": [
            _partition_document(item, committed.get((item.topic, item.partition))) for item in backlog.partitions
        ],
    }
    if as_json:
        write_json(document)
    else:
        _write_text(document, keys)
    return FAILED if any(item.lost or item.reset for item in backlog.partitions) else DONE


def _joined_checkpoint(summaries: Iterable[StateSummary]) -> dict[str, dict[str, int]]:
    """Return the checkpoints of all lanes as one."""
    checkpoint: dict[str, dict[str, int]] = {}
    for summary in summaries:
        for topic, partitions in summary.checkpoint.items():
            checkpoint.setdefault(topic, {}).update(partitions)
    return checkpoint


def _partition_document(item: PartitionBacklog, committed: int | None) -> dict[str, Any]:
    return {
        "topic": item.topic,
        "partition": item.partition,
        "checkpoint": item.checkpoint,
        "committed": committed,
        "low": item.low,
        "high": item.high,
        "start": item.start,
        "start_by": item.origin,
        "lag": item.events,
        "lost": item.lost,
        "reset": item.reset,
    }


def _write_text(document: Mapping[str, Any], keys: Sequence[str]) -> None:
    from openmetadata_ol_provider.openmetadata.publishing.core.held import waiting_text

    partitions = document["partitions"]
    written = "not written yet" if document["updated_at"] is None else f"written {document['updated_at']}"
    sys.stdout.write(
        f"{'Variables' if len(keys) > 1 else 'Variable'} {', '.join(keys)}: {written}; "
        f"{counted(document['runs'], 'run')} remembered, "
        f"{document['open_runs']} of them open\n"
        f"group {document['group']}; {counted(document['lag'], 'offset')} to read, {document['lost']} lost\n"
    )
    if waiting := waiting_text(document["held"]["observability"], document["held"]["usage"]):
        sys.stdout.write(f"to be written by the next run: {waiting}\n")
    reset = [f"{item['topic']}[{item['partition']}]" for item in partitions if item["reset"]]
    if reset:
        sys.stdout.write(f"recreated or truncated, so that reading starts over: {', '.join(reset)}\n")
    write_table(
        list(_COLUMNS), (["-" if item[key] is None else item[key] for key in _COLUMNS.values()] for item in partitions)
    )


def _set(lane: Lane, key: str, positions: dict[str, dict[str, int]], *, dry_run: bool) -> int:
    from openmetadata_ol_provider.state.store import StateStore

    store = StateStore(key)
    head = store.read_positions()
    before, confirmed = head.checkpoint, set[str]()
    # Partitions that the group has not read, or that --offset does not name, keep their positions.
    after = {topic: dict(partitions) for topic, partitions in before.items()}
    for topic, partitions in positions.items():
        own = {number: offset for number, offset in partitions.items() if lane.takes(topic, int(number))}
        if own:
            after.setdefault(topic, {}).update(own)
            confirmed.add(topic)
    # Positions that are as before are now those of the topic that is there, which may be a recreated one.
    if not dry_run and (after != before or not confirmed.isdisjoint(head.topic_ids)):
        store.move_checkpoint(before, after, confirmed)
    for topic, partitions in after.items():
        for partition, offset in partitions.items():
            previous = before.get(topic, {}).get(partition)
            change = "unchanged" if previous == offset else f"was {'not set' if previous is None else previous}"
            sys.stdout.write(f"{topic}[{partition}] {offset} ({change})\n")
    effect = "nothing was changed (dry run)" if dry_run else "the next run continues from these offsets"
    sys.stderr.write(f"Variable {key}: {effect}\n")
    return DONE


def _parse_start(text: str) -> StartPosition:
    from openmetadata_ol_provider.kafka.start_position import START_KINDS, parse_start

    start = parse_start(text, "--to", START_KINDS)
    if start is None:
        raise ConfigError("--to is empty; give earliest, latest, group, group:NAME, or a time")
    return start


def _parse_offsets(texts: list[str]) -> StartPosition:
    from openmetadata_ol_provider.kafka.start_position import StartPosition

    offsets: dict[str, dict[str, int]] = {}
    for text in texts:
        parts = _OFFSET.fullmatch(text)
        if parts is None:
            raise ConfigError(f"--offset is {text!r}; give TOPIC:PARTITION=OFFSET, such as openlineage.events:0=17")
        offsets.setdefault(parts["topic"], {})[parts["partition"]] = int(parts["offset"])
    return StartPosition("offsets", offsets=offsets)


def _reset(key: str, *, dry_run: bool) -> int:
    from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
    from openmetadata_ol_provider.state.document import StateSummary
    from openmetadata_ol_provider.state.store import StateStore

    store, held = StateStore(key), Held()
    try:
        summary, held = store.read_summary(), store.read_held()
    except CheckpointError as error:
        # Deleting a state that cannot be read is what the command is for.
        sys.stderr.write(f"{error}\n")
        summary = StateSummary({}, "", 0, 0)
    if summary is None:
        if not dry_run:
            # Segments are left if a person has deleted the head, or the command was killed.
            store.delete_state()
        sys.stderr.write(f"Variable {key} does not exist: nothing to delete\n")
        return DONE
    if not dry_run:
        store.forget()
    sys.stdout.write(json.dumps({"checkpoint": summary.checkpoint}) + "\n")
    effect = "would be deleted (dry run)" if dry_run else "deleted"
    waiting = f" and {held} not written yet" if held else ""
    sys.stderr.write(
        f"Variable {key}: {effect}, with {counted(summary.runs, 'run')}, {summary.open_runs} of them open{waiting}. "
        "Without it, the next run starts at start_from, by default at the group's committed offsets\n"
    )
    if held.rows:
        sys.stderr.write("tables whose rows were not written show the next run of their pipelines instead\n")
    if held.counts:
        sys.stderr.write("usage that was not written is counted with the next runs of the same pipelines and days\n")
    return DONE
