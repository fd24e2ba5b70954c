"""Fills the database of the deployment, in the environment of its processes: ``python -m tests.ui.seed``.

It creates the database, runs the DAGs and prints, as JSON, the ids of their runs. Then each line of stdin names a
situation: it stores what the page shows in it, in the place of what was there, and prints the situation.
"""

from __future__ import annotations

import json
import sys

from openmetadata_ol_provider.receipts.receipt import EdgeColumns, TaskRef
from tests.variables import delete_variables
from tests.web.deliveries import HOSTILE, NOW, lag, receipt, record, store, store_state

#: Situation -> number of receipts.
SIZES = {"empty": 0, "usual": 60, "hostile": 10, "many": 2_000}


def run_dags() -> dict[str, str]:
    """Create the database, run each DAG once in this process, and return the ids of the runs."""
    from airflow.utils.db import initdb

    initdb()
    from tests.ui import dags

    return {name: getattr(dags, name).test().run_id for name in ("dwh", "reader")}


def fill(situation: str, runs: dict[str, str]) -> None:
    """Store what the page shows.

    :param runs: DAG id -> id of its run
    """
    delete_variables()
    if situation == "empty":
        return
    receipts = [receipt(number) for number in reversed(range(SIZES[situation]))]
    hostile = [
        receipt(number, at=NOW - 1, run_id=f"hostile-{name}", **dict.fromkeys(("name", "namespace", "dag_run"), name))
        for number, name in enumerate(HOSTILE)
        if situation == "hostile"
    ]
    own = [
        receipt(0, run_id=run_id, name=name, dag_run=runs["dwh"], map_index=index, at=NOW)
        for run_id, name, index in _own_runs(runs["dwh"])
    ]
    hostile_datasets = {(name, name): "unresolved" for name in HOSTILE if situation == "hostile"}
    task = TaskRef("reader", runs["reader"], "publish")
    columns = (EdgeColumns((1,), (("id", "order_id"), ("amount", "amount"))), EdgeColumns((2,), (("amount", "total"),)))
    datasets = {**_datasets(), **hostile_datasets}
    made = record(*receipts, *hostile, *own, task=task, datasets=datasets, columns=columns)
    store(made, waiting=lag())
    store_state()


def _own_runs(run_id: str) -> list[tuple[str, str, int | None]]:
    """Return run id, job and map index of what Airflow's OpenLineage provider reports of a DAG run."""
    from airflow.utils.session import create_session

    from openmetadata_ol_provider.web.airflow_runs import read_dag_run, read_task_instance

    with create_session() as session:
        whole = read_dag_run(session, "dwh", run_id)
        tasks = {
            (task, index): read_task_instance(session, "dwh", run_id, task, index)
            for task, index in (("extract", -1), ("load", 0))
        }
    assert whole is not None
    found: list[tuple[str, str, int | None]] = []
    for (task, index), instance in tasks.items():
        assert instance is not None
        # Without the provider: any id, to be recognised by names.
        id_ = next(iter(instance.run_ids), f"run-of-{task}")
        found.append((id_, f"dwh.{task}", None if index < 0 else index))
    return found


def _datasets() -> dict[tuple[str, str], str]:
    found = {("postgres://dwh:5432", f"mart.table_{number}"): "resolved" for number in range(20)}
    return found | {("postgres://dwh:5432", "mart.orders"): "unresolved", ("s3://landing", "orders/2026"): "resolved"}


def main() -> None:
    """Create the database, and fill it as often as asked."""
    # Airflow logs to stdout.
    answers, sys.stdout = sys.stdout, sys.stderr
    runs = run_dags()
    print(json.dumps(runs), file=answers, flush=True)
    for line in sys.stdin:
        fill(line.strip(), runs)
        print(line.strip(), file=answers, flush=True)


if __name__ == "__main__":
    main()
