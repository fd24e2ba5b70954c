"""Asset events out of lineage, as Airflow records them: which ones, and exactly one for each run and asset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import airflow
import pytest

from openmetadata_ol_provider.ingestion.asset_events import MAX_GIVEN
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from tests.dag.asset_airflow import LAKE, STAGED, AssetAirflow
from tests.operators.steps_support import Sender, run_event

pytestmark = [
    pytest.mark.slow,
    pytest.mark.unmeasured,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(airflow.__version__.startswith("2."), reason="assets came with Airflow 3"),
]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, airflow_db: Path) -> Iterator[AssetAirflow]:
    with closing(AssetAirflow(tmp_path_factory.mktemp("airflow"), airflow_db)) as found:
        yield found


@pytest.fixture
def assets(deployment: AssetAirflow, connections: None) -> AssetAirflow:
    deployment.forget()
    return deployment


@pytest.fixture
def send(broker: KafkaBroker) -> Any:
    return Sender(broker.bootstrap).events


def given(assets: AssetAirflow) -> list[tuple[str, str]]:
    return [(uri, extra.get("run_id")) for uri, extra in assets.events()]


def event(run_id: str, *outputs: tuple[str, str], minute: int = 0, **facets: Any) -> bytes:
    """Return a COMPLETE event with outputs of any namespace."""
    document = json.loads(run_event(run_id, minute=minute, **facets))
    document["outputs"] = [{"namespace": namespace, "name": name} for namespace, name in outputs]
    return json.dumps(document).encode()


def test_a_completed_run_gives_one_event_of_each_asset_that_it_has_written(assets: AssetAirflow, send: Any) -> None:
    send(run_event("one", "START"), run_event("one", minute=1), run_event("two", "FAIL"))
    send(event("lake", ("s3://lake", "/gold/orders/"), ("s3://lake", "no asset")))
    assets.run("ingest")
    assert sorted(given(assets)) == [(STAGED, "one"), (LAKE, "lake")]
    assert assets.queued() == {"after_staging", "after_the_lake"}
    nested = {"openlineage": {"parentJobNamespace": "scheduler", "parentJobName": "nightly.load", "parentRunId": "one"}}
    assert dict(assets.events())[STAGED] == {
        "run_id": "one",
        "job_namespace": "scheduler",
        "job_name": "nightly.load",
        "dataset_namespace": "postgres://localhost:5433",
        "dataset_name": "shop.analytics_stg.stg_customers",
        "started_at": "2026-05-01T10:00:00Z",
        "ended_at": "2026-05-01T10:01:00Z",
        **({} if airflow.__version__.startswith("3.0.") else nested),
    }
    # An event that comes again, and one that completes a run which has written another dataset meanwhile.
    send(run_event("one", minute=1), event("lake", ("postgres://localhost:5433", "shop.analytics_stg.stg_customers")))
    assets.run("ingest")
    assert sorted(given(assets)) == [(STAGED, "lake"), (STAGED, "one"), (LAKE, "lake")]


@pytest.mark.parametrize("dag_id", ["ingest", "steps"])
def test_a_task_that_dies_after_the_checkpoint_moved_loses_and_doubles_nothing(
    assets: AssetAirflow, send: Any, dag_id: str
) -> None:
    send(run_event("one"))
    assets.run(dag_id, dies=True)
    assert assets.checkpoint("shared") == 1
    assert given(assets) == []
    for _ in range(2):
        # Without events the task gives what is left.
        assets.run("ingest")
        assert given(assets) == [(STAGED, "one")]
    send(run_event("two"))
    assets.run(dag_id)
    assert given(assets) == [(STAGED, "one"), (STAGED, "two")]


def test_what_is_read_again_gives_events_only_when_asked_and_never_twice(assets: AssetAirflow, send: Any) -> None:
    send(run_event("before"))
    assets.run("silent")
    send(run_event("after"))
    assets.run("replay")
    assert given(assets) == [(STAGED, "after")]
    for _ in range(2):
        assets.run("asked")
        assert given(assets) == [(STAGED, "after"), (STAGED, "before")]


@pytest.mark.parametrize("dag_id", ["dry", "silent", "window"])
def test_dry_runs_and_spans_of_time_give_no_events(assets: AssetAirflow, send: Any, dag_id: str) -> None:
    send(run_event("one"))
    assets.run(dag_id)
    assert given(assets) == []


def test_a_list_selects_namespaces_and_uris(assets: AssetAirflow, send: Any) -> None:
    send(run_event("table"), event("lake", ("s3n://lake", "gold/orders/day=2026-01-01/part-0.parquet")))
    assets.run("lake_only")
    assert given(assets) == [(LAKE, "lake")]


def test_one_task_gives_a_hundred_events_in_turns_and_the_next_one_the_rest(assets: AssetAirflow, send: Any) -> None:
    send(*(run_event(f"run {number}") for number in range(MAX_GIVEN)), event("lake", ("s3://lake", "gold/orders")))
    assets.run("ingest")
    assert len(given(assets)) == MAX_GIVEN
    assert (LAKE, "lake") in given(assets)
    assets.run("ingest")
    assert len(set(given(assets))) == len(given(assets)) == MAX_GIVEN + 1


def test_mapped_tasks_give_events_of_their_lanes(assets: AssetAirflow, send: Any) -> None:
    send(*(run_event(f"run {number}") for number in range(8)))
    assets.run("mapped")
    assert sorted(given(assets)) == [(STAGED, f"run {number}") for number in range(8)]


def test_an_event_that_this_airflow_gave_itself_is_not_given_again(assets: AssetAirflow, send: Any) -> None:
    run_id = assets.run("own")
    assert given(assets) == [(STAGED, None)]
    document = json.loads(run_event("its lineage", job="own.load", airflow={"dagRun": {"run_id": run_id}}))
    other = json.loads(run_event("elsewhere", job="own.load", airflow={"dagRun": {"run_id": "of another Airflow"}}))
    # Airflow has recorded the task's own event at the time of the test.
    for one in (document, other):
        one["eventTime"] = "2026-05-01T10:00:00Z"
    send(json.dumps(document).encode(), json.dumps(other).encode())
    assets.run("ingest")
    assert given(assets) == [(STAGED, None), (STAGED, "elsewhere")]
