"""Defines the base types of facets, and the facets that runs, jobs and datasets have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Part(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """Base of all parts of an event: unknown keys are ignored, defaults are not encoded, and nothing changes in place.

    Events and runs share equal parts. Parts never form cycles, so the garbage collector does not have to visit the
    millions of them that a state may hold.
    """


class Facet(Part, frozen=True):
    """A facet; ``_deleted`` withdraws a job or dataset facet sent earlier."""

    deleted: bool = msgspec.field(default=False, name="_deleted")


class TransformationField(Part, frozen=True):
    """One transformation of a column's source."""

    type: str | None = None
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


class TagField(Part, frozen=True):
    """One tag of a tags facet."""

    key: str | None = None
    value: str | None = None
    source: str | None = None
    field: str | None = None


class TagsFacet(Facet, frozen=True):
    """TagsRunFacet, TagsJobFacet and TagsDatasetFacet."""

    tags: Sequence[TagField] | None = None


class DocumentationFacet(Facet, frozen=True):
    """DocumentationJobFacet and DocumentationDatasetFacet."""

    description: str | None = None


class OwnerField(Part, frozen=True):
    """One owner of an ownership facet."""

    name: str | None = None
    type: str | None = None


class OwnershipFacet(Facet, frozen=True):
    """OwnershipJobFacet and OwnershipDatasetFacet."""

    owners: Sequence[OwnerField] | None = None


class RunTest(Part, frozen=True):
    """One test that a run executed.

    :param status: ``pass``, ``fail`` or ``skip``
    :param expected: expected value, mostly as a text
    :param actual: observed value, mostly as a text
    """

    name: str | None = None
    status: str | None = None
    severity: str | None = None
    type: str | None = None
    description: str | None = None
    expected: Any = None
    actual: Any = None
    params: Mapping[str, Any] | None = None


class RunTestsFacet(Facet, frozen=True):
    """TestRunFacet: tests that belong to no dataset of the run."""

    tests: Sequence[RunTest] | None = None
