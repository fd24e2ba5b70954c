"""Reports sources and targets that lineage facets list without a name, or with that of a subquery."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openlineage.facets import ColumnInput, LineageEntry, LineageInput
from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem


def is_unnamed(source: ColumnInput) -> bool:
    """Return whether the source of a column has no dataset or no field, so that it is left out."""
    return not source.name or not source.field


def unread_sources(where: str, output: DatasetId, unnamed: int, subqueries: Collection[str]) -> Iterator[Problem]:
    """Yield the problems that report sources of an output's columns that were left out.

    :param where: job or dataset, for the problems
    :param unnamed: number of sources without name or field
    :param subqueries: names that were taken for those of subqueries
    """
    if unnamed:
        yield _unnamed_sources(where, output, unnamed)
    if subqueries:
        yield _assumed_subqueries(where, output, subqueries)


def _unnamed_sources(where: str, output: DatasetId, count: int) -> Problem:
    detail = (
        f"{counted(count, 'source')} without name or field in the columnLineage of {output}: "
        "left out. The producer should send namespace, name and field of each"
    )
    return Problem(ProblemKind.BAD_ITEM, where, detail)


def _assumed_subqueries(where: str, output: DatasetId, names: Collection[str]) -> Problem:
    detail = (
        f"{listed(sorted(names))} in the columnLineage of {output}: without a "
        "schema, where the output has one, a name is taken for that of a subquery (WITH): left out. If it is a table, "
        "add its schema (datasets.rename), or have the producer send it"
    )
    return Problem(ProblemKind.ASSUMED_SUBQUERY, where, detail)


def unnamed_entries(where: str, entries: Iterable[LineageEntry]) -> Iterator[Problem]:
    """Yield the problem that reports entries and sources of a lineage facet that were left out.

    :param where: job or dataset, for the problem
    """
    # A job needs no name where it is the source itself, as of a column that is filled with the time of the run.
    count = sum(not item.name and item.type != "JOB" for item in _items_of(entries))
    if count:
        detail = (
            f"{counted(count, 'entry or input', 'entries or inputs')} of the lineage facet without a name: left out, "
            "and nothing is assumed in its place. The producer should send namespace, name and type of each"
        )
        yield Problem(ProblemKind.BAD_ITEM, where, detail)


def _items_of(entries: Iterable[LineageEntry]) -> Iterator[LineageEntry | LineageInput]:
    for entry in entries:
        yield entry
        yield from entry.inputs or ()
        for field in (entry.fields or {}).values():
            yield from field.inputs or ()
