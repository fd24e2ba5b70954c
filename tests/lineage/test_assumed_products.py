"""Jobs of Flink, Beam and NiFi whose events do not say which input goes to which output are reported, and no other."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, arrows, dataset, plan_of, run_event


def of(integration: str) -> Json:
    return {"jobType": {"processingType": "STREAMING", "integration": integration, "jobType": "JOB"}}


FLINK = of("FLINK")


def lines(plan: LineagePlan) -> list[tuple[str, str]]:
    return [(problem.where, problem.detail) for problem in plan.problems if problem.kind == "assumed_product"]


def flink(inputs: list[str], outputs: list[str], **facets: Json) -> LineagePlan:
    return plan_of(run_event("RUNNING", inputs=inputs, outputs=outputs, job_facets={**FLINK, **facets}))


@pytest.mark.parametrize("integration", ["FLINK", "flink 2.2", "BEAM"])
def test_a_statement_set_has_all_edges_and_a_line(integration: str) -> None:
    plan = flink(["a", "b", "c"], ["x", "y"], **of(integration))
    assert len(plan.edges) == 6
    [(where, detail)] = lines(plan)
    assert where == "job ns job"
    assert detail.startswith("3 inputs x 2 outputs: the events do not say which input goes to which output")


def test_the_lineage_facet_of_the_job_tells_which() -> None:
    entries = [
        {"type": "DATASET", "namespace": "ns", "name": target, "inputs": [{"type": "DATASET", **dataset(source, "ns")}]}
        for source, target in (("a", "x"), ("b", "y"))
    ]
    plan = flink(["a", "b"], ["x", "y"], lineage={"entries": entries})
    assert (arrows(plan), lines(plan)) == (["a -> x", "b -> y"], [])


@pytest.mark.parametrize(("inputs", "outputs"), [(["a"], ["x", "y"]), (["a", "b"], ["x"]), (["a", "b"], [])])
def test_where_one_side_has_one_dataset_nothing_is_assumed(inputs: list[str], outputs: list[str]) -> None:
    assert lines(flink(inputs, outputs)) == []


def test_other_integrations_run_one_statement_at_a_time() -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": "SPARK", "jobType": "SQL_JOB"}}
    plan = plan_of(run_event(inputs=["a", "b"], outputs=["x", "y"], job_facets=facets))
    assert (len(plan.edges), lines(plan)) == (4, [])
