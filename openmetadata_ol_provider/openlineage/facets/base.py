"""What facets are made of, and those that runs, jobs and datasets have in common."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """Base of all parts of an event: unknown keys are ignored, defaults are not encoded.

    No part ever leads back to itself, so the garbage collector need not look at the millions that a state may have.
    """


class Facet(Part):
    """A facet; ``_deleted`` withdraws a job or dataset facet sent earlier."""

    deleted: bool = msgspec.field(default=False, name="_deleted")


class TransformationField(Part):
    """One transformation of a column's source."""

    type: str | None = None
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


class TagField(Part):
    """One tag of a tags facet."""

    key: str | None = None
    value: str | None = None
    source: str | None = None
    field: str | None = None


class TagsFacet(Facet):
    """TagsRunFacet, TagsJobFacet and TagsDatasetFacet."""

    tags: list[TagField] | None = None


class DocumentationFacet(Facet):
    """DocumentationJobFacet and DocumentationDatasetFacet."""

    description: str | None = None


class OwnerField(Part):
    """One owner of an ownership facet."""

    name: str | None = None
    type: str | None = None


class OwnershipFacet(Facet):
    """OwnershipJobFacet and OwnershipDatasetFacet."""

    owners: list[OwnerField] | None = None
