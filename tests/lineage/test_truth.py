"""Real producers' events give the lineage that the code which ran really had.

The expected edges are in ``tests/data/golden``, readable by eye; they were checked against that code, not against the
events. ``python -m tests.lineage.test_truth`` writes them anew: read the difference before you keep it. Beside the
events that are written by hand stands what was done, in ``tests/data/truth``, and the plan says that and nothing else.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import BASE, CAPTURES, DATA, WRITTEN, captured

GOLDEN = DATA / "golden"
ALL = [*CAPTURES, *WRITTEN]
Claims = set[tuple[str, ...]]


def golden_form(plans: list[LineagePlan]) -> dict[str, Any]:
    """Return the edges of plans, those of several runs united: ``{"source -> target": [column pairs]}``, sorted."""
    edges: dict[str, set[str]] = {}
    for edge in (edge for plan in plans for edge in plan.edges):
        names = f"{edge.source.namespace} {edge.source.name} -> {edge.target.namespace} {edge.target.name}"
        pairs = edges.setdefault(names, set())
        for pair in edge.columns:
            how = {item.type for item in pair.transformations}
            mark = " (indirect)" if how == {"INDIRECT"} else ""
            source, target = pair.source, edge.target
            pairs.add(
                f"{source.namespace} {source.name}.{source.field} -> "
                f"{target.namespace} {target.name}.{pair.target_field}{mark}"
            )
    return {names: sorted(edges[names]) for names in sorted(edges)}


def plans_of(lines: list[bytes], batches: int = 1) -> list[LineagePlan]:
    """Return the plans of lines, cut into batches that hand on their state."""
    state, plans = RunState(), []
    size = -(-len(lines) // batches)
    for start in range(0, len(lines), size):
        events = [decode_event(line).event for line in lines[start : start + size]]
        translation = translate(events, Config(), state, now=BASE)
        state = translation.state
        plans.append(translation.plan)
    return plans


def expected(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ALL)
def test_the_edges_are_the_true_ones(name: str) -> None:
    assert golden_form(plans_of(captured(name))) == expected(name)


@pytest.mark.parametrize("name", ALL)
def test_order_and_duplicates_change_no_edge(name: str) -> None:
    lines = captured(name)
    crooked = lines + lines[::3]
    random.Random(7).shuffle(crooked)  # noqa: S311
    assert golden_form(plans_of(crooked)) == expected(name)


# What a job declared in an earlier batch was published then: a declaration that is replaced later is not taken back.
@pytest.mark.parametrize("name", [name for name in ALL if name != "static"])
def test_the_last_of_many_batches_has_not_forgotten_the_first(name: str) -> None:
    assert golden_form(plans_of(captured(name), batches=7)) == expected(name)


@pytest.mark.parametrize("name", ALL)
def test_no_event_of_a_real_producer_is_lost(name: str) -> None:
    found = [decode_event(line) for line in captured(name)]
    # Flink sends an input without a name for a pattern of topics: nobody can know which it read.
    lost = {problem.kind for decoded in found for problem in decoded.problems}
    assert lost <= ({"bad_dataset"} if name == "flink2-session" else set())


def truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "truth" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def true_claims(name: str) -> Claims:
    """Return what was done, statement by statement, as (source, target) and (source, field, target, field)."""
    known, claims = truth(name), set()
    for arrow, pairs in (item for one in known["did"] for item in one["edges"].items()):
        source, target = (known["names"][end] for end in arrow.split(" -> "))
        claims |= {(source, target)} | {(source, one, target, other) for one, other in (p.split(" -> ") for p in pairs)}
    return claims


def claims_of(plans: list[LineagePlan]) -> Claims:
    """Return what plans say, in the same form; a column that was only filtered or grouped by is no source."""
    claims: Claims = set()
    for edge in (edge for plan in plans for edge in plan.edges):
        source, target = (f"{end.namespace} {end.name}" for end in (edge.source, edge.target))
        claims.add((source, target))
        for pair in edge.columns:
            if {item.type for item in pair.transformations} != {"INDIRECT"}:
                claims.add(
                    (f"{pair.source.namespace} {pair.source.name}", pair.source.field, target, pair.target_field)
                )
    return claims


@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_done_is_claimed_and_nothing_else(name: str) -> None:
    claims, true = claims_of(plans_of(captured(name))), true_claims(name)
    assert {"false": claims - true, "missed": true - claims} == {"false": set(), "missed": set()}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_last_outcome_of_each_assertion_is_reported(name: str) -> None:
    [plan] = plans_of(captured(name))
    told = {
        f"{dataset.namespace} {dataset.name}": {
            f"{test.assertion}{f'({test.column})' if test.column else ''}: {'passed' if test.success else 'failed'}"
            for test in dataset.assertions
        }
        for dataset in plan.datasets
        if dataset.assertions
    }
    known = truth(name)
    assert told == {known["names"][dataset]: set(tests) for dataset, tests in known["assertions"].items()}


def test_a_validation_tells_the_metrics_of_the_last_run_and_fails_no_job() -> None:
    [plan] = plans_of(captured("great-expectations"))
    metrics = {(item.column, item.name): item.value for item in plan.datasets[1].metrics}
    assert plan.datasets[1].name == "dwh.mart.orders"
    assert (metrics[None, "rowCount"], metrics["country", "nullCount"], metrics["amount", "max"]) == (1207, 0, 990.0)
    assert sorted((job.name, run.state) for job in plan.jobs for run in plan.runs if run.job.name == job.name) == [
        ("customers_suite.customers_batch", "COMPLETE"),
        ("orders_suite.orders_batch", "COMPLETE"),
        ("orders_suite.orders_batch", "COMPLETE"),
    ]


def test_hive_statements_are_jobs_by_operation_and_table() -> None:
    [plan] = plans_of(captured("hive"))
    assert sorted({(job.namespace, job.name, job.integration) for job in plan.jobs}) == [
        ("default", "createtable_as_select.mart.monthly_revenue", "HIVE"),
        ("default", "load.sales.raw_orders", "HIVE"),
        ("default", "query.mart.german_orders", "HIVE"),
        ("default", "query.mart.order_facts", "HIVE"),
        ("default", "query.mart.segments", "HIVE"),
        ("default", "query.sales.orders", "HIVE"),
    ]
    assert [run.job.name for run in plan.runs if run.state == "FAIL"] == ["query.mart.order_facts"]
    [orders] = [dataset for dataset in plan.datasets if dataset.name == "sales.orders"]
    assert [(found.kind, found.name) for found in orders.identities][:2] == [
        ("table", "sales.orders"),
        ("container", "/user/hive/warehouse/sales.db/orders"),
    ]


def write_golden() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name in ALL:
        text = json.dumps(golden_form(plans_of(captured(name))), indent=1, ensure_ascii=False)
        (GOLDEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_golden()
