"""What was dropped or renamed goes if the configuration says so, softly; what may still be there stays."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.metadata.deletions import Removal, SoftDeleter, plan_removals
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import columns
from tests.openmetadata.people import catalogue
from tests.openmetadata.promises.told import PG_SERVICE, container, service
from tests.support import PG, Json, dataset, dataset_event, plan_of, run_event, symlinks

VERSIONS = pytest.mark.parametrize("version", ["1.8.0", "1.12.0", "2.0.2"])
STUB = {"sourceHash": "openmetadata-ol-provider"}


def table(name: str, **facts: Any) -> Json:
    return {"fqn": f"pg.d.s.{name}", "columns": columns("id"), **facts}


SEED: Json = {
    "databaseServices": [PG_SERVICE, service("hive", "Hive", hostPort="m:1")],
    "storageServices": [{"name": "s3", "serviceType": "S3"}],
    "tables": [
        *(table(name) for name in ("a", "x", "old", "new")),
        table("stub", **STUB),
        {"fqn": "hive.default.sales.orders", "columns": columns("id")},
    ],
    "containers": [
        container("lake", "s3://lake"),
        container("orders", "s3://lake/orders", "s3.lake"),
        container("eu", "s3://lake/orders/eu", "s3.lake.orders"),
    ],
}


def dropped(name: str, namespace: str = PG, state: str = "DROP", **facets: Any) -> Json:
    return dataset_event(dataset(name, namespace, lifecycleStateChange={"lifecycleStateChange": state}, **facets))


def renamed(old: str, new: str) -> Json:
    change = {"lifecycleStateChange": "RENAME", "previousIdentifier": {"namespace": PG, "name": old}}
    return dataset_event(dataset(new, lifecycleStateChange=change))


def found(plan: LineagePlan, client: OpenMetadataClient, policy: str = "always") -> list[Removal]:
    settings = Config.model_validate({"write": {"lifecycle": policy}})
    resolutions = Resolver(client, settings).resolve_all(plan.datasets)
    return plan_removals(plan.datasets, plan.edges, resolutions, settings)


def going(*events: Json, policy: str = "always") -> list[str]:
    """Return the FQNs of what is to go after these events."""
    with catalogue(SEED) as (_, client):
        return sorted(removal.entity.fqn for removal in found(plan_of(*events), client, policy))


def there(server: CatalogueServer) -> list[str]:
    return [entity["name"] for entity in server.entities("table")]


@pytest.mark.parametrize(
    ("policy", "gone"),
    [("never", []), ("if_ours", ["pg.d.s.stub"]), ("always", ["pg.d.s.stub", "pg.d.s.x"])],
)
def test_the_policy_says_whose_tables_go(policy: str, gone: list[str]) -> None:
    assert going(dropped("d.s.x"), dropped("d.s.stub"), dropped("d.s.none"), policy=policy) == gone


@pytest.mark.parametrize("state", ["CREATE", "ALTER", "OVERWRITE", "TRUNCATE", "RENAME", "whatever"])
def test_only_a_drop_drops(state: str) -> None:
    assert going(dropped("d.s.x", state=state)) == []


def test_what_is_written_to_in_the_same_batch_is_there() -> None:
    drop = dropped("d.s.x")
    assert going(run_event(inputs=["d.s.a"], outputs=["d.s.x"], seconds=-9), drop) == []
    assert going(run_event(inputs=["d.s.x"], outputs=["d.s.a"], seconds=-9), drop) == ["pg.d.s.x"]


def test_what_dbt_drops_and_renames_on_its_way_is_still_there() -> None:
    assert going(dropped("d.s.x__dbt_tmp"), dropped("d.s.x__dbt_backup")) == []
    assert going(renamed("d.s.x", "d.s.x__dbt_backup"), renamed("d.s.x__dbt_tmp", "d.s.x")) == []


def test_what_was_created_again_after_the_drop_is_there() -> None:
    again = {**dropped("d.s.x", state="CREATE"), "eventTime": "2026-11-23T09:00:00Z"}
    assert going(dropped("d.s.x"), again) == []


@pytest.mark.parametrize(
    ("namespace", "name", "links", "gone"),
    [
        ("s3://lake", "orders/eu", None, ["s3.lake.orders.eu"]),
        ("s3a://lake", "/orders/eu/", None, ["s3.lake.orders.eu"]),
        ("s3://lake", "orders/eu/part-00000-1.parquet", None, []),
        ("s3://lake", "orders/eu/dt=2026-01-01", None, []),
        ("s3://lake", "orders/us", None, []),
        ("s3://w", "x.db/orders", "sales.orders", ["hive.default.sales.orders"]),
        ("s3://w", "x.db/orders/dt=2026-01-01", "sales.orders", []),
        ("file", "/w/orders/dt=2026-01-01/country=eu", "sales.orders", []),
        ("hive://m:1", "sales.orders", None, ["hive.default.sales.orders"]),
        ("hive://m:1", "SALES.Orders", None, ["hive.default.sales.orders"]),
    ],
)
def test_a_part_that_is_dropped_is_not_the_whole(namespace: str, name: str, links: str | None, gone: list[str]) -> None:
    facets = {"symlinks": symlinks(("hive://m:1", links, "TABLE"))} if links else {}
    assert going(dropped(name, namespace, **facets)) == gone


def test_after_a_rename_the_old_one_goes_if_the_new_one_is_there() -> None:
    assert going(renamed("d.s.old", "d.s.new")) == ["pg.d.s.old"]
    assert going(renamed("d.s.old", "d.s.none")) == []
    assert going(renamed("d.s.none", "d.s.new")) == []
    assert going(renamed("d.s.old", "d.s.new"), policy="if_ours") == []
    assert going(renamed("d.s.stub", "d.s.new"), policy="if_ours") == ["pg.d.s.stub"]


def test_an_old_name_that_is_used_again_stays() -> None:
    assert going(renamed("d.s.old", "d.s.new"), run_event(inputs=["d.s.a"], outputs=["d.s.old"])) == []
    assert going(renamed("d.s.old", "d.s.new"), dropped("d.s.old", state="CREATE")) == []
    assert going(renamed("d.s.old", "d.s.new"), renamed("d.s.new", "d.s.old")) == []


@VERSIONS
def test_what_goes_can_be_restored_with_its_lineage(version: str) -> None:
    with catalogue(SEED, version) as (server, client):
        publish_plan(plan_of(run_event(inputs=["d.s.a"], outputs=["d.s.x"])), client, Config())
        edges = server.edges()
        assert list(edges) == [("pg.d.s.a", "pg.d.s.x")]
        writer = SoftDeleter(client, dry_run=False)
        gone = found(plan_of(dropped("d.s.x")), client)
        server.reset_requests()
        outcomes = Executor(2).run(gone, writer.publish, lambda removal: removal.where)
        assert [outcome.value for outcome in outcomes] == [True]
        assert [write.method for write in server.writes()] == ["DELETE"]
        assert "x" not in there(server)
        assert [(problem.kind, problem.where) for problem in writer.problems] == [("dropped", "table pg.d.s.x")]
        assert found(plan_of(dropped("d.s.x")), client) == []
        client.put("v1/tables", {"name": "x", "databaseSchema": "pg.d.s", "columns": columns("id")})
        assert "x" in there(server)
        assert server.edges() == edges


def test_lineage_of_a_renamed_table_goes_on_at_the_one_the_catalogue_has() -> None:
    written = run_event(inputs=["d.s.a"], outputs=["d.s.fresh"], seconds=5)
    with catalogue(SEED) as (server, client):
        plan = plan_of(renamed("d.s.old", "d.s.fresh"), written)
        report = publish_plan(plan, client, Config()).report
        assert (list(server.edges()), report.problems) == ([("pg.d.s.a", "pg.d.s.old")], ())


def test_a_stub_that_an_ingestion_has_replaced_since_it_was_looked_up_stays() -> None:
    with catalogue(SEED) as (server, client):
        [removal] = found(plan_of(dropped("d.s.stub")), client, "if_ours")
        ingested = {
            "name": "stub",
            "databaseSchema": "pg.d.s",
            "columns": columns("id", "more"),
            "sourceHash": "its own",
        }
        client.put("v1/tables", ingested)
        writer = SoftDeleter(client, dry_run=False)
        assert (writer.publish(removal), writer.problems) == (False, ())
        assert "stub" in there(server)


def test_a_dry_run_deletes_nothing_and_tells_what_it_would() -> None:
    with catalogue(SEED) as (server, client):
        writer = SoftDeleter(client, dry_run=True)
        [removal] = found(plan_of(dropped("d.s.x")), client)
        assert writer.publish(removal) is True
        assert server.writes() == []
        [problem] = writer.problems
        assert "would be soft-deleted" in problem.detail


def test_what_holds_others_or_is_gone_already_is_not_counted() -> None:
    with catalogue(SEED) as (server, client):
        writer = SoftDeleter(client, dry_run=False)
        gone = found(plan_of(dropped("orders", "s3://lake"), dropped("d.s.x")), client)
        client.delete(f"v1/tables/{next(one.entity.id for one in gone if one.entity.type == 'table')}")
        outcomes = Executor(2).run(gone, writer.publish, lambda removal: removal.where)
        results = {removal.entity.fqn: outcome.value for removal, outcome in zip(gone, outcomes, strict=True)}
        assert results == {"s3.lake.orders": None, "pg.d.s.x": False}
        assert writer.problems == ()
        assert "orders" in [entity["name"] for entity in server.entities("container")]


@pytest.mark.parametrize(
    ("namespace", "rules", "gone"),
    [
        ("staging", [], False),
        ("staging", [{"namespace": "staging", "service": "hive"}], True),
        ("hive://m:1", [], True),
    ],
    ids=["name alone", "rule", "address"],
)
def test_what_only_a_name_leads_to_stays(namespace: str, rules: list[Json], gone: bool) -> None:
    settings = Config.model_validate({"write": {"lifecycle": "always"}, "namespaces": rules})
    with catalogue(SEED) as (server, client):
        report = publish_plan(plan_of(dropped("sales.orders", namespace)), client, settings).report
        assert ("orders" not in there(server)) is gone
        (line,) = [problem.detail for problem in report.problems if problem.kind == "dropped"]
        stays = "sales.orders was dropped, but only its name says that it is this one: it stays"
        assert line.startswith("sales.orders was dropped: soft-deleted" if gone else stays)
