"""Descriptions, owners and tags land by policy, once, and nothing that others wrote is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError
from openmetadata_ol_provider.lineage.plan import Dataset, Field, Tag
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import (
    EventMetadata,
    dataset_targets,
    pipeline_target,
)
from openmetadata_ol_provider.openmetadata.publishing.metadata.writer import MetadataWriter
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import group_jobs
from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelineWriter
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import KAFKA, PG, config, dataset, job, orders, plan, totals
from tests.openmetadata.people import (
    ORDERS,
    TAGGED,
    TOTALS,
    Published,
    catalogue,
    column,
    label,
    owner_names,
    owners,
    publish,
    resolved,
    stored,
    tag_names,
    tags,
)

VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
FIELDS = (Field("id", description="the key"), Field("customer", description="who bought"), Field("amount"))


@pytest.fixture
def served() -> Iterator[tuple[CatalogueServer, OpenMetadataClient]]:
    with catalogue() as found:
        yield found


def said(base: Dataset | None = None, **facts: Any) -> Dataset:
    """Return what events say of the table of orders."""
    return msgspec.structs.replace(base or orders(), **facts)


def full() -> Dataset:
    """Return a dataset with all facts."""
    return said(
        description="All orders",
        owners=owners("ada", "bob@corp.com"),
        tags=(*tags("gold"), *tags("team=data", field="ID"), *tags("gold", field="Customer")),
        fields=FIELDS,
    )


@VERSIONS
def test_all_facts_land_in_one_patch_and_nothing_is_written_the_second_time(version: str) -> None:
    with catalogue(version=version) as (server, client):
        assert (first := publish(client, full())).written == [True]
        assert first.problems == []
        assert [write.method for write in server.writes()] == ["PATCH"]
        table = stored(server, "table", ORDERS)
        assert (table["description"], owner_names(table), tag_names(table)) == (
            "All orders",
            ["ada", "bob"],
            ["OpenLineage.gold"],
        )
        assert column(server, "id")["description"] == "the key"
        assert column(server, "Customer")["description"] == "who bought"
        assert tag_names(column(server, "id")) == ["OpenLineage.team:data"]
        assert tag_names(column(server, "Customer")) == ["OpenLineage.gold"]
        assert "description" not in column(server, "amount")
        server.reset_requests()
        assert publish(client, full()).written == [False]
        assert server.writes() == []


@VERSIONS
def test_what_stewards_wrote_survives_ten_publications(version: str) -> None:
    with catalogue(version=version) as (server, client):
        bob = stored(server, "user", "bob")
        table = stored(server, "table", ORDERS)
        client.patch(
            f"v1/tables/{table['id']}",
            [
                {"op": "add", "path": "/description", "value": "By hand"},
                {"op": "add", "path": "/owners", "value": [{"id": bob["id"], "type": "user"}]},
                {"op": "add", "path": "/tags", "value": [label("Tier.Gold")]},
                {"op": "add", "path": "/columns/0/description", "value": "By hand too"},
                {"op": "add", "path": "/columns/0/tags", "value": [label("PII.Sensitive")]},
            ],
        )
        before = stored(server, "table", ORDERS)
        for number in range(10):
            about = said(
                full(),
                description=f"Version {number}",
                owners=owners("ada"),
                tags=(*tags("gold" if number % 2 else "team=data"), *tags("gold", field="id")),
            )
            publish(client, about, create_tags=True)
        after = stored(server, "table", ORDERS)
        assert (after["description"], after["owners"]) == ("By hand", before["owners"])
        assert after["tags"][0] == before["tags"][0] == label("Tier.Gold")
        assert tag_names(after) == ["Tier.Gold", "OpenLineage.gold"]
        assert column(server, "id")["description"] == "By hand too"
        assert column(server, "id")["tags"][0] == label("PII.Sensitive")
        assert tag_names(column(server, "id")) == ["PII.Sensitive", "OpenLineage.gold"]


@VERSIONS
def test_always_replaces_descriptions_and_owners_but_no_label_of_others(version: str) -> None:
    with catalogue(version=version) as (server, client):
        always = {"descriptions": "always", "owners": "always", "tags": "always"}
        publish(client, said(full(), description="old", owners=owners("finance"), tags=tags("PII=None", "team=data")))
        publish(client, said(full(), tags=tags("PII=None", "team=data")), **always)
        about = said(full(), tags=(*tags("PII.Sensitive"), *tags("gold", field="id")))
        assert publish(client, about, **always).written == [True]
        table = stored(server, "table", ORDERS)
        assert (table["description"], owner_names(table)) == ("All orders", ["ada", "bob"])
        assert tag_names(table) == ["PII.None", "PII.Sensitive"]
        server.reset_requests()
        assert publish(client, about, **always).written == [False]
        assert server.writes() == []


def test_never_writes_and_asks_nothing(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    targets, _ = dataset_targets([full()], resolved(client, [full()]))
    assert len(targets) == 1
    server.reset_requests()
    result = publish(client, full(), descriptions="never", owners="never", tags="never")
    assert (result.written, result.problems, server.writes()) == ([False], [], [])
    assert [one.path for one in server.requests if "users" in one.path or "/tags" in one.path] == []


def test_fields_that_are_not_empty_cost_no_lookup(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    publish(client, full())
    server.reset_requests()
    publish(client, full(), tags="if_empty")
    assert [one.path for one in server.requests if "users" in one.path or "/tags" in one.path] == []


def test_if_empty_sets_tags_only_where_there_is_none_of_anybody(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    place = f"v1/tables/{stored(server, 'table', ORDERS)['id']}"
    client.patch(place, [{"op": "add", "path": "/columns/0/tags", "value": [label("PII.None")]}])
    about = said(tags=(*tags("PII.Sensitive", "gold"), *tags("gold", field="id"), *tags("gold", field="amount")))
    publish(client, about, tags="if_empty")
    assert tag_names(stored(server, "table", ORDERS)) == ["PII.Sensitive", "OpenLineage.gold"]
    assert tag_names(column(server, "id")) == ["PII.None"]
    assert tag_names(column(server, "amount")) == ["OpenLineage.gold"]
    publish(client, said(tags=tags("team=data")), tags="if_empty")
    assert tag_names(stored(server, "table", ORDERS)) == ["PII.Sensitive", "OpenLineage.gold"]


def test_tags_that_events_no_longer_name_go_and_none_go_when_they_name_no_tags(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    publish(client, said(tags=(*tags("gold"), *tags("gold", field="id"))))
    publish(client, said(description="no tags facet"))
    assert tag_names(stored(server, "table", ORDERS)) == ["OpenLineage.gold"]
    publish(client, said(tags=tags("team=data")))
    assert tag_names(stored(server, "table", ORDERS)) == ["OpenLineage.team:data"]
    assert tag_names(column(server, "id")) == []


def stub(**facts: Any) -> dict[str, Any]:
    """Return a catalogue in which the table of orders is one of our stubs."""
    table = {"fqn": ORDERS, "columns": [{"name": "id", "dataType": "STRING"}], **facts}
    return {**TAGGED, "tables": [{**table, "sourceHash": "openmetadata-ol-provider", "description": "made up"}]}


def test_if_ours_replaces_in_a_stub_until_somebody_has_changed_it() -> None:
    ours = {"descriptions": "if_ours", "owners": "if_ours"}
    with catalogue(stub(owners=["user:ada"])) as (server, client):
        publish(client, said(description="first", owners=owners("bob")), **ours)
        table = stored(server, "table", ORDERS)
        assert (table["description"], owner_names(table)) == ("first", ["bob"])
        publish(client, said(description="second", owners=owners("ada")), **ours)
        assert (stored(server, "table", ORDERS)["description"]) == "first"


def test_if_ours_fills_what_is_empty_and_leaves_what_others_made(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    ours = {"descriptions": "if_ours", "owners": "if_ours"}
    publish(client, said(description="first", owners=owners("ada")), **ours)
    publish(client, said(description="second", owners=owners("bob")), **ours)
    table = stored(server, "table", ORDERS)
    assert (table["description"], owner_names(table)) == ("first", ["ada"])


# -- what is told ----------------------------------------------------------------------------------------------------


def test_unknown_owners_tags_and_columns_are_reported_once_and_the_rest_is_written(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    facts = {"description": "d", "owners": owners("nobody, ada"), "tags": tags("new")}
    columns = (*tags("gold", field="none"), *tags("gold", field="id"))
    both = said(**{**facts, "tags": (*tags("new"), *columns)}), said(totals(), **facts)
    result = publish(client, *both)
    assert result.written == [True, True]
    assert result.kinds == ["unknown_column", "unknown_owner", "unknown_tag"]
    assert result.detail("unknown_owner").startswith("owner nobody: OpenMetadata has no user or team")
    assert result.detail("unknown_tag").startswith("tags: not in OpenMetadata, left out: new;")
    assert result.detail("unknown_column").startswith(f"table {ORDERS}: it has no column 'none';")
    for fqn in (ORDERS, TOTALS):
        table = stored(server, "table", fqn)
        assert (table["description"], owner_names(table), tag_names(table)) == ("d", ["ada"], [])
    assert tag_names(column(server, "id")) == ["OpenLineage.gold"]
    server.reset_requests()
    assert publish(client, *both).written == [False, False]
    assert server.writes() == []


def test_tags_of_a_steward_are_set_by_events_only_with_always(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    result = publish(client, said(tags=tags("PII=Sensitive")))
    assert (result.written, result.kinds) == ([False], ["foreign_tag"])
    assert publish(client, said(tags=tags("PII=Sensitive")), tags="always").problems == []
    assert tag_names(stored(server, "table", ORDERS)) == ["PII.Sensitive"]


def test_missing_tags_are_created_when_asked_and_labels_say_that_a_machine_set_them(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    publish(client, said(tags=tags("shop=shop")), create_tags=True)
    [found] = stored(server, "table", ORDERS)["tags"]
    assert found == {
        "tagFQN": "OpenLineage.shop",
        "source": "Classification",
        "labelType": "Automated",
        "state": "Confirmed",
    }


def test_a_dry_run_tells_what_it_would_write_and_writes_nothing(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    assert publish(client, full(), dry_run=True, create_tags=True).written == [True]
    assert server.writes() == []


# -- refusals --------------------------------------------------------------------------------------------------------


def test_a_tag_that_excludes_another_fails_alone(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    place = f"v1/tables/{stored(server, 'table', ORDERS)['id']}"
    client.patch(place, [{"op": "add", "path": "/tags", "value": [label("Tier.Gold")]}])
    about = said(description="d", owners=owners("ada"), tags=(*tags("Tier=Tin"), *tags("Tier=Tin", field="id")))
    result = publish(client, about, tags="always")
    assert result.written == [None]
    assert "mutually exclusive" in result.detail("failed")
    assert result.detail("failed").startswith(f"table {ORDERS}: tags: ")
    table = stored(server, "table", ORDERS)
    assert (table["description"], owner_names(table), tag_names(table)) == ("d", ["ada"], ["Tier.Gold"])
    assert tag_names(column(server, "id")) == ["Tier.Tin"]
    again = publish(client, about, tags="always")
    assert (again.written, "mutually exclusive" in again.detail("failed")) == ([None], True)
    assert stored(server, "table", ORDERS) == table


def test_a_refused_token_is_not_tried_again(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    server.fail("PATCH", "v1/tables", 401, times=99)
    with pytest.raises(CatalogueAuthError):
        publish(client, full())
    assert server.calls()["PATCH"] == 1


def between(client: OpenMetadataClient, about: Dataset, *operations: dict[str, Any]) -> Published:
    """Publish facts of an entity that somebody changes after it was looked up."""
    [target], _ = dataset_targets([about], resolved(client, [about]))
    client.patch(f"v1/tables/{target.id}", list(operations))
    writer = MetadataWriter(client, config(), dry_run=False)
    return Published([writer.publish(target).facts], list(writer.problems))


def test_what_was_written_between_look_up_and_publication_is_not_lost(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    by_hand = [
        {"op": "add", "path": "/description", "value": "By hand"},
        {"op": "add", "path": "/tags", "value": [label("Tier.Gold")]},
    ]
    assert between(client, full(), *by_hand).written == [True]
    table = stored(server, "table", ORDERS)
    assert (table["description"], tag_names(table)) == ("By hand", ["Tier.Gold", "OpenLineage.gold"])
    assert owner_names(table) == ["ada", "bob"]


def test_columns_that_moved_between_look_up_and_publication_get_what_is_theirs(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    moved = {"op": "move", "from": "/columns/0", "path": "/columns/2"}
    assert between(client, full(), moved).written == [True]
    names = [item["name"] for item in stored(server, "table", ORDERS)["columns"]]
    assert names == ["amount", "Customer", "id"]
    assert column(server, "id")["description"] == "the key"
    assert "description" not in column(server, "amount")


def test_what_somebody_else_did_meanwhile_is_not_done_again(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    _, client = served
    done = {"op": "add", "path": "/description", "value": "d"}
    assert between(client, said(description="d"), done).written == [False]


def test_what_was_deleted_meanwhile_is_left_alone(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    _, client = served
    [target], _ = dataset_targets([full()], resolved(client, [full()]))
    client.delete(f"v1/tables/{target.id}")
    assert MetadataWriter(client, config(), dry_run=False).publish(target).facts is False


def test_the_rights_to_the_fields_are_enough() -> None:
    with catalogue(deny=["EditAll"]) as (server, client):
        result = publish(client, full(), said(totals(), description="d"))
        assert (result.written, result.problems) == ([True, True], [])
        assert tag_names(column(server, "id")) == ["OpenLineage.team:data"]


@pytest.mark.parametrize("right", ["EditDescription", "EditOwners", "EditTags"])
def test_a_missing_right_costs_what_needs_it_and_is_named(right: str) -> None:
    with catalogue(deny=[right]) as (server, client):
        result = publish(client, full())
        assert result.written == [None]
        assert f"it lacks {right} on table" in result.detail("failed")
        table = stored(server, "table", ORDERS)
        written = {"EditDescription": "description", "EditOwners": "owners", "EditTags": "tags"}
        assert {name for name, field in written.items() if not table.get(field)} == {right}


# -- other entities --------------------------------------------------------------------------------------------------


def test_two_names_of_one_entity_are_one_write(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    other = said(dataset(PG, "SHOP.public.orders"), description="other", owners=owners("bob"), tags=tags("team=data"))
    result = publish(client, said(description="one", owners=owners("ada"), tags=tags("gold")), other)
    assert (result.written, len(server.writes())) == ([True], 1)
    table = stored(server, "table", ORDERS)
    assert (table["description"], owner_names(table)) == ("one", ["ada", "bob"])
    assert tag_names(table) == ["OpenLineage.gold", "OpenLineage.team:data"]


def test_topics_and_their_nested_fields_have_facts_too(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    topic = said(
        dataset(KAFKA, "shop.orders", kind="topic"),
        description="Orders as they come",
        tags=tags("gold", field="buyer.name"),
        fields=(Field("id", description="the key"), Field("buyer", fields=(Field("name", description="who"),))),
    )
    assert publish(client, topic).written == [True]
    found = stored(server, "topic", 'events."shop.orders"')
    identifier, buyer = found["messageSchema"]["schemaFields"][0]["children"]
    assert (found["description"], identifier["description"]) == ("Orders as they come", "the key")
    assert buyer["children"][0]["description"] == "who"
    assert tag_names(buyer["children"][0]) == ["OpenLineage.gold"]
    server.reset_requests()
    assert publish(client, topic).written == [False]
    assert server.writes() == []


def test_containers_have_facts_too(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    container = said(dataset("s3://raw", "orders", kind="container"), description="Files", owners=owners("finance"))
    assert publish(client, container).written == [True]
    found = stored(server, "container", "s3.raw.orders")
    assert (found["description"], owner_names(found)) == ("Files", ["finance"])


def test_what_did_not_resolve_or_says_nothing_is_no_target(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    missing = said(dataset(PG, "shop.public.none"), description="d")
    bare = said(fields=(Field("id", "int"),))
    assert dataset_targets([missing, bare], resolved(served[1], [missing, bare])) == ([], [])


# -- pipelines -------------------------------------------------------------------------------------------------------

JOBS = (
    job(owners=owners("data-team"), tags=tags("gold=gold")),
    job("etl.load", task="load", pipeline="etl", owners=owners("ada"), tags=tags("team=data")),
    job("etl.load.query.1", task="load", pipeline="etl", part=True, owners=owners("bob"), tags=tags("gold")),
    job("etl.check", task="check", pipeline="etl"),
)


def created(client: OpenMetadataClient, *jobs: Any) -> PipelineRef:
    """Create the pipeline of jobs as a publication does before facts."""
    writer = PipelineWriter(client, config(), dry_run=False)
    [group] = group_jobs(jobs)
    return writer.publish(group)


@VERSIONS
def test_owners_of_pipelines_and_tags_of_tasks_land_once(version: str) -> None:
    with catalogue(version=version) as (server, client):
        ref = created(client, *JOBS)
        server.reset_requests()
        result = publish(client, jobs=JOBS, pipelines=[ref])
        assert (result.written, result.problems) == ([True], [])
        assert [write.method for write in server.writes()] == ["PATCH"]
        pipeline = stored(server, "pipeline", ref.fqn)
        assert (owner_names(pipeline), tag_names(pipeline)) == (["data-team"], ["OpenLineage.gold"])
        check, load = pipeline["tasks"]
        if check["name"] != "check":
            check, load = load, check
        assert (load.get("owners"), tag_names(load)) == (None, ["OpenLineage.team:data"])
        assert (check.get("owners"), check.get("tags")) == (None, None)
        created(client, *JOBS)
        server.reset_requests()
        assert publish(client, jobs=JOBS, pipelines=[ref]).written == [False]
        assert server.writes() == []


@VERSIONS
def test_owners_of_tasks_are_not_sent_and_a_line_says_so(version: str) -> None:
    mine = (
        job(owners=owners("user:bob")),
        job("etl.load", task="load", pipeline="etl", owners=owners("airflow, ada, Bob")),
        job("etl.check", task="check", pipeline="etl", owners=owners("ada")),
    )
    with catalogue(version=version) as (server, client):
        report = publish_plan(plan(jobs=mine), client, config()).report
        assert [(one.kind, one.where, one.detail) for one in report.problems] == [
            (
                "task_owner",
                "pipeline openlineage.prod:etl",
                (
                    "OpenMetadata keeps no owners of tasks: ada (check and others); make them owners of the pipeline's"
                    " own job, or set write.owners: never"
                ),
            )
        ]
        assert all("tasks" not in str(one.json()) for one in server.bodies if one.method == "PATCH")
        assert owner_names(stored(server, "pipeline", "openlineage.prod:etl")) == ["bob"]
        server.reset_requests()
        # The pipeline's own job is missing from this plan; its owner is stored.
        again = publish_plan(plan(jobs=[mine[1]]), client, config(write={"owners": "if_ours"})).report
        assert [one.detail.split("; ")[0] for one in again.problems] == [
            "OpenMetadata keeps no owners of tasks: ada (load)"
        ]
        assert server.writes() == []
        silent = publish_plan(plan(jobs=mine), client, config(write={"owners": "never"})).report
        assert silent.problems == ()


def test_an_owner_of_a_pipeline_set_by_hand_and_a_foreign_task_stay(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    ref = created(client, *JOBS)
    bob = stored(server, "user", "bob")
    by_hand = {"name": "by hand", "tags": [label("OpenLineage.gold"), label("Tier.Tin")]}
    client.patch(
        f"v1/pipelines/{ref.id}",
        [
            {"op": "add", "path": "/owners", "value": [{"id": bob["id"], "type": "user"}]},
            {"op": "add", "path": "/tasks/-", "value": by_hand},
        ],
    )
    for _ in range(10):
        publish(client, jobs=JOBS, pipelines=[ref])
    pipeline = stored(server, "pipeline", ref.fqn)
    assert owner_names(pipeline) == ["bob"]
    [theirs] = [task for task in pipeline["tasks"] if task["name"] == "by hand"]
    assert tag_names(theirs) == ["OpenLineage.gold", "Tier.Tin"]


def test_a_task_keeps_its_tags_while_only_other_tasks_run(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    ref = created(client, *JOBS)
    publish(client, jobs=JOBS, pipelines=[ref])
    publish(client, jobs=[job("etl.check", task="check", pipeline="etl", tags=tags("gold"))], pipelines=[ref])
    tagged = {task["name"]: tag_names(task) for task in stored(server, "pipeline", ref.fqn)["tasks"]}
    assert tagged == {"check": ["OpenLineage.gold"], "load": ["OpenLineage.team:data"]}
    publish(client, jobs=[job("etl.load", task="load", pipeline="etl", tags=tags("gold"))], pipelines=[ref])
    tagged = {task["name"]: tag_names(task) for task in stored(server, "pipeline", ref.fqn)["tasks"]}
    assert tagged == {"check": ["OpenLineage.gold"], "load": ["OpenLineage.gold"]}


def test_a_pipeline_of_which_nothing_is_said_is_no_target_and_costs_nothing() -> None:
    [group] = group_jobs([job(), job("etl.load", task="load", pipeline="etl")])
    assert pipeline_target(group, PipelineRef("1", "openlineage.etl", "unchanged")) is None


def test_a_pipeline_of_which_nothing_may_be_written_is_not_read(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    ref = created(client, *JOBS)
    server.reset_requests()
    assert publish(client, jobs=JOBS, pipelines=[ref], owners="never", tags="never").written == [False]
    assert [one.path for one in server.requests if "pipelines/" in one.path] == []


def test_the_json_that_was_read_anyway_is_not_read_again(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    ref = created(client, *JOBS)
    [group] = group_jobs(JOBS)
    target = pipeline_target(group, ref, stored(server, "pipeline", ref.fqn))
    assert target is not None
    server.reset_requests()
    assert MetadataWriter(client, config(write={"owners": "never"}), dry_run=False).publish(target).facts is True
    assert [one.path for one in server.requests if one.method == "GET" and "pipelines" in one.path] == []


def test_a_dry_run_says_that_a_pipeline_it_would_create_would_get_its_facts(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    ref = PipelineRef("", "openlineage.prod:etl", "created")
    assert publish(client, jobs=JOBS, pipelines=[ref], dry_run=True).written == [True]
    assert server.writes() == []


def test_what_two_say_of_one_thing_is_united() -> None:
    one = EventMetadata(None, owners("ada"), tags("a"))
    other = EventMetadata("text", owners("ada", "bob"), tags("b", "a"))
    assert one.merged(other) == EventMetadata("text", owners("ada", "bob"), (Tag("a"), Tag("b")))
