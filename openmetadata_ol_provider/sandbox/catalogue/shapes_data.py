"""The create requests of databases, topics and containers, and of what they hold."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.checks import (
    ListOf,
    Number,
    OneOf,
    boolean,
    fqn,
    integer,
    mapping,
    number,
    text,
)
from openmetadata_ol_provider.sandbox.catalogue.enums import CONTAINER_FILE_FORMATS, TABLE_FILE_FORMATS, TABLE_TYPES
from openmetadata_ol_provider.sandbox.catalogue.shapes_columns import (
    COLUMN,
    MESSAGE_SCHEMA,
    SEARCH_FIELD,
    check_repeated,
)
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import REFERENCE, asset
from openmetadata_ol_provider.sandbox.catalogue.validation import Rules, Shape, required, since

CREATE_DATABASE = asset("CreateDatabase", service=required(fqn), default=boolean, retentionPeriod=text, sourceUrl=text)
CREATE_SCHEMA = asset("CreateDatabaseSchema", database=required(fqn), retentionPeriod=text, sourceUrl=text)


def _check_table(table: Any, path: str, rules: Rules) -> None:
    check_repeated(table["columns"], path, rules)


CREATE_TABLE = asset(
    "CreateTable",
    also=_check_table,
    databaseSchema=required(fqn),
    columns=required(ListOf(COLUMN)),
    tableType=TABLE_TYPES,
    dataModel=mapping,
    tableConstraints=ListOf(
        Shape(
            "TableConstraint",
            {
                "constraintType": OneOf("CLUSTER_KEY DIST_KEY FOREIGN_KEY PRIMARY_KEY SORT_KEY UNIQUE"),
                "columns": ListOf(text),
                "referredColumns": ListOf(fqn),
                "relationshipType": OneOf("MANY_TO_MANY MANY_TO_ONE ONE_TO_MANY ONE_TO_ONE"),
            },
        )
    ),
    tablePartition=Shape(
        "TablePartition",
        {
            "columns": ListOf(
                Shape(
                    "PartitionColumnDetails",
                    {
                        "columnName": text,
                        "intervalType": OneOf(
                            "COLUMN-VALUE ENUM INGESTION-TIME INJECTED INTEGER-RANGE OTHER TIME-UNIT"
                        ),
                        "interval": text,
                    },
                )
            )
        },
    ),
    tableProfilerConfig=mapping,
    schemaDefinition=text,
    retentionPeriod=text,
    sourceUrl=text,
    fileFormat=TABLE_FILE_FORMATS,
    locationPath=text,
    aliases=since(ListOf(fqn), "1.13.6", "2.0.7"),
)
CREATE_STORED_PROCEDURE = asset(
    "CreateStoredProcedure",
    databaseSchema=fqn,
    storedProcedureCode=required(
        Shape("StoredProcedureCode", {"code": text, "language": OneOf("External Java JavaScript Python SQL")})
    ),
    storedProcedureType=OneOf("Function StoredPackage StoredProcedure UDF"),
    sourceUrl=text,
)
CREATE_TOPIC = asset(
    "CreateTopic",
    service=required(fqn),
    partitions=required(Number(1, whole=True)),
    messageSchema=MESSAGE_SCHEMA,
    cleanupPolicies=ListOf(OneOf("compact delete")),
    retentionTime=number,
    maximumMessageSize=integer,
    minimumInSyncReplicas=integer,
    retentionSize=number,
    replicationFactor=integer,
    topicConfig=mapping,
    sourceUrl=text,
)
CREATE_CONTAINER = asset(
    "CreateContainer",
    service=required(fqn),
    parent=REFERENCE,
    dataModel=Shape("ContainerDataModel", {"isPartitioned": boolean, "columns": required(ListOf(COLUMN))}),
    prefix=text,
    fullPath=text,
    numberOfObjects=number,
    size=number,
    fileFormats=ListOf(CONTAINER_FILE_FORMATS),
    sourceUrl=text,
)
CREATE_SEARCH_INDEX = asset(
    "CreateSearchIndex",
    service=required(fqn),
    fields=required(ListOf(SEARCH_FIELD)),
    searchIndexSettings=mapping,
    indexType=OneOf("Index IndexTemplate"),
)
