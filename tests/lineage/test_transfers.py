"""Airflow's transfer tasks: reads and writes of different queries of one task make its lineage; of other tasks not."""

from __future__ import annotations

import pytest

from tests.support import Json, arrows, parent, plan_of, run_event, translated


def task(operator: str, state: str = "COMPLETE", **sides: list[str]) -> Json:
    facets = {"airflow": {"task": {"operator_class": operator}}, "parent": parent("dag", "r-dag")}
    options: Json = {"run_facets": facets, **sides}
    return run_event(state, job="dag.move", run_id="r-task", seconds=9, **options)


def query(number: int, state: str = "COMPLETE", **sides: list[str]) -> Json:
    facets = {"parent": parent("dag.move", "r-task", root=("dag", "r-dag"))}
    return run_event(
        state,
        job=f"dag.move.query.{number}",
        run_id=f"r-q{number}",
        seconds=number,
        run_facets=facets,
        job_facets={"jobType": {"jobType": "QUERY", "integration": "AIRFLOW", "processingType": "BATCH"}},
        **sides,  # type: ignore[arg-type]
    )


READ, WRITE = query(1, inputs=["a"]), query(2, outputs=["x"])


@pytest.mark.parametrize(
    "operator",
    ["GenericTransfer", "airflow.operators.generic.GenericTransfer", "MySqlToHiveOperator", "S3ToSqlTransfer"],
)
def test_what_a_transfer_reads_goes_to_what_it_writes(operator: str) -> None:
    events = [READ, WRITE, task(operator)]
    for order in (events, events[::-1]):
        plan = plan_of(*order)
        assert [(edge.source.name, edge.target.name, edge.job.name) for edge in plan.edges if edge.job] == [
            ("a", "x", "dag.move")
        ]


@pytest.mark.parametrize("operator", ["SQLExecuteQueryOperator", "PythonOperator", "ToolOperator", "", "BashOperator"])
def test_of_any_other_task_reads_and_writes_prove_nothing(operator: str) -> None:
    assert plan_of(READ, WRITE, task(operator)).edges == ()


def test_the_parts_of_a_transfer_may_come_in_any_batches() -> None:
    state = translated(READ).state
    state = translated(WRITE, state=state).state
    assert arrows(translated(task("GenericTransfer"), state=state).plan) == ["a -> x"]


def test_a_transfer_that_failed_moved_nothing() -> None:
    assert plan_of(READ, WRITE, task("GenericTransfer", "FAIL")).edges == ()
    assert plan_of(READ, query(2, "FAIL", outputs=["x"]), task("GenericTransfer")).edges == ()


@pytest.mark.parametrize("apart", [True, False])
def test_several_tables_of_a_transfer_are_paired_by_name(apart: bool) -> None:
    names = {"inputs": ["crm.users", "crm.orders"], "outputs": ["dwh.orders", "dwh.users"]}
    sides = [query(1, inputs=names["inputs"]), query(2, outputs=names["outputs"])]
    events = [*sides, task("GenericTransfer")] if apart else [task("GenericTransfer", **names)]
    assert arrows(plan_of(*events)) == ["crm.orders -> dwh.orders", "crm.users -> dwh.users"]


def test_several_tables_of_a_transfer_are_not_multiplied_if_names_tell_nothing() -> None:
    plan = plan_of(task("GenericTransfer", inputs=["a", "b"], outputs=["x", "y"]))
    assert plan.edges == ()
    assert [problem.kind.value for problem in plan.problems] == ["unpaired"]


def test_what_a_transfer_joins_goes_to_its_only_output() -> None:
    plan = plan_of(
        query(1, inputs=["crm.orders", "crm.users"]), query(2, outputs=["dwh.orders"]), task("GenericTransfer")
    )
    assert arrows(plan) == ["crm.orders -> dwh.orders", "crm.users -> dwh.orders"]
    assert plan.problems == ()


@pytest.mark.parametrize(
    "operator",
    [
        "BigQueryDataTransferServiceStartTransferRunsOperator",
        "airflow.providers.sftp.operators.sftp.SFTPOperator",
        "FTPFileTransmitOperator",
        "FTPSFileTransmitOperator",
    ],
)
def test_operators_that_copy_lists_copy_each_to_its_own(operator: str) -> None:
    both = {"inputs": ["shop.public.orders", "shop.public.users"], "outputs": ["proj.raw.orders", "proj.raw.users"]}
    assert arrows(plan_of(task(operator, **both))) == [
        "shop.public.orders -> proj.raw.orders",
        "shop.public.users -> proj.raw.users",
    ]


@pytest.mark.parametrize(
    "operator",
    [
        *("FivetranOperator", "FivetranOperatorAsync", "AirbyteTriggerSyncOperator", "acme.loads.MeltanoOperator"),
        *("HevoTriggerSyncOperator", "DmsStartTaskOperator"),
    ],
)
def test_the_tables_of_a_copy_tool_that_a_task_runs_go_each_to_its_own(operator: str) -> None:
    tables = ["accounts", "contacts", "deals"]
    event = task(operator, inputs=[f"crm.{name}" for name in tables], outputs=[f"raw.crm_{name}" for name in tables])
    assert arrows(plan_of(event)) == [f"crm.{name} -> raw.crm_{name}" for name in tables]


@pytest.mark.parametrize(
    "operator", ["AzureDataFactoryRunPipelineOperator", "DatabricksDltPipelineOperator", "FetchStitchedOperator"]
)
def test_other_tools_that_a_task_runs_transform(operator: str) -> None:
    event = task(operator, inputs=["crm.accounts", "crm.deals"], outputs=["raw.accounts", "raw.deals"])
    assert len(arrows(plan_of(event))) == 4
