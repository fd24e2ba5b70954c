"""``openmetadata-ol checkpoint``: show where reading stands, move it, delete it."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.airflow import as_airflow_does, state_key_of, table, topics_of
from openmetadata_ol_provider.exceptions import CheckpointError, ConfigError

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.start_position import StartPosition
    from openmetadata_ol_provider.state.lanes import Lane

_OFFSET = re.compile(r"(?P<topic>.+):(?P<partition>\d+)=(?P<offset>\d+)")


def checkpoint_command(arguments: Any) -> int:
    """Run ``show``, ``set`` or ``reset``."""
    as_airflow_does()
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.state.lanes import Lane

    key, count = state_key_of(arguments), arguments.lanes or conf.lanes()
    lanes = [Lane(number, count) for number in range(count)]
    if arguments.action == "reset":
        return max(_reset(lane.key(key), dry_run=arguments.dry_run) for lane in lanes)
    hook, topics = OpenLineageKafkaHook(arguments.kafka_config_id), topics_of(arguments)
    dead = conf.dead_letter_topic()
    exclude = [] if dead in (None, "none") else [str(dead)]
    if arguments.action == "show":
        return _show(arguments, [lane.key(key) for lane in lanes], hook, topics, exclude)
    start = _offsets(arguments.offset) if arguments.offset else _start(arguments.to)
    positions = hook.positions(topics, start, exclude)
    return max(_set(lane, lane.key(key), positions, dry_run=arguments.dry_run) for lane in lanes)


def _show(arguments: Any, keys: list[str], hook: OpenLineageKafkaHook, topics: list[str], exclude: list[str]) -> int:
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.kafka.start_position import OWN_GROUP, START_KINDS, parse_start
    from openmetadata_ol_provider.state.checkpoint import read_summary

    summaries = [summary for key in keys if (summary := read_summary(key)) is not None]
    checkpoint: dict[str, dict[str, int]] = {}
    for summary in summaries:
        for topic, partitions in summary.checkpoint.items():
            checkpoint.setdefault(topic, {}).update(partitions)
    start = parse_start(conf.start_from(), "[openmetadata_ol] start_from", START_KINDS) or OWN_GROUP
    with hook.query() as query:
        backlog = query.backlog(topics, checkpoint, exclude, start)
        committed = {(item.topic, item.partition): item.committed for item in query.partition_statuses(topics, exclude)}
    rows = [
        {
            "topic": item.topic,
            "partition": item.partition,
            "checkpoint": item.checkpoint,
            "committed": committed.get((item.topic, item.partition)),
            "low": item.low,
            "high": item.high,
            "start": item.start,
            "start_by": item.origin,
            "lag": item.events,
            "lost": item.lost,
            "reset": item.reset,
        }
        for item in backlog.partitions
    ]
    document = {
        "state_key": keys[0] if len(keys) == 1 else keys,
        "updated_at": max((summary.updated_at for summary in summaries), default=None),
        "runs": sum(summary.runs for summary in summaries),
        "open_runs": sum(summary.open_runs for summary in summaries),
        "group": hook.settings.group,
        "lag": backlog.events,
        "lost": backlog.lost,
        "partitions": rows,
    }
    if arguments.json:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.write(_told(document))
    return FAILED if any(item.lost or item.reset for item in backlog.partitions) else DONE


def _told(document: dict[str, Any]) -> str:
    found = document["state_key"]
    keys = f"Variable {found}" if isinstance(found, str) else f"Variables {', '.join(found)}"
    held = f"written {document['updated_at']}" if document["updated_at"] is not None else "not there (yet)"
    head = ("topic", "partition", "checkpoint", "group", "low", "high", "starts at", "by", "lag", "lost")
    names = ("topic", "partition", "checkpoint", "committed", "low", "high", "start", "start_by", "lag", "lost")
    rows = [["-" if row[name] is None else row[name] for name in names] for row in document["partitions"]]
    anew = [f"{row['topic']}[{row['partition']}]" for row in document["partitions"] if row["reset"]]
    reset = f"made anew or cut off, since the position lies beyond the end: {', '.join(anew)}\n" if anew else ""
    return (
        f"{keys}: {held}; {document['runs']} runs remembered, "
        f"{document['open_runs']} of them open\n"
        f"group {document['group']}; {document['lag']} offsets to be read, {document['lost']} lost\n"
        f"{reset}{table(head, rows)}"
    )


def _set(lane: Lane, key: str, positions: dict[str, dict[str, int]], *, dry_run: bool) -> int:
    from openmetadata_ol_provider.state.checkpoint import read_checkpoint
    from openmetadata_ol_provider.state.publication import move_checkpoint

    before = read_checkpoint(key)
    # Partitions that a group has not read, or that are not named, stay where they are.
    after = {topic: dict(partitions) for topic, partitions in before.items()}
    for topic, partitions in positions.items():
        own = {number: offset for number, offset in partitions.items() if lane.takes(topic, int(number))}
        if own:
            after.setdefault(topic, {}).update(own)
    if not dry_run and after != before:
        move_checkpoint(key, before, after)
    for topic, partitions in after.items():
        for partition, offset in partitions.items():
            stood = before.get(topic, {}).get(partition)
            moved = "stays" if stood == offset else f"was {'not set' if stood is None else stood}"
            sys.stdout.write(f"{topic}[{partition}] {offset} ({moved})\n")
    done = "nothing was changed (dry run)" if dry_run else "the next run goes on from here"
    sys.stderr.write(f"Variable {key}: {done}\n")
    return DONE


def _start(text: str) -> StartPosition:
    from openmetadata_ol_provider.kafka.start_position import START_KINDS, parse_start

    found = parse_start(text, "--to", START_KINDS)
    if found is None:
        raise ConfigError("--to is empty; give earliest, latest, group, group:NAME, or a time")
    return found


def _offsets(given: list[str]) -> StartPosition:
    from openmetadata_ol_provider.kafka.start_position import StartPosition

    offsets: dict[str, dict[str, int]] = {}
    for text in given:
        found = _OFFSET.fullmatch(text)
        if found is None:
            raise ConfigError(f"--offset is {text!r}; give TOPIC:PARTITION=OFFSET, such as openlineage.events:0=17")
        offsets.setdefault(found["topic"], {})[found["partition"]] = int(found["offset"])
    return StartPosition("offsets", offsets=offsets)


def _reset(key: str, *, dry_run: bool) -> int:
    from openmetadata_ol_provider.state.checkpoint import StateSummary, read_summary
    from openmetadata_ol_provider.state.publication import forget

    try:
        summary = read_summary(key)
    except CheckpointError as error:
        # To be rid of such a one is what the command is for.
        sys.stderr.write(f"{error}\n")
        summary = StateSummary({}, "", 0, 0)
    if summary is None:
        sys.stderr.write(f"Variable {key} is not there: nothing to delete\n")
        return DONE
    if not dry_run:
        forget(key)
    sys.stdout.write(json.dumps({"checkpoint": summary.checkpoint}) + "\n")
    done = "would be deleted (dry run)" if dry_run else "deleted"
    sys.stderr.write(
        f"Variable {key}: {done}, with {summary.runs} runs, {summary.open_runs} of them open. Without it, start_from "
        "says where the next run begins: by default at the group's committed offsets\n"
    )
    return DONE
