"""Differences between Airflow versions, all in this module. Importing it does not import Airflow."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink
    from airflow.triggers.base import BaseEventTrigger

__all__ = [
    "BaseEventTrigger",
    "BaseOperatorLink",
    "add_asset_event",
    "asset_alias",
    "asset_events",
    "count_queued_runs",
    "delete_variable",
    "find_asset",
    "get_variable",
    "get_xcom",
    "has_assets",
    "is_own_spelling",
    "links_are_read_by_tasks",
    "set_variable",
    "stats",
    "takes_nested_extra",
    "user_variable",
]

# Names of Variables that Airflow is asked for at once.
_LISTED = 10
# Status codes of an API server, older than its workers, or of a gateway that lists no Variables.
_LISTS_NONE = frozenset({403, 404, 405})
_FERNET_REMEDY = (
    "restore the Fernet key with which it was written (option fernet_key in section core; when it is rotated, the "
    "former key stays behind the new one)"
)


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


def links_are_read_by_tasks() -> bool:
    """Return whether a task itself reads its links when it ends (Airflow 3), not the web server when they are shown."""
    return _airflow_version() >= (3, 0)


def user_variable(key: str) -> str | None:
    """Return the text of a Variable that a user has set, in any secrets backend; ``None`` if it does not exist."""
    import inspect

    variable = _variable_class()
    # The parameter is named ``default`` in Airflow 3's SDK, ``default_var`` elsewhere.
    name = "default" if "default" in inspect.signature(variable.get).parameters else "default_var"
    text: str | None = variable.get(key, **{name: None})
    return text


def get_variable(key: str) -> str | None:
    """Return the text of a Variable that this package has written, ``None`` if it does not exist.

    Airflow looks for a Variable in all secrets backends, of which the environment hides what is stored, and takes one
    that it fails to read for one that does not exist. So the one that stores it is asked directly, and may fail.
    The API server of Airflow 3 does the same; from 3.3 on it is asked whether there is a Variable of that name.

    :raises CheckpointError: if the Variable exists, but cannot be decrypted
    :raises UnreadableVariableError: if it exists, but Airflow's API server does not return it
    :raises Exception: if Airflow's API or database fails
    """
    comms = getattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS", None)
    if hasattr(comms, "send"):
        text = _variable_of_api(key)
        return text if text is not None or not _is_listed_by_api(key) else _existing_variable_of_api(key)
    # Airflow 3.0 has another protocol between tasks and their supervisor.
    return user_variable(key) if comms is not None else _variable_in_database(key)


def _variable_of_api(key: str) -> str | None:
    from airflow.sdk.execution_time.comms import GetVariable, VariableResult

    answer = _ask_airflow(GetVariable(key=key), {"VARIABLE_NOT_FOUND"})
    return answer.value if isinstance(answer, VariableResult) else None


def _is_listed_by_api(key: str) -> bool:
    """Return whether Airflow's API server lists a Variable; before Airflow 3.3 it lists none."""
    from airflow.sdk.exceptions import AirflowRuntimeError
    from airflow.sdk.execution_time import comms

    if not hasattr(comms, "GetVariableKeys"):
        return False
    try:
        # Sorted: a name comes before all that begin with it.
        answer = _ask_airflow(comms.GetVariableKeys(prefix=key, limit=_LISTED), {"VARIABLE_NOT_FOUND"})
    except AirflowRuntimeError as error:
        if (error.error.detail or {}).get("status_code") not in _LISTS_NONE:
            raise
        return False
    return isinstance(answer, comms.VariableKeysResult) and key in answer.keys


def _existing_variable_of_api(key: str) -> str:
    """Return the text of a Variable that exists: another task may have created it a moment ago."""
    text = _variable_of_api(key)
    if text is None:
        from openmetadata_ol_provider.exceptions import UnreadableVariableError

        raise UnreadableVariableError(
            f"Variable {key!r} exists, but Airflow's API server does not return it: its log says why. If it cannot "
            f"decrypt it, {_FERNET_REMEDY}; else try again when its database answers"
        )
    return text


def _variable_in_database(key: str) -> str | None:
    from airflow.utils.session import create_session
    from sqlalchemy import select

    # By columns: Airflow decrypts an object that is read from its database, and searches it for secrets, which is as
    # much work again.
    model = import_module("airflow.models.variable").Variable
    columns = model.__table__.c
    with create_session() as session:
        row = session.execute(select(columns.val, columns.is_encrypted).where(columns.key == key)).one_or_none()
    if row is None:
        return None
    variable = model(key)
    variable._val, variable.is_encrypted = row  # noqa: SLF001 - ``val`` would encrypt it once more
    text: str | None = variable.get_val()
    if text is None:
        from openmetadata_ol_provider.exceptions import CheckpointError

        raise CheckpointError(f"Variable {key!r} cannot be decrypted: {_FERNET_REMEDY}")
    return text


def variable_keys(beginning: str, description: str) -> list[str]:
    """Return the keys of the Variables in Airflow's database that begin in one way, or have one description.

    Only the command line may call this: tasks have no access to the database.
    """
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session
    from sqlalchemy import or_, select

    chosen = or_(Variable.key.startswith(beginning, autoescape=True), Variable.description == description)
    with create_session() as session:
        return list(session.scalars(select(Variable.key).where(chosen)))


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


# -- assets (Airflow 3) ------------------------------------------------------------------------------------------------


def has_assets() -> bool:
    """Return whether this Airflow has assets and lets tasks ask for them: Airflow 3."""
    return _airflow_version() >= (3, 0)


def takes_nested_extra() -> bool:
    """Return whether the extra of an alias's asset event may have values that are not plain: Airflow 3.1 and later."""
    return _airflow_version() >= (3, 1)


def asset_alias(name: str) -> Any:
    """Return the asset alias of a name."""
    return import_module("airflow.sdk").AssetAlias(name)


def find_asset(uri: str) -> tuple[str, str] | None:
    """Return name and URI of the active asset with a URI, ``None`` if no DAG has it.

    :raises AirflowRuntimeError: if Airflow's API fails
    """
    from airflow.sdk.execution_time.comms import AssetResult, GetAssetByUri

    answer = _ask_airflow(GetAssetByUri(uri=uri), {"ASSET_NOT_FOUND"})
    return (answer.name, answer.uri) if isinstance(answer, AssetResult) else None


def asset_events(name: str, uri: str, after: dt.datetime) -> list[Any]:
    """Return the events of an asset, each with ``extra`` and its source; before Airflow 3.2 also older ones.

    :param after: time of the first event that is wanted
    :raises AirflowRuntimeError: if Airflow's API fails
    """
    from airflow.sdk.execution_time.comms import GetAssetEventByAsset

    since: dict[str, Any] = {"after": after} if "after" in GetAssetEventByAsset.model_fields else {}
    return list(_ask_airflow(GetAssetEventByAsset(name=name, uri=uri, **since)).asset_events)


def is_own_spelling(name: str, uri: str) -> bool:
    """Return whether this worker's Airflow keeps an asset's URI as it is; its providers decide that."""
    try:
        return bool(import_module("airflow.sdk").Asset(name=name, uri=uri).uri == uri)
    except ValueError:
        return False


def add_asset_event(outlet_events: Any, alias: str, name: str, uri: str, extra: dict[str, Any]) -> None:
    """Add an event of an asset to those that a task gives when it succeeds.

    :param outlet_events: ``outlet_events`` of the task's context
    :param alias: name of the alias among the task's outlets
    """
    sdk = import_module("airflow.sdk")
    outlet_events[sdk.AssetAlias(alias)].add(sdk.Asset(name=name, uri=uri), extra=extra)


def _ask_airflow(message: Any, expected: Collection[str] = ()) -> Any:
    """Return the answer of the supervisor to a task's message.

    :param expected: errors that are answers
    """
    from airflow.sdk.exceptions import AirflowRuntimeError
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse

    answer = task_runner.SUPERVISOR_COMMS.send(message)
    if isinstance(answer, ErrorResponse) and answer.error.value not in expected:
        raise AirflowRuntimeError(answer)
    return answer


def _airflow_version() -> tuple[int, int]:
    major, minor = import_module("airflow").__version__.split(".")[:2]
    return int(major), int(minor)
