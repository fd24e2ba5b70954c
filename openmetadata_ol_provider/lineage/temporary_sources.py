"""Finds what a temporary dataset held when a job read it: what its own flow has written, since the read before.

A flow may run several times at once, and each run has a temporary dataset of its own under the same name. So what the
same run of the flow has written counts, or what was there by time if that run has written nothing. Of a dataset that
was used so often that only the latest uses are remembered, nothing is assumed about earlier ones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.lineage.temporary_names import is_of_session
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.run_state import TemporaryDataset, TemporarySource, name_key
from openmetadata_ol_provider.openlineage.temporary_uses import Use, uses_of

#: Most sources of one temporary dataset that are remembered, those of the latest edges.
MAX_SOURCES: Final = 1_000
#: Time of a write that is not known.
_NOT_KNOWN: Final = (0,)


class Chain(NamedTuple):
    """The chain of a job.

    :param key: :func:`~openmetadata_ol_provider.openlineage.run_state.name_key` of the job at its top
    :param is_own: whether that is the job itself
    """

    key: str
    is_own: bool

    @property
    def remembered_as(self) -> str:
        """The chain of a temporary dataset's source; empty if the job belongs to none."""
        return "" if self.is_own else self.key


class Histories:
    """What was written into temporary datasets, and when, by dataset and chain; worked out once for all readers.

    :param known: temporary datasets by key
    """

    def __init__(self, known: Mapping[str, TemporaryDataset]) -> None:
        self._known = known
        self._histories: dict[str, Mapping[str, _History]] = {}

    def of(self, dataset: DatasetId) -> Mapping[str, _History]:
        """Return the histories of a temporary dataset by the chains that write it."""
        key = name_key(dataset.namespace, dataset.name)
        if key not in self._histories:
            temporary = self._known.get(key)
            self._histories[key] = _histories(temporary) if temporary is not None else {}
        return self._histories[key]


class SourcesOfJob:
    """Finds what was written into the temporary datasets that a job reads.

    :param histories: temporary datasets with what was written into them
    :param chain: chain of the job
    :param uses: the job's runs that read
    """

    def __init__(self, histories: Histories, chain: Chain, uses: Collection[Use]) -> None:
        self._histories = histories
        self._chain = chain
        self._uses = uses
        self._elsewhere: set[str] = set()

    def of(self, dataset: DatasetId) -> Sequence[TemporarySource]:
        """Return what jobs of the chain have written, or else jobs of no chain, or the only one if the job has none."""
        by_chain = self._histories.of(dataset)
        of_session = is_of_session(dataset.namespace, dataset.name)
        for chain in (self._chain.key, ""):
            if chain in by_chain:
                return by_chain[chain].sources_at(self._uses, only_own=of_session)
        if of_session:
            return []
        if self._chain.is_own and len(by_chain) == 1:
            return next(iter(by_chain.values())).sources
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


def _histories(temporary: TemporaryDataset) -> Mapping[str, _History]:
    by_chain: dict[str, list[TemporarySource]] = {}
    for source in temporary.sources:
        by_chain.setdefault(source.chain, []).append(source)
    return {
        chain: _History(sources, uses_of(temporary.reads.get(chain, ()), temporary.readers.get(chain, ())))
        for chain, sources in by_chain.items()
    }


class _History:
    """When the sources of a temporary dataset were written into it, and when it was read, by runs of the flow.

    :param sources: what jobs of one chain have written
    :param reads: reads in the same chain
    """

    def __init__(self, sources: Sequence[TemporarySource], reads: Sequence[Use]) -> None:
        self.sources = sources
        self._writes: dict[int, list[int]] = {}
        self._reads = [read.at for read in reads]
        self._has_all_writes = len(sources) < MAX_SOURCES
        self._of_flow: dict[int, tuple[dict[int, list[int]], list[int]]] = {}
        for number, source in enumerate(sources):
            self._writes[number] = list(source.writes or _NOT_KNOWN)
            for write in uses_of(source.writes, source.writers):
                if write.flow:
                    writes, _ = self._of_flow.setdefault(write.flow, ({}, []))
                    writes.setdefault(number, []).append(write.at)
        for read in reads:
            if read.flow in self._of_flow:
                self._of_flow[read.flow][1].append(read.at)

    def sources_at(self, uses: Collection[Use], *, only_own: bool) -> Sequence[TemporarySource]:
        """Return the sources that were there when runs read, all of them if nothing tells.

        :param only_own: ``True`` if only what the same run of the flow has written can be there
        """
        numbers = {number for use in uses for number in self._at(use, only_own=only_own)}
        rest = self.sources if self._has_all_writes and not only_own else []
        return [self.sources[number] for number in sorted(numbers)] or rest

    def _at(self, use: Use, *, only_own: bool) -> Collection[int]:
        """Return the numbers of the sources that were there when a run read; none if the times do not tell."""
        own = self._of_flow.get(use.flow)
        if own is None:
            return () if only_own else _written_since(self._writes, self._reads, use.at)
        writes, reads = own
        return _written_since(writes, reads, use.at) or (writes.keys() if self._has_all_writes else ())


def _written_since(writes: Mapping[int, Sequence[int]], reads: Sequence[int], at: int) -> list[int]:
    """Return the numbers of the sources that were written by a time, and not read before the latest write."""
    latest = {number: _last(times, bisect_right(times, at)) for number, times in writes.items()}
    # The latest write has replaced what was there when it was read last before.
    since = _last(reads, bisect_left(reads, max(latest.values())))
    return [number for number, write in latest.items() if write > since]


def _last(times: Sequence[int], count: int) -> int:
    """Return the last of the first ``count`` times, -1 if there is none."""
    return times[count - 1] if count else -1
