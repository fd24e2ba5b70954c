"""Events made to do harm go the whole way: logs stay logs, Variables and XCom small, and the next event is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from steps_support import EDGE, Sender, checkpoint, consume, ingest, publish, received, run_event, run_steps, translate

from openmetadata_ol_provider.openlineage.limits import MAX_NAME
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")

FORGED = "ERROR forged line"
ACTIVE = f"a\n{FORGED}\r\x1b[2J\u202e"
PG = "postgres://localhost:5433"


def hostile(run_id: str = "hostile", **more: Any) -> bytes:
    """Return an event whose every name and text would begin a line of its own, or do something to a terminal."""
    event = json.loads(run_event(run_id, "FAIL", job=f"job {ACTIVE}", errorMessage={"message": ACTIVE}))
    event["inputs"] = [{"namespace": f"{PG}{ACTIVE}", "name": f"x.{ACTIVE}", "facets": {"schema": ACTIVE}}]
    event["outputs"] = [{"namespace": ACTIVE}, {"namespace": PG, "name": ACTIVE}]
    return json.dumps(event | more).encode()


def texts_of(value: Any) -> Iterator[str]:
    """Yield all keys and values in a problem, those of its rule included."""
    for key, item in value.items():
        yield key
        yield from texts_of(item) if isinstance(item, dict) else [str(item)]


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_no_event_writes_lines_into_the_log(
    work: Callable[..., Any], send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send.message(hostile())
    send.message(hostile("complete", eventType="COMPLETE"))
    send.message(hostile("refused", run=ACTIVE))
    send.message(hostile("time", eventTime=ACTIVE))
    catalogue.fail("POST", "pipelines", 400, times=1, message=ACTIVE)
    report = work(config={"write": {"max_failure_ratio": 1}})
    assert report["dead_letters"] == 2
    text = logged()
    assert [line for line in text.splitlines() if line.startswith(FORGED)] == []
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert not [problem for problem in report["problems"] if not "".join(texts_of(problem)).isprintable()]


def test_the_catalogue_gets_names_by_its_own_rules(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(hostile())
    ingest()
    [pipeline] = catalogue.entities("pipeline")
    assert pipeline["displayName"] == f"job {ACTIVE}"
    assert pipeline["name"] == f"scheduler:job a%0A{FORGED}%0D%1B[2J\u202e"


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_hostile_events_do_not_hold_up_the_others(
    work: Callable[[], Any], send: Sender, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    nest: Any = {"name": "x"}
    for _ in range(400):
        nest = {"name": "x", "fields": [nest]}
    deep = {"namespace": PG, "name": "deep", "facets": {"schema": {"fields": [nest]}}}
    values = [
        json.dumps(json.loads(run_event("deep")) | {"outputs": [deep]}).encode(),
        run_event("nul", inputs=["a\x00b"], outputs=["c\x00d"]),
        run_event("n" * (MAX_NAME + 1)),
        run_event("long", inputs=["n" * (MAX_NAME + 1)], outputs=["a" * MAX_NAME]),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        run_event("good"),
    ]
    for value in values:
        send.message(value)
    report = work()
    assert EDGE in catalogue.edges()
    assert report["dead_letters"] == 3
    assert checkpoint()[0] == len(values)
    reasons = [
        dict(letter.headers())["openlineage.dead_letter.reason"] for letter in received(broker.bootstrap, LETTERS)
    ]
    assert [max(map(len, reasons)) <= 500, len(reasons)] == [True, 3]
    assert {"unfit_name", "too_deep"} <= {problem["kind"] for problem in report["problems"]}
    # Databases refuse texts with it.
    assert "\\u0000" not in json.dumps(report)


LETTERS = "openlineage.events.dead-letter"


@pytest.mark.exhaustive
def test_one_event_does_not_blow_up_xcom_or_variables(send: Sender) -> None:
    fields = [{"name": f"column{number}", "type": "varchar", "description": "words " * 20} for number in range(200)]
    sides = [
        [
            {"namespace": PG, "name": f"no.{side}.t{number}", "facets": {"schema": {"fields": fields}}}
            for number in range(60)
        ]
        for side in ("s", "t")
    ]
    event = json.loads(run_event("wide", inputs=(), outputs=())) | {"inputs": sides[0], "outputs": sides[1]}
    event["job"]["facets"] = {"sql": {"query": "select " + "x, " * 60_000}}
    value = json.dumps(event).encode()
    send.message(value)
    batch = consume()
    plan = translate(batch)
    report = publish(plan)
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        sizes = {item.key.rpartition(".")[2]: len(item.val or "") for item in session.query(Variable)}
    assert report["datasets"]["unresolved"] == 120
    assert len(json.dumps(batch)) < len(value) / 4
    assert len(json.dumps(plan)) < 4 * len(value)
    assert len(json.dumps(report)) < 2_000_000
    assert max(sizes.values()) < 10_000_000, sizes
