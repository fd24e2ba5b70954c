"""Defines problems, the values by which every step reports what was lost or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.sanitize import safe_text

#: Longest ``where`` of a problem, in characters.
MAX_WHERE = 600
#: Most problems that are listed one by one, so that a topic full of rubbish does not fill XCom with complaints.
MAX_PROBLEMS = 2_000


class Rule(msgspec.Struct, frozen=True):
    """A configuration entry that would settle a problem.

    :param setting: key of the list that it belongs to, such as ``namespaces`` or ``datasets.exclude``
    :param entry: the entry in YAML, on one line
    :param purpose: what it does, to follow "to"
    """

    setting: str
    entry: str
    purpose: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was lost or left out, for people: on one line, of bounded length, without credentials.

    :param where: what it is about: an event's position, a dataset, an edge; of ``more_problems`` their kind
    :param detail: what happened and, if there is one, the remedy
    :param count: number of losses that it reports
    :param namespace: namespace of the dataset that it is about, if it is about one
    :param cause: what problems of one namespace and cause have in common
    :param rule: configuration that would settle it
    """

    kind: ProblemKind
    where: str
    detail: str
    count: int = 1
    namespace: str = ""
    cause: str = ""
    rule: Rule | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "where", safe_text(self.where, MAX_WHERE))
        msgspec.structs.force_setattr(self, "detail", safe_text(self.detail))
        if self.namespace or self.cause:
            msgspec.structs.force_setattr(self, "namespace", safe_text(self.namespace, MAX_WHERE))
            msgspec.structs.force_setattr(self, "cause", safe_text(self.cause))
        if self.rule is not None:
            rule = Rule(self.rule.setting, safe_text(self.rule.entry), self.rule.purpose)
            msgspec.structs.force_setattr(self, "rule", rule)


class ProblemLog:
    """Collects problems: the first are listed, each once; all others are counted by kind.

    :param max_problems: most problems that are listed
    """

    def __init__(self, max_problems: int = MAX_PROBLEMS) -> None:
        self._max_problems = max_problems
        self._listed: dict[Problem, None] = {}
        self._more: Counter[str] = Counter()

    def add(self, *problems: Problem) -> None:
        """Add problems."""
        for problem in problems:
            if problem.kind == ProblemKind.MORE_PROBLEMS:
                self._more[problem.where] += problem.count
            elif problem in self._listed or len(self._listed) < self._max_problems:
                self._listed[problem] = None
            else:
                self._more[str(problem.kind)] += problem.count

    def add_problem(self, kind: ProblemKind, where: str, detail: str) -> None:
        """Add a problem that is only made if it is going to be listed, because there may be millions of them."""
        if len(self._listed) < self._max_problems:
            self.add(Problem(kind, where, detail))
        else:
            self._more[str(kind)] += 1

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The listed problems, and one with the number of further problems for each kind."""
        more = (
            Problem(ProblemKind.MORE_PROBLEMS, kind, f"{count} more of this kind", count)
            for kind, count in sorted(self._more.items())
        )
        return (*self._listed, *more)


def limit_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the first problems, each once, and the number of further problems for each kind."""
    log = ProblemLog()
    log.add(*problems)
    return log.problems


def count_problems(problems: Iterable[Problem], kind: ProblemKind) -> int:
    """Return the number of losses of one kind, including those that are not listed one by one."""
    return sum(
        problem.count
        for problem in problems
        if problem.kind == kind or (problem.kind == ProblemKind.MORE_PROBLEMS and problem.where == kind)
    )
