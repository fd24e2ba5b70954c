"""Explicit lineage (LineageFacet 1-0-0, experimental): exact sources and targets."""

from __future__ import annotations

import msgspec

from openmetadata_ol_provider.openlineage.facets.base import Facet, Part, TransformationField


class LineageInput(Part):
    """One source in a ``lineage`` facet: a dataset, a field of one, or a job."""

    namespace: str | None = None
    name: str | None = None
    type: str | None = None
    field: str | None = None
    runId: str | None = None
    transformations: list[TransformationField] | None = None


class LineageField(Part):
    """The sources of one field of a ``lineage`` entry."""

    inputs: list[LineageInput] | None = None


class LineageEntry(Part):
    """One target in a ``lineage`` facet, with its sources.

    :param at: time of the event it is from (microseconds), kept for merging; no field of the specification
    """

    at: int = msgspec.field(default=0, name="_at")
    namespace: str | None = None
    name: str | None = None
    type: str | None = None
    inputs: list[LineageInput] | None = None
    fields: dict[str, LineageField] | None = None


class LineageJobFacet(Facet):
    """LineageFacet 1-0-0 on a job: the explicit lineage of a run or of a declared job.

    :param deleted_at: time of the latest withdrawal (microseconds), kept for merging; no field of the specification
    """

    deleted_at: int = msgspec.field(default=-1, name="_deletedAt")
    entries: list[LineageEntry] | None = None


class LineageDatasetFacet(Facet):
    """LineageFacet 1-0-0 on a DatasetEvent's dataset: structural derivation, no job."""

    inputs: list[LineageInput] | None = None
    fields: dict[str, LineageField] | None = None
