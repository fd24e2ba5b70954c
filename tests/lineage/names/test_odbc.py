"""Connection strings of ODBC as namespaces: driver, server, port and database."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.systems import parse_namespace

POSTGRES, SERVER = "Driver={PostgreSQL Unicode}", "Driver={ODBC Driver 18 for SQL Server}"


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        (f"{POSTGRES};Server=db;Port=5433;Database=shop", "postgres", "db", 5433),
        (f"{POSTGRES};Server=2001:db8::1;Port=5433;Database=shop", "postgres", "2001:db8::1", 5433),
        (f"{POSTGRES};Server=[2001:db8::1];Port=5433", "postgres", "2001:db8::1", 5433),
        (f"{POSTGRES};Server=[2001:db8::1]:5434;Port=5433", "postgres", "2001:db8::1", 5434),
        (f"{POSTGRES};Server=2001:0db8:0:0::1", "postgres", "2001:db8::1", None),
        (f"{POSTGRES};Server=db:5434;Port=5433", "postgres", "db", 5434),
        (f"{SERVER};Server=tcp:db,1444;Database=shop", "sqlserver", "db", 1444),
        (f"{SERVER};Server=tcp:2001:db8::1,1444;Database=shop", "sqlserver", "2001:db8::1", 1444),
        (f"{SERVER};Server=fe80::1%eth0, 1444", "sqlserver", "fe80::1", 1444),
    ],
)
def test_server_and_port_are_read(text: str, scheme: str, host: str, port: int | None) -> None:
    namespace = parse_namespace(text)
    assert (namespace.scheme, namespace.hosts) == (scheme, ((host, port),))
