"""A cause is one line however many problems it has, and their number is right."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_groups import MOST_GROUPS, group_problems, remaining_line
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, Rule

PG = "postgres://warehouse:5432"


def missing(number: int, *, namespace: str = PG, cause: str = "not in service pg", detail: str = "") -> Problem:
    name = f"shop.public.t{number}"
    rule = Rule("datasets.exclude", f'"{namespace} {name}"', "leave out just these")
    where = f"{namespace} {name}"
    return Problem(ProblemKind.UNRESOLVED, where, detail or f"no {name}", 1, namespace, cause, rule)


def test_datasets_of_one_namespace_and_cause_are_one_line_with_two_examples_and_one_rule() -> None:
    (group,) = group_problems([missing(number) for number in range(4)])
    names = ", ".join(f'"{PG} shop.public.t{number}"' for number in range(4))
    assert group.text == (
        f"4 datasets of {PG}, e.g. shop.public.t0, shop.public.t1 and 2 more: not in service pg. "
        f"To leave out just these: datasets: {{exclude: [{names}]}}"
    )


def test_each_namespace_and_each_cause_has_its_own_line() -> None:
    groups = group_problems(
        [missing(1), missing(2, namespace="postgres://b"), missing(3, cause="twice"), missing(4), missing(5)]
    )
    assert [(group.problems[0].namespace, group.problems[0].cause, group.count) for group in groups] == [
        (PG, "not in service pg", 3),
        ("postgres://b", "not in service pg", 1),
        (PG, "twice", 1),
    ]


def test_a_dataset_is_listed_once_though_each_batch_reports_it() -> None:
    (group,) = group_problems([missing(1), missing(2, detail="first"), missing(2, detail="later")])
    assert (group.count, [problem.where for problem in group.problems]) == (
        2,
        [f"{PG} shop.public.t1", f"{PG} shop.public.t2"],
    )


def test_a_single_problem_has_its_whole_detail() -> None:
    (group,) = group_problems([missing(1, detail="everything that was tried")])
    assert group.text == f"{PG} shop.public.t1: everything that was tried"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("pg.shop.a answered 409", "pg.shop.b answered 412"),
        ("'a' has no column 'x y'", "'b' has no column 'z'"),
        ("job nightly has no owner", "job weekly has no owner"),
        ("there is no user or team nightly", "there is no user or team weekly"),
        ("it has no column 'a', so", "it has no column 'b', 'c d' and 3 more, so"),
        ("no 'a' (pg.x -> pg.y), so", "no 'b', 'c' (pg.x -> pg.y; pg.v -> pg.w); 'd' (pg.x -> pg.z), so"),
    ],
)
def test_problems_whose_details_differ_only_in_names_and_their_number_have_one_cause(first: str, second: str) -> None:
    problems = [
        Problem(ProblemKind.FAILED, f"job {name}", detail)
        for name, detail in (("nightly", first), ("weekly", second), ("nightly of 2026", first))
    ]
    (group,) = group_problems(problems)
    assert group.text == f"3 times: e.g. job nightly: {first}; job weekly: {second} and 1 more"


def test_a_part_of_a_name_is_no_name() -> None:
    problems = [
        Problem(ProblemKind.UNKNOWN_OWNER, f"owner {name}", "OpenMetadata has no user or team of this name")
        for name in ("finance", "data-team")
    ]
    assert len(group_problems(problems)) == 1


def test_other_sentences_are_other_causes() -> None:
    problems = [Problem(ProblemKind.FAILED, "x", text) for text in ("the token is too old", "no such user")]
    assert [group.text for group in group_problems(problems)] == ["x: the token is too old", "x: no such user"]


def test_the_same_detail_is_written_once() -> None:
    problems = [Problem(ProblemKind.PRESUMED_END, f"run {number}", "no end was sent", 2) for number in range(3)]
    (group,) = group_problems(problems)
    assert group.text == "6 times: e.g. run 0; run 1 and 4 more: no end was sent"


def test_what_is_only_counted_is_a_line_of_its_own() -> None:
    more = Problem(ProblemKind.MORE_PROBLEMS, "unresolved", "7 more of this kind", 7)
    first, last = group_problems([more, missing(1), more])
    assert (first.kind, last.kind, last.count, last.text) == (
        "unresolved",
        "unresolved",
        14,
        "14 more, not listed",
    )


def test_too_many_causes_are_counted_by_kind() -> None:
    groups = group_problems([missing(1, cause=f"cause {number}") for number in range(MOST_GROUPS + 3)])
    assert remaining_line(groups) == "and 3 more problems: unresolved 3"
    assert remaining_line(groups[:MOST_GROUPS]) == ""
