"""Forgets the starts of pipeline runs that are too many, those first of which nothing has come for longest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_state import PipelineRunStart, run_id_in

#: Share of the limit that is left when some have to be forgotten, so that the next batches need not forget any.
_FILL_LEVEL: Final = 0.8


def most_recent_starts(
    starts: Mapping[str, PipelineRunStart], index: RunIndex, limit: int
) -> Mapping[str, PipelineRunStart]:
    """Return the starts of pipeline runs that are remembered on; the same mapping if they are not too many.

    A start stays as long as any run of its pipeline run is remembered, because it is the key of the status in the
    catalogue: derived again from later events, it would be another one.

    :param starts: starts by key
    :param index: runs that are remembered; how many starts they need is noted there, so that it is counted again only
        when that many may be too many
    :param limit: most starts of which no run is remembered
    """
    if len(starts) <= limit + index.needed_starts:
        return starts
    ids = {key: run_id_in(key) for key in starts}
    named = index.grouped(PARENTS).among({*ids.values()})
    unneeded = [key for key, run_id in ids.items() if run_id not in named and not index.has_id(run_id)]
    index.needed_starts = len(starts) - len(unneeded)
    if len(unneeded) <= limit:
        return starts
    unneeded.sort(key=lambda key: starts[key].last_seen_at)
    forgotten = frozenset(unneeded[: len(unneeded) - int(limit * _FILL_LEVEL)])
    return {key: start for key, start in starts.items() if key not in forgotten}
