"""Counts the facets in events that the provider does not read, by name and producer.

The events are decoded a second time for it, so only the command line does it, not the tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.sanitize import safe_text

#: Longest name of a facet or producer, in characters.
_MAX_NAME = 200
_FacetsByName = dict[str, msgspec.Raw]


class UnreadFacet(NamedTuple):
    """A facet that is not read.

    :param section: part of the event it belongs to: ``run``, ``job`` or ``dataset``
    :param facet: name of the facet
    :param producer: producer of the event, ``?`` if it has none
    """

    section: str
    facet: str
    producer: str


class UnreadFacets:
    """Counts how often each facet occurs that is not read; values are not kept."""

    def __init__(self) -> None:
        self._counts: Counter[UnreadFacet] = Counter()

    def add(self, value: bytes | str) -> None:
        """Count the unread facets of one event, none if its JSON has another structure.

        :param value: event as JSON
        """
        try:
            event = _decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        producer = safe_text(event.producer or "?", _MAX_NAME)
        for section, name in _unread_in_event(event):
            self._counts[UnreadFacet(section, safe_text(name, _MAX_NAME), producer)] += 1

    def counts(self) -> dict[UnreadFacet, int]:
        """Return the number of occurrences of each facet, sorted by facet."""
        return dict(sorted(self._counts.items()))


class _FacetOwner(msgspec.Struct):
    facets: _FacetsByName | None = None
    inputFacets: _FacetsByName | None = None  # noqa: N815 - OpenLineage's name
    outputFacets: _FacetsByName | None = None  # noqa: N815


class _Event(msgspec.Struct):
    run: _FacetOwner | None = None
    job: _FacetOwner | None = None
    dataset: _FacetOwner | None = None
    inputs: list[_FacetOwner] | None = None
    outputs: list[_FacetOwner] | None = None
    producer: str | None = None


_decode = msgspec.json.Decoder(_Event).decode


def _unread_in_event(event: _Event) -> Iterator[tuple[str, str]]:
    yield from _unread("run", event.run, RunFacets)
    yield from _unread("job", event.job, JobFacets)
    for dataset in (event.dataset, *(event.inputs or ()), *(event.outputs or ())):
        yield from _unread("dataset", dataset, DatasetFacets)


def _unread(section: str, owner: _FacetOwner | None, facets_read: type[Part]) -> Iterator[tuple[str, str]]:
    if owner is None:
        return
    names_read = set(facets_read.__struct_encode_fields__)
    for facets in (owner.facets, owner.inputFacets, owner.outputFacets):
        for name in facets or ():
            if name not in names_read:
                yield section, name
