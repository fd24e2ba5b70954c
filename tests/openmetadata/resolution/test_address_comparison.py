"""Same system, another system, or nobody can tell: what the addresses of a service and a namespace say."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openmetadata.resolution.address_comparison import compare_addresses
from openmetadata_ol_provider.openmetadata.resolution.services import SERVICE_KIND, Service, read_service

REST = {"catalog": {"name": "prod", "connection": {"uri": "http://rest:8181/iceberg"}}}
GLUE_REGION = {"awsConfig": {"awsRegion": "eu-west-1"}}


def service(type_: str, kind: str = "table", **config: Any) -> Service:
    entity = {"name": "svc", "serviceType": type_, "connection": {"config": config} if config else None}
    return read_service(entity, SERVICE_KIND[kind])


def relation(namespace: str, type_: str, kind: str = "table", **config: Any) -> str:
    return compare_addresses(service(type_, kind, **config), parse_namespace(namespace), kind).relation.value


def tns(host: str) -> dict[str, Any]:
    address = f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={host})(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=ORCL)))"
    return {"oracleConnectionType": {"oracleTNSConnection": address}}


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("namespace", "type_", "host", "expected"),
    [
        ("postgres://db:5432", "Postgres", "db", "same"),
        ("postgres://staging-db:5432", "Postgres", "db:5432", "other"),
        ("postgres://db:5433", "Postgres", "db:5432", "other"),
        ("postgres://db", "Postgres", "db:5433", "other"),
        ("mysql://db:3306", "Mysql", "db-replica:3306", "other"),
        ("sqlserver://sql:1433", "Mssql", "sql2:1433", "other"),
        ("trino://trino.staging:8080", "Trino", "https://trino.prod:8080", "other"),
        ("redshift://b.eu-west-1:5439", "Redshift", "a.abc.eu-west-1.redshift.amazonaws.com:5439", "other"),
        ("redshift://a.us-east-1:5439", "Redshift", "a.abc.eu-west-1.redshift.amazonaws.com:5439", "other"),
        # Several ports of one server
        ("clickhouse://ch:9000", "Clickhouse", "ch:8123", "same"),
        ("clickhouse://ch2:9000", "Clickhouse", "ch:8123", "other"),
        # Loopback: on one side only it is a tunnel, or another machine than this one
        ("postgres://localhost:5432", "Postgres", "db:5432", "uncertain"),
        ("postgres://db:5432", "Postgres", "127.0.0.1:5432", "uncertain"),
        ("postgres://db:5432", "Postgres", "host.docker.internal:15432", "uncertain"),
        ("postgres://localhost:5433", "Postgres", "127.0.0.1:5432", "other"),
        ("postgres://host.docker.internal:5433", "Postgres", "localhost:5432", "other"),
        # Addresses and names
        ("postgres://10.0.0.7:5432", "Postgres", "db.acme.com:5432", "uncertain"),
        ("postgres://db.acme.com:5432", "Postgres", "10.0.0.7:6432", "uncertain"),
        ("postgres://10.0.0.7:5432", "Postgres", "8.8.8.8:5432", "uncertain"),
        ("postgres://10.0.0.7:5432", "Postgres", "10.0.0.8:5432", "other"),
        ("postgres://[fd00::1]:5432", "Postgres", "[fd00::2]:5432", "other"),
        # Loopback has many addresses
        ("postgres://127.0.1.1:5432", "Postgres", "10.0.0.5:5432", "uncertain"),
        ("postgres://db:5432", "Postgres", "localhost.localdomain:5432", "uncertain"),
        # No host, or a template's
        ("postgres://None:None", "Postgres", "db:5432", "uncertain"),
        ("postgres://{{ conn.host }}:5432", "Postgres", "db:5432", "uncertain"),
        ("postgres://db:5432", "Postgres", "${PGHOST}:5432", "uncertain"),
        ("oracle://(DESCRIPTION=(ADDRESS=(HOST=o)(PORT=1521)))", "Oracle", "o:1521", "uncertain"),
        # Named instances of SQL Server, and its port after a comma
        ("sqlserver://ms:1433", "Mssql", "ms\\ONE:1433", "uncertain"),
        ("sqlserver://ms2:1433", "Mssql", "ms\\ONE:1433", "other"),
        ("sqlserver://ms\\TWO", "Mssql", "ms\\ONE", "other"),
        ("sqlserver://ms:1433", "Mssql", "ms,1444", "other"),
        ("sqlserver://ms:1433", "Mssql", "ms,1433", "same"),
        # Short and full names, and what only tells how a server is reached
        ("postgres://db:5432", "Postgres", "db.prod.acme.com:5432", "uncertain"),
        ("postgres://db.prod.acme.com:5432", "Postgres", "db.prod", "uncertain"),
        ("postgres://db:5433", "Postgres", "db.prod.acme.com:5432", "other"),
        ("postgres://db.prod.acme.com:5432", "Postgres", "db.test.acme.com:5432", "other"),
        ("postgres://x.cluster-ro-c1.eu-west-1.rds.amazonaws.com", "Postgres",
         "x.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "uncertain"),
        ("postgres://x-instance-1.c1.eu-west-1.rds.amazonaws.com", "Postgres",
         "x.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "uncertain"),
        ("postgres://y.cluster-ro-c1.eu-west-1.rds.amazonaws.com", "Postgres",
         "x.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "other"),
        ("postgres://vpce-0a-b.rds.eu-west-1.vpce.amazonaws.com", "Postgres", "db:5432", "uncertain"),
        ("mssql://s.database.windows.net", "AzureSQL", "s.privatelink.database.windows.net:1433", "uncertain"),
        ("mssql://s.secondary.database.windows.net", "AzureSQL", "s.database.windows.net:1433", "uncertain"),
        # Metastore and HiveServer2 are two servers of one Hive
        ("hive://metastore:9083", "Hive", "hs2:10000", "uncertain"),
        ("hive://hs2:10000", "Hive", "metastore:9083", "uncertain"),
        ("hive://metastore-b:9083", "Hive", "metastore-a:9083", "other"),
        ("hive://hs2-b:10000", "Hive", "hs2-a:10000", "other"),
        ("hive://metastore:9083", "Hive", "hs2", "uncertain"),
        # Impala's daemons and HiveServer2 share a metastore
        ("impala://daemon:21050", "Hive", "hs2:10000", "uncertain"),
        ("impala://daemon-b:21050", "Impala", "daemon-a:21050", "other"),
        ("hive://zk1:2181,zk2:2181", "Hive", "hs2:10000", "uncertain"),
        # Members of one cluster
        ("mongodb://m2:27017", "MongoDB", "m1:27017", "uncertain"),
        ("mongodb://cluster0-shard-00-01.ab1.mongodb.net:27017", "MongoDB",
         "mongodb+srv://cluster0.ab1.mongodb.net", "uncertain"),
        ("mongodb://m1:27018", "MongoDB", "m1:27017", "other"),
        ("mongodb://staging:27017", "MongoDB", "m1:27017", "other"),
        # Digits of the name of a managed cluster are no number of a member.
        ("mongodb://cluster1.ab1.mongodb.net", "MongoDB", "cluster0.ab1.mongodb.net", "other"),
        ("mongodb://cluster0-shard-00-02.ab1.mongodb.net:27017", "MongoDB", "cluster0.ab1.mongodb.net", "uncertain"),
        ("mongodb://cluster0-shard-00-02.cd2.mongodb.net:27017", "MongoDB", "cluster0.ab1.mongodb.net", "other"),
        ("cockroachdb://shop-2.abc.cockroachlabs.cloud", "Cockroach", "shop-1.abc.cockroachlabs.cloud", "other"),
        ("cassandra://c3.prod:9042", "Cassandra", "c1.prod:9042", "uncertain"),
        ("cassandra://c3.test:9042", "Cassandra", "c1.prod:9042", "other"),
        ("cockroachdb://crdb-2:26257", "Cockroach", "crdb-0:26257", "uncertain"),
        ("cockroachdb://cockroachdb-2.cockroachdb.db.svc.cluster.local:26257", "Cockroach",
         "cockroachdb-public.db.svc:26257", "uncertain"),
        ("cockroachdb://crdb-2.roach.db.svc.cluster.local:26257", "Cockroach", "roach.db:26257", "uncertain"),
        ("vertica://v_shop_node0003:5433", "Vertica", "v_shop_node0001:5433", "uncertain"),
        ("vertica://10.0.0.13:5433", "Vertica", "10.0.0.11:5433", "uncertain"),
        ("vertica://staging:5433", "Vertica", "prod:5433", "other"),
        ("yugabyte://yb-tserver-1:5433", "Postgres", "yb-tserver-0:5433", "uncertain"),
        ("starrocks://fe-1:9030", "StarRocks", "fe-0:9030", "uncertain"),
        ("postgres://pg-1:5432", "Postgres", "pg-0:5432", "other"),
        # Plain and TLS port of one coordinator; two of a kind are two coordinators on one host
        ("trino://t:8443", "Trino", "t:8080", "uncertain"),
        ("trino://t:443", "Trino", "https://t:8080", "uncertain"),
        ("presto://emr:8889", "Presto", "emr:8446", "uncertain"),
        ("trino://t:8081", "Trino", "t:8080", "other"),
        ("trino://t:18443", "Trino", "t:8443", "other"),
        # The system database of SAP HANA leads to the tenants of its instance
        ("hana://h:30015", "SapHana", "h:30013", "uncertain"),
        ("hana://h:30041", "SapHana", "h:30013", "uncertain"),
        ("hana://h:30041", "SapHana", "h:30044", "other"),
        ("hana://h:30115", "SapHana", "h:30013", "other"),
        # Endpoints of managed databases with names of their own
        ("postgres://x.proxy-abc.eu-west-1.rds.amazonaws.com", "Postgres",
         "y.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "uncertain"),
        ("postgres://ro.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com", "Postgres", "db.acme.com:5432", "uncertain"),
        ("postgres://x.proxy-abc.eu-west-1.rds.amazonaws.com", "Postgres",
         "y.c1.us-east-1.rds.amazonaws.com:5432", "other"),
        ("postgres://reports.cluster-custom-c1.eu-west-1.rds.amazonaws.com", "Postgres",
         "shop.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "uncertain"),
        ("postgres://reports.cluster-custom-c2.eu-west-1.rds.amazonaws.com", "Postgres",
         "shop.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "other"),
        ("postgres://shop.global-abc.global.rds.amazonaws.com", "Postgres",
         "shop-eu.cluster-c1.eu-west-1.rds.amazonaws.com:5432", "uncertain"),
        ("mysql://shop-reader-2.c1.eu-west-1.rds.amazonaws.com", "Mysql",
         "shop.cluster-c1.eu-west-1.rds.amazonaws.com:3306", "uncertain"),
        ("mysql://shop-staging.c1.eu-west-1.rds.amazonaws.com", "Mysql",
         "shop.cluster-c1.eu-west-1.rds.amazonaws.com:3306", "other"),
        ("mysql://shop.cluster-ro-c1.rds.cn-north-1.amazonaws.com.cn", "Mysql",
         "shop.cluster-c1.rds.cn-north-1.amazonaws.com.cn:3306", "uncertain"),
        # An IPv4 address written as IPv6
        ("postgres://[::ffff:10.0.0.7]:5432", "Postgres", "10.0.0.7:5432", "same"),
        ("postgres://[::ffff:10.0.0.7]:5432", "Postgres", "10.0.0.8:5432", "other"),
        # Systems whose data does not belong to one address
        ("databricks://adb-2.azuredatabricks.net", "UnityCatalog", "adb-1.azuredatabricks.net:443", "uncertain"),
        ("spark://thrift:10000", "Hive", "hs2:10000", "uncertain"),
        # Of a scheme that nobody knows the hosts still tell
        ("kudu://m:7051", "Postgres", "db:5432", "other"),
    ],
)  # fmt: skip
def test_hosts(namespace: str, type_: str, host: str, expected: str) -> None:
    assert relation(namespace, type_, hostPort=host) == expected


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("namespace", "brokers", "expected"),
    [
        ("kafka://b2:9092", "b1:9092,b2:9092", "same"),
        ("kafka://b9:9092,b2:9092", "b1:9092,b2:9092", "same"),
        ("kafka://b1:29092", "b1:9092,b2:9092", "uncertain"),
        ("kafka://kafka-3:9092", "kafka-1:9092,kafka-2:9092", "uncertain"),
        ("kafka://kafka-3.kafka.svc:9092", "kafka-bootstrap:9092", "uncertain"),
        ("kafka://b-1.shop.ab.c2.kafka.eu-west-1.amazonaws.com:9092",
         "b-2.shop.ab.c2.kafka.eu-west-1.amazonaws.com:9092", "uncertain"),
        ("kafka://10.0.0.1:9092", "10.0.0.2:9092", "uncertain"),
        # Pods and services of Kubernetes, as operators and charts name them
        ("kafka://my-cluster-kafka-0.my-cluster-kafka-brokers.ns.svc:9092", "my-cluster-kafka-bootstrap:9092",
         "uncertain"),
        ("kafka://my-cluster-kafka-0.my-cluster-kafka-brokers.ns.svc.cluster.local:9093",
         "my-cluster-kafka-bootstrap.ns.svc:9092", "uncertain"),
        ("kafka://my-cluster-pool-7.my-cluster-kafka-brokers.ns:9092",
         "my-cluster-kafka-external-bootstrap.ns.svc:9094", "uncertain"),
        ("kafka://my-cluster-kafka-0.my-cluster-kafka-brokers.ns.svc:9092",
         "my-cluster-kafka-bootstrap.staging.svc:9092", "other"),
        ("kafka://test-kafka-0.test-kafka-brokers.ns.svc:9092", "my-cluster-kafka-bootstrap.ns.svc:9092", "other"),
        ("kafka://shop-kafka-controller-0.shop-kafka-controller-headless.ns.svc.cluster.local:9092",
         "shop-kafka.ns.svc.cluster.local:9092", "uncertain"),
        ("kafka://kafka-0.kafka.cp.svc.cluster.local:9071", "kafka.cp.svc.cluster.local:9071", "uncertain"),
        ("kafka://ns2.servicebus.windows.net:9093", "ns1.servicebus.windows.net:9093", "other"),
        ("kafka://kafka-staging:9092", "kafka-prod:9092", "other"),
        ("kafka://kafka-1.staging:9092", "kafka-1.prod:9092,kafka-2.prod:9092", "other"),
        ("kafka://pkc-12345.aws.confluent.cloud:9092", "pkc-67890.aws.confluent.cloud:9092", "other"),
        ("kafka://10.0.0.1:9092", "10.9.0.1:9092", "other"),
    ],
)  # fmt: skip
def test_brokers(namespace: str, brokers: str, expected: str) -> None:
    assert relation(namespace, "Kafka", "topic", bootstrapServers=brokers) == expected


@pytest.mark.parametrize(
    ("namespace", "account", "expected"),
    [
        ("snowflake://ACME-PROD", "acme-prod", "same"),
        ("snowflake://acme-staging", "acme-prod", "other"),
        ("snowflake://acme-staging.snowflakecomputing.com", "acme-prod.privatelink", "other"),
        ("snowflake://zz99999.eu-west-1", "ab12345.eu-west-1", "other"),
        ("snowflake://ab12345.eu-west-1.aws", "ab12345.us-east-1", "other"),
        ("snowflake://ab12345.eu-west-1.aws", "acme-prod", "uncertain"),
        ("snowflake://acme-prod", "ab12345", "uncertain"),
        ("snowflake://localhost:8080", "acme-prod", "uncertain"),
    ],
)
def test_snowflake_accounts(namespace: str, account: str, expected: str) -> None:
    assert relation(namespace, "Snowflake", account=account) == expected


@pytest.mark.parametrize(
    ("namespace", "type_", "kind", "connection", "expected"),
    [
        ("arn:aws:glue:eu-west-1:123456789012", "Glue", "table", {"awsConfig": {"awsRegion": "eu-west-1"}}, "same"),
        ("arn:aws:glue:us-east-1:123456789012", "Glue", "table", {"awsConfig": {"awsRegion": "eu-west-1"}}, "other"),
        (
            "arn:aws:glue:eu-west-1:123456789012",
            "Glue",
            "table",
            {"awsConfig": {"awsRegion": "eu-west-1"}, "catalogId": "210987654321"},
            "other",
        ),
        ("arn:aws:glue:eu-west-1:123456789012", "Glue", "table", {"catalogId": "210987654321"}, "other"),
        ("awsathena://athena.us-east-1.amazonaws.com", "Athena", "table", GLUE_REGION, "other"),
        ("awsathena://athena.us-east-1.amazonaws.com", "Athena", "table", {"workgroup": "primary"}, "uncertain"),
        ("arn:aws:kinesis:us-east-1:1", "Kinesis", "topic", {"awsConfig": {"awsRegion": "eu-west-1"}}, "other"),
        ("pubsub://proj-a", "PubSub", "topic", {"credentials": {"gcpConfig": {"projectId": "proj-a"}}}, "same"),
        ("pubsub://proj-b", "PubSub", "topic", {"credentials": {"gcpConfig": {"projectId": "proj-a"}}}, "other"),
        ("bigquery", "BigQuery", "table", {"credentials": {"gcpConfig": {"projectId": "billing"}}}, "uncertain"),
        ("oracle://db2:1521", "Oracle", "table", tns("db1"), "other"),
        ("oracle://db1", "Oracle", "table", tns("db1"), "same"),
        ("looker://bi.acme.com", "Looker", "dashboard", {"hostPort": "https://bi.acme.com"}, "same"),
        ("looker://bi-test.acme.com", "Looker", "dashboard", {"hostPort": "https://bi.acme.com"}, "other"),
        ("s3://lake/warehouse", "Hive", "table", {"hostPort": "hs2:10000"}, "uncertain"),
        ("file", "Postgres", "table", {"hostPort": "db:5432"}, "uncertain"),
        ("", "Postgres", "table", {"hostPort": "db:5432"}, "uncertain"),
        # Azure's storage account is known of a connection, the containers may be any
        ("abfss://raw@two.dfs.core.windows.net", "ADLS", "container", {"credentials": {"accountName": "one"}}, "other"),
        ("wasbs://raw@one.blob.core.windows.net", "ADLS", "container", {"credentials": {"accountName": "One"}}, "same"),
        ("az://raw", "ADLS", "container", {"credentials": {"accountName": "one"}}, "uncertain"),
        ("abfss://raw@two.dfs.core.windows.net", "ADLS", "container", {"bucketNames": ["raw"]}, "uncertain"),
        # A catalog on the web is one server, on whatever port
        ("http://rest:8181", "Iceberg", "table", REST, "same"),
        ("https://rest/catalog", "Iceberg", "table", REST, "uncertain"),
        ("http://localhost:8181", "Iceberg", "table", REST, "uncertain"),
        ("http://rest-dev:8181", "Iceberg", "table", REST, "other"),
        ("http://rest-dev:8181", "Iceberg", "table", {"catalog": {"name": "prod", "connection": {}}}, "uncertain"),
        # A connection that nobody may see, or without address
        ("postgres://db:5432", "Postgres", "table", {}, "uncertain"),
        ("postgres://db:5432", "Postgres", "table", {"hostPort": "********"}, "uncertain"),
        ("postgres://db:5432", "Postgres", "table", {"database": "shop"}, "uncertain"),
    ],
)  # fmt: skip
def test_regions_accounts_projects_and_silence(
    namespace: str, type_: str, kind: str, connection: dict[str, Any], expected: str
) -> None:
    assert relation(namespace, type_, kind, **connection) == expected


def test_what_differs_is_said_as_people_write_it() -> None:
    brokers = ",".join(f"prod{letter}:9092" for letter in "abcde")
    comparison = compare_addresses(
        service("Kafka", "topic", bootstrapServers=brokers), parse_namespace("kafka://user@staging"), "topic"
    )
    assert comparison[1:] == ("proda:9092, prodb:9092, prodc:9092 and 2 more", "staging")
    comparison = compare_addresses(
        service("Postgres", hostPort="[fd00::1]:5432"), parse_namespace("postgres://[fd00::2]:5432"), "table"
    )
    assert comparison[1:] == ("[fd00::1]:5432", "[fd00::2]:5432")


@pytest.mark.parametrize(
    ("broker", "expected"),
    [
        ("b0-pkc-4r297.eu-west-1.aws.confluent.cloud:9092", "uncertain"),
        ("pkc-4r087.eu-west-1.aws.confluent.cloud:9092", "other"),
        ("b12-pkc-4r087.eu-west-1.aws.confluent.cloud:9092", "other"),
    ],
)
def test_digits_of_a_clusters_id_are_no_number_of_a_member(broker: str, expected: str) -> None:
    own = "pkc-4r297.eu-west-1.aws.confluent.cloud:9092"
    assert relation(f"kafka://{broker}", "Kafka", "topic", bootstrapServers=own) == expected
