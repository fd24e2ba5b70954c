"""The values that the catalogue's enumerations know, and the versions they came and went with."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.checks import OneOf

DATABASE_SERVICES = OneOf(
    "Athena AzureSQL BigQuery BigTable Cassandra Clickhouse Cockroach Couchbase CustomDatabase Databricks Datalake",
    "Db2 Dbt DeltaLake DomoDatabase Doris Druid DynamoDB Exasol Glue Greenplum Hive Iceberg Impala MariaDB MongoDB",
    "Mssql Mysql Oracle PinotDB Postgres Presto QueryLog Redshift SAS SQLite Salesforce SapErp SapHana SingleStore",
    "Snowflake Synapse Teradata Trino UnityCatalog Vertica",
    since={
        "SSAS": "1.8.12 1.9",
        "Epic": "1.9",
        "ServiceNow": "1.9.17 1.10",
        "Timescale": "1.10",
        "BurstIQ": "1.11.11 1.12.2 1.13",
        "Dremio": "1.12",
        "MicrosoftFabric": "1.12",
        "StarRocks": "1.12",
        "Informix": "1.12.5 1.13",
        "MicrosoftAccess": "1.12.5 1.13",
        "Iomete": "1.13",
        "QuestDB": "1.13",
        "SapSuccessFactors": "1.13",
        "SapBw4Hana": "2.0",
    },
    until={"Iceberg": "1.13"},
)
MESSAGING_SERVICES = OneOf("CustomMessaging Kafka Kinesis Redpanda", since={"PubSub": "1.13"})
STORAGE_SERVICES = OneOf("ADLS CustomStorage GCS S3")
PIPELINE_SERVICES = OneOf(
    "Airbyte Airflow CustomPipeline DBTCloud Dagster DataFactory DatabricksPipeline DomoPipeline Fivetran Flink",
    "GluePipeline KafkaConnect Matillion Nifi OpenLineage SSIS Spark Spline Stitch Wherescape",
    since={
        "KinesisFirehose": "1.9.17 1.10.14 1.11",
        "Snowplow": "1.10",
        "Mulesoft": "1.11.11 1.12",
        "MicrosoftFabricPipeline": "1.12",
        "Prefect": "2.0",
        "SapBw4HanaPipeline": "2.0",
    },
)
DASHBOARD_SERVICES = OneOf(
    "CustomDashboard DomoDashboard Lightdash Looker Metabase MicroStrategy Mode PowerBI PowerBIReportServer QlikCloud",
    "QlikSense QuickSight Redash Sigma Superset Tableau",
    since={
        "ThoughtSpot": "1.8.12 1.9",
        "Grafana": "1.9.17 1.10",
        "Hex": "1.10.14 1.11",
        "Ssrs": "1.12.5 1.13",
        "SapS4Hana": "1.13",
        "Omni": "2.0",
    },
)
MLMODEL_SERVICES = OneOf("CustomMlModel Mlflow SageMaker Sklearn VertexAI")
SEARCH_SERVICES = OneOf("CustomSearch ElasticSearch OpenSearch")
API_SERVICES = OneOf("Rest WEBHOOK")

TABLE_TYPES = OneOf(
    "Dynamic External Foreign Iceberg Local MaterializedView Partitioned Regular SecureView Stream Transient View",
    since={"Stage": "1.11.11 1.12", "SemanticView": "2.0"},
)
TABLE_FILE_FORMATS = OneOf(
    "avro csv json json.gz json.zip jsonl jsonl.gz jsonl.zip parquet tsv",
    since={
        **dict.fromkeys(("csv.gz", "parq", "parquet.snappy", "pq", "pqt"), "1.8.12 1.9"),
        "MF4": "1.9.17 1.11.11 1.12",
    },
)
CONTAINER_FILE_FORMATS = OneOf(
    "avro csv gz json parquet tsv zip zstd",
    since={"MF4": "1.8.12 1.9.17 1.10"},
)
COLUMN_TYPES = OneOf(
    "AGGREGATEFUNCTION AGG_STATE ARRAY BIGINT BINARY BIT BITMAP BLOB BOOLEAN BYTEA BYTEINT BYTES CHAR CIDR CLOB DATE",
    "DATETIME DATETIMERANGE DECIMAL DOUBLE ENUM ERROR FIXED FLOAT GEOGRAPHY GEOMETRY HLL HLLSKETCH IMAGE INET INT",
    "INTERVAL IPV4 IPV6 JSON LARGEINT LONG LONGBLOB LOWCARDINALITY MACADDR MAP MEDIUMBLOB MEDIUMTEXT MONEY NTEXT NULL",
    "NUMBER NUMERIC PG_LSN PG_SNAPSHOT POINT POLYGON QUANTILE_STATE RECORD ROWID SET SMALLINT SPATIAL STRING STRUCT",
    "SUPER TABLE TEXT TIME TIMESTAMP TIMESTAMPZ TINYINT TSQUERY TSVECTOR TUPLE TXID_SNAPSHOT UINT UNION UNKNOWN UUID",
    "VARBINARY VARCHAR VARIANT XML YEAR",
    spaced=("MEASURE HIDDEN", "MEASURE VISIBLE"),
    since={"HEIRARCHY": "1.8.12 1.9", "KPI": "1.8.12 1.9", "HIERARCHYID": "1.10", "MEASURE": "1.8.12 1.9"},
)
FIELD_TYPES = OneOf(
    "ARRAY BOOLEAN BYTES DATE DOUBLE ENUM ERROR FIXED FLOAT INT LONG MAP NULL RECORD STRING TIME TIMESTAMP TIMESTAMPZ",
    "UNION UNKNOWN",
)
SEARCH_FIELD_TYPES = OneOf(
    "AGGREGATE_METRIC_DOUBLE ANNOTATED-TEXT ARRAY BINARY BOOLEAN BYTE COMPLETION CONSTANT_KEYWORD DATE DATETIME",
    "DENSE_VECTOR DOUBLE FLATTENED FLOAT GEO_POINT GEO_SHAPE HALF_FLOAT HISTOGRAM INTEGER IP JOIN KEYWORD LONG MURMUR3",
    "NESTED NUMBER OBJECT PERCOLATOR POINT RANGE RANK_FEATURE RANK_FEATURES SCALED_FLOAT SEARCH_AS_YOU_TYPE SHAPE",
    "SHORT TEXT TIME TIMESTAMP TIMESTAMPZ UNKNOWN UNSIGNED_LONG VERSION WILDCARD",
)
FEATURE_SOURCE_TYPES = OneOf("array boolean date integer number object string timestamp")
SCHEMA_TYPES = OneOf("Avro JSON None Other Protobuf")
CHART_TYPES = OneOf(
    "Area Bar BoxPlot Histogram Line Other Pie Scatter Table Text",
    since={**dict.fromkeys(("Gauge", "Graph", "Heatmap", "Map", "Timeline"), "1.9.17 1.10"), "SanKey": "1.10"},
)
DATA_MODEL_TYPES = OneOf(
    "LookMlExplore LookMlView MetabaseDataModel MicroStrategyDataset PowerBIDataFlow PowerBIDataModel QlikDataModel",
    "QuickSightDataModel SigmaDataModel SupersetDataModel TableauDataModel TableauEmbeddedDatasource",
    "TableauPublishedDatasource",
    since={
        "ThoughtSpotDataModel": "1.8.12 1.9",
        "SapS4HanaCdsView": "1.13",
        "SsrsDataModel": "1.13",
        "PowerBIDatamart": "1.13.6 2.0",
        "ModeDataModel": "1.13.6 2.0.7",
        "OmniDataModel": "2.0",
    },
)
HTTP_METHODS = OneOf("CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE")

LINEAGE_SOURCES = OneOf(
    "ChildAssets CrossDatabaseLineage DashboardLineage DbtLineage ExternalTableLineage Manual OpenLineage",
    "PipelineLineage QueryLineage SparkLineage ViewLineage",
)
EXECUTION_STATUSES = OneOf("Failed Pending Skipped Successful")
