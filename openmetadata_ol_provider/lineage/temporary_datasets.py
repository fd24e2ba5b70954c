"""Connects lineage across temporary datasets: their sources become the sources of what is written from them.

A temporary dataset never appears in a plan. Its sources are remembered, a bounded number for a bounded time, because
the job that reads it often comes in a later batch. Names such as ``inmemory://`` + ``df`` occur in many places: what a
job reads is what jobs of its own chain (a DAG, a flow) have written, or else jobs that belong to none. What is written
after somebody has read it replaces what was written before.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.columns_through import columns_through
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge
from openmetadata_ol_provider.lineage.temporary_names import is_named_temporary
from openmetadata_ol_provider.lineage.temporary_sources import MAX_SOURCES, Chain, Histories, SourcesOfJob
from openmetadata_ol_provider.openlineage.limits import MAX_ITEMS
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import TemporaryDataset, TemporarySource, name_key
from openmetadata_ol_provider.openlineage.temporary_uses import MAX_USES, Use, all_uses, flows_of, times_of, uses_of

#: Most temporary datasets in a row that lineage is followed through.
MAX_DEPTH = 10
#: Most temporary datasets that are remembered.
MAX_TEMPORARY = 1_000
#: Most edges that replace one edge from a temporary dataset, and most datasets that are looked at for them.
MAX_FOLLOWED = 10_000
MAX_STEPS = 100_000


_NOT_USED: Final = TemporaryDataset()
_NO_CHAIN: Final = Chain("", is_own=True)


class TimedEdge(NamedTuple):
    """An edge, as runs of one chain show it.

    :param chain: chain of its job in these runs; of no meaning without a temporary dataset at an end
    :param uses: runs that show it; none if they are not known
    """

    edge: Edge
    chain: Chain = _NO_CHAIN
    uses: Collection[Use] = ()


class Bridged(NamedTuple):
    """Edges without temporary datasets.

    :param remembered: temporary datasets to remember, by key
    :param problems: temporary datasets whose sources are unknown or too many
    """

    edges: list[Edge]
    remembered: Mapping[str, TemporaryDataset]
    problems: list[Problem]


def bridge(
    edges: Iterable[TimedEdge],
    is_temporary: Callable[[DatasetId], bool],
    remembered: Mapping[str, TemporaryDataset],
    seen_at: int,
) -> Bridged:
    """Replace the edges from temporary datasets by edges from what was written into them.

    :param edges: edges of a batch
    :param is_temporary: test for temporary datasets
    :param remembered: temporary datasets of earlier batches, by key
    :param seen_at: time of consumption, in microseconds
    """
    direct: list[Edge] = []
    entering, leaving, reading = list[TimedEdge](), list[TimedEdge](), list[TimedEdge]()
    for timed in edges:
        if is_temporary(timed.edge.source):
            reading.append(timed)
        if is_temporary(timed.edge.target):
            entering.append(timed)
        elif is_temporary(timed.edge.source):
            leaving.append(timed)
        else:
            direct.append(timed.edge)
    known = _with_reads(_with_sources(remembered, entering, seen_at), reading)
    histories = Histories(known)
    through: list[Edge] = []
    problems = []

    def is_on_the_way(dataset: DatasetId) -> bool:
        # Nothing else of the batch may show that a dataset of earlier batches is temporary.
        return is_temporary(dataset) or is_named_temporary(dataset.namespace, dataset.name) or _key(dataset) in known

    for edge, chain, uses in leaving:
        steps = iter(range(MAX_STEPS))
        sources_of = SourcesOfJob(histories, chain, uses)
        followed = list(
            itertools.islice(_followed(edge, is_on_the_way, sources_of, steps, MAX_DEPTH), MAX_FOLLOWED + 1)
        )
        through += followed[:MAX_FOLLOWED]
        where = str(edge.source)
        if len(followed) > MAX_FOLLOWED or next(steps, None) is None:
            detail = f"its sources make more than {MAX_FOLLOWED} edges, or there are too many to examine"
            problems.append(Problem(ProblemKind.PRODUCT_TOO_LARGE, where, f"{detail}: the first are drawn"))
        elif not followed:
            problems.append(Problem(ProblemKind.TEMPORARY_SOURCE, where, sources_of.why_none()))
    used = {_key(timed.edge.target) for timed in entering} | {_key(timed.edge.source) for timed in reading}
    # Two chains of a job may show the same, and a run that both sides of a temporary dataset.
    joined = [*dict.fromkeys((*direct, *through))] if through else direct
    return Bridged(joined, _latest(known, used), problems)


def _key(dataset: DatasetId) -> str:
    return name_key(dataset.namespace, dataset.name)


def _with_reads(known: dict[str, TemporaryDataset], reading: Iterable[TimedEdge]) -> dict[str, TemporaryDataset]:
    """Return temporary datasets with the times at which runs of the chains that write them have read them."""
    read_by: dict[tuple[str, str], set[Use]] = {}
    for edge, chain, uses in reading:
        if uses and (key := _key(edge.source)) in known:
            read_by.setdefault((key, chain.remembered_as), set()).update(uses)
    for (key, of_chain), uses in read_by.items():
        before = known[key]
        if any(source.chain == of_chain for source in before.sources):
            every = all_uses(uses, uses_of(before.reads.get(of_chain, ()), before.readers.get(of_chain, ())))
            known[key] = replace(
                before,
                reads={**before.reads, of_chain: times_of(every)},
                readers={**before.readers, **({of_chain: flows} if (flows := flows_of(every)) else {})},
            )
    return known


def _with_sources(
    remembered: Mapping[str, TemporaryDataset],
    entering: Iterable[TimedEdge],
    seen_at: int,
) -> dict[str, TemporaryDataset]:
    """Return the temporary datasets with the sources of the edges that enter them."""
    known = dict(remembered)
    sources_of: dict[str, dict[tuple[DatasetId, str], TemporarySource]] = {}
    for edge, chain, uses in entering:
        key = _key(edge.target)
        # Removed and inserted again, because the dictionaries are in the order of last use.
        before = known.pop(key, None)
        sources = sources_of.pop(key, None)
        if sources is None:
            before_sources = before.sources if before else ()
            sources = {(DatasetId(item.namespace, item.name), item.chain): item for item in before_sources}
        source = edge.source, chain.remembered_as
        sources[source] = _source(edge, chain.remembered_as, sources.pop(source, None), uses)
        sources_of[key] = sources
    for key, sources in sources_of.items():
        chains = {source.chain for source in sources.values()}
        before = remembered.get(key, _NOT_USED)
        reads, readers = (
            {chain: of_chain for chain, of_chain in side.items() if chain in chains}
            for side in (before.reads, before.readers)
        )
        known[key] = TemporaryDataset(
            sources=list(sources.values()), reads=reads, readers=readers, last_seen_at=seen_at
        )
    return known


def _source(edge: Edge, chain: str, same: TemporarySource | None, uses: Collection[Use]) -> TemporarySource:
    # Two runs may write different columns of one source.
    columns = [(pair.source.field, pair.target_field) for pair in edge.columns]
    if same is not None:
        distinct = dict.fromkeys((*columns, *((before, after) for before, after in same.columns)))
        columns = list(itertools.islice(distinct, MAX_ITEMS))
    written_by = all_uses(uses, uses_of(same.writes, same.writers) if same is not None else ())
    return TemporarySource(
        namespace=edge.source.namespace,
        name=edge.source.name,
        columns=columns,
        chain=chain,
        writes=times_of(written_by),
        writers=flows_of(written_by),
    )


def _latest(known: Mapping[str, TemporaryDataset], used: Collection[str]) -> dict[str, TemporaryDataset]:
    """Return the temporary datasets to remember, with as many uses as are remembered.

    :param known: temporary datasets by key, in the order of last use
    :param used: keys of those that a batch has used
    """
    latest = itertools.islice(known.items(), max(0, len(known) - MAX_TEMPORARY), None)
    return {key: _with_latest_uses(temporary) if key in used else temporary for key, temporary in latest}


def _with_latest_uses(temporary: TemporaryDataset) -> TemporaryDataset:
    sources = [
        replace(source, writes=source.writes[-MAX_USES:], writers=source.writers[-MAX_USES:])
        for source in temporary.sources[-MAX_SOURCES:]
    ]
    chains = {source.chain for source in sources}
    reads, readers = (
        {chain: of_chain[-MAX_USES:] for chain, of_chain in side.items() if chain in chains}
        for side in (temporary.reads, temporary.readers)
    )
    return replace(temporary, sources=sources, reads=reads, readers=readers)


def _followed(
    edge: Edge,
    is_temporary: Callable[[DatasetId], bool],
    sources_of: SourcesOfJob,
    steps: Iterator[int],
    depth: int,
) -> Iterator[Edge]:
    if depth == 0:
        return
    for source in sources_of.of(edge.source):
        if next(steps, None) is None:
            return
        start = DatasetId(source.namespace, source.name)
        pairs = columns_through(start, source.columns, edge.columns)
        through = Edge(start, edge.target, edge.job, edge.basis, tuple(pairs))
        if start == edge.target:
            continue
        if is_temporary(start):
            yield from _followed(through, is_temporary, sources_of, steps, depth - 1)
        else:
            yield through
