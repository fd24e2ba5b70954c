"""Problems are fit to be shown, and too many of them are counted."""

from __future__ import annotations

import json

import msgspec

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import (
    MAX_PROBLEMS,
    MAX_WHERE,
    Problem,
    ProblemLog,
    count_problems,
    limit_problems,
)

FAILED, UNRESOLVED, AMBIGUOUS = ProblemKind.FAILED, ProblemKind.UNRESOLVED, ProblemKind.AMBIGUOUS


def test_a_problem_is_fit_to_be_shown_wherever_it_comes_from() -> None:
    problem = Problem(FAILED, "a\nb" * 1000, "\x1b[0mpassword=x")
    assert (len(problem.where), "\n" in problem.where) == (MAX_WHERE, False)
    assert problem.detail == r"\x1b[0mpassword=***"
    assert msgspec.json.decode(msgspec.json.encode(problem), type=Problem) == problem


def test_too_many_problems_are_counted() -> None:
    problems = [Problem(FAILED, str(number), "") for number in range(MAX_PROBLEMS + 5)]
    listed = limit_problems((*problems, Problem(UNRESOLVED, "x", "")))
    assert listed[:MAX_PROBLEMS] == tuple(problems[:MAX_PROBLEMS])
    assert [(one.kind, one.where, one.detail) for one in listed[MAX_PROBLEMS:]] == [
        ("more_problems", "failed", "5 more of this kind"),
        ("more_problems", "unresolved", "1 more of this kind"),
    ]
    assert count_problems(listed, FAILED) == MAX_PROBLEMS + 5
    assert count_problems(listed, UNRESOLVED) == 1
    assert count_problems(listed, AMBIGUOUS) == 0


def test_what_was_counted_adds_up() -> None:
    listed = ProblemLog(max_problems=1)
    listed.add(Problem(FAILED, "1", ""), Problem(FAILED, "2", ""), Problem(FAILED, "1", ""))
    listed.add(*listed.problems)
    assert count_problems(listed.problems, FAILED) == 3


def test_a_count_is_written_only_where_it_is_more_than_one() -> None:
    log = ProblemLog(max_problems=1)
    for number in range(3):
        log.add_problem(FAILED, str(number), "no")
    assert json.loads(msgspec.json.encode(log.problems)) == [
        {"kind": "failed", "where": "0", "detail": "no"},
        {"kind": "more_problems", "where": "failed", "detail": "2 more of this kind", "count": 2},
    ]


def test_a_problem_of_an_earlier_release_counts_once() -> None:
    document = b'{"kind":"failed","where":"x","detail":"no"}'
    assert msgspec.json.decode(document, type=Problem) == Problem(FAILED, "x", "no", 1)
