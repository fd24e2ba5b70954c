"""What was lost or left out, as a value: every step reports its own, nothing is silent."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from openmetadata_ol_provider.openlineage.showing import shown

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
        msgspec.structs.force_setattr(self, "where", shown(self.where, MAX_WHERE))
        msgspec.structs.force_setattr(self, "detail", shown(self.detail))


def few(problems: Iterable[Problem], most: int = MAX_PROBLEMS) -> tuple[Problem, ...]:
    """Return the first problems, each once, and how many more there are of each kind."""
    told: dict[Problem, None] = {}
    more: dict[str, int] = {}
    for problem in problems:
        if problem.kind == _MORE:
            more[problem.where] = more.get(problem.where, 0) + int(problem.detail.partition(" ")[0])
        elif problem in told or len(told) < most:
            told[problem] = None
        else:
            more[problem.kind] = more.get(problem.kind, 0) + 1
    return (*told, *(Problem(_MORE, kind, f"{count} more of this kind") for kind, count in sorted(more.items())))
