"""Plans the changes of stubs: appended columns while they are ours, and no mark once an ingestion has replaced them.

These are operations for the one patch that an entity gets in a publication, together with its metadata.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.provenance import STUB_TAG, is_outgrown, is_stub, is_untouched_stub
from openmetadata_ol_provider.openmetadata.publishing.stubs.requests import completion_of

Operations = list[dict[str, Any]]
#: Fields that hold columns.
_COLUMN_FIELDS = ("columns", "messageSchema", "dataModel")


def completion_operations(
    kind: str, body: dict[str, Any], datasets: Iterable[Dataset], *, descriptions: bool
) -> Operations:
    """Return the operations that append to a stub of ours the columns of datasets that it lacks.

    :param kind: entity type
    :param body: JSON of the entity; none are returned if it is no stub of ours
    :param descriptions: ``True`` if the columns may have descriptions
    """
    operations: Operations = []
    for dataset in datasets:
        more = completion_of(kind, body, dataset, descriptions=descriptions)
        body = applied(body, more) if more else body
        operations += more
    return operations


def extended_at(body: dict[str, Any]) -> float | None:
    """Return when a stub of ours was last changed, in hours since 1970; ``None`` if it has got no columns by that.

    Another lane may have done it, or a publication that did not finish.

    :param body: JSON of the entity
    """
    if not is_stub(body) or is_untouched_stub(body) or "updatedAt" not in body:
        return None
    change = body.get("changeDescription")
    if isinstance(change, dict):
        added = [str(field.get("name")) for field in change.get("fieldsAdded") or ()]
        if not any(name.startswith(_COLUMN_FIELDS) for name in added):
            return None
    return float(body["updatedAt"]) / 3_600_000


def unmarking_operations(body: dict[str, Any]) -> Operations:
    """Return the operations that remove the tag of stubs from an entity that is no longer one; none if it has none."""
    if not is_outgrown(body):
        return []
    index = next(index for index, tag in enumerate(body["tags"]) if tag.get("tagFQN") == STUB_TAG)
    pointer = f"/tags/{index}"
    return [{"op": "test", "path": f"{pointer}/tagFQN", "value": STUB_TAG}, {"op": "remove", "path": pointer}]


def applied(body: dict[str, Any], operations: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return an entity's JSON after the additions and removals of a JSON Patch, whose tests count as passed."""
    result = copy.deepcopy(dict(body))
    for operation in operations:
        *above, last = operation["path"].split("/")[1:]
        parent: Any = result
        for key in above:
            parent = parent[int(key)] if isinstance(parent, list) else parent[key]
        if operation["op"] == "remove":
            del parent[int(last) if isinstance(parent, list) else last]
        elif operation["op"] == "add" and isinstance(parent, list):
            parent.append(copy.deepcopy(operation["value"]))
        elif operation["op"] == "add":
            parent[last] = copy.deepcopy(operation["value"])
    return result
