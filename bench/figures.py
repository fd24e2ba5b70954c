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

    def at_least(self, target: float, words: str = "") -> Figure:
        """Return the figure with a target that its median should reach.

        :param words: the target as it is shown, if that is not just the number
        """
        return self._replace(target=words or f"at least {target:g}", met=self.median >= target)

    def at_most(self, target: float, words: str = "") -> Figure:
        """Return the figure with a target that its median should not pass."""
        return self._replace(target=words or f"at most {target:g}", met=self.median <= target)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the least, middle and greatest of the rounds among them."""
        extent = {"min": min(self.rounds), "median": self.median, "max": max(self.rounds)}
        return {**self._asdict(), "rounds": list(self.rounds), **extent}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Figure:
        """Rebuild from :meth:`to_dict`."""
        given = {name: document[name] for name in cls._fields}
        return cls(**{**given, "rounds": tuple(document["rounds"])})


def rates(name: str, count: int, seconds: list[float]) -> Figure:
    """Return how many events a second each round has done."""
    return Figure(name, "events/s", tuple(count / one for one in seconds))


def ratios(name: str, figure: Figure, base: Figure) -> Figure:
    """Return how two figures stand to each other, round by round."""
    return Figure(name, "ratio", tuple(one / other for one, other in zip(figure.rounds, base.rounds, strict=True)))
