"""Forgets the starts of pipeline runs that are too many, those first of which nothing has come for longest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_state import PipelineRunStart

#: Share of the limit that is left when some have to be forgotten, so that the next batches need not forget any.
_FILL_LEVEL: Final = 0.9


def most_recent_starts(
    starts: Mapping[str, PipelineRunStart], index: RunIndex, limit: int
) -> Mapping[str, PipelineRunStart]:
    """Return the starts of pipeline runs that are remembered on; the same mapping if they are not too many.

    A start stays as long as any run of its pipeline run is remembered, because it is the key of the status in the
    catalogue: derived again from later events, it would be another one.

    :param starts: starts by key
    :param index: runs that are remembered
    :param limit: most starts of which no run is remembered
    """
    # Each run has at most one start, so this many can be needed; whether they are is looked at only beyond that.
    if len(starts) <= limit + len(index.parts):
        return starts
    excess = len(starts) - len(index.parts) - int(limit * _FILL_LEVEL)
    named = index.grouped(PARENTS)
    forgotten: set[str] = set()
    for key in sorted(starts, key=lambda key: starts[key].last_seen_at):
        if len(forgotten) == excess:
            break
        run_id = key.split("\x1f")[1]
        if run_id not in named and not index.of_id(run_id):
            forgotten.add(key)
    return {key: start for key, start in starts.items() if key not in forgotten}
