"""``openmetadata-ol parked``: lists, retries or drops lineage that could not be published yet."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Mapping

from openmetadata_ol_provider.cli.airflow import state_key_of
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.parked_outline import parked_outline
from openmetadata_ol_provider.cli.report import write_report
from openmetadata_ol_provider.cli.terminal import write_outline
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.receipts import settle_receipts
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.serialization import to_builtins
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.outcomes import edge_key_of
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_groups import age, group_parked
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.openmetadata.publishing.core.selection import EDGE
from openmetadata_ol_provider.receipts.receipt import EdgeOutcome
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.store import StateStore, apply


def parked_command(arguments: Namespace) -> int:
    """Run the action ``list``, ``retry`` or ``drop``.

    :return: exit code, which is 1 when an item that was tried again is still parked
    """
    store = StateStore(state_key_of(arguments))
    if arguments.action == "list":
        _list(store, list(_chosen(store.read_parked(), arguments.keys).values()), as_json=arguments.json)
        return DONE
    if not arguments.keys and not arguments.all:
        raise ConfigError(f"parked {arguments.action}: give keys as `parked list` shows them, or give --all")
    return (_retry if arguments.action == "retry" else _drop)(store, arguments)


def _list(store: StateStore, items: list[Parked], *, as_json: bool) -> None:
    if as_json:
        write_json(to_builtins(items))
        return
    groups = group_parked(items)
    write_outline(parked_outline(groups, time.time()))
    if not items:
        sys.stderr.write(f"nothing is parked (state key {store.state_key!r})\n")
    else:
        oldest = age(time.time() - min(item.first_seen for item in items))
        sys.stderr.write(
            f"{counted(len(items), 'item')} in {counted(len(groups), 'group')}, the oldest waits for {oldest}\n"
        )


def _drop(store: StateStore, arguments: Namespace) -> int:
    items = store.read_parked()
    dropped = _chosen(items, arguments.keys)
    store.update_parked(dict.fromkeys(dropped))
    given_up: dict[int, EdgeOutcome] = {edge_key_of(key): "given_up" for key in dropped if key.startswith(EDGE)}
    settle_receipts(ReceiptStore(store.state_key), given_up)
    sys.stdout.write(f"dropped {len(dropped)}, {len(items) - len(dropped)} left\n")
    return DONE


def _retry(store: StateStore, arguments: Namespace) -> int:
    from openmetadata_ol_provider.cli.airflow import tasks_config
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.lineage.plan import LineagePlan
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

    config, _ = tasks_config(arguments.config)
    client = OpenMetadataHook(arguments.openmetadata_conn_id).get_conn()
    history = store.read_history()
    chosen = frozenset(_chosen(history.parking.items, arguments.keys))
    report, unrecorded = PublishReport(), ""
    outcomes: dict[int, EdgeOutcome] = {}
    waiting = set(chosen)
    while waiting:
        # One publication tries only some of them; items that were not asked for wait.
        due = history._replace(parking=Parking(history.parking.items.due_at_once(waiting)), held=Held())
        publication = publish_plan(LineagePlan(), client, config, due)
        waiting.difference_update(publication.parking)
        history = apply(history, publication)
        unrecorded = store.add_to_ledger(publication.ledger)
        store.update_parked(publication.parking)
        outcomes.update((key, result.outcome) for key, result in publication.outcomes.edges.items())
        report = report + publication.report
    settle_receipts(ReceiptStore(store.state_key), outcomes)
    write_json(report.to_dict())
    write_report(report, sys.stderr)
    if unrecorded and report.edges.published:
        sys.stderr.write(f"edges that no run shows again may neither become stale nor expire: {unrecorded}\n")
    return FAILED if history.parking.items.keys() & chosen else DONE


def _chosen(items: Mapping[str, Parked], keys: Iterable[str]) -> dict[str, Parked]:
    """Return the items with these keys, or all items without keys.

    :raises ConfigError: for a key that is not parked
    """
    unknown = [key for key in keys if key not in items]
    if unknown:
        raise ConfigError(f"parked: {unknown[0]!r} is not parked; see `openmetadata-ol parked list`")
    return {key: items[key] for key in keys} if keys else dict(items)
