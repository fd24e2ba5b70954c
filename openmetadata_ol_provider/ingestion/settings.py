"""Settings of one reading task: how large a batch may be, and where messages go that cannot be used."""

from __future__ import annotations

from typing import NamedTuple


class BatchLimits(NamedTuple):
    """How large one batch may be: messages, bytes, seconds."""

    max_events: int
    max_bytes: int
    max_duration: float


class DeadLetterTarget(NamedTuple):
    """Where messages go that cannot be used, as the steps take it."""

    topic: str | None

    @property
    def exclude(self) -> tuple[str, ...]:
        """Topics that a pattern shall not match: dead letters read again would only be dead letters again."""
        from openmetadata_ol_provider.ingestion.consume import SKIP

        return () if self.topic in {None, SKIP} else (str(self.topic),)
