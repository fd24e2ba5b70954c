"""Airflow Variables as commit dfe4ef9 wrote them: they are read, and what follows is what follows without a break."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from openmetadata_ol_provider.cli import main
from tests.operators.steps_support import consume, holding, publish, run_event, translate
from tests.support import captured
from tests.surface.internals import load_config
from tests.surface.pins import assert_covers, assert_pinned
from tests.surface.scenario import (
    CONFIG,
    DAG_ID,
    NEW,
    TOPIC,
    World,
    call,
    first_half,
    narrower,
    on_day,
    read_variables,
    runs,
    second_half,
    work,
    world,
    write_variables,
)
from tests.surface.segments import counts, ledger_texts, parked, remembered, without_segments
from tests.surface.stored import addressed, digest, due, golden, in_order, kept, packed, unpacked, variables, without

RULES: dict[str, Any] = load_config(CONFIG).model_dump(mode="json")
# Facets, views and times that dfe4ef9 did not read, so that its state has none.
NEWLY_READ = (
    *("airflowState", "environment-properties", "environment_properties", "catalog", "storage", "dbt_exposures"),
    *("subset", "hierarchy", "checkpoints", "views", "writes", "writers", "readers"),
)
COUNTED = ("edges", "datasets", "pipelines", "statuses", "facts", "queries", "stubs", "stale", "parked", "namespaces")


def of_old_plans(held: Any) -> Any:
    """Return what a catalogue holds without what plans of earlier versions did not say of runs."""
    statuses = {
        fqn: [{key: status[key] for key in status if key not in {"parameters", "version"}} for status in listed]
        for fqn, listed in held.statuses.items()
    }
    return held._replace(statuses=statuses)


def believed(texts: Mapping[str, str], here: World) -> dict[str, str]:
    """Return the Variables of a situation, the ledger being for this catalogue, and all that is parked due."""
    entities = {
        entity["fullyQualifiedName"]: f"{kind}:{entity['id']}"
        for kind in ("container", "pipeline", "table", "topic")
        for entity in here.catalogue.entities(kind)
    }
    ledger = addressed(texts[".ledger"], here.catalogue.url, RULES, entities)
    waiting = {".parked": due(texts[".parked"])} if ".parked" in texts else {}
    return {**texts, **waiting, ".ledger": ledger}


# -- checkpoint, runs and what was learnt from them --------------------------------------------------------------------


def test_the_golden_state_has_something_of_everything() -> None:
    document = json.loads(variables("continuing")[""])
    assert_pinned("keys of the state", document, {"checkpoint", "runs", "updated_at", "version"})
    assert document["version"] == 1
    state = unpacked(document["runs"])
    assert_pinned("keys of the runs kept", state, {"aliases", "anchors", "bridges", "declared", "latest_at", "runs"})
    assert {run.get("state", "OTHER") for run in state["runs"].values()} == {"COMPLETE", "FAIL", "START"}
    assert all(state[part] for part in ("aliases", "anchors", "bridges", "declared"))


def test_what_is_written_today_has_all_that_was_written(here: World) -> None:
    here.send.events(*first_half())
    work()
    found, before = read_variables(), variables("continuing")
    assert_pinned("Variables", without_segments(found), {*before, ".receipts"})
    mine, theirs = json.loads(found[""]), json.loads(before[""])
    assert_covers("the state", without(mine, "updated_at", "version"), without(theirs, "runs", "updated_at", "version"))
    assert (mine["version"], theirs["version"]) == (3, 1)
    assert_covers("the runs kept", kept(remembered(found)), kept(theirs["runs"]))
    # Texts for people may change.
    aside = ("first_seen", "next_try", "detail")
    head = json.loads(found[".parked"])
    assert_pinned("keys of the parking lot's head", set(head) - {"retired"}, {"items", "version", "writes"})
    assert head["version"] == 2
    assert_covers("parking", without(parked(found), *aside), without(unpacked(before[".parked"]), *aside))


def test_a_state_goes_on_as_if_there_had_been_no_break(airflow_db: Any) -> None:
    with world() as here:
        here.send.events(*first_half())
        work()
        here.send.events(*second_half())
        expected = (*work(), holding(here.catalogue), read_variables())
    with world() as here:
        here.send.events(*first_half())
        publish(golden("plan"), config=CONFIG)
        write_variables(believed(variables("continuing"), here))
        here.send.events(*second_half())
        found = (*work(), holding(here.catalogue), read_variables())
    write_variables({})
    (batch, plan, report, held, left), (batch_f, plan_f, report_f, held_f, left_f) = found, expected
    assert batch["origin"] == batch_f["origin"]
    assert batch["count"] == len(second_half())
    # The first half has said it, but not with the golden plan: dfe4ef9 left it out in silence.
    said = [problem for problem in plan["problems"] if problem not in plan_f["problems"]]
    assert [problem["kind"] for problem in said] == ["assumed_subquery"]
    plan = {**plan, "problems": plan_f["problems"]}
    assert in_order(without(plan, "state")) == in_order(without(plan_f, "state"))
    assert without(kept(remembered(left)), *NEWLY_READ) == without(kept(remembered(left_f)), *NEWLY_READ)
    assert {name: report[name] for name in COUNTED} == {name: report_f[name] for name in COUNTED}
    assert of_old_plans(held) == of_old_plans(held_f)
    assert without_segments(left) == without_segments(left_f)
    # Lineage through what only the golden state knows: a temporary dataset.
    (edge,) = (edge for edge in plan["edges"] if edge["job"]["name"] == "memory.load")
    assert edge["source"]["name"] == "shop.public.customers"


def test_runs_that_were_counted_are_counted_on(here: World) -> None:
    today = dt.datetime.now(dt.timezone.utc).date().isoformat()
    document = json.loads(variables("counted")[""])
    ((fqn, day, count),) = unpacked(document["usage"])
    assert (fqn, day, count) == ('openlineage."scheduler:nightly.counted"', "2026-11-29", 2)
    here.send.events(*(on_day(today, run_event(name, job="nightly.counted")) for name in ("one", "two", "three")))
    # As if it had been written today: only the last days are remembered.
    write_variables({"": json.dumps({**document, "usage": packed([[fqn, today, 7]])})})
    work()
    sent = [json.loads(body.content) for body in here.catalogue.bodies if "/usage/pipeline/" in body.path]
    assert sent == [{"date": today, "count": 8}]
    assert counts(read_variables()) == [[fqn, today, 8]]


# -- ledger ------------------------------------------------------------------------------------------------------------


def test_the_golden_ledger_is_for_a_catalogue_and_a_configuration() -> None:
    document = golden("variables-published")
    ledger = unpacked(document["variables"][".ledger"])
    keys = {"begun", "catalogue", "config", "edges", "ended", "facts", "token"}
    assert_pinned("keys of the ledger", ledger, keys)
    assert ledger["catalogue"] == digest(f"{document['catalogue']}/api")
    assert {len(fact) for fact in ledger["facts"].values()} == {3}
    assert {len(edge) for edge in ledger["edges"].values()} == {8}


def test_a_ledger_is_believed(here: World) -> None:
    events = captured("dbt-postgres")
    here.send.events(*events)
    write_variables(believed(variables("published"), here))
    here.send.events(*events)
    batch, plan, report = work()
    assert batch["count"] == len(events)
    assert len(plan["edges"]) == report["edges"]["unchanged"] == 9
    # Nothing is asked: this catalogue does not even hold what the ledger says was published.
    assert here.catalogue.requests == []
    stored = read_variables()
    head, entries = json.loads(stored[".ledger"]), {key for text in ledger_texts(stored) for key in unpacked(text)}
    assert head["version"] == 2
    assert_pinned("keys of the ledger's head", set(head) - {"retired"}, {
        "catalogue", "config", "entries", "matching", "version", "writes",
    })  # fmt: skip
    # Where nothing has changed, the text of the earlier version is still that of the entries.
    assert entries >= {"edges", "ended", "facts"}


def test_a_ledger_of_another_catalogue_is_not_believed(here: World) -> None:
    events = captured("dbt-postgres")
    here.send.events(*events)
    write_variables(variables("published"))
    here.send.events(*events)
    _, _, report = work()
    assert report["edges"]["published"] == 9


def test_a_ledger_knows_what_a_job_no_longer_produces(here: World) -> None:
    ledger = unpacked(variables("vanishing")[".ledger"])
    assert sorted(edge[7] for edge in ledger["edges"].values()) == [0, 4]
    here.send.events(narrower(0))
    work()
    assert len(here.catalogue.edges()) == 2
    texts = believed({**read_variables(), ".ledger": variables("vanishing")[".ledger"]}, here)
    write_variables(texts)
    here.send.events(narrower(5))
    config = {**CONFIG, "write": {**CONFIG["write"], "stale_edges": "remove"}}
    report = publish(translate(consume(), config=config), config=config)
    assert report["stale"] == {"removed": 1, "kept": 0, "failed": 0}
    assert set(here.catalogue.edges()) == {
        ("warehouse.shop.public.customers", "warehouse.shop.analytics_stg.stg_customers")
    }


# -- parking -----------------------------------------------------------------------------------------------------------

PARKED = {
    "dataset": "dataset",
    "edge": "edges",
    "node": "one_sided",
    "pipeline": "edges",
    "run": "runs",
    "usage": "runs",
}


def test_the_golden_parking_has_something_of_every_kind() -> None:
    items = unpacked(variables("parked")[".parked"])
    assert_pinned("kinds of what is parked", {key.partition(":")[0] for key in items}, set(PARKED))
    assert all(key == item["key"] for key, item in items.items())


def test_what_is_parked_is_tried_again(here: World) -> None:
    write_variables({".parked": due(variables("parked")[".parked"])})
    schema, _, name = f"warehouse.{NEW}".rpartition(".")
    call(here, "PUT", "tables", {"name": name, "databaseSchema": schema, "columns": []})
    _, _, report = work()
    assert (report["events"], report["parked"], report["edges"]["failed"]) == (0, 0, 0)
    assert parked(read_variables()) == {}
    customers = "warehouse.shop.public.customers"
    assert set(here.catalogue.edges()) == {
        (customers, 'openlineage."scheduler:park.reads"'),
        (customers, "warehouse.shop.analytics_marts.big_orders"),
        (customers, "warehouse.shop.analytics_marts.customer_revenue"),
        (customers, "warehouse.shop.analytics_stg.stg_new"),
        (customers, "warehouse.shop.analytics_stg.stg_orders"),
        (customers, "warehouse.shop.snapshots.customers_snapshot"),
    }
    tables = {table["fullyQualifiedName"]: table for table in here.catalogue.entities("table")}
    assert tables["warehouse.shop.analytics_stg.stg_orders"]["description"] == "Staged orders."
    for job in ("described", "second"):
        (status,) = here.catalogue.statuses(f'openlineage."scheduler:park.{job}"')
        assert status["executionStatus"] == "Successful"


def test_what_is_parked_is_listed(here: World, capsys: Any) -> None:
    write_variables({".parked": variables("parked")[".parked"]})
    assert main(["parked", "list", "--json", "--dag-id", DAG_ID, "--topics", TOPIC]) == 0
    listed = {item["key"]: item for item in json.loads(capsys.readouterr().out)}
    assert_covers("what is listed", listed, unpacked(variables("parked")[".parked"]))


# -- lanes -------------------------------------------------------------------------------------------------------------


def test_a_lane_takes_over_what_one_task_left(here: World) -> None:
    texts = variables("lanes")
    assert json.loads(texts[".lanes"]) == {"first": 0, "counts": [1, 2]}
    before = json.loads(texts[""])
    own = json.loads(texts[".lane-0-of-2"])
    assert (before["generation"], own["generation"]) == (0, 1)
    # Which partitions are whose is stored with the checkpoint, so it may never change.
    assert [own["checkpoint"], before["checkpoint"]] == [{TOPIC: {"1": 2}}, {TOPIC: {"0": 2, "1": 2, "2": 4}}]
    here.send.events(*runs("START", 1))
    write_variables(texts)
    here.send.events(*runs("COMPLETE", 2))
    for lane, count in ((1, 6), (0, 2)):
        batch, _, report = work(lane=lane, lanes=2)
        assert (batch["count"], report["edges"]["published"] + report["edges"]["unchanged"]) == (count, 1)
    left = read_variables()
    assert json.loads(left[".lanes"]) == {"first": 1, "counts": [2]}
    assert (left[""], left[".ledger"]) == ("", "")
    checkpoints = [json.loads(left[f".lane-{lane}-of-2"])["checkpoint"][TOPIC] for lane in (0, 1)]
    assert checkpoints == [{"1": 4}, {"0": 4, "2": 8}]
    # START was only in the golden state; COMPLETE ended the runs.
    states = [remembered(left, f".lane-{lane}-of-2") for lane in (0, 1)]
    ended = {run["run_id"]: run for state in states for run in state["runs"].values() if run.get("ended_at")}
    assert {f"run-{number}" for number in range(8)} == set(ended)
    assert all(run["started_at"] < run["ended_at"] for run in ended.values())
