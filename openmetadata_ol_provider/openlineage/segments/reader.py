"""Reads what the rows of a segment refer to; equal parts of runs are one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facet_times import EqualTimes
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, name_key
from openmetadata_ol_provider.openlineage.segments.tables import (
    NONE,
    DatasetKind,
    FacetTimes,
    Rank,
    RunKind,
    Segment,
)

_AnyFacets = TypeVar("_AnyFacets", RunFacets, JobFacets, DatasetFacets)
_decode_run: Final = msgspec.msgpack.Decoder(Run).decode
_decode_dataset: Final = msgspec.msgpack.Decoder(DatasetState).decode


class NamedRanks(NamedTuple):
    """The names of facets, and the ranks of their times; one if all are equal."""

    names: tuple[str, ...]
    ranks: Sequence[Rank]

    def at(self, times: Sequence[int]) -> Mapping[str, int]:
        """Return the time of each facet.

        :param times: times by rank, in microseconds
        """
        if len(self.ranks) == 1:
            return EqualTimes(self.names, times[self.ranks[0]])
        return dict(zip(self.names, [times[rank] for rank in self.ranks], strict=True))


class DatasetOfKind(NamedTuple):
    """A dataset of a kind of runs.

    :param dataset: the dataset without times
    """

    key: str
    dataset: DatasetState
    first_at: Rank | None
    times: NamedRanks


class Kind(NamedTuple):
    """A kind of runs.

    :param run: a run with all that they have in common; ranks are in the place of times
    """

    run: Run
    run_times: NamedRanks
    job_times: NamedRanks
    inputs: Sequence[DatasetOfKind]
    outputs: Sequence[DatasetOfKind]


class SegmentReader:
    """Reads the tables of one segment.

    :raises ValueError: if a table refers to what is not there
    """

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._facets: dict[tuple[type, int], Any] = {}
        self._values: dict[tuple[Any, int], Any] = {}
        self._rests = [_decode_run(rest) for rest in segment.rests]
        self._datasets = [_decode_dataset(dataset) for dataset in segment.datasets]

    def kind(self, index: int) -> Kind:
        """Return a kind of runs."""
        kind = self._segment.kinds[index]
        namespace, name = self._segment.jobs[kind.job]
        inputs, outputs = self._datasets_of(kind.inputs), self._datasets_of(kind.outputs)
        run = replace(
            self._rests[kind.rest],
            namespace=namespace,
            name=name,
            name_at=kind.name_at,
            started_at=kind.started_at,
            ended_at=kind.ended_at,
            job_facets=self._facets_of(kind.job_facets, JobFacets),
            inputs={item.key: item.dataset for item in inputs},
            outputs={item.key: item.dataset for item in outputs},
        )
        return Kind(run, self._ranks(kind.run_times), self._ranks(kind.job_times), inputs, outputs)

    def run_facets(self, index: int) -> RunFacets | None:
        """Return the run facets with an index."""
        return self._facets_of(index, RunFacets)

    def has_legacy(self) -> bool:
        """Return whether an earlier version has remembered one of the runs."""
        return any(rest.legacy for rest in self._rests)

    # -- samples of what runs have in common -----------------------------------------------------------------------

    def with_job(self, index: int) -> Run:
        """Return a run that has nothing but the names of a job."""
        namespace, name = self._segment.jobs[index]
        return Run(run_id="", namespace=namespace, name=name)

    def with_progress(self, kind: RunKind) -> Run:
        """Return a run of a kind without names, run facets, and the facets and times of datasets."""
        inputs, outputs = (
            {self._key(item): self._datasets[item.dataset] for item in side} for side in (kind.inputs, kind.outputs)
        )
        return replace(
            self._rests[kind.rest],
            started_at=kind.started_at,
            ended_at=kind.ended_at,
            job_facets=self._facets_of(kind.job_facets, JobFacets),
            inputs=inputs,
            outputs=outputs,
        )

    def with_facets(self, index: int, names: Sequence[str]) -> Run:
        """Return a run that has nothing but some of the run facets with an index."""
        its_names, *values = self._segment.facets[index]
        decoders = _decoders(RunFacets)
        facets = {
            decoders[name][0]: self._value(value, decoders[name][1])
            for name, value in zip(self._segment.names[its_names], values, strict=True)
            if name in names
        }
        return Run(run_id="", namespace="", name="", run_facets=RunFacets(**facets))

    def alike_in(self, names: Sequence[str]) -> list[int]:
        """Return indexes of run facets, in place of each the first ones with the same content of some facets.

        :return: ``NONE`` in place of those that have none of these facets
        """
        # The index of the names comes first.
        columns = [[at for at, name in enumerate(listed, 1) if name in names] for listed in self._segment.names]
        first: dict[tuple[int, ...], int] = {}
        alike = []
        for index, facets in enumerate(self._segment.facets):
            named = columns[facets[0]]
            content = tuple([number for column in named for number in (column, facets[column])])
            alike.append(first.setdefault(content, index) if named else NONE)
        return alike

    # -- parts of runs ---------------------------------------------------------------------------------------------

    def _datasets_of(self, datasets: Iterable[DatasetKind]) -> list[DatasetOfKind]:
        read = []
        for item in datasets:
            dataset = self._datasets[item.dataset]
            key = self._key(item)
            if item.facets != NONE:
                dataset = replace(dataset, facets=self._facets_of(item.facets, DatasetFacets))
            read.append(DatasetOfKind(key, dataset, item.first_at, self._ranks(item.times)))
        return read

    def _key(self, item: DatasetKind) -> str:
        """Return the key of a dataset in its run."""
        dataset = self._datasets[item.dataset]
        return item.key if item.key is not None else name_key(dataset.namespace, dataset.name)

    def _ranks(self, times: FacetTimes) -> NamedRanks:
        return NamedRanks(self._segment.names[times.names] if times.names != NONE else (), times.ranks)

    def _facets_of(self, index: int, kind: type[_AnyFacets]) -> _AnyFacets | None:
        if index == NONE:
            return None
        facets: _AnyFacets | None = self._facets.get((kind, index))
        if facets is None:
            decoders = _decoders(kind)
            names, *indexes = self._segment.facets[index]
            values = {}
            for name, value in zip(self._segment.names[names], indexes, strict=True):
                # A facet that is no longer read is skipped, as it is in events.
                if (named := decoders.get(name)) is not None:
                    attribute, decoder = named
                    values[attribute] = self._value(value, decoder)
            self._facets[kind, index] = facets = kind(**values)
        return facets

    def _value(self, index: int, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
        value = self._values.get((decoder, index))
        if value is None:
            self._values[decoder, index] = value = decoder.decode(self._segment.values[index])
        return value


@cache
def _decoders(kind: type[Any]) -> dict[str, tuple[str, msgspec.msgpack.Decoder[Any]]]:
    """Return the names of a struct's fields and decoders of them, by the names under which they are stored."""
    return {
        field.encode_name: (field.name, msgspec.msgpack.Decoder(field.type)) for field in msgspec.structs.fields(kind)
    }
