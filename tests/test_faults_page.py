"""The page of faults has a row for every scenario, and none that is not as it should be."""

from __future__ import annotations

from collections import Counter

from tests.faults.page import FAILED, PAGE, page, rows
from tests.faults.scenarios import SCENARIOS

HOW = "update it: make test-faults"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_lists_exactly_the_scenarios() -> None:
    listed = Counter((fault, where) for fault, where, *_ in rows(TEXT))
    assert set(listed.values()) == {1}
    assert listed.keys() == {(scenario.fault, scenario.where) for scenario in SCENARIOS}, HOW


def test_each_scenario_has_an_outcome_in_its_forms_and_none_failed() -> None:
    forms = {(fault, where): {"steps": steps, "ingest": ingest} for fault, where, steps, ingest in rows(TEXT)}
    told = {scenario.id: forms[scenario.fault, scenario.where][scenario.form] for scenario in SCENARIOS}
    assert [name for name, outcome in told.items() if "as undisturbed" not in outcome or FAILED in outcome] == []
    assert page(told) == TEXT, HOW


def test_every_chapter_has_scenarios_that_run_with_every_build() -> None:
    assert {scenario.chapter for scenario in SCENARIOS if scenario.quick} == {item.chapter for item in SCENARIOS}


def test_scenarios_have_names_of_their_own() -> None:
    assert len({scenario.id for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all("|" not in scenario.id for scenario in SCENARIOS)
