"""Two that publish at once: what one has overwritten of the other's is put back, at the latest the next time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import (
    FAST,
    SEED,
    TOKEN,
    config,
    edge,
    job,
    orders,
    orders_plan,
    pair,
    plan,
    run,
    totals,
)
from tests.openmetadata.histories import KeptHistory

NOW = 1_770_000_000.0
ENDS = ("pg.shop.public.orders", "pg.shop.public.totals")


def edge_plan(name: str, column: str, target: str) -> LineagePlan:
    """Return orders -> totals, as one of several jobs writes it."""
    own = edge(orders(), totals(), pair(orders(), column, target), job=name)
    return plan(own, datasets=(orders(), totals()), jobs=[job(name)])


def task_plan(task: str, *, ran: bool = False) -> LineagePlan:
    """Return one task of a pipeline that has several."""
    own = job(f"etl.{task}", task=task, pipeline="etl")
    return plan(jobs=[job(), own], runs=[run("COMPLETE", task=task)] if ran else ())


class Late(OpenMetadataClient):
    """Reads as everybody does, and holds back its write of one kind until it is told to go on."""

    held = ""

    def __init__(self, url: str, held: str) -> None:
        super().__init__(url, TOKEN, retries=FAST)
        self.held, self.reached, self.go = held, threading.Event(), threading.Event()

    def put(self, path: str, body: Any) -> dict[str, Any]:
        if path.endswith(self.held) and not self.go.is_set():
            self.reached.set()
            assert self.go.wait(20)
        return super().put(path, body)


class Overtaken(OpenMetadataClient):
    """Is overtaken right after its write of one kind."""

    def __init__(self, url: str, kind: str, overtake: Callable[[], None]) -> None:
        super().__init__(url, TOKEN, retries=FAST)
        self.kind, self.overtake = kind, overtake

    def put(self, path: str, body: Any) -> dict[str, Any]:
        answer = super().put(path, body)
        if path.endswith(self.kind):
            self.overtake()
        return answer


@contextmanager
def another(server: CatalogueServer, what: LineagePlan, held: str) -> Iterator[Callable[[], None]]:
    """Let another publish, with what it has read before; yields what makes it write."""
    with Late(server.url, held) as client:
        thread = threading.Thread(target=publish_plan, args=(what, client, config()), kwargs={"now": NOW})
        thread.start()
        assert client.reached.wait(20)

        def write() -> None:
            client.go.set()
            thread.join()

        yield write
        write()


def publish(
    client: OpenMetadataClient, what: LineagePlan, history: KeptHistory | None = None, *, concurrent: bool = True
) -> PublishReport:
    return (history or KeptHistory()).publish(what, client, config(), now=NOW, concurrent=concurrent)


def columns_of(server: CatalogueServer) -> set[str]:
    return {entry["toColumn"].rpartition(".")[2] for entry in server.edges()[ENDS]["columnsLineage"]}


def tasks_of(server: CatalogueServer) -> set[str]:
    [found] = server.entities("pipeline")
    return {task["name"] for task in found["tasks"]}


def task_statuses(server: CatalogueServer) -> set[str]:
    [found] = server.entities("pipeline")
    return {task["name"] for status in server.statuses(found["fullyQualifiedName"]) for task in status["taskStatus"]}


class Case(NamedTuple):
    """What we publish, what another publishes, which write meets the other's, and what has to be there of both."""

    ours: LineagePlan
    others: LineagePlan
    write: str
    seen: Callable[[CatalogueServer], set[str]]
    both: set[str]


OURS = edge_plan("etl", "id", "id")
EDGE = Case(OURS, edge_plan("other", "amount", "total"), "v1/lineage", columns_of, {"id", "total"})
STATUS = Case(task_plan("a", ran=True), task_plan("b", ran=True), "/status", task_statuses, {"a", "b"})
CASES = [
    pytest.param(EDGE, id="columns of an edge"),
    pytest.param(STATUS, id="tasks of a run's status"),
]


@pytest.mark.parametrize("case", CASES)
def test_what_another_overwrote_meanwhile_is_put_back_and_told(server: CatalogueServer, case: Case) -> None:
    with (
        another(server, case.others, case.write) as write,
        Overtaken(server.url, case.write, write) as client,
    ):
        report = publish(client, case.ours)
    assert case.seen(server) == case.both
    assert [problem.kind for problem in report.problems] == ["overwritten"]
    assert report.failed == 0


@pytest.mark.parametrize("case", CASES)
def test_without_a_second_look_it_would_be_lost(server: CatalogueServer, case: Case) -> None:
    with (
        another(server, case.others, case.write) as write,
        Overtaken(server.url, case.write, write) as client,
    ):
        publish(client, case.ours, concurrent=False)
    assert case.seen(server) < case.both


@pytest.mark.parametrize("case", CASES[:1])
def test_what_another_overwrites_even_later_is_put_back_when_it_comes_the_next_time(
    server: CatalogueServer, client: OpenMetadataClient, case: Case
) -> None:
    history = KeptHistory()
    with another(server, case.others, case.write) as write:
        publish(client, case.ours, history)
        write()
    assert case.seen(server) < case.both
    publish(client, case.ours, history)
    assert case.seen(server) == case.both


def test_what_was_found_unchanged_is_trusted_as_ever(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = KeptHistory()
    publish(client, OURS, history)
    server.reset_requests()
    publish(client, OURS, history)
    assert server.calls().keys() == {"GET"}
    server.reset_requests()
    publish(client, OURS, history)
    assert server.requests == []


def test_a_second_look_writes_nothing_where_nothing_was_overwritten(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    full = orders_plan(pair(orders(), "id", "id"), runs=[run("COMPLETE")])
    report = publish(client, full)
    assert report.problems == ()
    with CatalogueServer(SEED, token=TOKEN) as alone, OpenMetadataClient(alone.url, TOKEN, retries=FAST) as other:
        publish(other, full, concurrent=False)
        # Statuses begin with the last edges, so either may be first.
        assert sorted(write.path for write in server.writes()) == sorted(write.path for write in alone.writes())


def test_a_dry_run_takes_no_second_look(client: OpenMetadataClient, server: CatalogueServer) -> None:
    report = publish_plan(OURS, client, config(), dry_run=True, concurrent=True, now=NOW).report
    assert server.writes() == []
    assert "overwritten" not in {problem.kind for problem in report.problems}
