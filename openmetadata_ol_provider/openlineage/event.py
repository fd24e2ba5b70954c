"""Defines an OpenLineage event as a value: a RunEvent, JobEvent or DatasetEvent, told apart by shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets

Kind = Literal["run", "job", "dataset"]
#: State of a run: OTHER < START < RUNNING < {COMPLETE, ABORT, FAIL}; OTHER says nothing about it.
State = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]


class EventRun(Part, frozen=True):
    """The ``run`` of a RunEvent. Run ids are mostly, not always, UUIDs."""

    runId: str
    facets: RunFacets | None = None


class EventJob(Part, frozen=True):
    """The ``job`` of a RunEvent or JobEvent."""

    namespace: str
    name: str
    facets: JobFacets | None = None


class EventDataset(Part, frozen=True):
    """An input, an output, or the dataset of a DatasetEvent.

    ``facets`` includes those from ``inputFacets`` and ``outputFacets``: the names do not collide, and producers put
    ``columnLineage`` and ``dataQualityAssertions`` into either place.
    """

    namespace: str
    name: str
    facets: DatasetFacets | None = None


class Event(Part, frozen=True):
    """One event.

    :param eventTime: time with a zone; a time without one is taken as UTC
    """

    eventTime: dt.datetime
    eventType: str | None = None
    run: EventRun | None = None
    job: EventJob | None = None
    dataset: EventDataset | None = None
    inputs: Sequence[EventDataset] | None = None
    outputs: Sequence[EventDataset] | None = None
    producer: str | None = None

    @property
    def kind(self) -> Kind:
        """Kind of the event by its shape, because schemaURL is missing or wrong too often."""
        if self.run is not None:
            return "run"
        return "job" if self.job is not None else "dataset"
