"""``openmetadata-ol dlq``: lists dead letters, shows one, or sends them back to their topics."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import re
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.cli.airflow import prepare_airflow, topics_of
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.output import write_file, write_json
from openmetadata_ol_provider.cli.terminal import write_table
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.times import iso

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.dead_letters import StoredDeadLetter

# `topic[0]@17`, or `0@17` where there is only one topic.
_LETTER_ID = re.compile(r"(?:(?P<topic>[^\[\]@]+)\[(?P<topic_partition>\d+)\]|(?P<partition>\d+))@(?P<offset>\d+)")
#: Longest key in the list, in characters.
_MAX_KEY = 40


def dlq_command(arguments: Namespace) -> int:
    """Run the action ``list``, ``show`` or ``replay``, and return the exit code."""
    prepare_airflow()
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.ingestion.dead_letters import dead_letter_topics

    hook, topics = OpenLineageKafkaHook(arguments.kafka_config_id), topics_of(arguments)
    letter_topics = dead_letter_topics(topics, arguments.dead_letter_topic or conf.dead_letter_topic())
    if arguments.action == "list":
        return _list(arguments, hook, letter_topics)
    if arguments.action == "show":
        return _show(arguments, hook, letter_topics)
    return _replay(arguments, hook, topics, letter_topics)


def _list(arguments: Namespace, hook: OpenLineageKafkaHook, letter_topics: list[str]) -> int:
    from openmetadata_ol_provider.ingestion.dead_letters import list_dead_letters
    from openmetadata_ol_provider.ingestion.repeated_letters import SeenLetters
    from openmetadata_ol_provider.kafka.start_position import EARLIEST, parse_start

    start = parse_start(arguments.since, "--since", ("time",)) or EARLIEST
    seen = SeenLetters()
    letters = list_dead_letters(hook, letter_topics, start, seen)
    # One more than the limit shows whether there are more. Values, which may be large, are not kept.
    documents = [_document(letter) for letter in itertools.islice(letters, arguments.limit + 1)]
    listed = documents[: arguments.limit]
    if arguments.json:
        write_json(listed)
    else:
        write_table(("letter", "written", "from", "replays", "bytes", "key", "reason"), map(_row, listed))
    more = ", and more: raise --limit or give --since" if len(documents) > len(listed) else ""
    repeats = f" (and {seen.repeats} more of the same messages)" if seen.repeats else ""
    sys.stderr.write(f"{counted(len(listed), 'dead letter')} on {', '.join(letter_topics)}{repeats}{more}\n")
    return DONE


def _row(document: dict[str, Any]) -> tuple[object, ...]:
    key, reason = _one_line(document["key"])[:_MAX_KEY], _one_line(document["reason"])
    return (*(document[name] for name in ("letter", "time", "from", "replays", "bytes")), key, reason)


def _show(arguments: Namespace, hook: OpenLineageKafkaHook, letter_topics: list[str]) -> int:
    from openmetadata_ol_provider.ingestion.dead_letters import position_of_first

    letter = _find(arguments.letter, hook, letter_topics)
    value = letter.message.value
    if arguments.output is not None:
        write_file(value or b"", arguments.output)
        return DONE
    document = {
        **_document(letter),
        "first": position_of_first(hook, letter),
        "headers": [[name, _readable(text)] for name, text in letter.message.headers],
        "value": _readable(value),
    }
    if arguments.json:
        write_json(document)
        return DONE
    for name in ("letter", "first", "time", "from", "reason", "replays", "key"):
        sys.stdout.write(f"{name:<8} {_one_line(document[name])}\n")
    for name, text in letter.message.headers:
        sys.stdout.write(f"header   {_one_line(name)}: {_one_line(_readable(text))}\n")
    sys.stdout.write(f"value    {letter.message.size} bytes\n{_printable(document['value'])}\n")
    return DONE


def _replay(arguments: Namespace, hook: OpenLineageKafkaHook, topics: list[str], letter_topics: list[str]) -> int:
    from openmetadata_ol_provider.ingestion.dead_letters import (
        ReplayRules,
        default_key,
        replay_dead_letters,
        replay_new,
    )

    rules = ReplayRules(
        topics, letter_topics, arguments.topic, arguments.max_replays, keep_timestamp=not arguments.new_timestamps
    )
    if arguments.letters:
        rules.check()
        letters = [_find(letter_id, hook, letter_topics) for letter_id in arguments.letters]
        report = replay_dead_letters(hook, letters, rules, arguments.dry_run)
    else:
        key = arguments.state_key or default_key(letter_topics)
        report = replay_new(hook, rules, key, dry_run=arguments.dry_run, again=arguments.again)
    write_json(report.to_dict())
    put_back = "would be put back (dry run)" if arguments.dry_run else "put back"
    repeated = f", {report.repeated} of messages that other letters have" if report.repeated else ""
    sys.stderr.write(f"{counted(report.read, 'dead letter')} read, {report.replayed} {put_back}{repeated}\n")
    return FAILED if report.exhausted or report.foreign or report.lost or report.more else DONE


def _find(letter_id: str, hook: OpenLineageKafkaHook, letter_topics: list[str]) -> StoredDeadLetter:
    from openmetadata_ol_provider.ingestion.dead_letters import find_dead_letter

    parts = _LETTER_ID.fullmatch(letter_id.strip())
    if parts is None or (parts["topic"] is None and len(letter_topics) > 1):
        raise ConfigError(f"letter {letter_id!r}: give it as `dlq list` shows it, such as {letter_topics[0]}[0]@17")
    topic = parts["topic"] or letter_topics[0]
    if topic not in letter_topics:
        raise ConfigError(
            f"letter {letter_id!r}: the dead letters are on {', '.join(letter_topics)}; set --dead-letter-topic"
        )
    return find_dead_letter(hook, topic, int(parts["topic_partition"] or parts["partition"]), int(parts["offset"]))


def _document(letter: StoredDeadLetter) -> dict[str, Any]:
    """Return the JSON values of a dead letter, without its headers and value."""
    message = letter.message
    return {
        "letter": letter.position,
        "time": _time(message.timestamp_ms),
        "from": letter.origin,
        "sent": _time(letter.timestamp_ms),
        "reason": letter.reason,
        "replays": letter.replays,
        "bytes": message.size,
        "key": _readable(message.key),
    }


def _time(milliseconds: int | None) -> str:
    try:
        return "" if milliseconds is None else iso(dt.datetime.fromtimestamp(milliseconds / 1000, dt.timezone.utc))
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms"


def _readable(value: bytes | None) -> str | dict[str, str] | None:
    """Return UTF-8 as text, other bytes in base64, and ``None`` for a tombstone."""
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value or b"").decode()}


def _one_line(value: object) -> str:
    """Return a value as one line without characters that control a terminal."""
    return _printable(value).replace("\n", "\\n").replace("\t", "\\t")


def _printable(value: object) -> str:
    """Return a value as lines without characters that control a terminal."""
    if value is None:
        return "(none)"
    text = f"base64 {value['base64']}" if isinstance(value, dict) else str(value)
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in text
    )
