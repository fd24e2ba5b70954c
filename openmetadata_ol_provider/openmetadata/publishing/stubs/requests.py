"""Builds the requests for stubs: create requests that every server version accepts, patches that only append."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.lineage.plan import Dataset, Field
from openmetadata_ol_provider.openmetadata.fqn import bounded
from openmetadata_ol_provider.openmetadata.provenance import SOURCE_HASH, is_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.columns import additions, message_fields, table_columns
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub

_TABLE_TYPES = {"TABLE": "Regular", "VIEW": "View"}
#: Path to the columns of an entity, by its type.
_COLUMNS = {"table": ("columns",), "topic": ("messageSchema", "schemaFields"), "container": ("dataModel", "columns")}


def parent_request(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the create request of a database or schema for stubs.

    :param parent: field that names its parent: ``service`` or ``database`` with an FQN
    """
    return {"name": name, **parent, "sourceHash": SOURCE_HASH}


def bucket_request(stub: Stub) -> dict[str, Any]:
    """Return the create request of the bucket of a container."""
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

    :param parent: fields that name its parent: ``databaseSchema`` or ``service`` with an FQN, ``parent`` with a
        reference
    :param tags: labels of the stub
    :param descriptions: ``True`` if the event's descriptions may be used
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
        # No event carries the number of partitions, and the server requires one.
        request["partitions"] = 1
    fields = _column_requests(stub.kind, dataset.fields, descriptions)
    return request | (_wrapped(stub.kind, fields) if fields or stub.kind == "table" else {})


def _column_requests(kind: str, fields: tuple[Field, ...], descriptions: bool) -> list[dict[str, Any]]:
    return (message_fields if kind == "topic" else table_columns)(fields, descriptions=descriptions)


def _wrapped(kind: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Return columns at their place within the request."""
    if kind == "topic":
        return {"messageSchema": {"schemaType": "Other", "schemaText": "", "schemaFields": fields}}
    return {"dataModel": {"isPartitioned": False, "columns": fields}} if kind == "container" else {"columns": fields}


def completion_of(kind: str, body: dict[str, Any], dataset: Dataset, *, descriptions: bool) -> list[dict[str, Any]]:
    """Return the JSON Patch that appends to a stub of ours the columns that it lacks.

    Empty for an entity that is not a stub, or no longer one.

    :param kind: entity type
    :param body: JSON of the entity
    """
    column_path = _COLUMNS.get(kind)
    if column_path is None or not is_stub(body):
        return []
    columns = _column_requests(kind, dataset.fields, descriptions)
    if not columns:
        return []
    if len(column_path) > 1 and not body.get(column_path[0]):
        return [{"op": "add", "path": f"/{column_path[0]}", "value": _wrapped(kind, columns)[column_path[0]]}]
    stored: Any = body
    for key in column_path:
        stored = stored.get(key) or {}
    return additions(list(stored), columns, "/" + "/".join(column_path))
