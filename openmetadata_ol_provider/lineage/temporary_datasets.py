"""Connects lineage across temporary datasets: their sources become the sources of what is written from them.

A temporary dataset never appears in a plan. Its sources are remembered, a bounded number for a bounded time, because
the job that reads it often comes in a later batch. Names such as ``inmemory://`` + ``df`` occur in many places: what a
job reads is what jobs of its own chain (a DAG, a flow) have written, or else jobs that belong to none. What is written
after somebody has read it replaces what was written before.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Edge, JobId
from openmetadata_ol_provider.openlineage.limits import MAX_ITEMS
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import TemporaryDataset, TemporarySource, name_key

#: Most temporary datasets in a row that lineage is followed through.
MAX_DEPTH = 10
#: Most temporary datasets that are remembered.
MAX_TEMPORARY = 1_000
#: Most sources of one temporary dataset that are remembered, those of the latest edges.
MAX_SOURCES = 1_000
#: Most edges that replace one edge from a temporary dataset, and most datasets that are looked at for them.
MAX_FOLLOWED = 10_000
MAX_STEPS = 100_000
#: Most reads of one temporary dataset in one chain, and most writes from one source, that are remembered, the latest.
MAX_TIMES = 100


_NOT_KNOWN = (0,)


class Chain(NamedTuple):
    """The chain of a job.

    :param key: :func:`~openmetadata_ol_provider.openlineage.run_state.name_key` of the job at its top
    :param is_own: whether that is the job itself
    """

    key: str
    is_own: bool


class TimedEdge(NamedTuple):
    """An edge.

    :param times: ends of the runs that show it, in microseconds; none if they are not known
    """

    edge: Edge
    times: Collection[int] = ()


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
    chain_of: Callable[[JobId | None], Chain],
    remembered: Mapping[str, TemporaryDataset],
    seen_at: int,
) -> Bridged:
    """Replace the edges from temporary datasets by edges from what was written into them.

    :param edges: edges of a batch
    :param is_temporary: test for temporary datasets
    :param chain_of: function that returns the chain of a job
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
    known = _with_reads(_with_sources(remembered, entering, chain_of, seen_at), reading, chain_of)
    problems = []
    for edge, times in leaving:
        steps = iter(range(MAX_STEPS))
        sources_of = _SourcesOfJob(known, chain_of(edge.job), times)
        followed = list(itertools.islice(_followed(edge, is_temporary, sources_of, steps, MAX_DEPTH), MAX_FOLLOWED + 1))
        direct += followed[:MAX_FOLLOWED]
        where = f"{edge.source.namespace} {edge.source.name}"
        if len(followed) > MAX_FOLLOWED or next(steps, None) is None:
            detail = f"its sources make more than {MAX_FOLLOWED} edges, or there are too many to examine"
            problems.append(Problem(ProblemKind.PRODUCT_TOO_LARGE, where, f"{detail}: the first are drawn"))
        elif not followed:
            problems.append(Problem(ProblemKind.TEMPORARY_SOURCE, where, sources_of.why_none()))
    for key in list(known)[: max(0, len(known) - MAX_TEMPORARY)]:
        del known[key]
    return Bridged(direct, known, problems)


def _key(dataset: DatasetId) -> str:
    return name_key(dataset.namespace, dataset.name)


class _SourcesOfJob:
    """Finds what was written into the temporary datasets that a job reads.

    :param known: temporary datasets by key
    :param chain: chain of the job
    :param times: ends of the job's runs
    """

    def __init__(self, known: Mapping[str, TemporaryDataset], chain: Chain, times: Collection[int]) -> None:
        self._known = known
        self._chain = chain
        self._times = times
        self._elsewhere: set[str] = set()

    def of(self, dataset: DatasetId) -> list[TemporarySource]:
        """Return what jobs of the chain have written, or else jobs of no chain, or the only one if the job has none."""
        temporary = self._known.get(_key(dataset))
        by_chain: dict[str, list[TemporarySource]] = {}
        for source in temporary.sources if temporary is not None else ():
            by_chain.setdefault(source.chain, []).append(source)
        for chain in (self._chain.key, ""):
            if chain in by_chain:
                reads = temporary.reads.get(chain, ()) if temporary is not None else ()
                return _at_times(by_chain[chain], reads, self._times)
        if self._chain.is_own and len(by_chain) == 1:
            return next(iter(by_chain.values()))
        self._elsewhere.update(by_chain)
        return []

    def why_none(self) -> str:
        """Return the reason why no source was found."""
        if not self._elsewhere:
            return "no job was seen that wrote this temporary dataset"
        pipelines = listed(sorted(chain.replace("\x1f", " ") for chain in self._elsewhere))
        return (
            f"no job of its own pipeline was seen that wrote this temporary dataset, and that of the same name in "
            f"{pipelines} may be another one. If it is the same, let the producer give it a name of its own, and its "
            "jobs a common parent"
        )


def _at_times(sources: list[TemporarySource], reads: Sequence[int], times: Collection[int]) -> list[TemporarySource]:
    """Return the sources of a temporary dataset at the ends of runs that read it, all of them if nothing tells."""
    writes = [source.writes or _NOT_KNOWN for source in sources]
    current: set[int] = set()
    for time in times:
        latest = [_last(one, bisect_right(one, time)) for one in writes]
        # The latest write has replaced what was there when it was read last before.
        since = _last(reads, bisect_left(reads, max(latest)))
        current.update(number for number, write in enumerate(latest) if write > since)
    return [sources[number] for number in sorted(current)] or sources


def _last(times: Sequence[int], count: int) -> int:
    """Return the last of the first ``count`` times, -1 if there is none."""
    return times[count - 1] if count else -1


def _with_reads(
    known: dict[str, TemporaryDataset], reading: Iterable[TimedEdge], chain_of: Callable[[JobId | None], Chain]
) -> dict[str, TemporaryDataset]:
    """Return temporary datasets with the times at which runs of the chains that write them have read them."""
    reads: dict[tuple[str, str], set[int]] = {}
    for edge, times in reading:
        chain = chain_of(edge.job)
        if times and (key := _key(edge.source)) in known:
            reads.setdefault((key, "" if chain.is_own else chain.key), set()).update(times)
    for (key, of_chain), times in reads.items():
        before = known[key].reads
        if any(source.chain == of_chain for source in known[key].sources):
            known[key] = replace(known[key], reads={**before, of_chain: _latest(times, before.get(of_chain, ()))})
    return known


def _with_sources(
    remembered: Mapping[str, TemporaryDataset],
    entering: Iterable[TimedEdge],
    chain_of: Callable[[JobId | None], Chain],
    seen_at: int,
) -> dict[str, TemporaryDataset]:
    """Return the temporary datasets with the sources of the edges that enter them."""
    known = dict(remembered)
    sources_of: dict[str, dict[tuple[DatasetId, str], TemporarySource]] = {}
    for edge, times in entering:
        key = _key(edge.target)
        # Removed and inserted again, because the dictionaries are in the order of last use.
        before = known.pop(key, None)
        sources = sources_of.pop(key, None)
        if sources is None:
            before_sources = before.sources if before else ()
            sources = {(DatasetId(item.namespace, item.name), item.chain): item for item in before_sources}
        chain = chain_of(edge.job)
        source = edge.source, "" if chain.is_own else chain.key
        sources[source] = _source(edge, source[1], sources.pop(source, None), times)
        sources_of[key] = sources
    for key, sources in sources_of.items():
        latest = list(sources.values())[-MAX_SOURCES:]
        chains = {source.chain for source in latest}
        before_reads = remembered[key].reads if key in remembered else {}
        reads = {chain: times for chain, times in before_reads.items() if chain in chains}
        known[key] = TemporaryDataset(sources=latest, reads=reads, last_seen_at=seen_at)
    return known


def _source(edge: Edge, chain: str, same: TemporarySource | None, times: Collection[int]) -> TemporarySource:
    # Two runs may write different columns of one source.
    columns = [(pair.source.field, pair.target_field) for pair in edge.columns]
    if same is not None:
        distinct = dict.fromkeys((*columns, *((before, after) for before, after in same.columns)))
        columns = list(itertools.islice(distinct, MAX_ITEMS))
    writes = _latest(times, same.writes if same is not None else ())
    dataset = edge.source
    return TemporarySource(namespace=dataset.namespace, name=dataset.name, columns=columns, chain=chain, writes=writes)


def _latest(times: Iterable[int], more: Iterable[int]) -> list[int]:
    return sorted({*times, *more})[-MAX_TIMES:]


def _followed(
    edge: Edge,
    is_temporary: Callable[[DatasetId], bool],
    sources_of: _SourcesOfJob,
    steps: Iterator[int],
    depth: int,
) -> Iterator[Edge]:
    if depth == 0:
        return
    for source in sources_of.of(edge.source):
        if next(steps, None) is None:
            return
        start = DatasetId(source.namespace, source.name)
        fields: dict[str, list[str]] = {}
        for before, after in source.columns:
            fields.setdefault(after, []).append(before)
        pairs = tuple(
            ColumnPair(ColumnSource(start.namespace, start.name, before), pair.target_field, pair.transformations)
            for pair in edge.columns
            for before in fields.get(pair.source.field, ())
        )
        through = Edge(start, edge.target, edge.job, edge.basis, pairs)
        if start == edge.target:
            continue
        if is_temporary(start):
            yield from _followed(through, is_temporary, sources_of, steps, depth - 1)
        else:
            yield through
