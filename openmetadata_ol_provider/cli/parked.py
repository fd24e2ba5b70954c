"""``openmetadata-ol parked``: lists, retries or drops lineage that could not be published yet."""

from __future__ import annotations

import datetime as dt
import sys
from argparse import Namespace
from collections.abc import Iterable

import msgspec

from openmetadata_ol_provider.cli.airflow import state_key_of
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.terminal import OutlineNode, write_outline
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openlineage.serialization import to_builtins
from openmetadata_ol_provider.openlineage.times import iso
from openmetadata_ol_provider.openmetadata.publishing.core.parking import MOST_AT_ONCE, Parked, Parking
from openmetadata_ol_provider.state.publication import read_memory, read_parked, write_parked

#: Time of the next try for items that are not to be tried, in seconds since 1970: far in the future.
_NEVER = 1 << 40


def parked_command(arguments: Namespace) -> int:
    """Run the action ``list``, ``retry`` or ``drop``.

    :return: exit code, which is 1 when an item that was tried again is still parked
    """
    state_key = state_key_of(arguments)
    if arguments.action == "list":
        _list(list(_chosen(read_parked(state_key), arguments.keys).values()), as_json=arguments.json)
        return DONE
    if not arguments.keys and not arguments.all:
        raise ConfigError(f"parked {arguments.action}: give keys as `parked list` shows them, or give --all")
    return (_retry if arguments.action == "retry" else _drop)(state_key, arguments)


def _list(items: list[Parked], *, as_json: bool) -> None:
    if as_json:
        write_json(to_builtins(items))
    else:
        write_outline(map(_node, items))


def _drop(state_key: str, arguments: Namespace) -> int:
    parking = Parking(read_parked(state_key))
    for key in _chosen(parking.items, arguments.keys):
        parking.release(key)
    dropped = len(parking.changes)
    write_parked(state_key, parking)
    sys.stdout.write(f"dropped {dropped}, {len(parking)} left\n")
    return DONE


def _retry(state_key: str, arguments: Namespace) -> int:
    from openmetadata_ol_provider.config import load_config
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.lineage.plan import LineagePlan
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
    from openmetadata_ol_provider.state.checkpoint import read_state
    from openmetadata_ol_provider.version_compat import get_variable

    config = load_config(arguments.config, get_variable)
    client = OpenMetadataHook(arguments.openmetadata_conn_id).get_conn()
    memory = read_memory(state_key, read_state(state_key).usage)
    chosen = list(_chosen(memory.parking.items, arguments.keys))
    report = PublishReport()
    for start in range(0, len(chosen), MOST_AT_ONCE):
        now = set(chosen[start : start + MOST_AT_ONCE])
        for key, item in memory.parking.items.items():
            # What is not asked for waits; this is not written back.
            memory.parking.items[key] = msgspec.structs.replace(item, next_try=0 if key in now else _NEVER)
        report = report + publish_plan(LineagePlan(), client, config, memory=memory)
    write_parked(state_key, memory.parking)
    write_json(report.to_dict())
    sys.stderr.write(report.table() + "\n")
    return FAILED if memory.parking.items.keys() & set(chosen) else DONE


def _chosen(items: dict[str, Parked], keys: Iterable[str]) -> dict[str, Parked]:
    """Return the items with these keys, or all items without keys.

    :raises ConfigError: for a key that is not parked
    """
    unknown = [key for key in keys if key not in items]
    if unknown:
        raise ConfigError(f"parked: {unknown[0]!r} is not parked; see `openmetadata-ol parked list`")
    return {key: items[key] for key in keys} if keys else dict(items)


def _node(item: Parked) -> OutlineNode:
    first_seen, next_try = (_time(seconds) for seconds in (item.first_seen, item.next_try))
    return OutlineNode(
        f"{item.key}  {item.reason}  {safe_text(item.where)}",
        [
            OutlineNode(f"since {first_seen}, tried {item.tries} times, next try {next_try}"),
            OutlineNode(safe_text(item.detail)),
        ],
        indent=4,
    )


def _time(seconds: int) -> str:
    return iso(dt.datetime.fromtimestamp(seconds, dt.timezone.utc))
