"""Fills a catalogue from a document, with the same checks as for requests.

The document is a mapping of lists. An item is a create request, with short forms: ``fqn`` may replace the name and the
parent of an entity, and missing parents are created; a container's ``parent`` may be an FQN; an owner may be
``user:name`` or ``team:name``; ``edges`` are ``{from, to, lineageDetails}`` with FQNs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import entity_writes, lineage_writes, qualified_names
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.caller import Caller
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, reference
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE, LINEAGE_TYPES
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import LINEAGE_DETAILS, validate
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import property_names

_CALLER = Caller("admin", is_bot=False)
#: The lists of a document in the order in which they are loaded: parents before their content.
_ORDER = {kind.path.rpartition("/")[2]: kind.type for kind in BY_TYPE.values() if kind.type not in ("user", "team")}
_ORDER = {"teams": "team", "users": "user"} | {
    name: _ORDER[name] for name in ("domains", "dataProducts", "classifications", "tags", *_ORDER)
}
#: Types of the services that are created because an FQN begins with them.
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
#: Kinds among which the ends of edges are looked up.
_EDGE_END_TYPES = tuple(name for name in BY_TYPE if name in LINEAGE_TYPES)


class SeedError(ValueError):
    """Raised when a seed document cannot be loaded; the message names the list, the item and the reason."""


def load_seed(store: CatalogueStore, document: str | Path | dict[str, Any]) -> None:
    """Load a document into a store.

    :param document: a mapping, or the path of a JSON or YAML file
    :raises SeedError: if the document cannot be read or an item is invalid
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
        raise SeedError(f"seed {str(path)!r}: expected a mapping of lists, got {type(content).__name__}")
    return content


def _guarded(name: str, item: Any, load: Callable[[dict[str, Any]], None]) -> None:
    label = item.get("fqn") or item.get("name") or item if isinstance(item, dict) else item
    try:
        load(dict(item))
    except ApiError as error:
        raise SeedError(f"seed: {name}: {label!r}: {error.message}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SeedError(f"seed: {name}: {label!r} is malformed: {type(error).__name__}: {error}") from None


def _load(store: CatalogueStore, entity_type: str, body: dict[str, Any]) -> None:
    kind = BY_TYPE[entity_type]
    fqn = body.pop("fqn", None)
    if fqn is not None:
        service_type = None if "serviceType" in property_names(kind.schema) else body.pop("serviceType", None)
        parts = qualified_names.split(fqn)
        body["name"] = parts[-1]
        ancestors = parts[:-2] if kind.infix else parts[:-1]
        if entity_type == "container" and len(ancestors) > 1:
            body["parent"], ancestors = _joined(ancestors), ancestors[:1]
        if kind.parent and kind.parent_type:
            body[kind.parent] = _ensured_parent(store, kind.parent_type, ancestors, service_type)
    if isinstance(body.get("parent"), str) and entity_type == "container":
        body["parent"] = reference("container", store.by_name("container", body["parent"]))
    for field, member_type in (("teams", "team"), ("users", "user")):
        if entity_type in ("user", "team") and field in body:
            body[field] = [store.by_name(member_type, name)["id"] for name in body[field]]
    if "owners" in body:
        body["owners"] = [_owner(store, owner) for owner in body["owners"]]
    entity_writes.create_or_update(store, kind, body, _CALLER)


def _ensured_parent(store: CatalogueStore, entity_type: str, parts: list[str], service_type: str | None) -> str:
    """Return the FQN of a parent, which is created with its own parents if it does not exist."""
    fqn = _joined(parts)
    if not parts:
        raise ValueError(f"the fqn contains no {entity_type}")
    if fqn in store.collection(entity_type).by_fqn:
        return fqn
    kind = BY_TYPE[entity_type]
    body: dict[str, Any] = {"name": parts[-1]}
    if kind.parent and kind.parent_type:
        body[kind.parent] = _ensured_parent(store, kind.parent_type, parts[:-1], service_type)
    else:
        if len(parts) != 1:
            raise ValueError(f"the fqn has {len(parts) - 1} too many parts")
        body["serviceType"] = service_type or _DEFAULT_SERVICE_TYPES[entity_type]
    entity_writes.create_or_update(store, kind, body, _CALLER)
    return fqn


def _joined(parts: list[str]) -> str:
    return ".".join(qualified_names.quote(part) for part in parts)


def _depth(item: dict[str, Any]) -> int:
    """Return the depth of a container: parents are loaded before their children."""
    if "fqn" in item:
        return len(qualified_names.split(item["fqn"]))
    parent = item.get("parent")
    return 1 + len(qualified_names.split(parent)) if isinstance(parent, str) else 1


def _owner(store: CatalogueStore, owner: Any) -> dict[str, Any]:
    """Return the reference to an owner, whose short form is ``user:name`` or ``team:name``."""
    if not isinstance(owner, str):
        return dict(owner)
    owner_type, _, name = owner.rpartition(":")
    return reference(owner_type or "user", store.by_name(owner_type or "user", name))


def _load_edge(store: CatalogueStore, item: dict[str, Any]) -> None:
    details = item.get("lineageDetails")
    if details is not None:
        pipeline = details.get("pipeline")
        if isinstance(pipeline, str):
            details = {**details, "pipeline": reference("pipeline", store.by_name("pipeline", pipeline))}
        validate(LINEAGE_DETAILS, details, store.version)
    source, target = _edge_end(store, item["from"]), _edge_end(store, item["to"])
    lineage_writes.put_edge(store, source, target, details, _CALLER.name)


def _edge_end(store: CatalogueStore, fqn: str) -> lineage_writes.EdgeEnd:
    for entity_type in _EDGE_END_TYPES:
        entity = store.collection(entity_type).by_fqn.get(qualified_names.normalise(fqn))
        if entity is not None:
            return entity_type, entity
    raise ApiError(404, f"no entity {fqn}")
