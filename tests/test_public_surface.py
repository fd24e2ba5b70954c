"""The names that DAGs, scripts and databases outside this repository hold: any change here is a change for users.

The rest of the public surface is pinned in ``tests/surface``: Airflow's options, command line, configuration, plan and
report, stored state, marks, and what the sandbox offers.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

import openmetadata_ol_provider
from tests.surface.pins import assert_pinned

PACKAGE = "openmetadata_ol_provider"
REQUIRED: Any = ...
MORE = {"**kwargs": REQUIRED}
BOUNDS = {"max_bytes": None, "max_duration": None, "max_events": None}
LANE = {"lane": None, "lanes": 1}

#: Class -> module and parameters with their defaults; ``...`` where one has to be given.
CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "CheckOpenMetadataOperator": ("operators.check", {**MORE, "openmetadata_conn_id": "openmetadata_default"}),
    "ConsumeOpenLineageOperator": (
        "operators.consume",
        {
            **MORE,
            **BOUNDS,
            **LANE,
            "config": None,
            "dead_letter_topic": None,
            "kafka_config_id": "kafka_default",
            "on_data_loss": None,
            "replay_from": None,
            "start_from": None,
            "state_key": None,
            "topics": REQUIRED,
        },
    ),
    "IngestOpenLineageOperator": (
        "operators.ingest",
        {
            **MORE,
            **BOUNDS,
            **LANE,
            "config": None,
            "dead_letter_topic": None,
            "dry_run": False,
            "emit_assets": False,
            "emit_replayed": False,
            "end": None,
            "full_refresh": False,
            "kafka_config_id": "kafka_default",
            "on_data_loss": None,
            "openmetadata_conn_id": "openmetadata_default",
            "replay_from": None,
            "start": None,
            "start_from": None,
            "state_key": None,
            "topics": REQUIRED,
        },
    ),
    "OpenLineageActivityTrigger": (
        "triggers.openlineage",
        {"dag_id": None, "kafka_config_id": "kafka_default", "poll_interval": 5.0, "settle": 2.0, "topics": REQUIRED},
    ),
    "OpenLineageKafkaHook": ("hooks.kafka", {"default_group": None, "kafka_config_id": "kafka_default"}),
    "OpenLineageSensor": (
        "sensors.openlineage",
        {
            **MORE,
            "dead_letter_topic": None,
            "deferrable": False,
            "end_when_queued": None,
            "kafka_config_id": "kafka_default",
            "lanes": 1,
            "min_events": 1,
            "replay_from": None,
            "start_from": None,
            "state_key": None,
            "topics": REQUIRED,
        },
    ),
    "OpenLineageTrigger": (
        "triggers.openlineage",
        {
            "checkpoint": None,
            "deadline": None,
            "exclude": (),
            "kafka_config_id": "kafka_default",
            "min_events": 1,
            "poll_interval": 60.0,
            "default_group": None,
            "queued_runs_of": None,
            "start_from": "group",
            "topics": REQUIRED,
        },
    ),
    "OpenMetadataFreshnessSensor": (
        "sensors.openmetadata",
        {
            **MORE,
            "check_existence": True,
            "config": None,
            "dataset_name": None,
            "dataset_namespace": None,
            "deferrable": False,
            "failed_states": (),
            "openmetadata_conn_id": "openmetadata_default",
            "since": None,
            "table": None,
        },
    ),
    "OpenMetadataGateTrigger": (
        "triggers.openmetadata",
        {
            "deadline": None,
            "gate": REQUIRED,
            "openmetadata_conn_id": "openmetadata_default",
            "poll_interval": 60.0,
        },
    ),
    "OpenMetadataTestResultSensor": (
        "sensors.openmetadata",
        {
            **MORE,
            "allowed_states": ("Success",),
            "check_existence": True,
            "config": None,
            "dataset_name": None,
            "dataset_namespace": None,
            "deferrable": False,
            "failed_states": ("Failed",),
            "openmetadata_conn_id": "openmetadata_default",
            "since": None,
            "table": None,
            "test_cases": (),
        },
    ),
    "OpenMetadataHook": ("hooks.openmetadata", {**MORE, "openmetadata_conn_id": "openmetadata_default"}),
    "PublishLineageOperator": (
        "operators.publish",
        {
            **MORE,
            "config": None,
            "dry_run": False,
            "emit_assets": False,
            "emit_replayed": False,
            "full_refresh": False,
            "openmetadata_conn_id": "openmetadata_default",
            "plan": None,
        },
    ),
    "ReplayDeadLettersOperator": (
        "operators.replay",
        {
            **MORE,
            **BOUNDS,
            "dead_letter_topic": None,
            "dry_run": False,
            "kafka_config_id": "kafka_default",
            "keep_timestamp": True,
            "max_replays": 3,
            "state_key": None,
            "target_topic": None,
            "topics": REQUIRED,
        },
    ),
    "TranslateOpenLineageOperator": ("operators.translate", {**MORE, "batch": None, "config": None}),
}
#: Parameters that may also be given without their names, in order.
POSITIONAL = {
    "OpenLineageActivityTrigger": ["topics"],
    "OpenLineageKafkaHook": ["kafka_config_id", "default_group"],
    "OpenLineageTrigger": ["topics"],
    "OpenMetadataGateTrigger": ["gate"],
    "OpenMetadataHook": ["openmetadata_conn_id"],
}
READING = {"dead_letter_topic", "kafka_config_id", "lanes", "replay_from", "start_from", "state_key", "topics"}
GATE = {"config", "dataset_name", "dataset_namespace", "openmetadata_conn_id", "since", "table"}
#: Parameters that may be templates.
TEMPLATES: dict[str, set[str]] = {
    "CheckOpenMetadataOperator": {"openmetadata_conn_id"},
    "ConsumeOpenLineageOperator": {*READING, "config", "lane", "on_data_loss"},
    "IngestOpenLineageOperator": {
        *READING,
        *("config", "emit_replayed", "end", "full_refresh", "lane", "on_data_loss", "openmetadata_conn_id", "start"),
    },
    "OpenLineageSensor": READING,
    "OpenMetadataFreshnessSensor": GATE,
    "OpenMetadataTestResultSensor": {*GATE, "test_cases"},
    "PublishLineageOperator": {"config", "emit_replayed", "full_refresh", "openmetadata_conn_id", "plan"},
    "ReplayDeadLettersOperator": {"dead_letter_topic", "kafka_config_id", "state_key", "target_topic", "topics"},
    "TranslateOpenLineageOperator": {"batch", "config"},
}
#: Hook -> public method -> parameters.
METHODS = {
    "OpenLineageKafkaHook": {
        "backlog": ["topics", "checkpoint", "exclude", "start", "takes", "topic_ids"],
        "commit": ["offsets", "owner"],
        "dead_letter": ["letters", "topic"],
        "load_connection": [],
        "positions": ["topics", "start", "exclude", "takes"],
        "query": [],
        "read": ["backlog", "max_messages", "max_bytes", "max_duration", "on_loss"],
        "reader": ["backlog", "on_loss"],
        "send_back": ["messages"],
        "test_connection": [],
    },
    "OpenMetadataHook": {
        "check": ["config"],
        "get_connection_form_widgets": [],
        "get_conn": [],
        "get_ui_field_behaviour": [],
        "load_connection": [],
        "register_service": ["name", "topic", "kafka_config_id", "description", "update", "dry_run"],
        "test_connection": [],
    },
}


def item(name: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.{CLASSES[name][0]}"), name)


def parameters(function: Any) -> list[inspect.Parameter]:
    return [known for known in inspect.signature(function).parameters.values() if known.name != "self"]


def test_the_root_has_the_classes() -> None:
    assert_pinned("names of the package's root", openmetadata_ol_provider.__all__, set(CLASSES))
    assert set(CLASSES) <= set(dir(openmetadata_ol_provider))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_imported_from_its_module_and_from_the_root(name: str) -> None:
    assert item(name) is getattr(openmetadata_ol_provider, name)
    assert item(name).__name__ == name


@pytest.mark.parametrize("name", CLASSES)
def test_a_constructor_has_its_parameters(name: str) -> None:
    stars = {inspect.Parameter.VAR_KEYWORD: "**", inspect.Parameter.VAR_POSITIONAL: "*"}
    found = {
        f"{stars.get(known.kind, '')}{known.name}": REQUIRED if known.default is known.empty else known.default
        for known in parameters(item(name))
    }
    assert_pinned(f"parameters of {name}", found, CLASSES[name][1])
    positional = [known.name for known in parameters(item(name)) if known.kind is known.POSITIONAL_OR_KEYWORD]
    assert positional == POSITIONAL.get(name, [])


@pytest.mark.parametrize("name", CLASSES)
def test_its_parameters_may_be_templates(name: str) -> None:
    found = set(getattr(item(name), "template_fields", ()))
    assert_pinned(f"templates of {name}", found, TEMPLATES.get(name, set()))


@pytest.mark.parametrize("name", METHODS)
def test_a_hook_has_its_methods(name: str) -> None:
    own = {key: value for key, value in vars(item(name)).items() if not key.startswith("_")}
    methods = {key for key, value in own.items() if inspect.isfunction(getattr(value, "__func__", value))}
    found = {key: [known.name for known in parameters(getattr(item(name), key))] for key in methods}
    assert_pinned(f"methods of {name}", found, METHODS[name])


def test_the_openmetadata_hook_is_that_of_its_connection_type() -> None:
    hook = item("OpenMetadataHook")
    assert hook.conn_name_attr == "openmetadata_conn_id"
    assert (hook.default_conn_name, hook.conn_type, hook.hook_name) == (
        "openmetadata_default",
        "openmetadata",
        "OpenMetadata",
    )
    assert item("OpenLineageKafkaHook").conn_type == "kafka"
