"""Builders of plan pieces, and the catalogue they are about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.names.identity import Identity, Kind
from openmetadata_ol_provider.lineage.plan import (
    ColumnPair,
    ColumnSource,
    Dataset,
    DatasetId,
    Edge,
    Job,
    JobId,
    LineagePlan,
    RunRecord,
    Transformation,
)
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy
from openmetadata_ol_provider.openmetadata.resolution.neighbour_hints import neighbour_hints
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver

TOKEN = "a.jwt.token-of-the-tests"
#: Retries without noticeable pauses.
FAST = RetryPolicy(attempts=4, base=0.001, cap=0.01, budget=30.0)

PG = "postgres://warehouse:5432"
KAFKA = "kafka://b1:9092"


def columns(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "dataType": "STRING"} for name in names]


def service(name: str, type_: str, **connection: Any) -> dict[str, Any]:
    """Return the JSON of a service."""
    return {"name": name, "serviceType": type_, "connection": {"config": {"type": type_, **connection}}}


SEED: dict[str, Any] = {
    "databaseServices": [
        {
            "name": "pg",
            "serviceType": "Postgres",
            "connection": {"config": {"type": "Postgres", "hostPort": "Warehouse:5432", "database": "shop"}},
        },
        {
            "name": "pg2",
            "serviceType": "Postgres",
            "connection": {"config": {"type": "Postgres", "hostPort": "other", "database": "shop"}},
        },
        {
            "name": "hive",
            "serviceType": "Hive",
            "connection": {"config": {"type": "Hive", "hostPort": "metastore:10000"}},
        },
        {"name": "lake", "serviceType": "CustomDatabase"},
        {
            "name": "snow",
            "serviceType": "Snowflake",
            "connection": {"config": {"type": "Snowflake", "account": "ORG-Acct"}},
        },
    ],
    "messagingServices": [
        {
            "name": "events",
            "serviceType": "Kafka",
            "connection": {"config": {"type": "Kafka", "bootstrapServers": "b1:9092,b2:9092"}},
        },
        {"name": "spare", "serviceType": "Kafka"},
    ],
    "storageServices": [{"name": "s3", "serviceType": "S3"}],
    "tables": [
        {"fqn": "pg.shop.public.orders", "columns": columns("id", "amount", "Customer")},
        {"fqn": "pg.shop.public.totals", "columns": columns("id", "total")},
        {"fqn": "pg.shop.crm.accounts", "columns": columns("id")},
        {"fqn": "pg.dwh.public.tiers", "columns": columns("id")},
        {"fqn": 'pg.shop."my.schema".t', "columns": columns("a.b", "c")},
        {"fqn": "pg.shop.public.Mixed", "columns": columns("id")},
        {"fqn": "pg2.shop.public.orders", "columns": columns("id")},
        {"fqn": "pg2.shop.public.only_there", "columns": columns("id")},
        {"fqn": "hive.default.sales.orders", "columns": columns("id", "amount")},
        {"fqn": "hive.default.sales.facts", "columns": columns("id")},
        {"fqn": "lake.default.ice.facts", "columns": columns("id")},
        {"fqn": "lake.default.twice.facts", "columns": columns("id")},
        {"fqn": "hive.default.twice.facts", "columns": columns("id")},
        {"fqn": "snow.PROD.PUBLIC.ORDERS", "columns": columns("ID", "AMOUNT")},
    ],
    "topics": [
        {
            "name": "shop.orders",
            "service": "events",
            "partitions": 1,
            "messageSchema": {
                "schemaType": "Avro",
                "schemaText": "{}",
                "schemaFields": [
                    {
                        "name": "Order",
                        "dataType": "RECORD",
                        "children": [
                            {"name": "id", "dataType": "STRING"},
                            {
                                "name": "buyer",
                                "dataType": "RECORD",
                                "children": [{"name": "name", "dataType": "STRING"}],
                            },
                        ],
                    }
                ],
            },
        },
        {"name": "only.spare", "service": "spare", "partitions": 1},
    ],
    "containers": [
        {"name": "raw", "service": "s3", "fullPath": "s3://raw"},
        {"name": "orders", "service": "s3", "parent": "s3.raw", "fullPath": "s3://raw/orders"},
        {"name": "eu", "service": "s3", "parent": "s3.raw.orders", "fullPath": "s3://raw/orders/eu/"},
        {"name": "part.csv", "service": "s3", "parent": "s3.raw.orders", "fullPath": "s3://raw/orders/part.csv"},
    ],
}


def config(**sections: Any) -> Config:
    return Config.model_validate(sections)


def resolve_with_hints(resolver: Resolver, *datasets: Dataset) -> dict[DatasetId, Resolution]:
    """Return the resolutions of datasets as reports have them, with advice."""
    resolutions = resolver.resolve_all(datasets)
    return {**resolutions, **neighbour_hints(resolver, datasets, resolutions, ())}


def dataset(namespace: str, name: str, *identities: tuple[str, str, Kind], kind: Kind = "table") -> Dataset:
    """Return a dataset whose only identity is its own name, or that has the identities given."""
    found = identities or ((namespace, name, kind),)
    return Dataset(namespace, name, tuple(Identity(*identity) for identity in found))


def orders() -> Dataset:
    return dataset(PG, "shop.public.orders")


def totals() -> Dataset:
    return dataset(PG, "shop.public.totals")


def job(name: str = "etl", *, task: str | None = None, pipeline: str | None = None, **facts: Any) -> Job:
    own = pipeline or name
    return Job("prod", name, pipeline=JobId("prod", own), task=task, **facts)


def pair(source: Dataset, field: str, target: str, *transformations: Transformation) -> ColumnPair:
    return ColumnPair(ColumnSource(source.namespace, source.name, field), target, transformations)


def edge(source: Dataset, target: Dataset, *pairs: ColumnPair, job: str | None = "etl") -> Edge:
    return Edge(
        DatasetId(source.namespace, source.name),
        DatasetId(target.namespace, target.name),
        JobId("prod", job) if job else None,
        "columns" if pairs else "product",
        pairs,
    )


def plan(
    *edges: Edge, datasets: Iterable[Dataset] = (), jobs: Iterable[Job] = (), runs: Iterable[RunRecord] = ()
) -> LineagePlan:
    return LineagePlan(events=1, edges=edges, jobs=tuple(jobs) or (job(),), runs=tuple(runs), datasets=tuple(datasets))


def orders_plan(*pairs: ColumnPair, jobs: Iterable[Job] = (), runs: Iterable[RunRecord] = ()) -> LineagePlan:
    """Orders -> totals, by the job etl."""
    return plan(edge(orders(), totals(), *pairs), datasets=(orders(), totals()), jobs=jobs, runs=runs)


def run(state: Any, *, task: str | None = None, started: str = "2026-01-01T00:00:00Z", **facts: Any) -> RunRecord:
    return RunRecord(
        run_id=f"{task or 'own'}-{started}",
        job=JobId("prod", f"etl.{task}" if task else "etl"),
        state=state,
        pipeline=JobId("prod", "etl"),
        pipeline_run_id=facts.pop("pipeline_run_id", "r1"),
        pipeline_started_at=facts.pop("pipeline_started_at", "2026-01-01T00:00:00Z"),
        task=task,
        started_at=started,
        **facts,
    )
