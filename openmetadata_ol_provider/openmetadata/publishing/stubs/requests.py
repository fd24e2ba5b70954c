"""What is sent for stubs: create requests that every version of the server takes, patches that only append. Pure."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.lineage.plan import Dataset, Field
from openmetadata_ol_provider.openmetadata.fqn import bounded
from openmetadata_ol_provider.openmetadata.provenance import SOURCE_HASH, is_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.columns import additions, columns, message_fields
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub

_TABLE_TYPES = {"TABLE": "Regular", "VIEW": "View"}
#: Where the columns are in an entity, by its type.
_COLUMNS = {"table": ("columns",), "topic": ("messageSchema", "schemaFields"), "container": ("dataModel", "columns")}


def holder_request(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the create request of a database or schema that is to hold stubs.

    :param parent: what holds it: ``service`` or ``database`` and an FQN
    """
    return {"name": name, **parent, "sourceHash": SOURCE_HASH}


def bucket_request(stub: Stub) -> dict[str, Any]:
    """Return the create request of the bucket that is to hold a container."""
    return {
        "name": bounded(stub.bucket),
        "service": stub.service.fqn,
        "prefix": "/",
        "fullPath": stub.root,
        "sourceHash": SOURCE_HASH,
    }


def stub_request(
    stub: Stub, parent: dict[str, Any], tags: list[dict[str, Any]], *, descriptions: bool
) -> dict[str, Any]:
    """Return the create request of a stub, the same for every version of the server.

    :param parent: what holds it: ``databaseSchema`` or ``service`` and an FQN, ``parent`` and a reference
    :param tags: its labels
    :param descriptions: whether the event's descriptions may be the stub's
    """
    dataset = stub.dataset
    request: dict[str, Any] = {"name": stub.entity_name, **parent, "sourceHash": SOURCE_HASH}
    if tags:
        request["tags"] = tags
    if dataset.description and descriptions:
        request["description"] = dataset.description
    if stub.kind == "table":
        table_type = _TABLE_TYPES.get((dataset.type or "").upper())
        request |= {"tableType": table_type} if table_type else {}
    elif stub.kind == "container":
        path = f"/{stub.name}"
        request |= {"prefix": path, "fullPath": f"{stub.root or 'file://'}{path}".rstrip("/")}
    else:
        # How many there are is not in any event, and the server wants a number.
        request["partitions"] = 1
    found = _wanted(stub.kind, dataset.fields, descriptions)
    return request | (_around(stub.kind, found) if found or stub.kind == "table" else {})


def _wanted(kind: str, fields: tuple[Field, ...], descriptions: bool) -> list[dict[str, Any]]:
    return (message_fields if kind == "topic" else columns)(fields, descriptions=descriptions)


def _around(kind: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns with what they are in."""
    if kind == "topic":
        return {"messageSchema": {"schemaType": "Other", "schemaText": "", "schemaFields": found}}
    return {"dataModel": {"isPartitioned": False, "columns": found}} if kind == "container" else {"columns": found}


def completion_of(kind: str, body: dict[str, Any], dataset: Dataset, *, descriptions: bool) -> list[dict[str, Any]]:
    """Return the JSON Patch that appends to a stub of ours the columns that a dataset has and it has not.

    Nothing for an entity that is no stub, or not any more.

    :param kind: entity type
    :param body: JSON of the entity
    """
    place = _COLUMNS.get(kind)
    if place is None or not is_stub(body):
        return []
    wanted = _wanted(kind, dataset.fields, descriptions)
    if not wanted:
        return []
    if len(place) > 1 and not body.get(place[0]):
        return [{"op": "add", "path": f"/{place[0]}", "value": _around(kind, wanted)[place[0]]}]
    stored: Any = body
    for key in place:
        stored = stored.get(key) or {}
    return additions(list(stored), wanted, "/" + "/".join(place))
