"""Corrects the edges of a job whose SQL has several statements by what each of them writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.script_tables import without_tables
from openmetadata_ol_provider.lineage.sql_statements import Statements, spellings_of
from openmetadata_ol_provider.lineage.sql_tokens import Name
from openmetadata_ol_provider.lineage.temporary_names import is_named_temporary
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

#: Most pairs of an input and an output that are looked for in the statements.
MAX_PAIRS: Final = 10_000


class Apart(NamedTuple):
    """What statements contradict.

    :param pairs: datasets without an edge
    :param columns: edges with the number of columns that they lose
    :param temporary: tables that only the statements have, and that a producer takes for lasting ones
    :param unused: those of them that are filled, and that the statements write nothing from
    """

    pairs: Sequence[tuple[DatasetId, DatasetId]] = ()
    columns: Sequence[tuple[Edge, int]] = ()
    temporary: frozenset[DatasetId] = frozenset()
    unused: frozenset[DatasetId] = frozenset()


def by_statement(
    job: JobId,
    edges: Sequence[Edge],
    inputs: Sequence[Side],
    outputs: Sequence[Side],
    *,
    statements: Statements,
    naming: Naming,
) -> tuple[list[Edge], Apart]:
    """Return the edges that the statements do not contradict, those that only they show, and what is left out.

    :param edges: edges derived from the event
    :param statements: statements of the job's SQL
    :param naming: normaliser of dataset names
    """
    kept: list[Edge] = []
    apart: list[tuple[DatasetId, DatasetId]] = []
    columns: list[tuple[Edge, int]] = []
    others = spellings_of(side.id.name for side in (*inputs, *outputs))
    for edge in edges:
        if statements.write(edge.target.name, edge.source.name, others) is False:
            apart.append((edge.source, edge.target))
        else:
            own = _with_own_columns(edge, statements, others)
            kept.append(own)
            if own is not edge:
                columns.append((edge, len(edge.columns) - len(own.columns)))
    temporary = frozenset(side.id for side in (*inputs, *outputs) if _is_temporary(side, statements))
    unused = temporary & {edge.target for edge in kept} - {edge.source for edge in kept}
    if temporary:
        kept = without_tables(kept, temporary)
        inputs, outputs = ([one for one in sides if one.id not in temporary] for sides in (inputs, outputs))
    if (len(inputs) + len(outputs)) * len(outputs) <= MAX_PAIRS:
        drawn = {(edge.source, edge.target) for edge in kept}
        pairs = _only_in_statements(inputs, outputs, statements, naming)
        kept += [Edge(*pair, job, "product") for pair in pairs if pair not in drawn]
    return kept, Apart(apart, columns, temporary, unused)


def _is_temporary(side: Side, statements: Statements) -> bool:
    """Return whether only a script has a table; what is temporary by its name may be used by other queries, too."""
    return not is_named_temporary(side.id.namespace, side.id.name) and statements.make_for_themselves(side.id.name)


def _with_own_columns(edge: Edge, statements: Statements, others: frozenset[Name]) -> Edge:
    """Return an edge without columns of other statements; without any, it is a pair of tables."""
    if not edge.columns or statements.write(edge.target.name, edge.source.name, others) is None:
        return edge
    columns = tuple(
        pair
        for pair in edge.columns
        if statements.write_column(edge.target.name, pair.target_field, edge.source.name, pair.source.field, others)
    )
    if len(columns) == len(edge.columns):
        return edge
    return msgspec.structs.replace(edge, columns=columns, basis="columns" if columns else "product")


def _only_in_statements(
    inputs: Sequence[Side], outputs: Sequence[Side], statements: Statements, naming: Naming
) -> Iterator[tuple[DatasetId, DatasetId]]:
    """Yield the pairs that statements show, also where the column lineage of an output names others only.

    What a script writes and then reads may be listed as an output only.
    """
    for output in outputs:
        for side in (*inputs, *outputs):
            if statements.show(output.id.name, side.id.name) and not naming.same(side.identities, output.identities):
                yield side.id, output.id


def apart_problems(job: JobId, apart: Apart) -> Iterator[Problem]:
    """Yield the reports of what is left out, if anything is."""
    where = job.label
    if apart.pairs:
        detail = (
            f"no statement of its SQL writes rows of one of these and names the other, so they have no edge: "
            f"{counted(len(apart.pairs), 'pair')}, such as {_named(*min(apart.pairs))}. If one is a source of the "
            "other, state it with a lineage facet"
        )
        yield Problem(ProblemKind.OTHER_STATEMENT, where, detail)
    if apart.columns:
        edge = min((edge for edge, _ in apart.columns), key=lambda edge: (edge.source, edge.target))
        detail = (
            f"no statement of its SQL that writes one of two tables from the other names these columns of them: "
            f"{counted(sum(count for _, count in apart.columns), 'pair')} of columns left out, such as of "
            f"{_named(edge.source, edge.target)}. If they belong together, state it with a lineage facet"
        )
        yield Problem(ProblemKind.OTHER_STATEMENT, where, detail)
    if apart.unused:
        detail = (
            f"its SQL fills {counted(len(apart.unused), 'temporary table')}, such as {min(apart.unused)}, and writes "
            "nothing from there: no edges. If other queries of its session do, state their lineage with a lineage facet"
        )
        yield Problem(ProblemKind.OTHER_STATEMENT, where, detail)


def _named(source: DatasetId, target: DatasetId) -> str:
    return f"{source} and {target}"
