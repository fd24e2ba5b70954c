"""Of Glue and Athena in one region, which show the same tables, the namespace names the one that is meant."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, dataset, service

AWS: dict[str, Any] = {
    "databaseServices": [
        service(name.lower(), name, awsConfig={"awsRegion": "eu-west-1"}) for name in ("Athena", "Glue")
    ],
    "tables": [{"fqn": f"{name}.default.sales.orders", "columns": columns("id")} for name in ("athena", "glue")],
}


@pytest.mark.parametrize(
    ("namespace", "name", "meant"),
    [
        ("arn:aws:glue:eu-west-1", "table/sales/orders", "glue"),
        ("arn:aws:glue:eu-west-1:123456789012", "table/sales/orders", "glue"),
        ("awsathena://athena.eu-west-1.amazonaws.com", "AwsDataCatalog.sales.orders", "athena"),
    ],
)
def test_the_service_of_the_type_that_the_namespace_names_comes_first(namespace: str, name: str, meant: str) -> None:
    with CatalogueServer(AWS, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        found = Resolver(client, config()).resolve(dataset(namespace, name))
    assert found.entity is not None
    assert found.entity.fqn == f"{meant}.default.sales.orders"


def test_what_only_the_other_one_has_is_found_there() -> None:
    only_athena = {**AWS, "tables": AWS["tables"][:1]}
    with (
        CatalogueServer(only_athena, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        found = Resolver(client, config()).resolve(dataset("arn:aws:glue:eu-west-1", "table/sales/orders"))
    assert found.entity is not None
    assert found.entity.fqn == "athena.default.sales.orders"
