"""Filling a catalogue from a document, through the same checks as requests.

The document is a mapping of lists. An item is a create request, with short forms: an ``fqn`` names a table, a schema, a
database, a topic, a container or a pipeline and creates what holds it; a container's ``parent`` may be an FQN; an owner
may be ``user:name`` or ``team:name``; ``edges`` are ``{from, to, lineageDetails}`` with FQNs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import entities, fqn, lineage, shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.entities import Caller
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.kinds import BY_TYPE, LINEAGE_TYPES
from openmetadata_ol_provider.sandbox.catalogue.store import Store, kind_of, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import validate

_CALLER = Caller("admin", is_bot=False)
#: The lists of a document in the order in which they are loaded: what holds comes before what is held.
_ORDER = {kind.path.rpartition("/")[2]: kind.type for kind in BY_TYPE.values() if kind.type not in ("user", "team")}
_ORDER = {"teams": "team", "users": "user"} | {
    name: _ORDER[name] for name in ("domains", "dataProducts", "classifications", "tags", *_ORDER)
}
#: Where an FQN's first part leads when nothing says which kind of service it is.
_DEFAULT_SERVICE_TYPES = {
    "databaseService": "CustomDatabase",
    "messagingService": "Kafka",
    "storageService": "S3",
    "pipelineService": "OpenLineage",
    "dashboardService": "CustomDashboard",
    "mlmodelService": "CustomMlModel",
    "searchService": "CustomSearch",
    "apiService": "Rest",
}
#: Edges are looked for among these.
_EDGE_ENDS = tuple(name for name in BY_TYPE if name in LINEAGE_TYPES)


class SeedError(ValueError):
    """Raised when a seed document cannot be loaded; names the list, the item and what is wrong."""


def load_seed(store: Store, document: str | Path | dict[str, Any]) -> None:
    """Load a document into a store.

    :param document: a mapping, or the path of a JSON or YAML file
    :raises SeedError: naming the item that is refused and why
    """
    content = document if isinstance(document, dict) else _read(Path(document))
    unknown = content.keys() - _ORDER.keys() - {"edges"}
    if unknown:
        raise SeedError(f"seed: unknown list {min(unknown)!r} (known: {', '.join([*_ORDER, 'edges'])})")
    with store.lock:
        for name, entity_type in _ORDER.items():
            items = content.get(name) or []
            if entity_type == "container":
                items = sorted(items, key=_depth)
            for item in items:
                _guarded(name, item, partial(_load, store, entity_type))
        for item in content.get("edges") or []:
            _guarded("edges", item, partial(_load_edge, store))


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except OSError as error:
        raise SeedError(f"seed {str(path)!r} cannot be read: {error.strerror}; check the path") from None
    except (ValueError, yaml.YAMLError) as error:
        raise SeedError(f"seed {str(path)!r} is neither JSON nor YAML: {error}") from None
    if not isinstance(content, dict):
        raise SeedError(f"seed {str(path)!r}: a mapping of lists is expected, not {type(content).__name__}")
    return content


def _guarded(name: str, item: Any, load: Callable[[dict[str, Any]], None]) -> None:
    what = item.get("fqn") or item.get("name") or item if isinstance(item, dict) else item
    try:
        load(dict(item))
    except ApiError as error:
        raise SeedError(f"seed: {name}: {what!r}: {error.message}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SeedError(f"seed: {name}: {what!r} is malformed: {type(error).__name__}: {error}") from None


def _load(store: Store, entity_type: str, body: dict[str, Any]) -> None:
    kind = kind_of(entity_type)
    name = body.pop("fqn", None)
    if name is not None:
        service_type = None if "serviceType" in kind.shape.fields else body.pop("serviceType", None)
        parts = fqn.split(name)
        body["name"] = parts[-1]
        above = parts[:-2] if kind.infix else parts[:-1]
        if entity_type == "container" and len(above) > 1:
            body["parent"], above = _joined(above), above[:1]
        if kind.parent and kind.parent_type:
            body[kind.parent] = _holder(store, kind.parent_type, above, service_type)
    if isinstance(body.get("parent"), str) and entity_type == "container":
        body["parent"] = reference("container", store.by_name("container", body["parent"]))
    for field, holder in (("teams", "team"), ("users", "user")):
        if entity_type in ("user", "team") and field in body:
            body[field] = [store.by_name(holder, item)["id"] for item in body[field]]
    if "owners" in body:
        body["owners"] = [_owner(store, owner) for owner in body["owners"]]
    entities.create_or_update(store, kind, body, _CALLER)


def _holder(store: Store, entity_type: str, parts: list[str], service_type: str | None) -> str:
    """Return the name of what holds an entity, created with all that holds it where it is missing."""
    name = _joined(parts)
    if not parts:
        raise ValueError(f"the fqn names no {entity_type}")
    if name in store.collection(entity_type).by_fqn:
        return name
    kind = kind_of(entity_type)
    body: dict[str, Any] = {"name": parts[-1]}
    if kind.parent and kind.parent_type:
        body[kind.parent] = _holder(store, kind.parent_type, parts[:-1], service_type)
    else:
        if len(parts) != 1:
            raise ValueError(f"the fqn has {len(parts) - 1} parts too many")
        body["serviceType"] = service_type or _DEFAULT_SERVICE_TYPES[entity_type]
    entities.create_or_update(store, kind, body, _CALLER)
    return name


def _joined(parts: list[str]) -> str:
    return ".".join(fqn.quote(part) for part in parts)


def _depth(item: dict[str, Any]) -> int:
    """Return how deep a container lies: containers come after those they are in."""
    if "fqn" in item:
        return len(fqn.split(item["fqn"]))
    parent = item.get("parent")
    return 1 + len(fqn.split(parent)) if isinstance(parent, str) else 1


def _owner(store: Store, owner: Any) -> dict[str, Any]:
    """Return an owner's reference; the short form is ``user:name`` or ``team:name``."""
    if not isinstance(owner, str):
        return dict(owner)
    kind, _, name = owner.rpartition(":")
    return reference(kind or "user", store.by_name(kind or "user", name))


def _load_edge(store: Store, item: dict[str, Any]) -> None:
    details = item.get("lineageDetails")
    if details is not None:
        pipeline = details.get("pipeline")
        if isinstance(pipeline, str):
            details = {**details, "pipeline": reference("pipeline", store.by_name("pipeline", pipeline))}
        validate(shapes_lineage.LINEAGE_DETAILS, details, store.version)
    lineage.put_edge(store, _edge_end(store, item["from"]), _edge_end(store, item["to"]), details, _CALLER.name)


def _edge_end(store: Store, name: str) -> lineage.End:
    for entity_type in _EDGE_ENDS:
        found = store.collection(entity_type).by_fqn.get(fqn.normalise(name))
        if found is not None:
            return entity_type, found
    raise ApiError(404, f"no entity {name}")
