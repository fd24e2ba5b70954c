"""What DAG runs pass on to one another together with the checkpoint: the ledger, and what is parked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace
from steps_support import (
    DAG_ID,
    EDGE,
    NEW_TABLE,
    TOPIC,
    Sender,
    asked,
    captured,
    consume,
    holding,
    ingest,
    ingest_table,
    run_event,
    run_steps,
    translate,
)

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope
from openmetadata_ol_provider.ingestion.publish import PublishedBatch, PublishSession
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import delete_variable

pytestmark = pytest.mark.usefixtures("connections")
KEY = f"openmetadata_ol.{DAG_ID}.{TOPIC}"
SOURCE, TARGET = EDGE
NEW = NEW_TABLE
Capture = pytest.CaptureFixture[str]


@pytest.fixture(params=[run_steps, ingest], ids=["steps", "ingest"])
def work(request: pytest.FixtureRequest) -> Any:
    """Return one DAG run, in either form."""
    return request.param


def lost(suffix: str) -> None:
    """Delete a Variable."""
    from airflow.models.variable import Variable

    Variable.delete(f"{KEY}.{suffix}")


def missing() -> bytes:
    return run_event("r1", outputs=["shop.analytics_stg.stg_new"])


def parked(capsys: Capture, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["parked", *arguments, "--dag-id", DAG_ID, "--topics", TOPIC])
    return code, capsys.readouterr().out


def test_the_same_runs_again_cost_no_call(work: Any, send: Sender, catalogue: CatalogueServer) -> None:
    events = captured("dbt-postgres")
    send.events(*events)
    first = work()
    send.events(*events)
    catalogue.reset_requests()
    second = work()
    assert catalogue.requests == []
    assert second["requests"] == {}
    assert second["edges"] == {"published": 0, "unchanged": first["edges"]["published"], "failed": 0}


def test_a_lost_ledger_costs_reads_only(work: Any, send: Sender, catalogue: CatalogueServer) -> None:
    events = captured("dbt-postgres")
    send.events(*events)
    work()
    before = holding(catalogue)
    lost("ledger")
    send.events(*events)
    catalogue.reset_requests()
    work()
    assert catalogue.writes() == []
    assert catalogue.requests != []
    assert holding(catalogue) == before


def test_a_damaged_ledger_is_recreated(work: Any, send: Sender, catalogue: CatalogueServer) -> None:
    from airflow.models.variable import Variable

    Variable.set(f"{KEY}.ledger", "no ledger")
    send.events(run_event("r1"))
    assert work()["edges"]["published"] == 1
    send.events(run_event("r1"))
    catalogue.reset_requests()
    work()
    assert catalogue.requests == []


def sql(number: int, query: str) -> bytes:
    event = json.loads(run_event(f"r{number}", minute=number))
    event["job"]["facets"]["sql"] = {"query": query}
    return json.dumps(event).encode()


def test_what_a_publication_that_died_has_changed_can_be_changed_back(
    work: Any, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(sql(1, "select 1"))
    work()
    # The second one changes the edge and fails then: the ledger in the Variable does not tell of it.
    send.events(sql(2, "select 2"))
    catalogue.fail("PATCH", "v1/lineage", 503, times=100, after_effect=True)
    with pytest.raises(Exception, match="503"):
        work()
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 2"
    catalogue.clear_faults()
    send.events(sql(3, "select 1"))
    work()
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 1"


def session() -> PublishSession:
    """Begin the publications of a task."""
    store = StateStore(KEY)
    return PublishSession(store, OpenMetadataHook().get_conn(), Config(), store.read_history())


def test_a_task_that_is_refused_at_its_end_leaves_no_ledger_to_believe(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("r1"))
    slow = PlanEnvelope.from_dict(translate(consume()))
    task = session()
    published = task.publish(slow)
    run_steps()
    assert not StateStore(KEY).read_history().interrupted
    with pytest.raises(CheckpointError), task:
        task.commit(slow, published, OpenLineageKafkaHook())
    assert StateStore(KEY).read_history().interrupted


class Slow(NamedTuple):
    """A task that has published a batch, and was overtaken then."""

    batch: PlanEnvelope
    session: PublishSession
    published: PublishedBatch


@pytest.fixture
def overtaken(send: Sender, catalogue: CatalogueServer) -> Slow:
    """Let a slow task publish next to two DAG runs: some of its calls take longer than all of theirs."""
    send.events(sql(1, "select 1"))
    slow = PlanEnvelope.from_dict(translate(consume()))
    task = session()
    published = task.publish(slow)
    run_steps()
    send.events(sql(2, "select 2"))
    run_steps()
    publish_plan(slow.plan, OpenMetadataHook().get_conn(), Config())
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 1"
    return Slow(slow, task, published)


def test_a_task_that_is_refused_at_its_end_gives_the_last_word_back(
    overtaken: Slow, catalogue: CatalogueServer
) -> None:
    with pytest.raises(CheckpointError, match="It was moved while the batch was published"), overtaken.session as task:
        task.commit(overtaken.batch, overtaken.published, OpenLineageKafkaHook())
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 2"


def test_a_task_that_is_not_refused_gives_the_last_word_back_at_its_end(
    overtaken: Slow, catalogue: CatalogueServer
) -> None:
    """As one that has read nothing, and has published what was parked."""
    with overtaken.session:
        pass
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 2"
    assert StateStore(KEY).read_history().interrupted


def test_a_task_that_is_refused_at_its_next_batch_gives_the_last_word_back(
    overtaken: Slow, catalogue: CatalogueServer
) -> None:
    batch = overtaken.batch
    ranges = tuple(replace(item, checkpoint=7, start=7, end=99) for item in batch.origin.ranges)
    next_one = batch._replace(origin=replace(batch.origin, ranges=ranges))
    with pytest.raises(CheckpointError, match="Nothing was published"), overtaken.session as task:
        task.publish(next_one)
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 2"


def test_a_task_that_has_published_nothing_has_nothing_to_give_back(
    overtaken: Slow, catalogue: CatalogueServer
) -> None:
    batch = overtaken.batch
    ranges = tuple(replace(item, checkpoint=7, start=7, end=99) for item in batch.origin.ranges)
    with pytest.raises(CheckpointError), session() as task:
        task.publish(batch._replace(origin=replace(batch.origin, ranges=ranges)))
    assert catalogue.edges()[EDGE]["sqlQuery"] == "select 1"
    assert not StateStore(KEY).read_history().interrupted


def test_what_cannot_be_given_back_is_a_warning(
    overtaken: Slow, catalogue: CatalogueServer, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue.fail("*", ".", 401, times=100)
    with overtaken.session:
        pass
    assert "may be overwritten until its jobs run again" in caplog.text
    assert StateStore(KEY).read_history().interrupted


def test_any_other_error_leaves_a_ledger_that_is_not_believed(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(run_event("r1"))
    batch = PlanEnvelope.from_dict(translate(consume()))
    task = session()
    task.publish(batch)
    with pytest.raises(RuntimeError), task:
        raise RuntimeError("killed")
    assert StateStore(KEY).read_history().interrupted


def test_a_ledger_whose_state_was_deleted_is_not_believed(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(run_event("r1"))
    run_steps()
    assert StateStore(KEY).read_history().ledger.facts
    delete_variable(KEY)
    assert not StateStore(KEY).read_history().ledger.facts


@pytest.mark.parametrize("flag", [True, "True", "true"])
def test_a_full_refresh_asks_the_catalogue_again(flag: Any, send: Sender, catalogue: CatalogueServer) -> None:
    send.events(run_event("r1"))
    ingest()
    send.events(run_event("r1"))
    catalogue.reset_requests()
    ingest(full_refresh=flag)
    assert catalogue.writes() == []
    assert catalogue.requests != []


def test_lineage_of_a_table_that_comes_later_appears_in_a_later_run(
    work: Any, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(missing())
    assert work()["parked"] == 1
    ingest_table(catalogue)
    assert work()["parked"] == 0
    assert (SOURCE, NEW) in catalogue.edges()
    catalogue.reset_requests()
    work()
    assert asked(catalogue) == []


def test_parking_that_is_damaged_stops_the_task_and_says_what_to_do(work: Any, send: Sender) -> None:
    from airflow.models.variable import Variable

    Variable.set(f"{KEY}.parked", "damaged")
    send.events(run_event("r1"))
    with pytest.raises(Exception, match=r"does not contain parked lineage.*delete it"):
        work()


# -- the command line --------------------------------------------------------------------------------------------------


def test_what_is_parked_is_listed(send: Sender, capsys: Capture) -> None:
    send.events(missing())
    run_steps()
    code, text = parked(capsys, "list")
    assert code == 0
    assert "unresolved" in text
    assert "stg_new" in text
    _, document = parked(capsys, "list", "--json")
    (item,) = json.loads(document)
    assert item["key"].startswith("edge:")
    assert item["missing"] == [{"namespace": "postgres://localhost:5433", "name": "shop.analytics_stg.stg_new"}]


def test_nothing_parked_is_an_empty_list(capsys: Capture) -> None:
    assert parked(capsys, "list") == (0, "")
    assert parked(capsys) == (0, "")


def test_it_can_be_tried_again_at_once(send: Sender, catalogue: CatalogueServer, capsys: Capture) -> None:
    send.events(missing())
    for _ in range(5):
        run_steps()
    code, text = parked(capsys, "retry", "--all")
    assert (code, json.loads(text)["parked"]) == (1, 1)
    ingest_table(catalogue)
    code, text = parked(capsys, "retry", "--all")
    assert (code, json.loads(text)["parked"]) == (0, 0)
    assert (SOURCE, NEW) in catalogue.edges()
    assert parked(capsys, "list") == (0, "")


def test_it_is_tried_again_with_the_config_of_the_option(
    send: Sender, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    send.events(missing())
    run_steps()
    assert json.loads(parked(capsys, "retry", "--all")[1])["parked"] == 1
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"datasets": {"exclude": ["*.stg_new"]}}), encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__CONFIG", str(file))
    assert json.loads(parked(capsys, "retry", "--all")[1])["parked"] == 0
    assert parked(capsys, "list") == (0, "")


def test_all_of_it_is_tried_again_however_little_one_publication_tries(
    send: Sender, catalogue: CatalogueServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    send.events(missing(), run_event("r2", job="other", outputs=["shop.analytics_stg.stg_new"]))
    run_steps()
    ingest_table(catalogue)
    monkeypatch.setattr("openmetadata_ol_provider.openmetadata.publishing.core.parking.MOST_AT_ONCE", 1)
    code, text = parked(capsys, "retry", "--all")
    assert (code, json.loads(text)["parked"]) == (0, 0)
    assert parked(capsys, "list") == (0, "")


def test_what_is_tried_again_is_in_the_ledger(send: Sender, catalogue: CatalogueServer, capsys: Capture) -> None:
    send.events(missing())
    run_steps()
    ingest_table(catalogue)
    store = StateStore(KEY)
    before = store.read_ledger()
    assert parked(capsys, "retry", "--all")[0] == 0
    after = store.read_ledger()
    assert len(after.edges) == len(before.edges) + 1
    assert (after.begun, after.token, after.days, after.catalogue) == (False, "", before.days, before.catalogue)


def test_it_can_be_dropped(send: Sender, catalogue: CatalogueServer, capsys: Capture) -> None:
    send.events(missing(), run_event("r2", job="other", outputs=["shop.analytics_stg.stg_other"]))
    run_steps()
    keys = [item["key"] for item in json.loads(parked(capsys, "list", "--json")[1])]
    assert parked(capsys, "drop", keys[0]) == (0, "dropped 1, 1 left\n")
    assert run_steps()["parked"] == 1
    assert parked(capsys, "drop", "--all") == (0, "dropped 1, 0 left\n")
    ingest_table(catalogue)
    assert run_steps()["parked"] == 0
    assert catalogue.edges() == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("drop",), "give --all"), (("retry",), "give --all"), (("drop", "edge:0"), "is not parked")],
)
def test_wrong_use_is_reported(arguments: tuple[str, ...], said: str, capsys: Capture) -> None:
    assert main(["parked", *arguments, "--dag-id", DAG_ID, "--topics", TOPIC]) == 2
    assert said in capsys.readouterr().err


def test_the_first_publication_after_an_upgrade_lists_what_only_a_name_has_matched(
    work: Any, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("r1").replace(b":5433", b":5434"))
    assert work(config={"resolution": {"by_name": "always"}})["edges"]["published"] == 1
    # Earlier versions matched by name as "always" does, and their ledgers do not name the rules of matching.
    store = StateStore(KEY)
    store.write_ledger(replace(store.read_ledger(), matching=0))
    told = []
    for number in (2, 3):
        send.events(run_event(f"r{number}", inputs=[], outputs=[]))
        told.append([problem for problem in work()["problems"] if problem["kind"] == "matched_by_name_before"])
    ((first,), second) = told
    assert (first["where"], second) == (" -> ".join(EDGE), [])
    assert '{namespace: "postgres://localhost:5434", service: warehouse}' in first["detail"]
    assert EDGE in catalogue.edges()
