"""Provider metadata, and what Airflow keeps in its database: options, connection form, class paths."""

from __future__ import annotations

import importlib
import inspect
import json
import runpy
from importlib.metadata import entry_points
from typing import Any

import pytest

import openmetadata_ol_provider
from openmetadata_ol_provider import conf
from openmetadata_ol_provider.get_provider_info import get_provider_info
from tests.operators.steps_support import run_event
from tests.surface.pins import assert_pinned
from tests.surface.scenario import DAG_ID, TOPIC, World
from tests.surface.stored import GOLDEN

PACKAGE = "openmetadata_ol_provider"
INFO: dict[str, Any] = get_provider_info()

# -- provider metadata -------------------------------------------------------------------------------------------------

#: Option of section ``[openmetadata_ol]`` -> type and default, and what its function of ``conf`` gives by default.
OPTIONS: dict[str, tuple[str, str, Any]] = {
    "closed_run_ttl": ("integer", "3600", 3600),
    "config": ("string", "", None),
    "dead_letter_topic": ("string", "", None),
    "kafka_config_id": ("string", "kafka_default", "kafka_default"),
    "emit_assets": ("string", "false", "false"),
    "lanes": ("integer", "1", 1),
    "max_bytes": ("integer", "33554432", 33554432),
    "max_duration": ("integer", "300", 300),
    "max_events": ("integer", "10000", 10000),
    "max_open_runs": ("integer", "100000", 100000),
    "max_state_bytes": ("integer", "8388608", 8388608),
    "on_data_loss": ("string", "continue", "continue"),
    "open_run_ttl": ("integer", "604800", 604800),
    "openmetadata_conn_id": ("string", "openmetadata_default", "openmetadata_default"),
    "receipts": ("integer", "2000", 2000),
    "schedule": ("string", "*/5 * * * *", "*/5 * * * *"),
    "start_from": ("string", "group", "group"),
    "topics": ("string", "openlineage.events", ["openlineage.events"]),
    "wait_timeout": ("integer", "240", 240),
}
#: Field of the connection form -> types of its values.
FIELDS = {
    "client_cert": ["string", "null"],
    "client_key": ["string", "null"],
    "max_answer_mb": ["number", "null"],
    "max_connections": ["integer", "null"],
    "timeout": ["number", "null"],
    "verify": ["string", "null"],
}


def test_the_options_have_their_defaults() -> None:
    assert list(INFO["config"]) == ["openmetadata_ol"]
    options = INFO["config"]["openmetadata_ol"]["options"]
    found = {name: (option["type"], option["default"]) for name, option in options.items()}
    assert_pinned("options", found, {name: given[:2] for name, given in OPTIONS.items()})


def test_conf_has_a_function_for_each_option() -> None:
    found = {
        name: function() for name, function in inspect.getmembers(conf, inspect.isfunction) if not name.startswith("_")
    }
    assert_pinned("functions of conf", found, {name: given[2] for name, given in OPTIONS.items()})


def test_the_connection_form_has_its_fields() -> None:
    (connection,) = INFO["connection-types"]
    assert connection["connection-type"] == "openmetadata"
    assert connection["hook-class-name"] == f"{PACKAGE}.hooks.openmetadata.OpenMetadataHook"
    found = {name: field["schema"]["type"] for name, field in connection["conn-fields"].items()}
    assert_pinned("fields of the connection form", found, FIELDS)
    assert connection["ui-field-behaviour"]["hidden-fields"] == ["login"]
    assert set(connection["ui-field-behaviour"]["relabeling"]) == {"host", "password"}


def test_airflow_and_shells_find_the_package_by_its_entry_points() -> None:
    (info,) = (point for point in entry_points(group="apache_airflow_provider") if point.value.startswith(PACKAGE))
    assert (info.name, info.value) == ("provider_info", f"{PACKAGE}.get_provider_info:get_provider_info")
    (command,) = entry_points(group="console_scripts", name="openmetadata-ol")
    assert command.value == f"{PACKAGE}.cli:main"


# -- what Airflow stores -----------------------------------------------------------------------------------------------

TRIGGERS: dict[str, dict[str, Any]] = {
    f"{PACKAGE}.triggers.openlineage.OpenLineageActivityTrigger": {
        "kafka_config_id": "k",
        "poll_interval": 1.5,
        "settle": 0.5,
        "dag_id": "d",
        "topics": ["a", "^b"],
    },
    f"{PACKAGE}.triggers.openlineage.OpenLineageTrigger": {
        "checkpoint": {"a": {"0": 7}},
        "deadline": 1.0,
        "default_group": "g",
        "queued_runs_of": "d",
        "exclude": ["c"],
        "kafka_config_id": "k",
        "min_events": 2,
        "poll_interval": 1.5,
        "start_from": "earliest",
        "topics": ["a", "^b"],
    },
    f"{PACKAGE}.triggers.openmetadata.OpenMetadataGateTrigger": {
        "deadline": 1.0,
        "gate": {"type": "freshness", "table": {"fqn": "a.b.c.d"}, "since": {"at": 7.0}, "failed_states": ["Failed"]},
        "openmetadata_conn_id": "o",
        "poll_interval": 1.5,
    },
}
#: Arguments that triggers stored by earlier versions do not have.
ADDED = {"dag_id", "default_group", "queued_runs_of"}
LINKS = {"LineageLink": ("OpenMetadata lineage", "lineage"), "PipelineLink": ("OpenMetadata pipeline", "pipeline")}


@pytest.mark.parametrize("path", TRIGGERS)
def test_a_stored_trigger_goes_on(path: str) -> None:
    module, _, name = path.rpartition(".")
    trigger = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(TRIGGERS[path])))
    stored_path, stored = trigger.serialize()
    assert stored_path == path
    assert_pinned(f"stored arguments of {name}", json.loads(json.dumps(stored)), TRIGGERS[path])
    earlier = {key: value for key, value in TRIGGERS[path].items() if key not in ADDED}
    assert earlier.items() <= getattr(importlib.import_module(module), name)(**earlier).serialize()[1].items()


@pytest.mark.parametrize("name", LINKS)
def test_a_stored_link_is_still_a_link(name: str) -> None:
    # Airflow 2 stores a link by the path of its class; it takes only those of the provider's info.
    path = f"{PACKAGE}.links.{name}"
    link = getattr(importlib.import_module(f"{PACKAGE}.links"), name)
    assert path in INFO["extra-links"]
    assert f"{link.__module__}.{link.__qualname__}" in INFO["extra-links"]
    # Airflow 3 stores a link by the name of its class.
    assert (link.__name__, link.name) == (name, LINKS[name][0])
    for operator in ("IngestOpenLineageOperator", "PublishLineageOperator"):
        assert link in {type(known) for known in getattr(openmetadata_ol_provider, operator).operator_extra_links}


class Context(dict[str, Any]):
    """A task's context, as far as the operators use it."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}
        super().__init__(ti=self)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def test_a_task_leaves_its_links_under_the_key_it_always_had(here: World) -> None:
    from airflow.providers.common.compat.sdk import DAG

    here.send.events(run_event("r1"))
    context = Context()
    with DAG(DAG_ID, schedule=None):
        task = openmetadata_ol_provider.IngestOpenLineageOperator(task_id="ingest", topics=[TOPIC])
    task.execute(context)
    pages = {kind: url.removeprefix(here.catalogue.url) for kind, url in context.pushed["openmetadata_links"].items()}
    assert pages == {
        "lineage": "/table/warehouse.shop.analytics_stg.stg_customers/lineage",
        "pipeline": "/pipeline/openlineage.%22scheduler%3Anightly.load%22",
    }


def test_a_sensor_that_waits_is_resumed_as_it_always_was(here: World) -> None:
    from airflow.providers.common.compat.sdk import DAG, TaskDeferred

    with DAG(DAG_ID, schedule=None):
        sensor = openmetadata_ol_provider.OpenLineageSensor(task_id="wait", topics=[TOPIC], deferrable=True)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})
    assert (deferred.value.method_name, deferred.value.kwargs) == ("execute_complete", None)
    path, arguments = deferred.value.trigger.serialize()
    assert path == f"{PACKAGE}.triggers.openlineage.OpenLineageTrigger"
    assert_pinned("stored arguments of the trigger", set(arguments), set(TRIGGERS[path]))


async def test_an_event_of_a_trigger_is_what_it_always_was(here: World) -> None:
    here.send.events(run_event("r1"))
    trigger = openmetadata_ol_provider.OpenLineageTrigger([TOPIC])
    payload = json.loads(json.dumps((await anext(trigger.run())).payload))
    assert_pinned("keys of the event", payload, {"backlog", "status"})
    assert payload["status"] == "backlog"
    assert_pinned("keys of the backlog", payload["backlog"], {"events", "lost", "partitions"})
    assert_pinned("keys of a partition", payload["backlog"]["partitions"][0], PARTITION)
    with_time_over = openmetadata_ol_provider.OpenLineageTrigger([TOPIC], min_events=9, deadline=1.0)
    (late,) = [event.payload async for event in with_time_over.run()]
    assert_pinned("keys of the event", late, {"backlog", "message", "status"})
    assert late["status"] == "timeout"


PARTITION = {
    *("checkpoint", "events", "group", "high", "lost", "low", "origin", "owner", "partition", "reset", "start", "topic")
}


class Store:
    """Airflow's store of an asset, as far as a trigger uses it."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def aget(self, key: str) -> Any:
        return self.values.get(key)

    async def aset(self, key: str, value: Any) -> None:
        self.values[key] = value


async def test_a_watcher_remembers_what_it_announced_under_the_key_it_always_had(here: World) -> None:
    here.send.events(run_event("r1"))
    trigger = openmetadata_ol_provider.OpenLineageActivityTrigger([TOPIC], poll_interval=0.01, settle=0.01)
    trigger.asset_state_store = store = Store()
    events = trigger.run()
    payload = (await anext(events)).payload
    assert_pinned("keys of the event", payload, {"new", "topics"})
    here.send.events(run_event("r2"))
    await anext(events)
    await events.aclose()
    assert store.values == {"openlineage.announced_offsets": payload["topics"]}


def test_a_copied_dag_still_loads() -> None:
    # Users copy the bundled DAG and change it; this is a copy of commit dfe4ef9.
    dag = runpy.run_path(str(GOLDEN / "copied_dag.txt"))["dag"]
    assert dag.dag_id == "openlineage_to_openmetadata"
    assert set(dag.task_ids) == {"consume", "publish", "translate", "wait"}
    assert set(dag.params) == {"on_data_loss", "replay_from"}
