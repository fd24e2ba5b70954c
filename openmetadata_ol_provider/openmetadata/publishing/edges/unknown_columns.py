"""Collects the columns of edges that the catalogue does not have: one problem for each entity, however many edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity

#: Most columns of an entity that are named.
_MOST_COLUMNS: Final = 20
#: Most edges of an entity that are named.
_MOST_EDGES: Final = 3


class UnknownColumns:
    """Columns that events name and the catalogue's entities do not have."""

    def __init__(self) -> None:
        self._by_entity: dict[str, tuple[dict[str, None], dict[str, None]]] = {}

    def add(self, entity: Entity, column: str, edge: tuple[Entity, Entity]) -> None:
        """Add a column that an entity lacks.

        :param edge: source and target of the edge whose column lineage names it
        """
        columns, edges = self._by_entity.setdefault(entity.fqn, ({}, {}))
        columns[column] = None
        edges[f"{edge[0].fqn} -> {edge[1].fqn}"] = None

    @property
    def problems(self) -> list[Problem]:
        """One problem for each entity."""
        return [_problem(fqn, list(columns), list(edges)) for fqn, (columns, edges) in self._by_entity.items()]


def _problem(fqn: str, columns: list[str], edges: list[str]) -> Problem:
    return Problem(
        ProblemKind.UNKNOWN_COLUMN,
        fqn,
        # In quotation marks, so that entities that lack different columns are one line of the log.
        f"it has no column '{listed(columns, _MOST_COLUMNS)}', so the column lineage of "
        f"'{listed(edges, _MOST_EDGES, '; ')}' is without it (is its metadata in OpenMetadata up to date?)",
    )
