"""The permissions that a request needs: operations on resources, which rules of policies grant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from openmetadata_ol_provider.openmetadata.client.transport import Request

#: Collections whose resource is not their name without the ``s``.
_RESOURCES = {"queries": "query", "searchIndexes": "searchIndex", "columns": "table"}
#: Resources that lineage connects.
_LINEAGE = frozenset({
    "table", "topic", "container", "pipeline", "dashboard", "dashboardDataModel", "chart", "mlmodel", "searchIndex",
    "storedProcedure", "apiEndpoint", "metric",
})  # fmt: skip
#: Operations on single top-level fields of a JSON Patch; any other field needs EditAll.
_FIELDS = {
    "description": "EditDescription",
    "displayName": "EditDisplayName",
    "owners": "EditOwners",
    "owner": "EditOwners",
    "tags": "EditTags",
    "extension": "EditCustomFields",
}


class Permission(NamedTuple):
    """An operation on a resource, e.g. ``EditLineage`` on ``table``."""

    operation: str
    resource: str

    def __str__(self) -> str:
        return f"{self.operation} on {self.resource}"


def permissions_for(request: Request) -> tuple[Permission, ...]:
    """Return the permissions that a request needs; of several for one resource, the server may require only one."""
    segments = [unquote(segment) for segment in request.path.strip("/").split("/")]
    if segments and segments[0] == "v1":
        segments = segments[1:]
    head, *rest = segments or [""]
    if head == "lineage":
        operation = "ViewBasic" if request.method == "GET" else "EditLineage"
        return tuple(Permission(operation, resource) for resource in dict.fromkeys(_connected(rest, request.json)))
    if head == "usage" and rest:
        return (Permission("EditUsage", rest[0]),)
    if head == "entity" and rest[:1] == ["profiles"]:
        return (Permission("EditDataProfile", "table"),)
    if head == "dataQuality" and rest:
        return (_of_data_quality(request, rest[0]),)
    if head == "services" and rest:
        head, *rest = rest
    if not head.endswith("s"):
        return ()
    resource = _RESOURCES.get(head, head.removesuffix("s"))
    return tuple(Permission(operation, resource) for operation in _operations(request, rest))


def rule_text(operations: Iterable[str], resources: Iterable[str]) -> str:
    """Return the policy rule that grants operations on resources, in the order of OpenMetadata's form."""
    return f"resources [{', '.join(resources)}], operations [{', '.join(operations)}], effect allow"


def _connected(segments: list[str], body: Any) -> Iterator[str]:
    """Yield the resources that a lineage request connects."""
    edge = body.get("edge") if isinstance(body, dict) else None
    if isinstance(edge, dict):
        ends = [edge.get("fromEntity"), edge.get("toEntity")]
        yield from (str(end["type"]) for end in ends if isinstance(end, dict) and "type" in end)
        return
    yield from [segment for segment in segments if segment in _LINEAGE] or ("table", "topic", "container")


def _of_data_quality(request: Request, collection: str) -> Permission:
    """Return the permission for tests: of test cases those of their table count."""
    reads = request.method == "GET"
    if collection == "testCases":
        return Permission("ViewTests" if reads else "EditTests", "table")
    return Permission("ViewBasic" if reads else "Create" if request.method == "POST" else "EditAll", "testDefinition")


#: Operation that a read needs by a part of its path, if more than the basic one.
_READS = {"tableProfile": "ViewDataProfile", "systemProfile": "ViewDataProfile", "pipelineObservability": "ViewAll"}


def _operations(request: Request, rest: list[str]) -> tuple[str, ...]:
    if request.method == "GET":
        return (next((operation for part, operation in _READS.items() if part in rest[1:]), "ViewBasic"),)
    if rest[1:2] == ["tableProfile"] or "status" in rest:
        return ("EditDataProfile" if rest[1:2] == ["tableProfile"] else "EditStatus",)
    if request.method == "PATCH":
        return tuple(dict.fromkeys(_patched(request.json))) or ("EditAll",)
    if request.method == "DELETE":
        return ("Delete",)
    if rest and rest[0] != "bulk":
        return ("EditAll",)
    return ("Create",) if request.method == "POST" else ("Create", "EditAll")


def _patched(operations: Any) -> Iterator[str]:
    for operation in operations if isinstance(operations, list) else ():
        if isinstance(operation, dict) and operation.get("op") != "test":
            field = str(operation.get("path", "")).strip("/").partition("/")[0]
            yield _FIELDS.get(field, "EditAll")
