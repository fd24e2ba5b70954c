"""The layout of a segment: rows for runs, and tables of what many runs have in common, each content once.

Rows refer to tables by index. Times of a run are stored relative to its first event, because small numbers are short
and alike. A segment is complete in itself: it refers to no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import RunState

#: Reference to nothing.
NONE: Final = -1
#: Dataset of a run: index of its shape, time of its first event, then the times of its facets (one if all are equal).
DatasetRow = Sequence[int | None]

AnyFacets = TypeVar("AnyFacets", RunFacets, JobFacets, DatasetFacets)


class RunRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run. New fields go to the end, with defaults.

    :param job: index in ``jobs``
    :param rest: index in ``rests``: the run without what its row contains
    :param first_at: microseconds since 1970
    :param last_seen_at: microseconds since 1970
    :param name_at: time since ``first_at``, like those that follow
    :param run_facets: index in ``facets``
    :param run_times: index in ``names``, then the times of these facets; one if all are equal; empty without facets
    :param job_facets: index in ``facets``
    :param key: key of the run, if it is not the usual one
    """

    run_id: str
    job: int
    rest: int
    first_at: int
    last_seen_at: int
    name_at: int
    started_at: int | None
    ended_at: int | None
    run_facets: int
    run_times: Sequence[int]
    job_facets: int
    job_times: Sequence[int]
    inputs: Sequence[DatasetRow]
    outputs: Sequence[DatasetRow]
    key: str | None = None


class DatasetShape(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A dataset as several runs may have it, without times.

    :param dataset: dataset without facets and times
    :param facets: index in ``facets``
    :param names: index in ``names``: its facets, in the order of their times
    :param key: key of the dataset, if it is not the usual one
    """

    dataset: msgspec.Raw
    facets: int
    names: int
    key: str | None = None


class Segment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A state, or what has changed in one.

    :param state: everything but the runs
    :param removed: keys by the stored name of the mapping: they are removed before the changes are added
    :param jobs: namespace and name
    :param rests: runs without what their rows contain
    :param names: names of facets
    :param values: facets
    :param facets: pairs of the name of a facet and an index in ``values``
    """

    state: RunState
    removed: dict[str, Sequence[str]] = msgspec.field(default_factory=dict)
    jobs: Sequence[tuple[str, str]] = ()
    rests: Sequence[msgspec.Raw] = ()
    names: Sequence[tuple[str, ...]] = ()
    values: Sequence[msgspec.Raw] = ()
    facets: Sequence[tuple[tuple[str, int], ...]] = ()
    shapes: Sequence[DatasetShape] = ()
    runs: Sequence[RunRow] = ()


#: Contents of the fields that a row has itself, in the run that is behind ``RunRow.rest``.
IN_ROW: Final[dict[str, Any]] = {
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
#: The same for the dataset of a shape.
IN_SHAPE: Final[dict[str, Any]] = {"first_at": None, "facets": None, "times": {}}
