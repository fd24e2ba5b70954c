"""Differences between Airflow versions, all in this module. Importing it does not import Airflow."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink
    from airflow.triggers.base import BaseEventTrigger

__all__ = [
    "BaseEventTrigger",
    "BaseOperatorLink",
    "count_queued_runs",
    "delete_variable",
    "get_variable",
    "get_xcom",
    "set_variable",
    "stats",
]


def __getattr__(name: str) -> Any:
    if name == "BaseEventTrigger":
        from airflow.triggers import base

        # Airflow 2 has no asset watchers.
        return getattr(base, name, base.BaseTrigger)
    if name == "BaseOperatorLink":
        return _first(name, "airflow.sdk", "airflow.models.baseoperatorlink")
    raise AttributeError(name)


def _first(name: str, *modules: str) -> Any:
    """Return the attribute ``name`` of the first module that has it."""
    try:
        return getattr(import_module(modules[0]), name)
    except (ImportError, AttributeError):
        if len(modules) == 1:
            raise
        return _first(name, *modules[1:])


def stats() -> Any:
    """Return Airflow's client for metrics: ``incr``, ``gauge``, ``timing``."""
    return _first("Stats", "airflow.sdk.observability.stats", "airflow.observability.stats", "airflow.stats")


def count_queued_runs(dag_id: str) -> int:
    """Return the number of runs of a DAG that are queued; a trigger calls it by ``sync_to_async``."""
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    if hasattr(runner, "SUPERVISOR_COMMS"):
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        return RuntimeTaskInstance.get_dr_count(dag_id=dag_id, states=["queued"])
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        return int(session.query(DagRun).filter(DagRun.dag_id == dag_id, DagRun.state == "queued").count())


def get_xcom(ti_key: Any, key: str) -> Any:
    """Return the XCom that a task instance has pushed under a key."""
    return _first("XCom", "airflow.sdk.execution_time.xcom", "airflow.models.xcom").get_value(ti_key=ti_key, key=key)


def get_variable(key: str) -> str | None:
    """Return the text of an Airflow Variable, ``None`` if it does not exist."""
    import inspect

    variable = _variable_class()
    # The parameter is named ``default`` in Airflow 3's SDK, ``default_var`` elsewhere.
    name = "default" if "default" in inspect.signature(variable.get).parameters else "default_var"
    text: str | None = variable.get(key, **{name: None})
    return text


def set_variable(key: str, value: str, description: str | None = None) -> None:
    """Write the text of an Airflow Variable."""
    _variable_class().set(key, value, description=description)


def delete_variable(key: str) -> None:
    """Delete an Airflow Variable if it exists."""
    _variable_class().delete(key)


def _variable_class() -> Any:
    """Return the SDK's class in a task of Airflow 3, else (Airflow 2, command line, tests) the database model."""
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    if hasattr(runner, "SUPERVISOR_COMMS"):
        from airflow.sdk import Variable

        return Variable
    from airflow.models.variable import Variable as StoredVariable

    return StoredVariable
