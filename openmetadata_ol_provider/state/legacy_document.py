"""The JSON of the state Variable as releases before version 3 of the state wrote it: everything in one text."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from openmetadata_ol_provider.openlineage.run_state import RunState, as_legacy
from openmetadata_ol_provider.openlineage.serialization import unpack
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.state.chain import Chain, SegmentRef

#: Version in which a run was all events of a run id, whatever their job, and the one after it.
_MERGED_RUNS: Final = 1
LEGACY_VERSIONS: Final = (_MERGED_RUNS, 2)


class LegacyDocument(msgspec.Struct, frozen=True):
    """The Variable's JSON.

    :param version: version of this format
    :param checkpoint: topic -> partition -> next offset
    :param updated_at: time of the last write, ISO 8601
    :param runs: what is remembered, packed
    :param usage: usage counts, packed
    :param generation: division into lanes that the state belongs to; ``None``: the present one, whichever that is
    """

    version: int
    checkpoint: dict[str, dict[str, Annotated[int, msgspec.Meta(ge=0)]]]
    updated_at: str = ""
    runs: str | None = None
    usage: str | None = None
    generation: int | None = None

    @property
    def waiting(self) -> Chain:
        """What waits to be written: those releases held nothing back."""
        return Chain()

    @property
    def topic_ids(self) -> dict[str, str]:
        """Ids of topics: those releases stored none."""
        return {}

    @property
    def size(self) -> int:
        """Characters of all texts in it."""
        return len(self.runs or "") + len(self.usage or "")

    @property
    def segments(self) -> tuple[SegmentRef, ...]:
        """Segments that it refers to: those releases had none."""
        return ()

    @property
    def retired(self) -> tuple[int, ...]:
        """Slots of segments that are no longer needed."""
        return ()

    @property
    def writes(self) -> int:
        """Number of writes that have made segments."""
        return 0


def legacy_runs(document: LegacyDocument) -> RunState:
    """Return what is remembered.

    :raises ValueError: if it is damaged
    """
    runs = unpack(document.runs, RunState) if document.runs else RunState()
    return as_legacy(runs) if document.version == _MERGED_RUNS else runs


def legacy_usage(document: LegacyDocument) -> UsageCounts:
    """Return the usage counts.

    :raises ValueError: if they are damaged
    """
    counts = unpack(document.usage, list[tuple[str, str, int]]) if document.usage else []
    return {(fqn, day): count for fqn, day, count in counts}
