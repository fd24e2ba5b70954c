"""Saves the content of the catalogue to a JSON file, which is replaced as a whole so that it is never half written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.stored_edges import Edge

_FORMAT = 1


def save(store: CatalogueStore, path: Path) -> None:
    """Write the content of a store to a file."""
    with store.lock:
        content = {
            "format": _FORMAT,
            "entities": {
                entity_type: list(collection.by_id.values())
                for entity_type, collection in store.collections.items()
                if collection.by_id
            },
            "edges": [edge._asdict() for edge in store.edges],
            "statuses": {pipeline_id: list(statuses.values()) for pipeline_id, statuses in store.statuses.items()},
            "observability": store.observability,
            "usage": [[*key, counts] for key, counts in store.usage.items()],
            "profiles": [[*key, rows] for key, rows in store.profiles.items()],
            "testCases": list(store.test_cases.values()),
            "testResults": [[fqn, list(results.values())] for fqn, results in store.test_results.items()],
            "percentiles": [[*key, ranks] for key, ranks in store.percentiles.items()],
        }
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content), indent=1))
        Path(temporary).replace(path)


def load(store: CatalogueStore, path: Path) -> None:
    """Read saved content into a store.

    :raises ValueError: if the file cannot be read or has another format
    """
    content = _content(path)
    for entity_type, entities in content["entities"].items():
        for entity in entities:
            store.collection(entity_type).put(entity)
    for edge in content["edges"]:
        store.edges.put(Edge(**edge))
    for pipeline_id, statuses in content["statuses"].items():
        store.statuses[pipeline_id] = {status["timestamp"]: status for status in statuses}
    store.observability.update(content.get("observability", {}))
    for entity_type, entity_id, counts in content["usage"]:
        store.usage[entity_type, entity_id] = counts
    for kind, fqn, rows in content.get("profiles", ()):
        store.profiles[kind, fqn] = rows
    for case in content.get("testCases", ()):
        store.test_cases[case["fullyQualifiedName"]] = case
    for fqn, results in content.get("testResults", ()):
        store.test_results[fqn] = {result["timestamp"]: result for result in results}
    for entity_type, entity_id, ranks in content.get("percentiles", ()):
        store.percentiles[entity_type, entity_id] = ranks


def _content(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict)
    except msgspec.MsgspecError as error:
        raise ValueError(
            f"state file {str(path)!r} cannot be read ({error}); delete it to start without its content"
        ) from None
    if content.get("format") != _FORMAT:
        raise ValueError(f"state file {str(path)!r} has another format; delete it to start without its content")
    return content
