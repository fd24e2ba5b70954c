"""An endpoint that only decorates lineage, and fails for ever, costs its own facts and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec
import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueUnavailableError
from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan, Owner, RunRecord, Tag
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, PG, TOKEN, columns, config, dataset, edge, job
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.people import PEOPLE

MANY = 8
RULES = config(write={"queries": True, "create_tags": True}, parking={"max_days": 7})
TABLES = [dataset(PG, f"shop.many.t{number}") for number in range(MANY + 1)]
SEED: dict[str, Any] = {
    **PEOPLE,
    "tables": [
        *PEOPLE["tables"],
        *({"fqn": f"pg.shop.many.t{number}", "columns": columns("id")} for number in range(MANY + 1)),
    ],
}


class Kind(NamedTuple):
    """A kind of fact, and the endpoint that it needs.

    :param lost: counts of the report in which it is missing
    """

    method: str
    path: str
    lost: str


KINDS = {
    "statuses": Kind("*", r"v1/pipelines/[^/]+/status", "statuses"),
    "usage": Kind("*", "v1/usage/", "usage"),
    "ranks": Kind("POST", "compute.percentile", "usage"),
    "queries": Kind("*", "v1/queries", "queries"),
    "owners": Kind("*", "v1/(users|teams)", "facts"),
    "tags": Kind("*", "v1/(tags|classifications)", "facts"),
    "patches": Kind("PATCH", "v1/(tables|pipelines)", "facts"),
}
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "403": {"status": 403},
    "404": {"status": 404},
    "slow": {"status": None, "delay": 4.5},
}
#: Seconds after which a response is too late. Other requests must be answered within them on a busy machine.
TOO_LATE = 3.0
VERSIONS = ("1.8.0", "1.13.0", "2.0.2")
#: Versions do not differ in slow responses, which take seconds.
CASES = [(version, fault) for fault in FAULTS for version in VERSIONS if fault != "slow" or version == VERSIONS[-1]]
#: What the server, or its absence, means to lookups and reads is no failure.
NO_FAILURE = {("owners", "404")}


def facts(*, new: bool = True) -> LineagePlan:
    """Return a plan that has everything: edges with SQL, runs of today, owners, tags and descriptions.

    :param new: ``True`` if no earlier batch has counted the runs
    """
    today = dt.datetime.now(dt.timezone.utc).date().isoformat()
    jobs, edges, runs, datasets = [], [], [], []
    for number, table in enumerate(TABLES):
        said = dataset(table.namespace, table.name)
        tag = (Tag("gold"),)
        datasets.append(_with(said, description=f"Text {number}.", owners=(Owner(f"user:{_owner(number)}"),), tags=tag))
    for number in range(MANY):
        name = f"job{number}"
        jobs.append(job(name, sql=f"select {number}", tags=(Tag("gold"),), owners=(Owner("user:ada"),)))
        edges.append(edge(TABLES[number], TABLES[number + 1], job=name))
        at = f"{today}T00:{number:02}:00Z"
        id_ = JobId("prod", name)
        runs.append(
            RunRecord(
                f"run{number}", id_, "COMPLETE", id_, f"run{number}", pipeline_started_at=at, started_at=at, new=new
            )
        )
    return LineagePlan(events=MANY, edges=tuple(edges), jobs=tuple(jobs), runs=tuple(runs), datasets=tuple(datasets))


def _with(item: Any, **parts: Any) -> Any:
    return msgspec.structs.replace(item, **parts)


def _owner(number: int) -> str:
    return ("ada", "bob")[number % 2]


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, version=request.param, token=TOKEN) as catalogue:
        yield catalogue


@pytest.fixture
def client(server: CatalogueServer, request: pytest.FixtureRequest) -> Iterator[OpenMetadataClient]:
    timeout = TOO_LATE if "slow" in request.node.name else 20.0
    with OpenMetadataClient(server.url, TOKEN, retries=FAST, timeout=timeout) as connected:
        yield connected


def fail(server: CatalogueServer, kind: Kind, fault: dict[str, Any]) -> None:
    server.fail(kind.method, kind.path, times=100_000, **fault)


def failing_requests(server: CatalogueServer, kind: Kind) -> int:
    return sum(
        1 for request in server.requests if kind.method in ("*", request.method) and re.search(kind.path, request.path)
    )


def lost(report: PublishReport, kind: Kind) -> int:
    return int(getattr(report, kind.lost).failed)


@pytest.mark.promise("A260")
@pytest.mark.parametrize(("server", "fault"), CASES, indirect=["server"])
@pytest.mark.parametrize("name", KINDS)
def test_it_costs_its_own_facts(server: CatalogueServer, client: OpenMetadataClient, name: str, fault: str) -> None:
    kind, history = KINDS[name], KeptHistory()
    fail(server, kind, FAULTS[fault])
    report = history.publish(facts(), client, RULES)
    assert (report.edges.published, report.edges.failed) == (MANY, 0)
    assert len(server.edges()) == MANY
    assert report.pipelines.created == MANY
    assert report.failure_ratio == 0
    others = {each.lost for each in KINDS.values()} - {kind.lost, "usage" if name == "statuses" else kind.lost}
    assert {part: getattr(report, part).failed for part in others} == dict.fromkeys(others, 0)
    if (name, fault) in NO_FAILURE:
        assert any(problem.kind == "unknown_owner" for problem in report.problems)
        return
    assert lost(report, kind) or report.parked
    assert {problem.kind for problem in report.problems} & {"failed", "endpoint_failing"}
    # Nothing of it is written again while it fails, and nothing else is sent twice.
    server.reset_requests()
    second = history.publish(facts(new=False), client, RULES)
    assert second.edges.published == 0
    assert second.failure_ratio == 0
    written = [request for request in server.writes() if request.status < 300 and request.status]
    assert written == [] or fault == "slow"
    # Once it works again, what was parked is made up for.
    server.clear_faults()
    for _ in range(3):
        last = history.publish(facts(new=False), client, RULES, now=history.all_due_at)
    assert last.parked == 0
    assert last.failed == 0
    assert content(server) == undisturbed(repr(server).partition("version='")[2].rstrip("')"))


@cache
def undisturbed(version: str) -> dict[str, Any]:
    """Return the content of a catalogue in which nothing fails."""
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        publish_plan(facts(), client, RULES)
        return content(server)


def content(server: CatalogueServer) -> dict[str, Any]:
    """Return everything that the plan brings, without ids and times."""
    names = {entity["id"]: entity["fullyQualifiedName"] for entity in server.entities("pipeline")}
    return {
        "edges": sorted(server.edges()),
        "statuses": {name: [one["executionStatus"] for one in server.statuses(name)] for name in names.values()},
        "usage": {names[id_]: sorted(counts.values()) for (_, id_), counts in server.store.usage.items()},
        "queries": sorted(query["query"] for query in server.entities("query")),
        "facts": {
            entity["fullyQualifiedName"]: (
                entity.get("description"),
                sorted(owner["name"] for owner in entity.get("owners") or ()),
                sorted(label["tagFQN"] for label in entity.get("tags") or ()),
            )
            for kind in ("table", "pipeline")
            for entity in server.entities(kind)
        },
    }


@pytest.mark.promise("A261")
@pytest.mark.parametrize(
    ("server", "fault"), [case for case in CASES if case[1] in ("500", "slow")], indirect=["server"]
)
@pytest.mark.parametrize("name", ["statuses", "usage", "queries", "owners", "tags"])
def test_it_is_asked_a_few_times(server: CatalogueServer, client: OpenMetadataClient, name: str, fault: str) -> None:
    kind = KINDS[name]
    client.max_connections = 1
    fail(server, kind, FAULTS[fault])
    report = publish_plan(facts(), client, RULES).report
    endpoints = [problem for problem in report.problems if problem.kind == "endpoint_failing"]
    assert endpoints
    assert failing_requests(server, kind) <= 3 * len(endpoints)
    assert any(" not sent: " in problem.detail for problem in endpoints)


def test_a_refused_token_stops_whatever_it_was_for(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("*", "/status", 401, times=1000)
    with pytest.raises(CatalogueAuthError):
        publish_plan(facts(), client, RULES)


@pytest.mark.promise("A262")
@pytest.mark.parametrize("status", [500, 503])
def test_what_was_done_before_the_catalogue_stopped_answering_is_reported_and_recorded(
    server: CatalogueServer, client: OpenMetadataClient, status: int
) -> None:
    client.max_connections = 1
    server.fail("PUT", "v1/lineage$", None, times=2)
    server.fail("PUT", "v1/lineage$", status, times=100_000)
    with pytest.raises(CatalogueUnavailableError) as caught:
        publish_plan(facts(), client, RULES)
    publication = caught.value.publication
    report = publication.report
    assert caught.value.report is report
    assert report.edges.published == len(server.edges()) == 2
    assert report.pipelines.created == MANY
    assert [problem.kind for problem in report.problems].count("stopped") == 1
    assert sum(1 for fact in publication.ledger.edges.values() if fact is not None) == 2
