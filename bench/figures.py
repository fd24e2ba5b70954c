"""What a benchmark measures: figures of several rounds, each with the least, the middle and the greatest of them."""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One figure, measured in several rounds of one run.

    :param name: what was measured
    :param unit: ``events/s``, ``us/event``, ``calls/event``, ``ratio``, ``MB`` ...
    :param rounds: its value in each round; a count that is exact has one
    :param target: what it should be, in words; empty if there is none
    :param met: whether the target is met; ``None`` if there is none
    """

    name: str
    unit: str
    rounds: tuple[float, ...]
    target: str = ""
    met: bool | None = None

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.rounds)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the least, middle and greatest of the rounds among them."""
        extent = {"min": min(self.rounds), "median": self.median, "max": max(self.rounds)}
        return {**self._asdict(), "rounds": list(self.rounds), **extent}
