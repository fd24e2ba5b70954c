"""Defines the experimental LineageFacet 1-0-0, which states exact sources and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from openmetadata_ol_provider.openlineage.facets.base import Facet, Part, TransformationField


class LineageInput(Part, frozen=True):
    """One source in a ``lineage`` facet: a dataset, a field of one, or a job."""

    namespace: str | None = None
    name: str | None = None
    type: str | None = None
    field: str | None = None
    runId: str | None = None
    transformations: Sequence[TransformationField] | None = None


class LineageField(Part, frozen=True):
    """The sources of one field of a ``lineage`` entry."""

    inputs: Sequence[LineageInput] | None = None


class LineageEntry(Part, frozen=True):
    """One target in a ``lineage`` facet, with its sources.

    :param at: time of its event in microseconds, kept for merging; not part of the specification
    """

    at: int = msgspec.field(default=0, name="_at")
    namespace: str | None = None
    name: str | None = None
    type: str | None = None
    inputs: Sequence[LineageInput] | None = None
    fields: Mapping[str, LineageField] | None = None


class LineageJobFacet(Facet, frozen=True):
    """LineageFacet 1-0-0 on a job: the explicit lineage of a run or of a declared job.

    :param deleted_at: time of the latest withdrawal in microseconds, kept for merging; not part of the specification
    :param lineage: the entries under the name that drafts of the specification gave them
    """

    deleted_at: int = msgspec.field(default=-1, name="_deletedAt")
    entries: Sequence[LineageEntry] | None = None
    lineage: Sequence[LineageEntry] | None = None

    def __post_init__(self) -> None:
        """Call the entries by their present name."""
        if self.lineage is not None:
            if self.entries is None:
                msgspec.structs.force_setattr(self, "entries", self.lineage)
            msgspec.structs.force_setattr(self, "lineage", None)


class LineageDatasetFacet(Facet, frozen=True):
    """LineageFacet 1-0-0 on a DatasetEvent's dataset: structural derivation, no job."""

    inputs: Sequence[LineageInput] | None = None
    fields: Mapping[str, LineageField] | None = None
