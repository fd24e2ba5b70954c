"""The outcome of putting dead letters back."""

from __future__ import annotations

from typing import Any

import msgspec

#: Most dead letters that a report names.
MAX_NAMED = 100


class ReplayReport(msgspec.Struct, frozen=True):
    """The outcome of a replay.

    :param read: number of dead letters read
    :param replayed: number put back
    :param repeated: number left out because another letter of the same message was read before
    :param exhausted: number skipped because they have been put back too often
    :param foreign: number skipped because their headers name no topic, or one that is not allowed
    :param lost: number of dead letters that retention had deleted before they were read
    :param more: ``True`` if the time was over before the end was reached
    :param left: the first of the skipped dead letters, one line each
    """

    read: int = 0
    replayed: int = 0
    repeated: int = 0
    exhausted: int = 0
    foreign: int = 0
    lost: int = 0
    more: bool = False
    left: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return {**document, "left": list(self.left)}

    def __add__(self, later: ReplayReport) -> ReplayReport:
        """Add the report of the next batch."""
        return ReplayReport(
            read=self.read + later.read,
            replayed=self.replayed + later.replayed,
            repeated=self.repeated + later.repeated,
            exhausted=self.exhausted + later.exhausted,
            foreign=self.foreign + later.foreign,
            lost=self.lost + later.lost,
            more=later.more,
            left=(*self.left, *later.left)[:MAX_NAMED],
        )
