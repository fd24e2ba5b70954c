"""An OpenLineage event as a value: RunEvent, JobEvent or DatasetEvent, told apart by shape."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets

Kind = Literal["run", "job", "dataset"]
#: Where a run stands: OTHER < START < RUNNING < {COMPLETE, ABORT, FAIL}; OTHER says nothing about it.
State = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]


class EventRun(Part):
    """The ``run`` of a RunEvent. Run ids are mostly, not always, UUIDs."""

    runId: str
    facets: RunFacets | None = None


class EventJob(Part):
    """The ``job`` of a RunEvent or JobEvent."""

    namespace: str
    name: str
    facets: JobFacets | None = None


class EventDataset(Part):
    """An input, an output, or the dataset of a DatasetEvent.

    The decoder moves what is in ``inputFacets`` and ``outputFacets`` to ``facets``: the names are different, and some
    producers put ``columnLineage`` and ``dataQualityAssertions`` here, some there.
    """

    namespace: str
    name: str
    facets: DatasetFacets | None = None
    inputFacets: DatasetFacets | None = None
    outputFacets: DatasetFacets | None = None


class Event(Part):
    """One event. ``eventTime`` has a zone: a time without one is taken as UTC."""

    eventTime: dt.datetime
    eventType: str | None = None
    run: EventRun | None = None
    job: EventJob | None = None
    dataset: EventDataset | None = None
    inputs: list[EventDataset] | None = None
    outputs: list[EventDataset] | None = None
    producer: str | None = None

    @property
    def kind(self) -> Kind:
        """Tell RunEvent, JobEvent and DatasetEvent apart by shape: schemaURL is missing or wrong too often."""
        if self.run is not None:
            return "run"
        return "job" if self.job is not None else "dataset"
