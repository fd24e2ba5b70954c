"""A catalogue with something of every kind in it."""

from __future__ import annotations

from typing import Any


def tag_label(name: str) -> dict[str, str]:
    """Return the label of a tag."""
    return {"tagFQN": name, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}


def columns(*names: str) -> list[dict[str, Any]]:
    """Return columns of texts."""
    return [{"name": name, "dataType": "VARCHAR", "dataLength": 80, "description": f"the {name}"} for name in names]


def seed(version: tuple[int, ...]) -> dict[str, Any]:
    """Return a seed for a stand-in of a version."""
    domain: dict[str, Any] = {"domains": ["sales"]} if version >= (1, 9) else {"domain": "sales"}
    whole = {
        "displayName": "Shown",
        "description": "described",
        "owners": ["user:ada"],
        "tags": [tag_label("PII.Email")],
        "dataProducts": ["revenue"],
        "extension": {"cost": 3},
        "sourceHash": "0" * 32,
        "lifeCycle": {"created": {"timestamp": 1763884800000, "accessedByAProcess": "etl"}},
        **domain,
    }
    return {
        "users": [{"name": "ada", "email": "ada@example.com", "teams": ["data"], "isBot": False}],
        "teams": [{"name": "data", "teamType": "Group", "description": "the data team"}],
        "domains": [{"name": "sales", "description": "what is sold", "domainType": "Aggregate", "experts": ["ada"]}],
        "dataProducts": [{"name": "revenue", "description": "what comes in", **domain}],
        "classifications": [{"name": "PII", "description": "personal", "mutuallyExclusive": False}],
        "tags": [
            {"name": "Email", "classification": "PII", "description": "an address", "style": {"color": "#ff0000"}}
        ],
        "databaseServices": [{"name": "pg", "serviceType": "Postgres", "owners": ["user:ada"], **domain}],
        "pipelineServices": [
            {
                "name": "ol",
                "serviceType": "OpenLineage",
                "connection": {"config": {"type": "OpenLineage", **_kafka(version)}},
            }
        ],
        "tables": [
            {
                "fqn": "pg.shop.public.orders",
                "tableType": "Regular",
                "columns": [
                    *columns("id", "dotted.name"),
                    {"name": "lines", "dataType": "ARRAY", "arrayDataType": "STRUCT", "children": columns("sku")},
                ],
                "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["id"]}],
                **whole,
            },
            {"fqn": "pg.shop.public.facts", "columns": columns("id")},
        ],
        "storedProcedures": [
            {"name": "load", "databaseSchema": "pg.shop.public", "storedProcedureCode": {"code": "select 1"}, **whole}
        ],
        "topics": [
            {
                "fqn": "kafka.orders",
                "partitions": 3,
                "messageSchema": {
                    "schemaType": "Avro",
                    "schemaText": "{}",
                    "schemaFields": [
                        {"name": "Order", "dataType": "RECORD", "children": [{"name": "id", "dataType": "LONG"}]}
                    ],
                },
                **whole,
            }
        ],
        "containers": [
            {"fqn": "s3.lake", "fullPath": "s3://lake"},
            {
                "fqn": "s3.lake.raw",
                "fullPath": "s3://lake/raw",
                "prefix": "/raw",
                "fileFormats": ["parquet"],
                "dataModel": {"isPartitioned": True, "columns": columns("id")},
                **whole,
            },
        ],
        "pipelines": [
            {
                "fqn": "ol.etl",
                "sourceUrl": "https://airflow.example.com/dags/etl",
                "startDate": "2026-11-23T08:00:00Z",
                "scheduleInterval": "@daily",
                "state": "Active",
                "tasks": [
                    {"name": "load", "taskType": "SQL", "taskSQL": "select 1", "downstreamTasks": ["check"]},
                    {"name": "check", "tags": [tag_label("PII.Email")]},
                ],
                **whole,
            }
        ],
        "testDefinitions": [
            {
                "name": "columnValuesToBeNotNull",
                "description": "no nulls",
                "entityType": "COLUMN",
                "testPlatforms": ["OpenMetadata"],
                "parameterDefinition": [{"name": "limit", "dataType": "INT", "required": False}],
            }
        ],
        "queries": [{"service": "pg", "query": "select 1", "duration": 0.5, "queryDate": 1763884800000}],
        "charts": [{"fqn": "bi.bars", "chartType": "Bar"}],
        "datamodels": [{"fqn": "bi.model.cube", "dataModelType": "TableauDataModel", "columns": columns("id")}],
        "dashboards": [{"fqn": "bi.board", "charts": ["bi.bars"], "dataModels": ["bi.model.cube"], **whole}],
        "mlmodels": [
            {
                "fqn": "ml.forecast",
                "algorithm": "trees",
                "mlFeatures": [{"name": "price", "dataType": "numerical"}],
                "dashboard": "bi.board",
                **whole,
            }
        ],
        "searchIndexes": [{"fqn": "es.logs", "fields": [{"name": "message", "dataType": "TEXT"}], **whole}],
        "apiCollections": [{"fqn": "rest.shop", "endpointURL": "https://example.com/api", **whole}],
        "apiEndpoints": [
            {
                "fqn": "rest.shop.orders",
                "endpointURL": "https://example.com/api/orders",
                "requestMethod": "GET",
                "responseSchema": {"schemaType": "JSON", "schemaFields": [{"name": "id", "dataType": "LONG"}]},
                **whole,
            }
        ],
        "edges": [
            {
                "from": "pg.shop.public.orders",
                "to": "pg.shop.public.facts",
                "lineageDetails": {
                    "source": "OpenLineage",
                    "pipeline": "ol.etl",
                    "sqlQuery": "select id from orders",
                    "columnsLineage": [
                        {"fromColumns": ["pg.shop.public.orders.id"], "toColumn": "pg.shop.public.facts.id"}
                    ],
                },
            }
        ],
    }


def _kafka(version: tuple[int, ...]) -> dict[str, Any]:
    broker = {"brokersUrl": "broker:9092", "topicName": "openlineage", "consumerOffsets": "earliest"}
    newer = version >= (1, 13) or (version[:2] == (1, 12) and version >= (1, 12, 2)) or (1, 11, 12) <= version < (1, 12)
    return {"brokerConfig": broker} if newer else broker
