"""Keeping the content over restarts: one JSON file, replaced as a whole so that it is never half written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.edges import Edge
from openmetadata_ol_provider.sandbox.catalogue.store import Store

_FORMAT = 1


def save(store: Store, path: Path) -> None:
    """Write all of a store to a file."""
    with store.lock:
        content = {
            "format": _FORMAT,
            "entities": {name: list(found.by_id.values()) for name, found in store.collections.items() if found.by_id},
            "edges": [edge._asdict() for edge in store.edges],
            "statuses": {key: list(found.values()) for key, found in store.statuses.items()},
            "usage": [[*key, counts] for key, counts in store.usage.items()],
            "percentiles": [[*key, ranks] for key, ranks in store.percentiles.items()],
        }
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content), indent=1))
        Path(temporary).replace(path)


def load(store: Store, path: Path) -> None:
    """Read a store back.

    :raises ValueError: if the file is not such a state
    """
    try:
        content: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict)
    except msgspec.MsgspecError as error:
        raise ValueError(f"state file {str(path)!r} is not readable ({error}); delete it to start afresh") from None
    if content.get("format") != _FORMAT:
        raise ValueError(f"state file {str(path)!r} is of another format; delete it to start afresh")
    for entity_type, found in content["entities"].items():
        for entity in found:
            store.collection(entity_type).put(entity)
    for edge in content["edges"]:
        store.edges.put(Edge(**edge))
    for pipeline_id, statuses in content["statuses"].items():
        store.statuses[pipeline_id] = {status["timestamp"]: status for status in statuses}
    for entity_type, entity_id, counts in content["usage"]:
        store.usage[entity_type, entity_id] = counts
    for entity_type, entity_id, ranks in content.get("percentiles", ()):
        store.percentiles[entity_type, entity_id] = ranks
