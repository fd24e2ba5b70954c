"""Which permission a call needs, in OpenMetadata's words: an operation on a kind of resource, granted by a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from openmetadata_ol_provider.openmetadata.client.transport import Request

#: Collections whose resource is not their name without the ``s``.
_RESOURCES = {"queries": "query", "searchIndexes": "searchIndex", "columns": "table"}
#: What lineage connects.
_LINEAGE = frozenset({
    "table", "topic", "container", "pipeline", "dashboard", "dashboardDataModel", "chart", "mlmodel", "searchIndex",
    "storedProcedure", "apiEndpoint", "metric",
})  # fmt: skip
#: Top-level fields of a JSON Patch with an operation of their own; any other needs EditAll.
_FIELDS = {
    "description": "EditDescription",
    "displayName": "EditDisplayName",
    "owners": "EditOwners",
    "owner": "EditOwners",
    "tags": "EditTags",
    "extension": "EditCustomFields",
}


class Right(NamedTuple):
    """An operation on a kind of resource, e.g. ``EditLineage`` on ``table``."""

    operation: str
    resource: str

    def __str__(self) -> str:
        return f"{self.operation} on {self.resource}"


def rights_of(call: Request) -> tuple[Right, ...]:
    """Return the permissions that a call needs; of several for one resource, the server may ask for one only."""
    segments = [unquote(segment) for segment in call.path.strip("/").split("/")]
    if segments and segments[0] == "v1":
        segments = segments[1:]
    head, *rest = segments or [""]
    if head == "lineage":
        operation = "ViewBasic" if call.method == "GET" else "EditLineage"
        return tuple(Right(operation, kind) for kind in dict.fromkeys(_ends(rest, call.json)))
    if head == "usage" and rest:
        return (Right("EditUsage", rest[0]),)
    if head == "services" and rest:
        head, *rest = rest
    if not head.endswith("s"):
        return ()
    resource = _RESOURCES.get(head, head.removesuffix("s"))
    return tuple(Right(operation, resource) for operation in _operations(call, rest))


def rule_text(operations: Iterable[str], resources: Iterable[str]) -> str:
    """Return the policy rule that grants operations on resources, as its form in OpenMetadata asks for it."""
    return f"resources [{', '.join(resources)}], operations [{', '.join(operations)}], effect allow"


def _ends(segments: list[str], body: Any) -> Iterator[str]:
    """Yield the kinds of the entities that a call on lineage is about."""
    edge = body.get("edge") if isinstance(body, dict) else None
    if isinstance(edge, dict):
        ends = [edge.get("fromEntity"), edge.get("toEntity")]
        yield from (str(end["type"]) for end in ends if isinstance(end, dict) and "type" in end)
        return
    yield from [segment for segment in segments if segment in _LINEAGE] or ("table", "topic", "container")


def _operations(call: Request, rest: list[str]) -> tuple[str, ...]:
    if call.method == "GET":
        return ("ViewBasic",)
    if "status" in rest:
        return ("EditStatus",)
    if call.method == "PATCH":
        return tuple(dict.fromkeys(_patched(call.json))) or ("EditAll",)
    if call.method == "DELETE":
        return ("Delete",)
    if rest and rest[0] != "bulk":
        return ("EditAll",)
    return ("Create",) if call.method == "POST" else ("Create", "EditAll")


def _patched(operations: Any) -> Iterator[str]:
    for operation in operations if isinstance(operations, list) else ():
        if isinstance(operation, dict) and operation.get("op") != "test":
            field = str(operation.get("path", "")).strip("/").partition("/")[0]
            yield _FIELDS.get(field, "EditAll")
