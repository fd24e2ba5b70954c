"""The layout of a segment: columns with what each run has for itself, and tables of what many have in common.

Columns and tables refer to tables by index. Most runs are of few kinds: the same job, datasets and facets, seen in the
same order. So a run is its id, the number of its kind, some times, and its run facets; and whatever concerns all runs
can look at the kinds instead. A segment is complete in itself: it refers to no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from openmetadata_ol_provider.openlineage.run_state import RunState

#: Reference to nothing.
NONE: Final = -1
#: Place of a time among the times of its run: 0 is that of the first event, 1 the first one in its ``marks``.
Rank = int


class SegmentPart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of what is in the tables of a segment. New fields go to the end, with defaults."""


class FacetTimes(SegmentPart, frozen=True):
    """The times of facets.

    :param names: index in ``names``; the facets are in the order of their times
    :param ranks: their times; one if all are equal
    """

    names: int = NONE
    ranks: tuple[Rank, ...] = ()


class DatasetKind(SegmentPart, frozen=True):
    """A dataset of a kind of runs.

    :param dataset: index in ``datasets``
    :param facets: index in ``facets``
    :param first_at: time of its first event
    :param key: its key in the run, if it is not the usual one
    """

    dataset: int
    facets: int
    first_at: Rank | None
    times: FacetTimes
    key: str | None = None


class RunKind(SegmentPart, frozen=True):
    """What runs have in common.

    :param job: index in ``jobs``
    :param rest: index in ``rests``: the run without what is stored elsewhere
    :param job_facets: index in ``facets``
    """

    job: int
    rest: int
    job_facets: int
    name_at: Rank
    started_at: Rank | None
    ended_at: Rank | None
    run_times: FacetTimes
    job_times: FacetTimes
    inputs: tuple[DatasetKind, ...]
    outputs: tuple[DatasetKind, ...]


class Columns(SegmentPart, frozen=True):
    """What each run has for itself.

    :param run_ids: ids
    :param kinds: indexes in ``kinds``
    :param first_at: times of their first events, in microseconds since 1970
    :param last_seen_at: times in microseconds since 1970
    :param run_facets: indexes in ``facets``
    :param marks: all other times of a run since its first event, ascending
    """

    run_ids: Sequence[str] = ()
    kinds: Sequence[int] = ()
    first_at: Sequence[int] = ()
    last_seen_at: Sequence[int] = ()
    run_facets: Sequence[int] = ()
    marks: Sequence[Sequence[int]] = ()


class Segment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """A state, or what has changed in one.

    :param state: everything but the runs
    :param removed: keys by the stored name of the mapping: they are removed before the changes are added
    :param runs: the runs
    :param keys: keys of runs that have another key than the usual one, by their number
    :param kinds: kinds of runs
    :param jobs: namespace and name
    :param rests: runs without what is stored elsewhere
    :param datasets: datasets without facets and times
    :param names: names of facets
    :param facets: index in ``names``, then the indexes in ``values`` of the facets with these names
    :param values: facets
    """

    state: RunState
    removed: dict[str, Sequence[str]] = msgspec.field(default_factory=dict)
    runs: Columns = Columns()
    keys: dict[int, str] = msgspec.field(default_factory=dict)
    kinds: Sequence[RunKind] = ()
    jobs: Sequence[tuple[str, str]] = ()
    rests: Sequence[msgspec.Raw] = ()
    datasets: Sequence[msgspec.Raw] = ()
    names: Sequence[tuple[str, ...]] = ()
    facets: Sequence[tuple[int, ...]] = ()
    values: Sequence[msgspec.Raw] = ()

    def kind(self, index: int) -> RunKind:
        """Return a kind of runs."""
        return self.kinds[index]

    def job_of_kind(self, index: int) -> tuple[str, str]:
        """Return namespace and name of the job of a kind of runs."""
        return self.jobs[self.kinds[index].job]


#: Contents of the fields of a run that are stored elsewhere, in ``rests``.
NOT_IN_REST: Final[dict[str, Any]] = {
    "run_id": "",
    "namespace": "",
    "name": "",
    "name_at": 0,
    "first_at": 0,
    "started_at": None,
    "ended_at": None,
    "last_seen_at": 0,
    "run_facets": None,
    "run_times": {},
    "job_facets": None,
    "job_times": {},
    "inputs": {},
    "outputs": {},
}
#: The same for ``datasets``.
NOT_IN_DATASET: Final[dict[str, Any]] = {"first_at": None, "facets": None, "times": {}}
