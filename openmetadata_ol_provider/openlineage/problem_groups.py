"""Groups problems by kind, namespace and cause, so that a cause is one line however many datasets it affects."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

import msgspec

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, Rule

#: Problems of a group that its line shows.
MOST_EXAMPLES: Final = 2
#: Most groups that get a line of their own.
MOST_GROUPS: Final = 50
#: Most entries that a group's rule lists.
_MOST_ENTRIES: Final = 20
# What differs between two problems of one cause: quoted texts, words with digits or punctuation inside, and how many
# names a list leaves out.
_PARTICULAR: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`| and \d+ more\b|\S*\w[\d./:@_\[\]{}=-]\S*|\d+")
_REMOVED: Final = "\0"
_LIST: Final = re.compile(rf"{_REMOVED}\W*{_REMOVED}")
_WORD: Final = re.compile(r"\w{3,}")


class ProblemGroup(msgspec.Struct, frozen=True):
    """Problems of one kind with one cause.

    :param problems: listed problems, each about something else
    :param count: number of losses, those included that are not listed
    """

    kind: str
    problems: tuple[Problem, ...]
    count: int

    @property
    def text(self) -> str:
        """The group on one line: count, cause, two examples, and the rule that settles it."""
        if not self.problems:
            return f"{self.count} more, not listed"
        first = self.problems[0]
        if self.count == len(self.problems) == 1:
            return f"{first.where}: {first.detail}"
        if first.cause:
            names = [_name(problem) for problem in self.problems[:MOST_EXAMPLES]]
            text = (
                f"{counted(self.count, 'dataset')} of {first.namespace}, {self._among(', '.join(names))}: {first.cause}"
            )
            return f"{text}.{_remedy([problem.rule for problem in self.problems if problem.rule])}"
        if all(problem.detail == first.detail for problem in self.problems):
            wheres = [problem.where for problem in self.problems[:MOST_EXAMPLES]]
            return f"{counted(self.count, 'time')}: {self._among('; '.join(wheres))}: {first.detail}"
        examples = [f"{problem.where}: {problem.detail}" for problem in self.problems[:MOST_EXAMPLES]]
        return f"{counted(self.count, 'time')}: {self._among('; '.join(examples))}"

    def _among(self, examples: str) -> str:
        more = self.count - min(len(self.problems), MOST_EXAMPLES)
        return f"e.g. {examples} and {more} more" if more > 0 else examples


def group_problems(problems: Iterable[Problem]) -> list[ProblemGroup]:
    """Return the groups of problems in the order in which they begin, what is only counted at the end."""
    groups: dict[Hashable, dict[str, Problem]] = {}
    counts: dict[Hashable, int] = {}
    unlisted: dict[str, int] = {}
    for problem in problems:
        if problem.kind == ProblemKind.MORE_PROBLEMS:
            unlisted[problem.where] = unlisted.get(problem.where, 0) + problem.count
            continue
        key = (str(problem.kind), problem.namespace, problem.cause or _sentence(problem))
        group = groups.setdefault(key, {})
        # A dataset is listed once, though each batch of a task may report it.
        if problem.where not in group or not problem.cause:
            group[problem.where if problem.cause else f"{len(group)}"] = problem
            counts[key] = counts.get(key, 0) + problem.count
    listed = [
        ProblemGroup(str(next(iter(group.values())).kind), tuple(group.values()), counts[key])
        for key, group in groups.items()
    ]
    return [*listed, *(ProblemGroup(kind, (), count) for kind, count in sorted(unlisted.items()))]


def remaining_line(groups: Sequence[ProblemGroup]) -> str:
    """Return a line for the groups that get none of their own, empty if there are none."""
    rest = groups[MOST_GROUPS:]
    if not rest:
        return ""
    counts: dict[str, int] = {}
    for group in rest:
        counts[group.kind] = counts.get(group.kind, 0) + group.count
    kinds = ", ".join(f"{kind} {count}" for kind, count in counts.items())
    return f"and {counted(sum(counts.values()), 'more problem')}: {kinds}"


def _name(problem: Problem) -> str:
    return problem.where.removeprefix(f"{problem.namespace} ")


def _sentence(problem: Problem) -> str:
    """Return the detail without what is particular to the problem."""
    names = sorted((name for name in problem.where.split() if _WORD.search(name)), key=len, reverse=True)
    detail = problem.detail
    for name in names:
        detail = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _REMOVED, detail)
    # A list is as long as the problem makes it.
    return _LIST.sub(_REMOVED, _PARTICULAR.sub(_REMOVED, detail))


def _remedy(rules: Sequence[Rule]) -> str:
    """Return the rules as one document that can be pasted into the configuration."""
    if not rules:
        return ""
    entries: dict[tuple[str, str], dict[str, None]] = {}
    for rule in rules:
        entries.setdefault((rule.purpose, rule.setting), {})[rule.entry] = None
    texts = []
    for (purpose, setting), of_setting in entries.items():
        more = "" if len(of_setting) <= _MOST_ENTRIES else f" (the first {_MOST_ENTRIES} of {len(of_setting)})"
        texts.append(f" To {purpose}: {rule_document(setting, list(of_setting)[:_MOST_ENTRIES])}{more}")
    return ";".join(texts)


def rule_document(setting: str, entries: Iterable[str]) -> str:
    """Return entries of a list of the configuration as one document, on one line of YAML.

    :param setting: key of the list
    """
    section, _, key = setting.partition(".")
    listed = ", ".join(entries)
    return f"{section}: {{{key}: [{listed}]}}" if key else f"{section}: [{listed}]"
