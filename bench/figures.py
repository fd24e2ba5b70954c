"""Figures that a benchmark measures in several rounds, with their minimum, median and maximum."""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One figure, measured in several rounds of one run.

    :param name: measured quantity
    :param unit: ``events/s``, ``us/event``, ``calls/event``, ``ratio``, ``MB`` ...
    :param rounds: value in each round; an exact count has only one
    :param target: target in words; empty if there is none
    :param met: ``True`` if the target is met; ``None`` if there is none
    :param reason: why the target is missed; empty if it is met or nobody knows
    """

    name: str
    unit: str
    rounds: tuple[float, ...]
    target: str = ""
    met: bool | None = None
    reason: str = ""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    def at_least(self, target: float, words: str = "", *, reason: str = "") -> Figure:
        """Return the figure with a target that its median must reach.

        :param words: displayed target; default: the number
        :param reason: why it is missed where it is
        """
        return self._compared(words or f"at least {target:g}", self.median >= target, reason)

    def at_most(self, target: float, words: str = "", *, reason: str = "") -> Figure:
        """Return the figure with a target that its median must not exceed; parameters as in :meth:`at_least`."""
        return self._compared(words or f"at most {target:g}", self.median <= target, reason)

    def _compared(self, words: str, met: bool, reason: str) -> Figure:
        return self._replace(target=words, met=met, reason="" if met else reason)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, including the minimum, median and maximum of the rounds."""
        extent = {"min": min(self.rounds), "median": self.median, "max": max(self.rounds)}
        return {**self._asdict(), "rounds": list(self.rounds), **extent}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Figure:
        """Rebuild from :meth:`to_dict`."""
        given = {name: document[name] for name in cls._fields if name in document}
        return cls(**{**given, "rounds": tuple(document["rounds"])})


def rates(name: str, count: int, seconds: list[float]) -> Figure:
    """Return the events per second of each round."""
    return Figure(name, "events/s", tuple(count / one for one in seconds))


def ratios(name: str, figure: Figure, base: Figure) -> Figure:
    """Return the ratios of two figures, round by round."""
    return Figure(name, "ratio", tuple(one / other for one, other in zip(figure.rounds, base.rounds, strict=True)))
