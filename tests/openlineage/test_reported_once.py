"""Problems of some kinds are reported in one batch only."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.reported_once import MAX_REPORTED, report_once

ALWAYS = Problem(ProblemKind.RUN_GIVEN_UP, "run r of n j", "the run never ended")


@pytest.fixture(autouse=True)
def one_kind_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProblemKind.TEMPORARY_SOURCE, "once", True)


def once(where: str) -> Problem:
    return Problem(ProblemKind.TEMPORARY_SOURCE, where, "no job was seen writing it")


def test_a_problem_is_reported_in_the_first_batch_that_has_it() -> None:
    first = report_once([once("a"), ALWAYS, once("a"), once("b")], {}, 1)
    assert first.problems == (once("a"), ALWAYS, once("b"))
    again = report_once([once("b"), ALWAYS, once("c")], first.remembered, 2)
    assert again.problems == (ALWAYS, once("c"))
    assert sorted(again.remembered.values()) == [1, 2, 2]


def test_a_batch_without_such_problems_changes_nothing() -> None:
    earlier = {"digest": 1}
    assert report_once([ALWAYS], earlier, 2).remembered is earlier


def test_those_found_longest_ago_are_forgotten_first() -> None:
    old = report_once([once("old")], {}, 1)
    full = report_once([once(str(number)) for number in range(MAX_REPORTED)], old.remembered, 2)
    assert len(full.remembered) == MAX_REPORTED
    assert set(full.remembered.values()) == {2}
    assert report_once([once("old")], full.remembered, 3).problems == (once("old"),)
