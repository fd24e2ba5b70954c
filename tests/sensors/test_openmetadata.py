"""The sensors that wait for OpenMetadata, in a worker and deferred: parameters, waiting, failing, skipping."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    DAG,
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from openmetadata_ol_provider import OpenMetadataFreshnessSensor, OpenMetadataTestResultSensor
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.triggers.openmetadata import OpenMetadataGateTrigger
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, orders_plan, run

TABLE = "pg.shop.public.totals"
BEFORE = "2026-01-01T09:00:00Z"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token=TOKEN) as catalogue:
        document = {"conn_type": "openmetadata", "host": catalogue.url, "password": TOKEN}
        monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(document))
        yield catalogue


def written(server: CatalogueServer, state: Any = "COMPLETE") -> None:
    """Publish a run from ten to half past ten."""
    start, end = "2026-01-01T10:00:00Z", "2026-01-01T10:30:00Z"
    ran = run(state, started=start, ended_at=end, pipeline_started_at=start)
    with OpenMetadataClient(server.url, TOKEN) as client:
        publish_plan(orders_plan(runs=[ran]), client, config())


def sensor(kind: type = OpenMetadataFreshnessSensor, **more: Any) -> Any:
    arguments = {"task_id": "gate", "table": TABLE, "since": BEFORE, "poke_interval": 0.05, "timeout": 30}
    given = {name: value for name, value in {**arguments, **more}.items() if value is not ...}
    with DAG("gated", schedule=None):
        return kind(**given)


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_fresh_table_ends_the_wait_at_once(server: CatalogueServer, deferrable: bool) -> None:
    written(server)
    facts = sensor(deferrable=deferrable).execute({})
    assert facts == json.loads(json.dumps(facts))
    assert (facts["table"], facts["by"]) == (TABLE, "openlineage.prod:etl")


def test_a_poke_of_a_table_that_is_not_fresh_waits(server: CatalogueServer) -> None:
    assert not sensor().poke({}).is_done
    written(server)
    assert sensor().poke({}).is_done


def test_the_wait_in_a_worker_ends_in_time(server: CatalogueServer) -> None:
    with pytest.raises(AirflowSensorTimeout):
        sensor(timeout=0.2).execute({})


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_failed_run_breaks_the_circuit(server: CatalogueServer, deferrable: bool) -> None:
    written(server, "FAIL")
    task = sensor(failed_states=["Failed"], deferrable=deferrable)
    with pytest.raises(AirflowFailException, match=r"the run of openlineage\.prod:etl at 2026-01-01T10.* is Failed"):
        task.execute({})


@pytest.mark.parametrize("deferrable", [False, True])
def test_with_soft_fail_the_task_is_skipped(server: CatalogueServer, deferrable: bool) -> None:
    written(server, "FAIL")
    with pytest.raises(AirflowSkipException):
        sensor(failed_states=["Failed"], deferrable=deferrable, soft_fail=True).execute({})


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_table_that_does_not_exist_is_an_error(server: CatalogueServer, deferrable: bool) -> None:
    with pytest.raises(AirflowFailException, match=r"OpenMetadata has no table pg\.shop\.public\.typo"):
        sensor(table="pg.shop.public.typo", deferrable=deferrable).execute({})


def test_a_table_that_does_not_exist_can_be_waited_for(server: CatalogueServer) -> None:
    assert not sensor(table="pg.shop.public.later", check_existence=False).poke({}).is_done


def test_it_defers_with_the_table_that_it_has_found(server: CatalogueServer) -> None:
    task = sensor(
        table=..., dataset_namespace="postgres://warehouse:5432", dataset_name="shop.public.totals", deferrable=True
    )
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    assert deferred.value.method_name == "execute_complete"
    trigger = deferred.value.trigger
    assert isinstance(trigger, OpenMetadataGateTrigger)
    _, arguments = trigger.serialize()
    assert arguments["gate"]["table"]["fqn"] == TABLE
    assert arguments["gate"]["since"]["at"] == dt.datetime(2026, 1, 1, 9, tzinfo=dt.timezone.utc).timestamp()


def test_an_unreachable_catalogue_fails_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"conn_type": "openmetadata", "host": "http://127.0.0.1:9", "extra": {"timeout": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(document))
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.client.client.RetryPolicy", lambda: FAST)
    with pytest.raises(AirflowException, match="OpenMetadata"):
        sensor(deferrable=True).execute({})


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ({"status": "timeout", "message": "late"}, AirflowSensorTimeout, "late"),
        ({"status": "failed", "message": "bad", "facts": {}}, AirflowFailException, "bad"),
        ({"status": "missing", "message": "none", "facts": {}}, AirflowFailException, "none"),
        ({"status": "error", "message": "401"}, AirflowException, "401"),
        (None, AirflowException, "the trigger returned None"),
    ],
)
def test_the_event_of_the_trigger_ends_the_task(event: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sensor().execute_complete({}, event)
    with pytest.raises(AirflowSkipException, match=message):
        sensor(never_fail=True).execute_complete({}, event)


def test_the_facts_of_the_trigger_are_returned() -> None:
    event = {"status": "passed", "message": "written", "facts": {"table": TABLE}}
    assert sensor().execute_complete({}, event) == {"table": TABLE}


TESTS = OpenMetadataTestResultSensor


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (OpenMetadataFreshnessSensor, {"since": ...}, "since is None; give a time"),
        (OpenMetadataFreshnessSensor, {"since": "yesterday"}, "since is 'yesterday'"),
        (OpenMetadataFreshnessSensor, {"since": dt.timedelta(0)}, "positive timedelta"),
        (OpenMetadataFreshnessSensor, {"table": ...}, "give either table"),
        (OpenMetadataFreshnessSensor, {"dataset_name": "a.b"}, "give either table"),
        (OpenMetadataFreshnessSensor, {"table": ..., "dataset_name": "a.b"}, "give either table"),
        (OpenMetadataFreshnessSensor, {"table": "totals"}, "table is 'totals'; give service.database.schema.table"),
        (OpenMetadataFreshnessSensor, {"failed_states": ["failed"]}, "failed_states has 'failed'; give Failed, "),
        (OpenMetadataFreshnessSensor, {"failed_states": "Failed"}, "failed_states is 'Failed'; give a list"),
        (OpenMetadataFreshnessSensor, {"check_existence": "perhaps"}, "check_existence is 'perhaps'"),
        (OpenMetadataFreshnessSensor, {"config": {"lineag": {}}}, "lineag"),
        (TESTS, {"failed_states": ["Skipped"]}, "failed_states has 'Skipped'; give Success, Failed, Aborted, Queued"),
        (TESTS, {"allowed_states": []}, "allowed_states is"),
        (TESTS, {"since": 7}, "since is 7"),
    ],
)
def test_a_wrong_parameter_is_an_import_error(kind: type, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        sensor(kind, **given)


def test_a_wrong_parameter_of_a_mapped_sensor_is_an_import_error() -> None:
    with DAG("gated", schedule=None), pytest.raises(ConfigError, match="failed_states has 'no'"):
        OpenMetadataFreshnessSensor.partial(task_id="gate", since=BEFORE, failed_states=["no"])


def test_templates_are_checked_when_they_are_rendered(server: CatalogueServer) -> None:
    task = sensor(since="{{ data_interval_start }}", table="{{ params.table }}")
    task.since, task.table = "None", TABLE
    with pytest.raises(AirflowFailException, match="since is 'None'; give a time"):
        task.poke({})
    task.since = "2026-01-01 09:00:00+00:00"
    assert not task.poke({}).is_done
