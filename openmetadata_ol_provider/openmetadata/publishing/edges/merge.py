"""Merges the lineage of a plan into the lineage that an edge already carries.

The server replaces an edge as a whole, so whatever must survive of another writer has to be sent again:

- an edge of another source (Manual, QueryLineage ...) keeps its source, description, SQL, pipeline and columns; column
  pairs are only added. One that was drawn by hand keeps having no pipeline, too: only a PUT gives it one, and makes it
  look as if we had drawn it;
- an edge of our own names the jobs that write it in its description, which tells the next publication whether others
  write it too: then columns are only added, and pipeline and SQL are those of the job that joined last; a job whose
  datasets were matched by their names alone does not join, it only adds columns;
- an edge of our own that somebody else has changed names them, too: from then on columns are only added;
- an edge that nobody else writes gets the new columns instead of the old ones, unless there are no new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.lineage.sql_times import current_sql
from openmetadata_ol_provider.openmetadata.fqn import quote, task_name
from openmetadata_ol_provider.openmetadata.publishing.core.values import Columns, EdgeWrite

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

SOURCE = "OpenLineage"
#: Source of edges that people have drawn, and of those that came without one.
MANUAL = "Manual"
WRITTEN_BY = "Written by OpenLineage jobs: "
#: Beginning of the names of others who have changed the edge, in the same description.
_CHANGED_BY = "also changed by "
_SEPARATOR = "; "
#: Beginning of the descriptions of OpenMetadata's own endpoint for OpenLineage, whose edges are taken over.
_OF_THE_SERVER = "Lineage from OpenLineage event for job: "
#: Stored details that are sent again with the edge.
_PRESERVED = ("description", "createdAt", "createdBy", "assetEdges", "tempLineageTables")


def read_columns(details: Mapping[str, Any], source: Entity, target: Entity) -> Columns:
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
    """Return the columns with those added that are missing; those already there keep their function."""
    result = dict(columns)
    for end, (starts, function) in more.items():
        before, stored = result.get(end, (frozenset(), None))
        result[end] = (before | starts, stored or function if end in result else function)
    return result


def merge_details(stored: Mapping[str, Any] | None, write: EdgeWrite, changer: str | None = None) -> dict[str, Any]:
    """Return the lineage details to write: ours, and those of others among the stored ones.

    :param changer: who else has changed the stored edge, if it is ours; default: nobody
    """
    ours = {"id": write.pipeline.id, "type": "pipeline"} if write.pipeline else None
    if stored is None:
        return _details(SOURCE, write.columns, ours, write.sql, written_by(write.writers))
    if stored.get("source") != SOURCE:
        return _merged_with_others(stored, write, ours)
    return _merged_with_own(stored, write, ours, changer)


def _merged_with_others(stored: Mapping[str, Any], write: EdgeWrite, ours: dict[str, Any] | None) -> dict[str, Any]:
    """Return the details of another writer's edge with our columns, and what else it lacks."""
    # No source at all is the server's default, Manual.
    source = stored.get("source") or MANUAL
    theirs = _reference(stored.get("pipeline") or None)
    shown = theirs if source == MANUAL else theirs or ours
    columns = _added(read_columns(stored, write.source, write.target), write.columns)
    return {**_preserved(stored), **_details(source, columns, shown, stored.get("sqlQuery") or write.sql)}


def _merged_with_own(
    stored: Mapping[str, Any], write: EdgeWrite, ours: dict[str, Any] | None, changer: str | None
) -> dict[str, Any]:
    """Return the details of an edge that OpenLineage jobs write, with those of ours among its writers.

    :param changer: as for :func:`merge_details`
    """
    preserved, theirs = _preserved(stored), _reference(stored.get("pipeline") or None)
    # An edge that does not name its writers yet, but shows our pipeline, is taken to be only ours.
    before = frozenset() if ours and theirs == ours and not is_ours(stored) else writers_of(stored)
    is_nameless = bool(write.writers) and theirs is None and "description" not in preserved
    shared = is_nameless or bool(before - write.writers)
    joins = write.certain or not shared
    changers, is_by_hand = _all_changers(stored, changer), _is_by_hand(stored)
    names = written_by(before | write.writers if joins else before, changers) if joins or changer else None
    if names and (is_ours(stored) or "description" not in preserved or (changer and not is_by_hand)):
        preserved["description"] = names
    columns = read_columns(stored, write.source, write.target)
    is_added_to = shared or write.partial or bool(changers) or is_by_hand
    columns = _added(columns, write.columns) if is_added_to else write.columns or columns
    sql = stored.get("sqlQuery")
    # Under a description by hand nothing tells which jobs write the edge.
    is_settled = write.writers <= before or is_by_hand
    if not joins or (shared and theirs is not None and is_settled):
        # Several jobs write it, and none of ours is new or certain: they must not take turns in being shown.
        return {**preserved, **_details(SOURCE, columns, theirs, sql)}
    return {**preserved, **_details(SOURCE, columns, ours or theirs, current_sql(sql, write.sql))}


def _preserved(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored details that are sent again as they are."""
    return {key: stored[key] for key in _PRESERVED if stored.get(key) not in (None, "")}


def without_writer(stored: Mapping[str, Any], writer: str, changer: str | None = None) -> dict[str, Any] | None:
    """Return the details of an edge without one of its writers, ``None`` if no other job writes it.

    :param changer: as for :func:`merge_details`
    """
    others = writers_of(stored) - {writer}
    if not others:
        return None
    details = {key: stored[key] for key in (*_PRESERVED, "source", "columnsLineage", "sqlQuery") if stored.get(key)}
    pipeline = stored.get("pipeline") or {}
    shown = listed_name(pipeline.get("fullyQualifiedName") or "")
    if shown and any(other == shown or other.startswith(f"{shown}.") for other in others):
        details["pipeline"] = _reference(pipeline)
    return {**details, "description": written_by(others, _all_changers(stored, changer))}


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


def _reference(pipeline: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"id": pipeline["id"], "type": pipeline.get("type", "pipeline")} if pipeline else None


def writer_name(pipeline: PipelineRef, task: str | None) -> str:
    """Return the name of a job in descriptions: the FQN of its pipeline, or of its task."""
    return listed_name(f"{pipeline.fqn}.{quote(task_name(task))}" if task else pipeline.fqn)


def listed_name(name: str) -> str:
    """Return a name as descriptions list it: without what separates names."""
    return name.replace(_SEPARATOR, ";")


def written_by(writers: Iterable[str], changers: Iterable[str] = ()) -> str | None:
    """Return the description that names the jobs which write an edge, and who else has changed it."""
    names = [*sorted(writers), *(f"{_CHANGED_BY}{name}" for name in sorted(changers))]
    return WRITTEN_BY + _SEPARATOR.join(names) if names else None


def is_ours(details: Mapping[str, Any]) -> bool:
    """Return whether the description of an edge is one of ours."""
    return str(details.get("description") or "").startswith(WRITTEN_BY)


def _is_by_hand(details: Mapping[str, Any]) -> bool:
    """Return whether somebody has described an edge, rather than a tool."""
    description = str(details.get("description") or "")
    return bool(description) and not description.startswith((WRITTEN_BY, _OF_THE_SERVER))


def writers_of(details: Mapping[str, Any]) -> frozenset[str]:
    """Return the jobs that write an edge, as far as the edge itself tells."""
    if is_ours(details):
        return frozenset(name for name in _names(details) if name and not name.startswith(_CHANGED_BY))
    pipeline = details.get("pipeline") or {}
    name = pipeline.get("fullyQualifiedName") or pipeline.get("id")
    return frozenset({str(name)} if name else ())


def changers_of(details: Mapping[str, Any]) -> frozenset[str]:
    """Return who else has changed an edge of ours, as far as the edge itself names them."""
    names = _names(details) if is_ours(details) else ()
    return frozenset(name.removeprefix(_CHANGED_BY) for name in names if name.startswith(_CHANGED_BY))


def _all_changers(stored: Mapping[str, Any], latest: str | None) -> frozenset[str]:
    """Return who else has changed an edge of ours: those whom it names, and the latest, who may not be named yet."""
    return changers_of(stored) | ({latest} if latest else frozenset())


def _names(details: Mapping[str, Any]) -> list[str]:
    return str(details["description"]).removeprefix(WRITTEN_BY).split(_SEPARATOR)


def canonical(details: Mapping[str, Any] | None, source: Entity, target: Entity) -> Any:
    """Return lineage details in a form for comparison: without order, time stamps, and who else has changed them."""
    if details is None:
        return None
    pipeline = details.get("pipeline") or {}
    description = details.get("description") or None
    return (
        details.get("source") or MANUAL,
        read_columns(details, source, target),
        pipeline.get("id"),
        details.get("sqlQuery") or None,
        writers_of(details) if is_ours(details) else description,
    )
