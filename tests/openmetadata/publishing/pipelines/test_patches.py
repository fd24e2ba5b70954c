"""Pipelines that exist are patched: what stewards set stays, and whoever is slower decides again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Job
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.document import Document
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, config, job, plan
from tests.openmetadata.people import TAGGED, catalogue, label, stored

VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "1.13.0", "2.0.2", "2.1.0"])
ETL = "openlineage.prod:etl"
URL = f"v1/pipelines/name/{ETL}"


def seed(version: str) -> dict[str, Any]:
    """Return a catalogue with a domain and a data product."""
    own = {"domain": "sales"} if version == "1.8.0" else {"domains": ["sales"]}
    return {
        **TAGGED,
        "domains": [{"name": "sales", "domainType": "Aggregate", "description": "d"}],
        "dataProducts": [{"name": "orders", "description": "d", **own}],
    }


def task(name: str, **facts: Any) -> Job:
    return job(f"etl.{name}", task=name, pipeline="etl", **facts)


def publish(client: OpenMetadataClient, *jobs: Job, **write: Any) -> PublishReport:
    return publish_plan(plan(jobs=[job(), *jobs]), client, config(write=write)).report


def task_names(server: CatalogueServer) -> list[str]:
    return [item["name"] for item in stored(server, "pipeline", ETL)["tasks"]]


def patches(server: CatalogueServer) -> list[list[dict[str, Any]]]:
    """Return the operations of each patch."""
    return [sent.json() for sent in server.bodies if sent.method == "PATCH"]


def pipeline_writes(server: CatalogueServer) -> list[str]:
    return [request.method for request in server.writes() if "/pipelines" in request.path]


class Overtaken(OpenMetadataClient):
    """Is overtaken right before its writes of one kind to pipelines."""

    def __init__(self, url: str, method: str, overtake: Callable[[], object], times: int = 1) -> None:
        super().__init__(url, TOKEN, retries=FAST)
        self.method, self.overtake, self.times = method, overtake, times

    def request(self, method: str, path: str, **options: Any) -> Document | None:
        if method == self.method and path.startswith("v1/pipelines") and self.times:
            self.times -= 1
            self.overtake()
        return super().request(method, path, **options)


@contextmanager
def overtaken(
    server: CatalogueServer, method: str, overtake: Callable[[], object], times: int = 1
) -> Iterator[OpenMetadataClient]:
    with Overtaken(server.url, method, overtake, times) as client:
        yield client


@pytest.mark.promise("C80")
@VERSIONS
def test_what_stewards_set_survives_ten_runs_that_add_tasks(version: str) -> None:
    with catalogue(seed(version), version=version) as (server, client):
        publish(client, task("first"))
        ada, sales, orders = (
            stored(server, type_, fqn)["id"]
            for type_, fqn in (("user", "ada"), ("domain", "sales"), ("dataProduct", "orders"))
        )
        domain = {"id": sales, "type": "domain"}
        by_hand = {
            "displayName": "By hand",
            "description": "By hand too",
            "owners": [{"id": ada, "type": "user"}],
            "tags": [label("Tier.Gold")],
            "extension": {"cost": "7"},
            "dataProducts": [{"id": orders, "type": "dataProduct"}],
            "certification": {"tagLabel": label("Tier.Gold"), "appliedDate": 1, "expiryDate": 2},
            **({"domain": domain} if version == "1.8.0" else {"domains": [domain], "entityStatus": "Approved"}),
        }
        client.patch(URL, [{"op": "add", "path": f"/{key}", "value": value} for key, value in by_hand.items()])
        client.patch(URL, [{"op": "add", "path": "/tasks/0/tags", "value": [label("PII.Sensitive")]}])
        before = stored(server, "pipeline", ETL)
        server.reset_requests()
        for number in range(10):
            tasks = [task("first"), *(task(f"t{n}", sql=f"SELECT {number}") for n in range(number + 1))]
            assert publish(client, *tasks).pipelines.updated == 1
            assert publish(client, *tasks).pipelines.unchanged == 1
        after = stored(server, "pipeline", ETL)
        assert {key: after[key] for key in by_hand} == {key: before[key] for key in by_hand}
        assert after["tasks"][0]["tags"] == [label("PII.Sensitive")]
        assert [item["name"] for item in after["tasks"]] == ["first", *(f"t{n}" for n in range(10))]
        assert pipeline_writes(server) == ["PATCH"] * 10


@pytest.mark.promise("C80")
@VERSIONS
def test_a_domain_that_is_inherited_from_the_service_stays_inherited(version: str) -> None:
    with catalogue(seed(version), version=version) as (server, client):
        publish(client, task("first"))
        domain = {"id": stored(server, "domain", "sales")["id"], "type": "domain"}
        ada = {"id": stored(server, "user", "ada")["id"], "type": "user"}
        of_service = {"domain": domain} if version == "1.8.0" else {"domains": [domain]}
        service = "v1/services/pipelineServices/name/openlineage"
        operations = [{"op": "add", "path": f"/{key}", "value": value} for key, value in of_service.items()]
        client.patch(service, [*operations, {"op": "add", "path": "/owners", "value": [ada]}])
        for number in range(3):
            assert publish(client, task("first"), task(f"t{number}")).pipelines.updated == 1
        found = stored(server, "pipeline", ETL)
        assert {"domain", "domains", "owners"}.isdisjoint(found)
        assert len(found["tasks"]) == 4


@pytest.mark.promise("C81")
@VERSIONS
def test_a_change_between_read_and_patch_survives_and_ours_follows(version: str) -> None:
    with catalogue(version=version) as (server, client):
        publish(client, task("a"))

        def by_steward() -> None:
            client.patch(URL, [{"op": "add", "path": "/displayName", "value": "By hand"}])

        with overtaken(server, "PATCH", by_steward) as ours:
            report = publish(ours, task("a"), task("b"))
        assert (report.pipelines.updated, report.problems) == (1, ())
        assert (stored(server, "pipeline", ETL)["displayName"], task_names(server)) == ("By hand", ["a", "b"])


@pytest.mark.promise("C81")
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_two_that_write_at_once_add_each_task_once(method: str) -> None:
    with catalogue() as (server, client):
        if method == "PATCH":
            publish(client, task("first"))

        def the_other() -> None:
            publish(client, task("a"), task("b"))

        with overtaken(server, method, the_other) as ours:
            report = publish(ours, task("b"), task("c"))
        assert (report.pipelines.updated, report.problems) == (1, ())
        assert sorted(task_names(server)) == sorted([*(["first"] if method == "PATCH" else []), "a", "b", "c"])


def test_without_etags_the_version_guards() -> None:
    with catalogue() as (server, client):
        publish(client, task("a"))
        server.reset_requests()
        with NoTags(server.url, TOKEN, retries=FAST) as plain:
            publish(plain, task("a"), task("b"))
        [patch] = patches(server)
        assert [(one["op"], one["path"]) for one in patch[:2]] == [("test", "/version"), ("test", "/updatedAt")]


class NoTags(OpenMetadataClient):
    """Sees no ETags, as behind a proxy that removes them."""

    def request(self, method: str, path: str, **options: Any) -> Document | None:
        body = super().request(method, path, **options)
        return None if body is None else Document(body)


class StrangeTags(OpenMetadataClient):
    """Sees ETags that a proxy has altered."""

    def request(self, method: str, path: str, **options: Any) -> Document | None:
        body = super().request(method, path, **options)
        return None if body is None else Document(body, '"altered"')


def test_etags_that_never_match_are_not_relied_on() -> None:
    with catalogue() as (server, client):
        publish(client, task("a"))
        with StrangeTags(server.url, TOKEN, retries=FAST) as strange:
            assert publish(strange, task("a"), task("b")).pipelines.updated == 1
        assert task_names(server) == ["a", "b"]


@pytest.mark.parametrize("status", [400, 409, 412, 500])
def test_a_patch_that_is_always_refused_is_parked_after_three_attempts_and_stops_nothing(status: int) -> None:
    many = [job(f"p{number}") for number in range(8)]
    with catalogue() as (server, client):
        publish_plan(plan(jobs=many), client, config())
        server.reset_requests()
        server.fail("PATCH", "v1/pipelines", status, times=1000, message="no")
        changed = [job(f"p{number}", source_url=f"https://ci/{number}") for number in range(8)]
        publication = publish_plan(plan(jobs=[*changed, job("new")]), client, config())
        report = publication.report
        assert (report.pipelines.failed, report.pipelines.created) == (8, 1)
        assert server.calls()["PATCH"] == 24
        assert report.parked == 8
        assert {problem.kind for problem in report.problems} == {"failed"}
        assert "(tried 3 times)" in report.problems[0].detail


def test_a_deleted_pipeline_comes_back_with_what_people_wrote_about_it() -> None:
    with catalogue() as (server, client):
        publish(client, task("a"))
        client.patch(URL, [{"op": "add", "path": "/displayName", "value": "By hand"}])
        client.delete(URL)
        server.reset_requests()
        assert publish(client, task("b")).pipelines.updated == 1
        found = stored(server, "pipeline", ETL)
        assert (found["deleted"], found["displayName"], task_names(server)) == (False, "By hand", ["a", "b"])


def test_a_patch_holds_only_what_changes() -> None:
    with catalogue() as (server, client):
        publish(client, task("a", sql="SELECT 1", description="one"))
        server.reset_requests()
        publish(client, task("a", sql="SELECT 2", description="two"))
        [patch] = patches(server)
        assert [one["path"] for one in patch] == ["/sourceHash", "/tasks/0/taskSQL"]
        assert patch[1]["value"] == "SELECT 2"
        server.reset_requests()
        publish(client, task("a", sql="SELECT 2", description="two"), descriptions="always")
        [patch] = patches(server)
        assert [(one["path"], one["value"]) for one in patch] == [("/tasks/0/description", "two")]


@pytest.mark.promise("C84")
@VERSIONS
def test_descriptions_that_the_server_has_encoded_are_set_as_they_were_written(version: str) -> None:
    text = 'Bob\'s `orders` = "new" & <old> @ home + more'
    encoded = "Bob&#39;s &#96;orders&#96; &#61; &#34;new&#34; &amp; &lt;old&gt; &#64; home &#43; more"
    with catalogue(version=version) as (server, client):
        full = (job(description=text), task("a", description=text))
        publish_plan(plan(jobs=full), client, config())
        client.patch(URL, [{"op": "add", "path": f"{at}/description", "value": encoded} for at in ("", "/tasks/0")])
        assert publish_plan(plan(jobs=full), client, config()).report.pipelines.updated == 1
        found = stored(server, "pipeline", ETL)
        assert (found["description"], found["tasks"][0]["description"]) == (text, text)
        server.reset_requests()
        assert publish_plan(plan(jobs=full), client, config()).report.pipelines.unchanged == 1
        assert server.writes() == []
