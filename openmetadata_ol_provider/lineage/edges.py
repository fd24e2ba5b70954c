"""Derives the edges of one run or declared job.

They are those stated by a ``lineage`` facet; otherwise, for each output, those of its column lineage; otherwise inputs
x outputs of the run. Nothing is multiplied where more is known: an output with column lineage gets edges only from the
datasets that it names. Inputs that no column lineage of the run names (only joined or filtered by) belong to the output
if there is just one; with several it is unknown to which, so no edges are drawn. Connectors, copy jobs and transfers
are paired by name. Several datasets that are both the inputs and the outputs were not moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.chains import NO_JOB
from openmetadata_ol_provider.lineage.columns import ColumnSources, Inputs, column_sources
from openmetadata_ol_provider.lineage.connectors import Paired, pair_by_name
from openmetadata_ol_provider.lineage.identities import Key, Naming, keys_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.interim_tables import are_of_one_model
from openmetadata_ol_provider.lineage.pairing_rules import Pairing
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.lineage.recent import Recent
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.sql_statements import Statements
from openmetadata_ol_provider.lineage.statement_edges import Apart, apart_problems, by_statement
from openmetadata_ol_provider.lineage.tool_datasets import tool_problem, without_own
from openmetadata_ol_provider.lineage.unassigned_inputs import unassigned, unassigned_problems
from openmetadata_ol_provider.lineage.unnamed_sources import unread_sources
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

#: Most edges of one product: more are of no use to anybody, and are reported as a problem.
MAX_PRODUCT = 10_000
#: Most characters of names in the edges of one product: a hundred names, each as long as a book, are not lineage.
MAX_PRODUCT_TEXT = 10_000_000
#: Most pairs of names that are compared for a connector.
MAX_COMPARED = 1_000_000


class Edges(NamedTuple):
    """The edges of one run or job, and what was left out."""

    edges: tuple[Edge, ...]
    problems: tuple[Problem, ...] = ()


class _Derived(NamedTuple):
    """Edges with the datasets that they were derived from, which are kept for their identities."""

    edges: Edges
    inputs: Sequence[Side]
    outputs: Sequence[Side]


#: Edges that were derived, by job, pairing, statements, and identities of inputs and outputs.
DerivedEdges = Recent[tuple[JobId, Pairing | None, Statements | None, bool, tuple[int, ...], tuple[int, ...]], _Derived]
_NO_EDGES = Edges(())


def derive_once(
    job: JobId,
    inputs: Sequence[Side],
    outputs: Sequence[Side],
    naming: Naming,
    *,
    pairing: Pairing | None,
    statements: Statements | None,
    is_sum: bool,
    derived: DerivedEdges,
) -> Edges:
    """Return :func:`derive` of inputs and outputs, derived only once for the very same objects.

    :param derived: what was derived under the same configuration
    """
    if pairing is None and not outputs:
        return _NO_EDGES
    key = (job, pairing, statements, is_sum, tuple(map(id, inputs)), tuple(map(id, outputs)))
    known = derived.get(key)
    if known is None:
        known = _Derived(
            derive(job, inputs, outputs, naming, pairing=pairing, statements=statements, is_sum=is_sum),
            inputs,
            outputs,
        )
        # Jobs that never run again, such as queries with names of their own, would displace all others.
        derived.put_if_repeated(
            key, known, 1 + len(known.edges.edges) + sum([len(edge.columns) for edge in known.edges.edges])
        )
    return known.edges


def derive(
    job: JobId,
    inputs: Sequence[Side],
    outputs: Sequence[Side],
    naming: Naming,
    *,
    pairing: Pairing | None = None,
    statements: Statements | None = None,
    is_sum: bool = False,
) -> Edges:
    """Return the edges between inputs and outputs of one job.

    :param pairing: how datasets without column lineage are paired by name, ``None`` if they are not
    :param statements: statements of the job's SQL, ``None`` if there are not several
    :param is_sum: whether it sums up several parts, models of dbt or statements, of which each has inputs of its own
    """
    where = job.label
    if count := _number_of_unmoved(inputs, outputs):
        detail = (
            f"reads and writes the same {counted(count, 'dataset')} without column lineage: nothing was moved, no edges"
        )
        return Edges((), (Problem(ProblemKind.SAME_DATASETS, where, detail),))
    loops: list[tuple[DatasetId, DatasetId]] = []
    edges, problems, named = _of_all_columns(job, inputs, outputs, naming, loops)
    sides, targets = _without_columns(inputs, outputs, named, is_sum=is_sum)
    if pairing is not None and pairing.kind != "transfer":
        every = (*sides, *targets)
        sides, targets = without_own(sides, job), without_own(targets, job)
        if len(sides) + len(targets) < len(every):
            problems.append(tool_problem(where, every, {side.id for side in (*sides, *targets)}))
    paired = _paired(job, sides, targets, pairing)
    if paired is None:
        if too_large := _too_large(sides, targets):
            return Edges(tuple(edges), (*problems, _product_too_large(where, inputs, outputs, too_large)))
        paired = Paired([(side, output) for output in targets for side in sides])
    edges += [
        Edge(side.id, output.id, job, "product")
        for side, output in paired.pairs
        if not _is_loop(side.id, side.identities, output, naming, loops)
    ]
    if loops:
        problems.append(_loop(where, loops))
    if pairing is not None:
        return Edges(tuple(edges), (*problems, *paired.problems))
    apart = Apart()
    if statements is not None:
        edges, apart = by_statement(job, edges, inputs, outputs, statements=statements, naming=naming)
    problems += apart_problems(job, apart)
    lasting = [side for side in inputs if side.id not in apart.temporary]
    left = () if targets else unassigned(edges, lasting, outputs, apart=apart.pairs, naming=naming)
    problems += unassigned_problems(job, left, outputs)
    return Edges(tuple(edges), tuple(problems))


def _of_all_columns(
    job: JobId,
    inputs: Sequence[Side],
    outputs: Sequence[Side],
    naming: Naming,
    loops: list[tuple[DatasetId, DatasetId]],
) -> tuple[list[Edge], list[Problem], set[DatasetId]]:
    """Return the edges of all outputs with column lineage, their problems, and the datasets that these outputs name."""
    edges: list[Edge] = []
    problems: list[Problem] = []
    named: set[DatasetId] = set()
    with_columns = [output for output in outputs if output.column_lineage is not None]
    inputs_by_name = Inputs(inputs if with_columns else (), naming)
    for output in with_columns:
        sources = column_sources(output, inputs_by_name, naming)
        problems += unread_sources(job.label, output.id, sources.unnamed, sources.subqueries)
        named.update(sources.by_dataset)
        edges += _of_columns(job, output, sources, naming, loops)
    return edges, problems, named


def _without_columns(
    inputs: Sequence[Side], outputs: Sequence[Side], named: Collection[DatasetId], *, is_sum: bool
) -> tuple[Sequence[Side], Sequence[Side]]:
    """Return the inputs and outputs between which there may be edges that no column lineage states.

    :param named: datasets that the column lineage of outputs names
    :param is_sum: as for :func:`derive`
    """
    # Outputs without column lineage get every input; a single output also gets those that its column lineage omits.
    targets, sides = [output for output in outputs if output.column_lineage is None], inputs
    if not targets and len(outputs) == 1:
        targets, sides = list(outputs), [side for side in inputs if side.id not in named]
    is_open = is_sum and len(inputs) > 1 and len(outputs) > 1
    return sides, [] if is_open else targets


def derivation_of_columns(output: Side, naming: Naming) -> Edges:
    """Return the edges that the column lineage of a DatasetEvent states, which no job is needed for."""
    sources = column_sources(output, Inputs((), naming), naming)
    where = f"dataset {output.id}"
    problems = tuple(unread_sources(where, output.id, sources.unnamed, sources.subqueries))
    return Edges(tuple(_of_columns(None, output, sources, naming, [])), problems)


def text_of(edge: Edge) -> int:
    """Return the approximate number of characters of an edge in JSON."""
    source, target, job = edge.source, edge.target, edge.job or NO_JOB
    names = len(source.namespace) + len(source.name) + len(target.namespace) + len(target.name)
    columns = sum([100 + len(pair.source.name) + len(pair.target_field) for pair in edge.columns])
    return 100 + names + len(job.namespace) + len(job.name) + columns


def _of_columns(
    job: JobId | None,
    output: Side,
    sources: ColumnSources,
    naming: Naming,
    loops: list[tuple[DatasetId, DatasetId]],
) -> list[Edge]:
    return [
        Edge(source, output.id, job, "columns", tuple(pairs))
        for source, (identities, pairs) in sources.by_dataset.items()
        if not _is_loop(source, identities, output, naming, loops)
    ]


def _is_loop(
    source: DatasetId,
    identities: Iterable[Identity],
    output: Side,
    naming: Naming,
    loops: list[tuple[DatasetId, DatasetId]],
) -> bool:
    """Return whether source and target are one dataset, and note in ``loops`` those that have two names."""
    if not naming.same(identities, output.identities):
        return False
    if source != output.id and not are_of_one_model(source.name, output.id.name):
        loops.append((source, output.id))
    return True


def _loop(where: str, loops: Sequence[tuple[DatasetId, DatasetId]]) -> Problem:
    (source, target), *more = sorted(loops)
    others = f", and {len(more)} more such pairs" if more else ""
    names = f"{source} and {target}{others}"
    detail = f"reads and writes one dataset under two names, {names}: no edge from it to itself"
    return Problem(ProblemKind.SAME_DATASETS, where, detail)


def _number_of_unmoved(inputs: Sequence[Side], outputs: Sequence[Side]) -> int:
    """Return the number of datasets if the inputs are the outputs, with several and without column lineage; else 0."""
    if len(inputs) < 2 or len(outputs) < 2 or any(output.column_lineage is not None for output in outputs):
        return 0
    datasets: dict[Key, int] = {}
    for number, side in enumerate(outputs):
        keys = [key for identity in side.identities for key in keys_of(identity)]
        same = next((datasets[key] for key in keys if key in datasets), number)
        for key in keys:
            datasets.setdefault(key, same)
    read: set[int] = set()
    for side in inputs:
        keys = [key for identity in side.identities for key in keys_of(identity) if key in datasets]
        if not keys:
            return 0
        read.add(datasets[keys[0]])
    return len(read) if len(read) > 1 and read == set(datasets.values()) else 0


def _paired(job: JobId, inputs: Sequence[Side], outputs: Sequence[Side], pairing: Pairing | None) -> Paired | None:
    """Return the pairs by name, ``None`` if inputs and outputs are to be multiplied."""
    if pairing is None or not inputs or not outputs:
        return None
    if len(inputs) * len(outputs) > MAX_COMPARED:
        limit = f"more than {MAX_COMPARED} pairs of names"
        return Paired((), (_product_too_large(job.label, inputs, outputs, limit),))
    return pair_by_name(job, inputs, outputs, pairing)


def _product_too_large(where: str, inputs: Sequence[Side], outputs: Sequence[Side], limit: str) -> Problem:
    detail = f"{counted(len(inputs), 'input')} x {counted(len(outputs), 'output')} are {limit}: no edges drawn"
    return Problem(ProblemKind.PRODUCT_TOO_LARGE, where, detail)


def _too_large(inputs: Sequence[Side], outputs: Sequence[Side]) -> str | None:
    """Return the limit that a product exceeds, ``None`` if it exceeds none."""
    count = len(inputs) * len(outputs)
    if count > MAX_PRODUCT:
        return f"more than {MAX_PRODUCT} edges"
    text = len(outputs) * _length(inputs) + len(inputs) * _length(outputs)
    return f"edges with more than {MAX_PRODUCT_TEXT} characters" if text > MAX_PRODUCT_TEXT else None


def _length(sides: Sequence[Side]) -> int:
    return sum([len(side.id.namespace) + len(side.id.name) for side in sides])
