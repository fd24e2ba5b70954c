"""Merging the lineage we have to say into the lineage an edge already carries. Pure.

The server replaces an edge whole, so whatever of another writer shall survive has to be carried over:

- an edge of another source (Manual, QueryLineage ...) keeps its source, description, SQL, pipeline and columns; column
  pairs are only added;
- an edge of another OpenLineage pipeline keeps its columns; the pipeline is the latest. Its description then lists all
  pipelines that write it, which is how the next publication knows that none of the columns may be removed;
- an edge of our own gets the new columns instead of the old, unless there are no new ones to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.pipelines import PipelineRef

SOURCE = "OpenLineage"
SHARED = "Written by the OpenLineage pipelines: "
#: Stored details that are handed back with the edge.
_CARRIED = ("description", "createdAt", "createdBy", "assetEdges", "tempLineageTables")

#: Column lineage of an edge: target column FQN -> (source column FQNs, function).
Columns = dict[str, tuple[frozenset[str], str | None]]


class EdgeWrite(NamedTuple):
    """One edge to publish, between two entities.

    :param pipeline: pipeline of the latest job
    :param others: FQNs of all pipelines of this batch that write the edge
    :param sql: SQL of the latest job
    """

    source: Entity
    target: Entity
    columns: Columns
    pipeline: PipelineRef | None
    others: frozenset[str]
    sql: str | None

    @property
    def where(self) -> str:
        """How problems name the edge."""
        return f"{self.source.fqn} -> {self.target.fqn}"


def read_columns(details: dict[str, Any], source: Entity, target: Entity) -> Columns:
    """Return the column lineage of stored details, without columns that the entities no longer have."""
    columns: Columns = {}
    for entry in details.get("columnsLineage") or ():
        end = entry.get("toColumn")
        starts = frozenset(start for start in entry.get("fromColumns") or () if _has(source, start))
        if not isinstance(end, str) or not starts or not _has(target, end):
            continue
        before, function = columns.get(end, (frozenset(), None))
        columns[end] = (before | starts, function or entry.get("function"))
    return columns


def _has(entity: Entity, column: str) -> bool:
    return column in entity.column_fqns


def _added(columns: Columns, more: Columns) -> Columns:
    """Return the columns with those added that are missing; what is there keeps its function."""
    result = dict(columns)
    for end, (starts, function) in more.items():
        before, said = result.get(end, (frozenset(), None))
        result[end] = (before | starts, said or function if end in result else function)
    return result


def merged(stored: dict[str, Any] | None, write: EdgeWrite) -> dict[str, Any]:
    """Return the lineage details to have: ours, and what is others' of the stored ones."""
    ours = {"id": write.pipeline.id, "type": "pipeline"} if write.pipeline else None
    if stored is None:
        return _details(SOURCE, write.columns, ours, write.sql, _shared_text("", write, None))
    columns = read_columns(stored, write.source, write.target)
    carried = {key: stored[key] for key in _CARRIED if stored.get(key) not in (None, "")}
    theirs = stored.get("pipeline") or None
    if stored.get("source") != SOURCE:
        # Another writer's edge. No source at all is the server's default, Manual.
        pipeline = _reference(theirs) or ours
        both = _added(columns, write.columns)
        source = stored.get("source") or "Manual"
        return {**carried, **_details(source, both, pipeline, stored.get("sqlQuery") or write.sql)}
    description = _shared_text(str(stored.get("description") or ""), write, theirs)
    if description:
        carried["description"] = description
    foreign = theirs is not None and (ours is None or theirs.get("id") != ours["id"])
    shared = str(description or "").startswith(SHARED)
    if foreign or shared:
        columns = _added(columns, write.columns)
    elif write.columns:
        columns = write.columns
    return {
        **carried,
        **_details(SOURCE, columns, ours or _reference(theirs), write.sql or stored.get("sqlQuery")),
    }


def _details(
    source: str, columns: Columns, pipeline: dict[str, Any] | None, sql: str | None, description: str | None = None
) -> dict[str, Any]:
    details: dict[str, Any] = {"source": source, "columnsLineage": _column_entries(columns)}
    if pipeline:
        details["pipeline"] = pipeline
    if sql:
        details["sqlQuery"] = sql
    if description:
        details["description"] = description
    return details


def _column_entries(columns: Columns) -> list[dict[str, Any]]:
    return [
        {"fromColumns": sorted(starts), "toColumn": end, **({"function": function} if function else {})}
        for end, (starts, function) in sorted(columns.items())
    ]


def _reference(pipeline: dict[str, Any] | None) -> dict[str, Any] | None:
    return {"id": pipeline["id"], "type": pipeline.get("type", "pipeline")} if pipeline else None


def _shared_text(description: str, write: EdgeWrite, theirs: dict[str, Any] | None) -> str | None:
    """Return the description that lists all pipelines of a shared edge, ``None`` to leave it as it is."""
    if description and not description.startswith(SHARED):
        return None
    writers = set(description.removeprefix(SHARED).split("; ")) if description else set()
    writers |= write.others
    if theirs and (write.pipeline is None or theirs.get("id") != write.pipeline.id):
        writers.add(str(theirs.get("fullyQualifiedName") or theirs.get("id")))
    writers.discard("")
    return SHARED + "; ".join(sorted(writers)) if len(writers) > 1 else None


def canonical(details: dict[str, Any] | None, source: Entity, target: Entity) -> Any:
    """Return what makes two details the same or different: everything but order and time stamps."""
    if details is None:
        return None
    pipeline = details.get("pipeline") or {}
    return (
        details.get("source") or "Manual",
        read_columns(details, source, target),
        pipeline.get("id"),
        details.get("sqlQuery") or None,
        details.get("description") or None,
    )
