"""Reports the columns of edges that the catalogue does not have: one problem for each entity, however many edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite

#: Most columns that are named of those that the same edges lack.
_MOST_COLUMNS: Final = 20
#: Most edges that are named of those that lack the same columns.
_MOST_EDGES: Final = 3
#: Most combinations of columns of an entity that are named with their edges.
_MOST_COMBINATIONS: Final = 3


def unknown_columns(writes: Iterable[EdgeWrite]) -> list[Problem]:
    """Return a problem for each entity that lacks columns which events name."""
    by_entity: dict[str, dict[str, dict[str, None]]] = {}
    for write in writes:
        for entity, column in write.lineage.derived.unknown:
            by_entity.setdefault(entity.fqn, {}).setdefault(write.where, {})[column] = None
    return [_problem(fqn, by_edge) for fqn, by_edge in by_entity.items()]


def _problem(fqn: str, by_edge: dict[str, dict[str, None]]) -> Problem:
    combinations: dict[tuple[str, ...], list[str]] = {}
    for edge, columns in by_edge.items():
        # In quotation marks, so that entities that lack different columns are one line of the log.
        quoted = tuple(f"'{column}'" for column in sorted(columns))
        combinations.setdefault(quoted, []).append(edge)
    texts = [
        f"{listed(columns, _MOST_COLUMNS)} ({listed(edges, _MOST_EDGES, '; ')})"
        for columns, edges in combinations.items()
    ]
    return Problem(
        ProblemKind.UNKNOWN_COLUMN,
        fqn,
        f"it has no column {listed(texts, _MOST_COMBINATIONS, '; ')}, so the column lineage of these edges is "
        "without it (is its metadata in OpenMetadata up to date?)",
    )
