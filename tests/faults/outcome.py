"""What there is after a scenario, so that two can be compared: without ids, versions and the clock's times."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from openmetadata_ol_provider.openlineage.serialization import to_builtins
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import KINDS
from openmetadata_ol_provider.state.store import StateStore
from tests.faults.mix import PASSING, PRIVATE, Message
from tests.operators.steps_support import holding

#: Fields that differ between two catalogues although they say the same.
_VOLATILE = frozenset(
    {"version", "updatedAt", "changeDescription", "incrementalChangeDescription", "href", "queryDate"}
)
_ORIGIN = "openlineage.dead_letter."


class Letter(NamedTuple):
    """A dead letter, as far as it has to be that of its origin.

    :param partition: partition of the original message
    :param offset: offset of the original message
    """

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


class Outcome(NamedTuple):
    """The state of everything after a scenario.

    :param catalogue: everything that it holds, by what it is
    :param parked: parked items by key
    :param letters: number of occurrences of each dead letter
    :param checkpoint: partition -> next offset
    """

    catalogue: dict[str, Any]
    parked: dict[str, Any]
    letters: Counter[Letter]
    checkpoint: dict[int, int]

    @property
    def doubled(self) -> int:
        """Dead letters that are there more than once, the copies counted."""
        return self.letters.total() - len(self.letters)

    def differences(self, other: Outcome) -> list[str]:
        """Return what is not the same in another outcome, in words; copies of dead letters do not count."""
        found = [*_differences("catalogue", self.catalogue, other.catalogue)]
        found += _differences("parked", self.parked, other.parked)
        found += _differences("dead letters", dict.fromkeys(self.letters), dict.fromkeys(other.letters))
        return [*found, *_differences("checkpoint", self.checkpoint, other.checkpoint)]


def _differences(where: str, mine: dict[Any, Any], theirs: dict[Any, Any]) -> Iterator[str]:
    for key in sorted({*mine, *theirs}, key=str):
        if key not in mine:
            yield f"{where}: {key} is missing: {theirs[key]}"
        elif key not in theirs:
            yield f"{where}: {key} is there in vain: {mine[key]}"
        elif mine[key] != theirs[key]:
            yield f"{where}: {key} is {mine[key]}, undisturbed it is {theirs[key]}"


def held(catalogue: CatalogueServer) -> dict[str, Any]:
    """Return all that a catalogue holds, each under a name that says what it is."""
    holds = holding(catalogue)
    names = _names(catalogue)
    found: dict[str, Any] = {f"edge {' -> '.join(ends)}": edge for ends, edge in holds.edges.items()}
    found |= {f"pipeline {name}": _named(pipeline, names) for name, pipeline in holds.pipelines.items()}
    found |= {f"status {name}": statuses for name, statuses in holds.statuses.items()}
    for kind in KINDS:
        if kind.type != "pipeline":
            for entity in catalogue.entities(kind.type):
                if entity.get("query") == PASSING:
                    # Whether it is seen, or has changed again within a batch, depends on the batches.
                    continue
                found[f"{kind.type} {entity['fullyQualifiedName']}"] = _named(entity, names)
    with catalogue.store.lock:
        for (_, id_), counts in catalogue.store.usage.items():
            found[f"usage {names[id_]}"] = dict(counts)
        for (_, id_), ranks in catalogue.store.percentiles.items():
            found[f"rank {names[id_]}"] = json.loads(json.dumps(ranks))
    return found


def _names(catalogue: CatalogueServer) -> dict[str, str]:
    return {
        entity["id"]: f"{kind.type} {entity['fullyQualifiedName']}"
        for kind in KINDS
        for entity in catalogue.entities(kind.type)
    }


def _named(value: Any, names: dict[str, str]) -> Any:
    """Return a value with names for ids, and lists of references in an order of their own."""
    if isinstance(value, dict):
        return {key: _named(item, names) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        items = [_named(item, names) for item in value]
        return sorted(items, key=str) if items and isinstance(items[0], dict) and "id" in items[0] else items
    return names.get(value, value) if isinstance(value, str) else value


def waiting(state_key: str) -> dict[str, Any]:
    """Return what is parked, by key: what waits, why and for what, not what else its batch said of the datasets."""
    return {
        key: {
            "reason": item.reason,
            "missing": to_builtins(item.missing),
            "edges": [f"{edge.source.name} -> {edge.target.name}" for edge in item.edges],
            "jobs": [job.name for job in item.jobs],
            "runs": [run.run_id for run in item.runs],
        }
        for key, item in StateStore(state_key).read_parked().items()
    }


def letters(messages: Iterable[Any], topic: str) -> Counter[Letter]:
    """Return the dead letters.

    :param messages: messages of the dead-letter topic
    :param topic: topic that they must come from
    """
    found: Counter[Letter] = Counter()
    for message in messages:
        headers = message.headers() or []
        origin = {name.removeprefix(_ORIGIN): value for name, value in headers if name.startswith(_ORIGIN)}
        assert origin["reason"], "a dead letter has to say why it is one"
        assert origin["topic"].decode() == topic
        own = tuple((name, value) for name, value in headers if not name.startswith(_ORIGIN))
        found[Letter(int(origin["partition"]), int(origin["offset"]), message.key(), message.value(), own)] += 1
    return found


class Accounts(NamedTuple):
    """What became of each message of the topic, in numbers."""

    read: int
    published: int
    parked: int
    dead_lettered: int
    left_out: int

    @property
    def missing(self) -> int:
        """Messages of which nobody knows what became of them."""
        return self.read - self.published - self.parked - self.dead_lettered - self.left_out


def accounts(messages: Iterable[tuple[int, int, Message]], outcome: Outcome) -> Accounts:
    """Look for each message where it has to be.

    :param messages: partition, offset and message, of all that the checkpoint has passed
    """
    dead = {(letter.partition, letter.offset) for letter in outcome.letters}
    shown = {
        status["executionId"]
        for name, statuses in outcome.catalogue.items()
        if name.startswith("status ")
        for status in statuses
    }
    waits = {job for item in outcome.parked.values() for job in item["jobs"]}
    counts: Counter[str] = Counter()
    for partition, offset, message in messages:
        counts["read"] += 1
        if (partition, offset) in dead:
            counts["dead_lettered"] += 1
        elif not message.bad:
            counts[_fate(json.loads(message.value or b""), shown, waits)] += 1
    return Accounts(*(counts[name] for name in Accounts._fields))


def _fate(event: dict[str, Any], shown: set[str], waits: set[str]) -> str:
    """Return what became of an event: by its run, or that of its parents, and by its job."""
    if event["job"]["name"] == PRIVATE:
        return "left_out"
    if event["job"]["name"] in waits:
        return "parked"
    parent = event["run"]["facets"].get("parent") or {}
    runs = (event["run"], parent.get("run") or {}, (parent.get("root") or {}).get("run") or {})
    return "published" if shown & {run.get("runId") for run in runs} else "missing"
