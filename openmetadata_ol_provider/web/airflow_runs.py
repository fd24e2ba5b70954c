"""Reads DAG runs and task instances, and computes the run ids by which Airflow's OpenLineage provider reports them."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

#: Most task instances of a DAG run that are looked up.
MOST_TASKS = 2_000


class AirflowRun(NamedTuple):
    """A DAG run or a task instance of this Airflow.

    :param task_id: empty for a DAG run
    :param map_index: number of the mapped instance; -1 for a task that is not mapped
    :param ended_at: time of its end, in seconds since 1970; ``None`` if it has not ended
    :param run_ids: its run ids in OpenLineage, those of earlier tries and of a DAG run's tasks included; empty if
        Airflow's OpenLineage provider is not installed here
    """

    dag_id: str
    run_id: str
    task_id: str = ""
    map_index: int = -1
    ended_at: float | None = None
    run_ids: frozenset[str] = frozenset()


def read_dag_run(session: Any, dag_id: str, run_id: str) -> AirflowRun | None:
    """Return a DAG run, ``None`` if there is none.

    :param session: session of Airflow's database
    """
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    run = _dag_run(session, dag_id, run_id)
    if run is None:
        return None
    columns = (TaskInstance.task_id, TaskInstance.map_index, TaskInstance.try_number)
    tasks = session.execute(
        select(*columns).where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id).limit(MOST_TASKS)
    ).all()
    ids = _dag_run_ids(run) | {id_ for task in tasks for id_ in _task_ids(run, *task)}
    return AirflowRun(dag_id, run_id, ended_at=_seconds(run.end_date), run_ids=ids)


def read_task_instance(session: Any, dag_id: str, run_id: str, task_id: str, map_index: int) -> AirflowRun | None:
    """Return a task instance, ``None`` if there is none.

    :param session: session of Airflow's database
    """
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    run = _dag_run(session, dag_id, run_id)
    task = session.execute(
        select(TaskInstance.try_number, TaskInstance.end_date).where(
            TaskInstance.dag_id == dag_id,
            TaskInstance.run_id == run_id,
            TaskInstance.task_id == task_id,
            TaskInstance.map_index == map_index,
        )
    ).first()
    if run is None or task is None:
        return None
    ids = _task_ids(run, task_id, map_index, task.try_number)
    return AirflowRun(dag_id, run_id, task_id, map_index, _seconds(task.end_date), ids)


def _dag_run(session: Any, dag_id: str, run_id: str) -> Any:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    return session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)).first()


def _dag_run_ids(run: Any) -> frozenset[str]:
    adapter, date = _adapter(), run.logical_date or run.run_after
    if adapter is None:
        return frozenset()
    return frozenset(
        str(adapter.build_dag_run_id(dag_id=run.dag_id, logical_date=date, clear_number=number))
        for number in range((run.clear_number or 0) + 1)
    )


def _task_ids(run: Any, task_id: str, map_index: int, try_number: int) -> frozenset[str]:
    adapter, date = _adapter(), run.logical_date or run.run_after
    if adapter is None:
        return frozenset()
    return frozenset(
        str(
            adapter.build_task_instance_run_id(
                dag_id=run.dag_id, task_id=task_id, try_number=number, logical_date=date, map_index=map_index
            )
        )
        # The number of a task that has not begun is 0.
        for number in range(1, max(1, try_number) + 1)
    )


def _adapter() -> Any:
    """Return the provider's class that makes run ids, ``None`` if it is not installed or differs from what is known."""
    try:
        from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
    except ImportError:
        return None
    return OpenLineageAdapter


def _seconds(time: dt.datetime | None) -> float | None:
    return time.timestamp() if time is not None else None
