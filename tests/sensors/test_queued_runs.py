"""A wait makes room for another run of its DAG, and an idle run says since when nothing has arrived."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowSensorTimeout, AirflowSkipException, TaskDeferred

from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
from openmetadata_ol_provider.triggers.openlineage import OpenLineageTrigger
from openmetadata_ol_provider.version_compat import count_queued_runs, set_variable

DAG_ID = "waiting"
STATE = "sensor_state"
MOVED = "2026-11-29T05:00:00Z"


@pytest.fixture
def enqueue(airflow_db: None) -> Iterator[Callable[..., None]]:
    """Return a function that puts a run into Airflow's database."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    def put(state: str = "queued", dag_id: str = DAG_ID) -> None:
        with create_session() as session:
            run = DagRun(dag_id=dag_id, run_id=f"manual__{dag_id}_{state}", run_type="manual")
            run._state = state
            run.run_after = dt.datetime(2026, 11, 29, tzinfo=dt.timezone.utc)
            session.add(run)

    yield put
    with create_session() as session:
        session.query(DagRun).delete()


@pytest.fixture
def nothing_new(clean_variables: None) -> None:
    state = {"version": 2, "checkpoint": {"single": {"0": 0}}, "updated_at": MOVED}
    set_variable(STATE, json.dumps(state))


def sensor(runs: int = 1, **more: Any) -> OpenLineageSensor:
    arguments = {"task_id": "wait", "topics": ["single"], "state_key": STATE, "timeout": 0.2, "poke_interval": 0.05}
    with DAG(DAG_ID, schedule=None, max_active_runs=runs):
        return OpenLineageSensor(**{**arguments, **more})


def test_only_queued_runs_of_the_dag_count(enqueue: Callable[..., None]) -> None:
    enqueue("running")
    enqueue("queued", dag_id="another")
    assert count_queued_runs(DAG_ID) == 0
    enqueue()
    assert count_queued_runs(DAG_ID) == 1


@pytest.mark.promise("A298")
@pytest.mark.usefixtures("hook", "nothing_new")
def test_a_poke_ends_the_wait_when_a_run_is_queued(enqueue: Callable[..., None]) -> None:
    assert not sensor().poke({}).is_done
    enqueue()
    with pytest.raises(AirflowSkipException, match=f"another run of {DAG_ID} is queued.*arrived since {MOVED}"):
        sensor().poke({})


@pytest.mark.promise("A298")
@pytest.mark.usefixtures("hook", "nothing_new")
def test_events_are_read_although_a_run_is_queued(produce: Any, enqueue: Callable[..., None]) -> None:
    enqueue()
    produce("single", 0, b"a")
    assert sensor().poke({}).is_done


@pytest.mark.usefixtures("hook", "nothing_new")
@pytest.mark.parametrize(
    ("runs", "parameter", "ends"), [(1, None, True), (1, False, False), (4, None, False), (4, True, True)]
)
def test_by_default_it_makes_room_where_a_run_would_have_to_wait_for_it(
    runs: int, parameter: bool | None, ends: bool
) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        sensor(runs, deferrable=True, end_when_queued=parameter).execute({})
    assert deferral.value.trigger.serialize()[1]["queued_runs_of"] == (DAG_ID if ends else None)


@pytest.mark.promise("A298")
@pytest.mark.usefixtures("hook")
async def test_the_trigger_ends_the_wait_too(enqueue: Callable[..., None]) -> None:
    enqueue()
    trigger = OpenLineageTrigger(["single"], queued_runs_of=DAG_ID)
    [event] = [event async for event in trigger.run()]
    assert event.payload["status"] == "queued_run"
    assert f"another run of {DAG_ID} is queued" in event.payload["message"]


@pytest.mark.usefixtures("hook")
async def test_other_runs_do_not_end_the_wait_of_a_trigger(enqueue: Callable[..., None]) -> None:
    enqueue("running")
    trigger = OpenLineageTrigger(["single"], queued_runs_of=DAG_ID, deadline=1.0)
    [event] = [event async for event in trigger.run()]
    assert event.payload["status"] == "timeout"


@pytest.mark.promise("A298")
@pytest.mark.usefixtures("nothing_new")
@pytest.mark.parametrize(
    ("status", "more", "kind"),
    [
        ("queued_run", {}, AirflowSkipException),
        ("timeout", {"soft_fail": True}, AirflowSkipException),
        ("timeout", {}, AirflowSensorTimeout),
    ],
)
def test_the_end_of_a_wait_says_since_when_nothing_has_arrived(
    status: str, more: dict[str, Any], kind: type[Exception]
) -> None:
    event = {"status": status, "message": "so"}
    with pytest.raises(kind) as error:
        sensor(**more).resume_execution("execute_complete", {"event": event}, {})
    # With soft_fail, Airflow puts a text of its own in the place of the error's.
    cause = error.value.__cause__ or error.value
    assert str(cause) == f"so; nothing has arrived since {MOVED}, when the checkpoint moved last"


def test_where_nothing_was_read_yet_it_says_that(airflow_db: None) -> None:
    with pytest.raises(AirflowSkipException, match="so; nothing was read yet"):
        sensor(state_key="nowhere").execute_complete({}, {"status": "queued_run", "message": "so"})


def test_lanes_moved_when_the_last_of_them_did(clean_variables: None) -> None:
    for lane, moved in enumerate(("2026-11-28T05:00:00Z", MOVED)):
        state = {"version": 2, "checkpoint": {}, "updated_at": moved}
        set_variable(f"{STATE}.lane-{lane}-of-2", json.dumps(state))
    with pytest.raises(AirflowSkipException, match=f"since {MOVED}"):
        sensor(lanes=2).execute_complete({}, {"status": "queued_run", "message": "so"})
