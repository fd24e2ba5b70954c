"""The sensor, in its three ways of waiting. Its checkpoint is a Variable, given by the environment."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from openmetadata_ol_provider.exceptions import ConfigError, UnknownTopicError
from openmetadata_ol_provider.kafka.default_group import default_group
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
from openmetadata_ol_provider.triggers.openlineage import OpenLineageTrigger
from openmetadata_ol_provider.version_compat import set_variable

STATE = "sensor_state"


@pytest.fixture
def checkpoint(clean_variables: None) -> Any:
    def stand_at(offset: int) -> None:
        state = {"version": 1, "checkpoint": {"single": {"0": offset}}, "runs": None}
        set_variable(STATE, json.dumps(state))

    stand_at(0)
    return stand_at


def sensor(**more: Any) -> OpenLineageSensor:
    arguments = {"task_id": "wait", "topics": ["single"], "state_key": STATE, "timeout": 30, "poke_interval": 0.05}
    return OpenLineageSensor(**{**arguments, **more})


def test_a_poke_tells_how_many_events_are_past_the_checkpoint(hook: Any, produce: Any, checkpoint: Any) -> None:
    produce("single", 0, b"a", b"b", b"c")
    checkpoint(1)
    looked = sensor().poke({})
    assert looked.is_done
    assert looked.xcom_value["events"] == 2
    assert json.loads(json.dumps(looked.xcom_value)) == looked.xcom_value
    checkpoint(3)
    assert not sensor().poke({}).is_done


def test_min_events_has_to_be_reached(hook: Any, produce: Any, checkpoint: Any) -> None:
    produce("single", 0, b"a", b"b")
    assert sensor(min_events=2).poke({}).is_done
    assert not sensor(min_events=3).poke({}).is_done
    with pytest.raises(ConfigError, match="min_events is 0"):
        sensor(min_events=0)


def test_one_topic_may_be_given_as_text(hook: Any, produce: Any, checkpoint: Any) -> None:
    produce("single", 0, b"a")
    assert sensor(topics="single").poke({}).is_done


@pytest.mark.parametrize("deferrable", [False, True])
def test_with_a_backlog_the_sensor_returns_it_at_once(
    hook: Any, produce: Any, checkpoint: Any, deferrable: bool
) -> None:
    produce("single", 0, b"a", b"b")
    assert sensor(deferrable=deferrable).execute({})["events"] == 2


def test_without_a_backlog_it_defers_with_all_that_the_trigger_needs(hook: Any, produce: Any, checkpoint: Any) -> None:
    produce("single", 0, b"a")
    checkpoint(1)
    before = time.time()
    with pytest.raises(TaskDeferred) as deferral:
        sensor(deferrable=True, min_events=4, poke_interval=7).execute({})
    trigger = deferral.value.trigger
    assert isinstance(trigger, OpenLineageTrigger)
    arguments = trigger.serialize()[1]
    deadline = arguments.pop("deadline")
    assert arguments == {
        "topics": ["single"],
        "kafka_config_id": "kafka_default",
        "checkpoint": {"single": {"0": 1}},
        "min_events": 4,
        "poll_interval": 7,
        "exclude": [],
        "start_from": "group",
        "default_group": default_group("adhoc_airflow", ["single"]),
        "queued_runs_of": None,
    }
    assert before + 30 <= deadline <= time.time() + 30
    assert deferral.value.method_name == "execute_complete"
    assert deferral.value.timeout is not None
    assert deferral.value.timeout.total_seconds() > 30
    # Airflow drops these when a trigger fires within `dags test`.
    assert not deferral.value.kwargs


@pytest.mark.usefixtures("airflow_db")
def test_without_a_checkpoint_it_begins_at_the_configured_start(
    hook: Any, produce: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("single", 0, b"a", b"b")
    hook.commit({"single": {0: 1}})

    def waiting(**more: Any) -> int:
        return int(sensor(state_key="nothing_there", **more).poke({}).xcom_value["events"])

    assert (waiting(), waiting(start_from="earliest"), waiting(start_from="latest")) == (1, 2, 0)
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__START_FROM", "earliest")
    assert (waiting(), waiting(start_from="group")) == (2, 1)
    with pytest.raises(TaskDeferred) as deferral:
        sensor(state_key="nothing_there", deferrable=True, min_events=5).execute({})
    assert deferral.value.trigger.serialize()[1]["start_from"] == "earliest"
    with pytest.raises(ConfigError, match="start_from is 'yesterday'; give one of: group"):
        waiting(start_from="yesterday")


@pytest.mark.parametrize("deferrable", [False, True])
def test_what_is_to_be_read_again_need_not_be_waited_for(
    deferrable: bool, hook: Any, produce: Any, checkpoint: Any
) -> None:
    produce("single", 0, b"a", b"b", b"c")
    checkpoint(3)
    assert not sensor(replay_from="").poke({}).is_done
    found = sensor(replay_from='{"single": {"0": 1}}', deferrable=deferrable).execute({})
    assert (found["events"], found["partitions"][0]["start"]) == (2, 1)


def test_a_replay_that_lies_ahead_skips_nothing(hook: Any, produce: Any, checkpoint: Any) -> None:
    produce("single", 0, b"a", b"b", b"c")
    checkpoint(1)
    assert sensor(replay_from={"single": {0: 2}}).execute({})["events"] == 2


def test_without_deferring_it_times_out(hook: Any, checkpoint: Any) -> None:
    with pytest.raises(AirflowSensorTimeout):
        sensor(timeout=0.1).execute({})


async def test_what_the_trigger_sends_is_what_the_sensor_returns(hook: Any, produce: Any, checkpoint: Any) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        sensor(deferrable=True).execute({})
    produce("single", 0, b"a")
    trigger: Any = deferral.value.trigger
    async for event in trigger.run():
        assert sensor(deferrable=True).execute_complete({}, event.payload)["events"] == 1


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize(
    ("event", "kind"),
    [
        pytest.param({"status": "timeout", "message": "too late"}, AirflowSensorTimeout, id="timeout"),
        pytest.param({"status": "error", "message": "too late"}, AirflowException, id="error"),
    ],
)
def test_bad_news_of_the_trigger_fail_the_task(event: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind, match="too late"):
        sensor().execute_complete({}, event)
    with pytest.raises(kind, match="too late"):
        sensor().resume_execution("execute_complete", {"event": event}, {})


@pytest.mark.parametrize("event", [None, {}, {"status": "what"}])
def test_no_news_fail_the_task(event: Any) -> None:
    with pytest.raises(AirflowException, match="the trigger returned"):
        sensor().execute_complete({}, event)


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize("option", ["soft_fail", "never_fail"])
def test_a_sensor_that_may_not_fail_is_skipped(option: str) -> None:
    event = {"status": "timeout", "message": "too late"}
    with pytest.raises(AirflowSkipException):
        sensor(**{option: True}).resume_execution("execute_complete", {"event": event}, {})


def test_an_error_at_the_first_look_is_raised_skipped_or_waited_out(hook: Any, checkpoint: Any) -> None:
    wrong: dict[str, Any] = {"topics": ["nowhere"], "deferrable": True}
    with pytest.raises(UnknownTopicError, match="'nowhere'"):
        sensor(**wrong).execute({})
    with pytest.raises(AirflowSkipException):
        sensor(**wrong, never_fail=True).execute({})
    with pytest.raises(TaskDeferred):
        sensor(**wrong, silent_fail=True).execute({})


def test_names_are_templated() -> None:
    assert set(OpenLineageSensor.template_fields) == {
        "topics", "kafka_config_id", "dead_letter_topic", "state_key", "start_from", "replay_from", "lanes",
    }  # fmt: skip


def test_a_pattern_does_not_match_where_dead_letters_go(hook: Any, broker: Any, produce: Any, checkpoint: Any) -> None:
    broker.create_topic("single_letters", 1)
    produce("single_letters", 0, b"bad")
    assert sensor(topics=["^single"]).poke({}).is_done
    assert not sensor(topics=["^single"], dead_letter_topic="single_letters").poke({}).is_done
