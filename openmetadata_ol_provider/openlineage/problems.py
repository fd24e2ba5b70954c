"""What was lost or left out, as a value: every step reports its own, nothing is silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from openmetadata_ol_provider.openlineage.sanitize import safe_text

#: Longest name of what a problem is about, in characters.
MAX_WHERE = 600
#: Most problems that are told one by one; a topic full of rubbish must not fill XCom with complaints about it.
MAX_PROBLEMS = 2_000
_MORE = "more_problems"


class Problem(msgspec.Struct, frozen=True):
    """Something that was lost or left out. Made for people: on one line, of bounded length, without credentials.

    :param kind: short machine-readable kind, e.g. ``bad_facet``, ``unresolved``, ``failed``
    :param where: what it is about: an event's position, a dataset, an edge
    :param detail: what happened and, where there is one, the remedy
    """

    kind: str
    where: str
    detail: str

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "where", safe_text(self.where, MAX_WHERE))
        msgspec.structs.force_setattr(self, "detail", safe_text(self.detail))


class ProblemLog:
    """Problems as they come in: the first are kept, each once; of all others it is counted how many there are.

    :param most: most problems that are kept
    """

    def __init__(self, most: int = MAX_PROBLEMS) -> None:
        self._most = most
        self._kept: dict[Problem, None] = {}
        self._more: Counter[str] = Counter()

    def add(self, *problems: Problem) -> None:
        """Take more problems."""
        for problem in problems:
            if problem.kind == _MORE:
                self._more[problem.where] += _number(problem)
            elif problem in self._kept or len(self._kept) < self._most:
                self._kept[problem] = None
            else:
                self._more[problem.kind] += 1

    def tell(self, kind: str, where: str, detail: str) -> None:
        """Take one more problem, of which there may be millions."""
        if len(self._kept) < self._most:
            self.add(Problem(kind, where, detail))
        else:
            self._more[kind] += 1

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that were kept, and how many more there are of each kind."""
        more = (Problem(_MORE, kind, f"{count} more of this kind") for kind, count in sorted(self._more.items()))
        return (*self._kept, *more)


def limit_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the first problems, each once, and how many more there are of each kind."""
    told = ProblemLog()
    told.add(*problems)
    return told.problems


def count(problems: Iterable[Problem], kind: str) -> int:
    """Return how many problems of a kind there are, those that are only counted among them."""
    return sum(
        _number(problem) if problem.kind == _MORE and problem.where == kind else problem.kind == kind
        for problem in problems
    )


def _number(problem: Problem) -> int:
    return int(problem.detail.partition(" ")[0])
