"""Problems are shown with the run, the edge or the dataset that they are about, whatever their kind."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.cli.explained_problems import ExplainedProblems, Reason
from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.entities import Entity
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import ChosenBy
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution
from tests.openmetadata.builders import PG, edge, orders, run, totals

ETL = JobId("prod", "etl")
EVENTS = {
    (ETL, "own-1"): ("START 2026-01-01T00:00:00Z (a b.ndjson:1): 0 inputs, 0 outputs",),
    (ETL, "own-2"): ("FINISHED OFF 2026-01-02T00:00:00Z (a b.ndjson:12): 0 inputs, 0 outputs, as raw etl",),
}
PLAN = LineagePlan(
    edges=(edge(orders(), totals()), edge(totals(), orders())),
    runs=tuple(run("COMPLETE", started=day) for day in ("1", "2")),
    datasets=(orders(), totals()),
)


def explained(where: str) -> dict[str, list[str]]:
    """Return where a problem is shown, by what it is shown with."""
    problem = Problem(ProblemKind.FAILED, where, "why")
    problems = ExplainedProblems(LineagePlan(problems=(problem, problem), **_parts()), EVENTS, None)
    shown = {
        **{f"run {item.run_id}": problems.of_run(item) for item in PLAN.runs},
        **{f"{item.source.name} -> {item.target.name}": problems.of_edge(item) for item in PLAN.edges},
        **{item.name: problems.of_dataset(item.id) for item in PLAN.datasets},
    }
    return {name: [str(reason) for reason in reasons] for name, reasons in shown.items() if reasons}


def _parts() -> dict[str, tuple[object, ...]]:
    return {name: getattr(PLAN, name) for name in ("edges", "runs", "datasets")}


@pytest.mark.promise("C59")
@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("run own-2 of prod etl", "run own-2"),
        ("run own-2 of prod", "run own-2"),
        ("job prod etl", "run own-1"),
        ("a b.ndjson:1", "run own-1"),
        ("event type START in namespace prod", "run own-1"),
        ("event type FINISHED OFF in namespace prod", "run own-2"),
        ("a b.ndjson:1 inputs[0]", "run own-1"),
        ("a b.ndjson:12 run.facets.parent", "run own-2"),
        (f"{PG} shop.public.orders", "shop.public.orders"),
        (f"dataset {PG} shop.public.totals", "shop.public.totals"),
        (f"{PG} shop.public.orders -> {PG} shop.public.totals", "shop.public.orders -> shop.public.totals"),
    ],
)
def test_a_problem_is_shown_once_with_what_it_is_about(where: str, shown: str) -> None:
    assert explained(where) == {shown: ["failed: why"]}


@pytest.mark.parametrize(
    "where", ["run own-2 of other", "run own-20 of prod etl", "job prod etl2", "a b.ndjson:120", "plan", "topic events"]
)
def test_a_problem_of_something_else_is_shown_with_nothing(where: str) -> None:
    assert explained(where) == {}


@pytest.mark.promise("C59")
@pytest.mark.parametrize(
    ("outcome", "meaning"),
    [
        ("unresolved", ProblemKind.UNRESOLVED.description),
        ("ambiguous", ProblemKind.AMBIGUOUS.description),
        ("ignored", "The configuration leaves the dataset out."),
    ],
)
def test_what_holds_an_edge_back_is_shown_with_it(outcome: str, meaning: str) -> None:
    resolutions = {item.id: Resolution(outcome, detail="why") for item in PLAN.datasets}  # type: ignore[arg-type]
    found = ExplainedProblems(PLAN, EVENTS, resolutions).of_edge(PLAN.edges[0])
    names = ("shop.public.orders", "shop.public.totals")
    assert found == [Reason(outcome, f"held back because of {PG} {name}: why", meaning) for name in names]


@pytest.mark.promise("C59")
def test_a_match_by_name_alone_is_an_assumption() -> None:
    entity = Entity("table", {"id": "1", "fullyQualifiedName": "pg.shop.public.orders"})
    choices: tuple[ChosenBy, ...] = ("rule", "address", "path", "name")
    found = {
        by: ExplainedProblems(PLAN, EVENTS, {orders().id: Resolution("resolved", entity, by=by)}).of_dataset(
            orders().id
        )
        for by in choices
    }
    assert {name: [reason.rule for reason in reasons] for name, reasons in found.items()} == {
        "rule": [],
        "address": [],
        "path": [],
        "name": ["assumed_service"],
    }
    assert "assumed to be in service pg by their names alone" in found["name"][0].detail
