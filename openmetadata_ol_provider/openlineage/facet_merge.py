"""Merges facets: of each facet the latest event wins as a whole, and ties are settled by content.

Merging is commutative, associative and idempotent (a last-writer-wins map), so a plan is the same for any order of
arrival and any duplication. OpenLineage defines facets as atomic and cumulative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import compress
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import astuple, replace

from openmetadata_ol_provider.openlineage.facets import LineageEntry, LineageJobFacet, Part

_T = TypeVar("_T", bound=Part)
#: Entries of explicit lineage that are remembered of a run, the latest: a stream may add entries for ever.
MAX_ENTRIES = 10_000


class FacetDraft(msgspec.Struct, Generic[_T], gc=False):
    """Facets while they are being merged; the facets that are merged are not changed.

    :param facets: facets merged so far
    :param times: time of the event that each of them is from, in microseconds; the draft's own, changed in place
    """

    facets: _T | None = None
    times: dict[str, int] = msgspec.field(default_factory=dict)

    def merge(self, new: _T | None, time: int, times: Mapping[str, int] | None = None) -> None:
        """Merge further facets into this draft.

        :param new: facets of one event, or facets that were merged already
        :param time: time of the event, for each facet without a time of its own
        :param times: times of facets that were merged already
        """
        if new is None:
            return
        merged, merged_times = self.facets, self.times
        if merged is new or merged == new:
            # Repeated unchanged, mostly by the next event of the same run.
            for name in names_of(new):
                at = merged_times.get(name)
                when = time if times is None else times.get(name, time)
                if at is None or at < when:
                    merged_times[name] = when
        elif times is not None or getattr(new, "lineage", None) is not None:
            self._merge_each(new, time, times)
        elif merged is None:
            merged_times.update(dict.fromkeys(names_of(new), time))
            self.facets = new
        elif max(merged_times.values(), default=-1) < time:
            # Events mostly come in their order, so that everything in the next one wins.
            merged_times.update(dict.fromkeys(names_of(new), time))
            self.facets = _overlaid(merged, new)
        else:
            self._merge_each(new, time, times)

    def _merge_each(self, new: _T, time: int, times: Mapping[str, int] | None) -> None:
        merged, merged_times = self.facets, self.times
        changed: dict[str, object] = {}
        values = astuple(new)
        for name, facet in compress(zip(new.__struct_fields__, values, strict=True), values):
            at, when = merged_times.get(name), time if times is None else times.get(name, time)
            if isinstance(facet, LineageJobFacet):
                merged_times[name] = max(when, at or when)
                changed[name] = _merge_lineage(getattr(merged, name, None), facet, when)
            elif at is None or when > at or (when == at and _wins_tie(facet, getattr(merged, name, None))):
                merged_times[name] = when
                if merged is not None and facet is not getattr(merged, name):
                    changed[name] = facet
        if merged is None:
            merged = new
        self.facets = replace(merged, **changed) if changed else merged


def names_of(facets: Part) -> Iterable[str]:
    """Return the names of the facets that are there."""
    # No facet is false, and most types are missing.
    return compress(facets.__struct_fields__, astuple(facets))


def _overlaid(facets: _T, new: _T) -> _T:
    """Return facets replaced by all that are new; the very same object as ``new`` if nothing else is left."""
    overlaid = replace(facets, **dict(zip(names_of(new), filter(None, astuple(new)), strict=True)))
    return new if overlaid == new else overlaid


def fill_missing_facets(facets: _T | None, more: _T) -> _T:
    """Return facets, completed with those that only ``more`` has."""
    if facets is None:
        return more
    missing = {
        name: facet
        for name, facet in zip(more.__struct_fields__, astuple(more), strict=True)
        if facet is not None and getattr(facets, name) is None
    }
    return replace(facets, **missing) if missing else facets


def _merge_lineage(merged: LineageJobFacet | None, new: LineageJobFacet, time: int) -> LineageJobFacet:
    """Merge the entries of a run's events: unlike others, this facet is cumulative; a withdrawal ends earlier ones."""
    deleted_at = max(merged.deleted_at if merged else -1, time if new.deleted else -1)
    entries: dict[bytes, LineageEntry] = {}
    for entry in (*(merged.entries if merged and merged.entries else ()), *(new.entries or ())):
        # An entry that has just been read has no time yet.
        at = entry.at or time
        timeless = replace(entry, at=0)
        key = msgspec.json.encode(timeless)
        entries[key] = replace(timeless, at=max(at, entries[key].at if key in entries else at))
    latest = sorted(entries, key=lambda key: (entries[key].at, key))[-MAX_ENTRIES:]
    given = (merged is not None and merged.entries is not None) or new.entries is not None
    return LineageJobFacet(entries=[entries[key] for key in sorted(latest)] if given else None, deleted_at=deleted_at)


def _wins_tie(new: object, old: object) -> bool:
    return new is not old and new != old and msgspec.json.encode(new) > msgspec.json.encode(old)
