"""Merging facets: per facet the latest event wins, whole; ties are settled by content, so order never matters.

A facet register is a last-writer-wins map: merging is commutative, associative and idempotent. This is what makes the
plan the same for any order of arrival and any duplication (OpenLineage: facets are atomic and cumulative).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import astuple, replace

from openmetadata_ol_provider.openlineage.facets import LineageEntry, LineageJobFacet, Part

_T = TypeVar("_T", bound=Part)
#: Entries of explicit lineage that a run is remembered with, the latest: a stream may add to them for ever.
MAX_ENTRIES = 10_000


def merge_facets(
    kept: _T | None, times: dict[str, int], new: _T | None, time: int, own_times: Mapping[str, int] | None = None
) -> _T | None:
    """Merge the facets that an event carries into those kept so far.

    :param kept: facets so far; not changed, they may be other runs' as well
    :param times: facet -> time (microseconds) of the event that it is from; changed in place
    :param new: facets of one event; not changed
    :param time: that event's time
    :param own_times: facet -> time, where ``new`` is itself merged of several events
    :return: the merged facets
    """
    if new is None:
        return kept
    if kept is new:
        # Said again, all of it: mostly the next event of the same run.
        for name, before in times.items():
            when = time if own_times is None else own_times.get(name, time)
            if before < when:
                times[name] = when
        return kept
    if kept is None and own_times is None and getattr(new, "lineage", None) is None:
        times |= {
            name: time for name, facet in zip(new.__struct_fields__, astuple(new), strict=True) if facet is not None
        }
        return new
    changed: dict[str, object] = {}
    for name, facet in zip(new.__struct_fields__, astuple(new), strict=True):
        if facet is None:
            continue
        at = times.get(name)
        when = time if own_times is None else own_times.get(name, time)
        if isinstance(facet, LineageJobFacet):
            times[name] = max(when, at or when)
            changed[name] = _merge_lineage(getattr(kept, name, None), facet, when)
        elif at is None or when > at or (when == at and _wins_tie(facet, getattr(kept, name, None))):
            times[name] = when
            if kept is not None and facet is not getattr(kept, name):
                changed[name] = facet
    kept = kept or new
    return replace(kept, **changed) if changed else kept


def fill_missing_facets(facets: _T | None, more: _T) -> _T:
    """Return facets with those that only ``more`` has; neither is changed."""
    if facets is None:
        return more
    missing = {
        name: facet
        for name, facet in zip(more.__struct_fields__, astuple(more), strict=True)
        if facet is not None and getattr(facets, name) is None
    }
    return replace(facets, **missing) if missing else facets


def _merge_lineage(kept: LineageJobFacet | None, new: LineageJobFacet, time: int) -> LineageJobFacet:
    """Unite the entries of a run's events (this facet is cumulative, not atomic); a withdrawal ends those before it."""
    deleted_at = max(kept.deleted_at if kept else -1, time if new.deleted else -1)
    entries: dict[bytes, LineageEntry] = {}
    for entry in (*(kept.entries if kept and kept.entries else ()), *(new.entries or ())):
        # An entry that comes in for the first time has no time yet.
        at = entry.at or time
        plain = replace(entry, at=0)
        key = msgspec.json.encode(plain)
        entries[key] = replace(plain, at=max(at, entries[key].at if key in entries else at))
    latest = sorted(entries, key=lambda key: (entries[key].at, key))[-MAX_ENTRIES:]
    given = (kept is not None and kept.entries is not None) or new.entries is not None
    return LineageJobFacet(entries=[entries[key] for key in sorted(latest)] if given else None, deleted_at=deleted_at)


def _wins_tie(new: object, old: object) -> bool:
    return new is not old and new != old and msgspec.json.encode(new) > msgspec.json.encode(old)
