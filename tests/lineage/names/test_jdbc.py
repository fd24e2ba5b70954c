"""URLs of JDBC drivers as namespaces: whatever the driver adds, they are the names that other producers send."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.names.jdbc import MAX_LENGTH, plain_url
from openmetadata_ol_provider.lineage.systems import parse_namespace

DESCRIPTION = (
    "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=h1)(PORT=1521))"
    "(ADDRESS=(PROTOCOL=TCP)(HOST=h2)(PORT=1521)))(CONNECT_DATA=(SERVICE_NAME=svc)))"
)


@pytest.mark.promise("C72")
@pytest.mark.parametrize(
    ("url", "name", "namespace", "table"),
    [
        # Modes
        ("redshift:iam://wh.abc.eu-west-1.redshift.amazonaws.com:5439/dev", "public.t",
         "redshift://wh.eu-west-1:5439", "dev.public.t"),
        ("redshift:iam://wh:eu-west-1/dev", "public.t", "redshift://wh.eu-west-1", "dev.public.t"),
        ("mysql:loadbalance://h1:3306,h2:3306/shop", "t", "mysql://h1:3306,h2:3306", "shop.t"),
        ("mysql:replication://h1,h2/shop?x=1", "t", "mysql://h1,h2", "shop.t"),
        ("mysql:aws://h1:3306/shop", "t", "mysql://h1:3306", "shop.t"),
        ("mariadb:sequential://h1,h2:3307/shop", "t", "mariadb://h1,h2:3307", "shop.t"),
        ("singlestore:loadbalance://h1,h2/shop", "t", "singlestore://h1,h2", "shop.t"),
        ("ch:https://h:8443/shop", "t", "clickhouse://h:8443", "shop.t"),
        ("ch://h:8443/shop?ssl=true", "t", "clickhouse://h:8443", "shop.t"),
        ("clickhouse:http://h/shop", "t", "clickhouse://h", "shop.t"),
        ("ignite:thin://h:10800", "PUBLIC.T", "ignite://h:10800", "PUBLIC.T"),
        ("h2:tcp://h:9092/~/db", "PUBLIC.T", "h2://h:9092", "PUBLIC.T"),
        # Several hosts
        ("postgresql://h1:5432,h2:5433/shop?targetServerType=primary", "public.t",
         "postgres://h1:5432,h2:5433", "shop.public.t"),
        ("mysql://address=(host=h1)(port=3307)/shop", "t", "mysql://h1:3307", "shop.t"),
        ("mysql://(host=h1,port=3307),(host=h2,port=3308)/shop", "t", "mysql://h1:3307,h2:3308", "shop.t"),
        ("mysql:replication://address=(type=master)(host=h1)(port=3306),address=(type=slave)(host=h2)/shop", "t",
         "mysql://h1:3306,h2", "shop.t"),
        ("exa:n11..n14:8563;schema=S", "T", "exasol://n11:8563", "S.T"),
        ("exa:n1,n2:8563", "S.T", "exasol://n1:8563,n2:8563", "S.T"),
        ("cassandra://h1--h2:9042/ks", "t", "cassandra://h1,h2:9042", "ks.t"),
        # Drivers around drivers
        ("aws-wrapper:postgresql://h1:5432/shop", "public.t", "postgres://h1:5432", "shop.public.t"),
        ("aws-wrapper:mysql://h1/shop", "t", "mysql://h1", "shop.t"),
        ("p6spy:postgresql://h1:5432/shop", "public.t", "postgres://h1:5432", "shop.public.t"),
        ("otel:mysql://h1:3306/shop", "t", "mysql://h1:3306", "shop.t"),
        # Notations of their own
        ("bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId=p1;OAuthType=3", "sales.t",
         "bigquery", "p1.sales.t"),
        ("jtds:sqlserver://h:1433/shop;instance=X", "dbo.t", "sqlserver://h:1433", "shop.dbo.t"),
        ("microsoft:sqlserver://h:1433;DatabaseName=shop", "dbo.t", "sqlserver://h:1433", "shop.dbo.t"),
        ("sybase:Tds:h:5000/shop", "dbo.t", "sybase://h:5000", "shop.dbo.t"),
        ("informix-sqli://h:9088/stores:INFORMIXSERVER=ol", "informix.t", "informix://h:9088", "stores.informix.t"),
        ("oracle:thin:scott/tiger@h:1521:ORCL", "S.T", "oracle://h:1521", "ORCL.S.T"),
        ("oracle:thin:@tcps://h:1522/svc?x=y", "S.T", "oracle://h:1522", "svc.S.T"),
        ("oracle:thin:@//h:1521/svc", "S.T", "oracle://h:1521", "svc.S.T"),
        ("oracle:oci:@h:1521/svc", "S.T", "oracle://h:1521", "svc.S.T"),
        (f"oracle:thin:@{DESCRIPTION}", "S.T", "oracle://h1:1521,h2:1521", "svc.S.T"),
        ("awsathena://AwsRegion=eu-west-1;S3OutputLocation=s3://x", "db.t",
         "awsathena://athena.eu-west-1.amazonaws.com", "db.t"),
        ("athena://Region=eu-west-1;Catalog=c", "db.t", "awsathena://athena.eu-west-1.amazonaws.com", "c.db.t"),
        ("dremio:direct=h:31010;schema=space", "space.t", "dremio://h:31010", "space.t"),
        ("arrow-flight-sql://h:32010?x=1", "space.t", "dremio://h:32010", "space.t"),
        ("avatica:remote:url=http://h:8888/druid/v2/sql/avatica/", "druid.t", "druid://h:8888", "druid.t"),
        ("cloudspanner:/projects/p/instances/i/databases/bank", "accounts", "spanner://p:i", "bank.accounts"),
        ("pgsql://h/shop", "public.t", "postgres://h", "shop.public.t"),
        ("firebirdsql://h:3050/shop", "t", "firebird://h:3050", "shop.t"),
        ("duckdb:/data/x.db", "main.t", "duckdb:/data/x.db", "main.t"),
        ("sqlite:/data/x.db", "main.t", "sqlite:/data/x.db", "main.t"),
    ],
)  # fmt: skip
def test_the_url_of_a_driver_names_the_same_table(url: str, name: str, namespace: str, table: str) -> None:
    (identity,) = Naming(DatasetOptions()).identities(f"jdbc:{url}", name)
    assert (identity.namespace, identity.name, identity.kind) == (namespace, table, "table")
    # Reading it again changes nothing.
    assert Naming(DatasetOptions()).identities(identity.namespace, identity.name) == (identity,)


def test_the_prefix_of_a_driver_that_reads_its_secret_elsewhere() -> None:
    assert parse_namespace("jdbc-secretsmanager:postgresql://h1:5432/shop").hosts == (("h1", 5432),)


@pytest.mark.parametrize("text", ["postgres://h/shop", "bigquery", "", "jdbc", "kafka://b:9092", "exa:n1..n2:8563"])
def test_other_texts_are_returned_as_they_are(text: str) -> None:
    assert plain_url(text) == text


@pytest.mark.parametrize(
    "part", ["aws-wrapper:", "mysql://(host=", "a:tcp", "address=(", "a..", "oracle:thin:@(HOST=h)("]
)
def test_a_url_of_any_length_is_read(part: str) -> None:
    for count in (MAX_LENGTH // len(part) - 1, 50_000):
        assert isinstance(plain_url("jdbc:" + part * count), str)
