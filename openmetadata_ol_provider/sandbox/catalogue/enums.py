"""The values the catalogue's enumerations know: service types, data types."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.validation import one_of

DATABASE_SERVICES = one_of(
    "AzureSQL Athena BigQuery BigTable Cassandra Clickhouse Cockroach Couchbase CustomDatabase Databricks Datalake",
    "Db2 Dbt DeltaLake DomoDatabase Doris Dremio Druid DynamoDB Epic Exasol Glue Greenplum Hive Iceberg Impala",
    "Iomete MariaDB MongoDB Mssql Mysql Oracle PinotDB Postgres Presto QueryLog Questdb Redshift SAS SQLite",
    "Salesforce SapErp SapHana ServiceNow SingleStore Snowflake Ssas StarRocks Synapse Teradata Timescale Trino",
    "UnityCatalog Vertica",
)
MESSAGING_SERVICES = one_of("Kafka Redpanda Kinesis PubSub CustomMessaging")
STORAGE_SERVICES = one_of("S3 ADLS GCS CustomStorage")
PIPELINE_SERVICES = one_of(
    "Airbyte Airflow CustomPipeline DBTCloud Dagster DataFactory DatabricksPipeline DomoPipeline Fivetran Flink",
    "GluePipeline KafkaConnect Matillion Nifi OpenLineage SSIS Spark Spline Stitch Wherescape",
    since={
        "KinesisFirehose": (1, 9),
        "Snowplow": (1, 10),
        "Mulesoft": (1, 11),
        "MicrosoftFabricPipeline": (1, 12),
        "Prefect": (2, 0),
        "SapBw4HanaPipeline": (2, 0),
    },
)
TABLE_TYPES = one_of(
    "Regular External Dynamic View SecureView MaterializedView Iceberg Local Partitioned Foreign Transient Stream",
    "Stage Temporary",
)
COLUMN_TYPES = one_of(
    "NUMBER TINYINT SMALLINT INT BIGINT BYTEINT BYTES FLOAT DOUBLE DECIMAL NUMERIC TIMESTAMP TIMESTAMPZ TIME DATE",
    "DATETIME INTERVAL STRING MEDIUMTEXT TEXT CHAR LONG VARCHAR BOOLEAN BINARY VARBINARY ARRAY BLOB LONGBLOB",
    "MEDIUMBLOB MAP STRUCT UNION SET GEOGRAPHY ENUM JSON UUID VARIANT GEOMETRY BYTEA AGGREGATEFUNCTION ERROR FIXED",
    "RECORD NULL SUPER HLLSKETCH PG_LSN PG_SNAPSHOT TSQUERY TXID_SNAPSHOT XML MACADDR TSVECTOR UNKNOWN CIDR INET",
    "CLOB ROWID LOWCARDINALITY YEAR POINT POLYGON TUPLE SPATIAL TABLE NTEXT IMAGE IPV4 IPV6 DATETIMERANGE HLL",
    "LARGEINT QUANTILE_STATE AGG_STATE BITMAP UINT BIT MONEY",
)
FIELD_TYPES = one_of(
    "RECORD NULL BOOLEAN INT LONG BYTES FLOAT DOUBLE TIMESTAMP TIMESTAMPZ TIME DATE STRING ARRAY MAP ENUM UNION",
    "FIXED ERROR UNKNOWN",
)
