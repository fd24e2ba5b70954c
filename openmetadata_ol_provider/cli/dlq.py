"""``openmetadata-ol dlq``: list dead letters, show one, put them back onto their topics."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.airflow import as_airflow_does, table, topics_of
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.times import iso

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.dead_letters import StoredDeadLetter

_WHERE = re.compile(r"(?:(?P<topic>[^\[\]@]+)\[(?P<of>\d+)\]|(?P<partition>\d+))@(?P<offset>\d+)")
_KEY = 40


def dlq_command(arguments: Any) -> int:
    """Run ``list``, ``show`` or ``replay``."""
    as_airflow_does()
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.ingestion import dead_letters as deadletters

    hook, topics = OpenLineageKafkaHook(arguments.kafka_config_id), topics_of(arguments)
    where = deadletters.dead_letter_topics(topics, arguments.dead_letter_topic or conf.dead_letter_topic())
    if arguments.action == "list":
        return _list(arguments, hook, where)
    if arguments.action == "show":
        return _show(arguments, hook, where)
    return _replay(arguments, hook, topics, where)


def _list(arguments: Any, hook: OpenLineageKafkaHook, where: list[str]) -> int:
    from openmetadata_ol_provider.ingestion import dead_letters as deadletters
    from openmetadata_ol_provider.kafka.start_position import EARLIEST, parse_start

    start = parse_start(arguments.since, "--since", ("time",)) or EARLIEST
    # One more than is shown tells whether there are more. Values are not kept: they may be large.
    found = [
        _row(letter)
        for letter in itertools.islice(deadletters.list_dead_letters(hook, where, start), arguments.limit + 1)
    ]
    shown = found[: arguments.limit]
    if arguments.json:
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    else:
        head = ("letter", "put there", "from", "replays", "bytes", "key", "reason")
        rows = (
            (
                row["letter"],
                row["time"],
                row["from"],
                row["replays"],
                row["bytes"],
                _line(row["key"])[:_KEY],
                _line(row["reason"]),
            )
            for row in shown
        )
        sys.stdout.write(table(head, rows))
    more = ", and more: raise --limit or give --since" if len(found) > len(shown) else ""
    sys.stderr.write(f"{len(shown)} dead letters on {', '.join(where)}{more}\n")
    return DONE


def _show(arguments: Any, hook: OpenLineageKafkaHook, where: list[str]) -> int:
    letter = _find(arguments.letter, hook, where)
    value = letter.message.value
    if arguments.output is not None:
        try:
            Path(arguments.output).write_bytes(value or b"")
        except OSError as error:
            raise ConfigError(f"--output {arguments.output!r} cannot be written: {error.strerror}") from None
        return DONE
    document = {
        **_row(letter),
        "headers": [[name, _readable(text)] for name, text in letter.message.headers],
        "value": _readable(value),
    }
    if arguments.json:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return DONE
    for name in ("letter", "time", "from", "reason", "replays", "key"):
        sys.stdout.write(f"{name:<8} {_line(document[name])}\n")
    for name, text in letter.message.headers:
        sys.stdout.write(f"header   {_line(name)}: {_line(_readable(text))}\n")
    sys.stdout.write(f"value    {letter.message.size} bytes\n{_printable(document['value'])}\n")
    return DONE


def _replay(arguments: Any, hook: OpenLineageKafkaHook, topics: list[str], where: list[str]) -> int:
    from openmetadata_ol_provider.ingestion import dead_letters as deadletters

    rules = deadletters.ReplayRules(
        topics, where, arguments.topic, arguments.max_replays, keep_timestamp=not arguments.new_timestamps
    )
    if arguments.letters:
        rules.check()
        letters = [_find(name, hook, where) for name in arguments.letters]
        report = deadletters.replay_dead_letters(hook, letters, rules, arguments.dry_run)
    else:
        key = arguments.state_key or deadletters.default_key(where)
        report = deadletters.replay_new(hook, rules, key, dry_run=arguments.dry_run, again=arguments.again)
    sys.stdout.write(json.dumps(report.to_dict(), indent=2) + "\n")
    would = "would be put back (dry run)" if arguments.dry_run else "put back"
    sys.stderr.write(f"{report.read} dead letters read, {report.replayed} {would}\n")
    return FAILED if report.exhausted or report.foreign or report.lost or report.more else DONE


def _find(name: str, hook: OpenLineageKafkaHook, where: list[str]) -> StoredDeadLetter:
    from openmetadata_ol_provider.ingestion.dead_letters import find_dead_letter

    found = _WHERE.fullmatch(name.strip())
    if found is None or (found["topic"] is None and len(where) > 1):
        raise ConfigError(f"letter {name!r}: give it as `dlq list` does, such as {where[0]}[0]@17")
    topic = found["topic"] or where[0]
    if topic not in where:
        raise ConfigError(f"letter {name!r}: the dead letters are on {', '.join(where)}; set --dead-letter-topic")
    return find_dead_letter(hook, topic, int(found["of"] or found["partition"]), int(found["offset"]))


def _row(letter: StoredDeadLetter) -> dict[str, Any]:
    message = letter.message
    return {
        "letter": f"{message.topic}[{message.partition}]@{message.offset}",
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
    """Return text, what is none in base64, ``None`` for a tombstone."""
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value or b"").decode()}


def _line(value: object) -> str:
    """Return a value in one line that can do nothing to a terminal."""
    return _printable(value).replace("\n", "\\n").replace("\t", "\\t")


def _printable(value: object) -> str:
    if value is None:
        return "(none)"
    text = f"base64 {value['base64']}" if isinstance(value, dict) else str(value)
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in text
    )
