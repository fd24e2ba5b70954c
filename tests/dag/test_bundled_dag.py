"""The bundled DAG: what it is made of, and that Airflow takes it, however it is configured."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow
import pytest
from airflow.providers.common.compat.sdk import ParamValidationError

DAG_FILE = Path(__file__).parents[2] / "dags" / "openlineage_to_openmetadata.py"
needs_airflow3 = pytest.mark.skipif(airflow.__version__.startswith("2."), reason="asset watchers came with Airflow 3")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that loads the DAG with options of ``[openmetadata_ol]``."""

    def load_with(**options: str) -> Any:
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__OPENMETADATA_OL__{name.upper()}", value)
        return runpy.run_path(str(DAG_FILE))["dag"]

    return load_with


def serialised(dag: Any) -> dict[str, Any]:
    """Return what the scheduler and the triggerer get to see of a DAG."""
    from airflow.serialization import serialized_objects

    # Airflow 3.2 made the writer a class of its own.
    writer = getattr(serialized_objects, "DagSerialization", serialized_objects.SerializedDAG)
    document: dict[str, Any] = json.loads(json.dumps(writer.to_dict(dag)))
    return document


def test_it_checks_waits_consumes_translates_and_publishes_one_run_at_a_time(load: Callable[..., Any]) -> None:
    dag = load()
    assert dag.dag_id == "openlineage_to_openmetadata"
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    assert [task.task_id for task in dag.topological_sort()] == ["check", "wait", "consume", "translate", "publish"]
    assert dag.get_task("wait").deferrable
    assert all(task.retries == 2 for task in dag.tasks)


def test_airflow_serialises_it(load: Callable[..., Any]) -> None:
    text = json.dumps(serialised(load()))
    for task in ("wait", "consume", "translate", "publish"):
        assert f'"task_id": "{task}"' in text


def test_its_options_reach_its_tasks(load: Callable[..., Any]) -> None:
    dag = load(
        topics="a.events, ^b\\..*",
        schedule="@hourly",
        wait_timeout="17",
        kafka_config_id="kafka_x",
        openmetadata_conn_id="om_x",
        config="variable:ol",
    )
    wait, consume, translate, publish = (dag.get_task(name) for name in ("wait", "consume", "translate", "publish"))
    assert wait.topics == consume.topics == ["a.events", "^b\\..*"]
    assert (wait.timeout, wait.kafka_config_id, consume.kafka_config_id) == (17, "kafka_x", "kafka_x")
    assert dag.get_task("check").openmetadata_conn_id == "om_x"
    assert (translate.config, publish.config, publish.openmetadata_conn_id) == ("variable:ol", "variable:ol", "om_x")


def test_it_reads_again_from_where_its_parameter_says(load: Callable[..., Any]) -> None:
    dag = load()
    assert dict(dag.params) == {"replay_from": "", "on_data_loss": "", "emit_replayed": False}
    for name in ("wait", "consume"):
        task = dag.get_task(name)
        assert task.render_template(task.replay_from, {"params": {"replay_from": "earliest"}}) == "earliest"


def test_a_loss_is_accepted_for_one_run_by_its_parameter(load: Callable[..., Any]) -> None:
    dag = load(on_data_loss="fail")
    consume = dag.get_task("consume")
    assert consume.render_template(consume.on_data_loss, {"params": {"on_data_loss": "continue"}}) == "continue"
    for fine in ("", "continue", "fail", None):
        assert dag.params.validate() | {"on_data_loss": fine} == {
            "replay_from": "",
            "on_data_loss": fine,
            "emit_replayed": False,
        }
    with pytest.raises(ParamValidationError):
        dag.params["on_data_loss"] = "ignore"


def test_lanes_are_mapped_groups_of_its_steps(load: Callable[..., Any]) -> None:
    dag = load(lanes="3")
    assert [task.task_id for task in dag.topological_sort()] == ["check", "wait", "consume", "translate", "publish"]
    assert dag.get_task("wait").lanes == 3
    assert dag.get_task("consume").lanes == 3
    [group] = [group for group in dag.task_group.children.values() if hasattr(group, "children")]
    assert set(group.children) == {"consume", "translate", "publish"}
    document = json.dumps(serialised(dag))
    for task in ("wait", "consume", "translate", "publish"):
        assert f'"task_id": "{task}"' in document


def test_a_number_of_lanes_that_is_invalid_is_reported(load: Callable[..., Any]) -> None:
    from openmetadata_ol_provider.exceptions import ConfigError

    with pytest.raises(ConfigError, match=r"lanes = '0': a whole number above 0"):
        load(lanes="0")


@needs_airflow3
def test_it_may_run_when_events_arrive(load: Callable[..., Any]) -> None:
    dag = load(schedule="watch", topics="a.events")
    document = json.dumps(serialised(dag))
    assert "openmetadata_ol_provider.triggers.openlineage.OpenLineageActivityTrigger" in document
    assert "a.events" in document
