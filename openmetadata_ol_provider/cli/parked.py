"""``openmetadata-ol parked``: lists, retries or drops lineage that could not be published yet."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.cli.airflow import lane_keys, state_key_of
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.other_states import other_states
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

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport


def parked_command(arguments: Namespace) -> int:
    """Run the action ``list``, ``retry`` or ``drop`` on what is parked in all lanes.

    :return: exit code, which is 1 when an item that was tried again is still parked
    """
    state_key = state_key_of(arguments)
    stores = [StateStore(key) for key in lane_keys(arguments).values()]
    waiting = [store.read_parked() for store in stores]
    parked = [_chosen(items, arguments.keys) for items in waiting]
    if unknown := [key for key in arguments.keys if not any(key in items for items in parked)]:
        raise ConfigError(f"parked: {unknown[0]!r} is not parked; see `openmetadata-ol parked list`")
    if arguments.action == "list":
        _list(state_key, stores, [item for items in parked for item in items.values()], as_json=arguments.json)
        return DONE
    if not arguments.keys and not arguments.all:
        raise ConfigError(f"parked {arguments.action}: give keys as `parked list` shows them, or give --all")
    if arguments.action == "drop":
        return _drop(stores, parked, sum(map(len, waiting)))
    return _retry(stores, parked, arguments)


def _list(state_key: str, stores: Sequence[StateStore], items: list[Parked], *, as_json: bool) -> None:
    groups = group_parked(items)
    if as_json:
        write_json(to_builtins(items))
    else:
        write_outline(parked_outline(groups, time.time()))
    if not items:
        sys.stderr.write(f"nothing is parked (state key {state_key!r}){other_states(state_key, stores)}\n")
    elif not as_json:
        oldest = age(time.time() - min(item.first_seen for item in items))
        sys.stderr.write(
            f"{counted(len(items), 'item')} in {counted(len(groups), 'group')}, the oldest waits for {oldest}\n"
        )


def _drop(stores: Sequence[StateStore], parked: Sequence[Mapping[str, Parked]], waiting: int) -> int:
    """Drop chosen items of each lane.

    :param waiting: number of all items
    """
    for store, dropped in zip(stores, parked, strict=True):
        if not dropped:
            continue
        store.update_parked(dict.fromkeys(dropped))
        given_up: dict[int, EdgeOutcome] = {edge_key_of(key): "given_up" for key in dropped if key.startswith(EDGE)}
        settle_receipts(ReceiptStore(store.state_key), given_up)
    count = sum(map(len, parked))
    sys.stdout.write(f"dropped {count}, {waiting - count} left\n")
    return DONE


def _retry(stores: Sequence[StateStore], parked: Sequence[Mapping[str, Parked]], arguments: Namespace) -> int:
    from openmetadata_ol_provider.cli.airflow import tasks_config
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

    config, _ = tasks_config(arguments.config)
    client = OpenMetadataHook(arguments.openmetadata_conn_id).get_conn()
    report, left, waits = PublishReport(), 0, False
    chosen = [(store, items) for store, items in zip(stores, parked, strict=True) if items]
    for store, items in chosen:
        of_lane, waits_in_lane = _retry_lane(store, frozenset(items), client, config)
        # Together, reports have the number of items that the last of them has left.
        report, left, waits = report + of_lane, left + of_lane.parked, waits or waits_in_lane
    report = msgspec.structs.replace(report, parked=left)
    write_json(report.to_dict())
    write_report(report, sys.stderr)
    return FAILED if waits else DONE


def _retry_lane(
    store: StateStore, chosen: frozenset[str], client: OpenMetadataClient, config: Config
) -> tuple[PublishReport, bool]:
    """Publish chosen items of one lane.

    :return: the report, and whether an item still waits
    """
    from openmetadata_ol_provider.lineage.plan import LineagePlan
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

    history = store.read_history()
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
    if unrecorded and report.edges.published:
        sys.stderr.write(f"edges that no run shows again may neither become stale nor expire: {unrecorded}\n")
    return report, not history.parking.items.keys().isdisjoint(chosen)


def _chosen(items: Mapping[str, Parked], keys: Sequence[str]) -> dict[str, Parked]:
    """Return the items with these keys, or all items without keys."""
    return {key: items[key] for key in keys if key in items} if keys else dict(items)
