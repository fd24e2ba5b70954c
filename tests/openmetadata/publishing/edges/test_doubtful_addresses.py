"""A match in a service whose visible address differs, but may be the same system, is a line with the rule, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, edge, job, plan, service
from tests.openmetadata.histories import KeptHistory

SEED: dict[str, Any] = {
    "databaseServices": [
        service("dbx", "Databricks", hostPort="adb-111.1.azuredatabricks.net:443"),
        service("glue", "Glue", awsConfig={"awsRegion": "eu-west-1"}),
    ],
    "tables": [
        {"fqn": fqn, "columns": columns("id")}
        for fqn in ("dbx.main.sales.orders", "dbx.main.sales.totals", "glue.default.web.clicks")
    ],
}
WORKSPACE, OWN = "databricks://adb-222.2.azuredatabricks.net", "databricks://adb-111.1.azuredatabricks.net"
GLUE = "arn:aws:glue:eu-west-1:123456789012"


@pytest.fixture(scope="module")
def client() -> Iterator[OpenMetadataClient]:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        yield client


def table(namespace: str, name: str) -> Dataset:
    return Dataset(namespace, name, Naming(DatasetOptions()).identities(namespace, name))


def lines(client: OpenMetadataClient, history: KeptHistory, *datasets: Dataset, **sections: Any) -> list[str]:
    source, target = datasets
    made = plan(edge(source, target), datasets=datasets, jobs=[job()])
    report = history.publish(made, client, config(**sections), now=1_770_000_000)
    assert report.edges.failed == 0
    return [f"{problem.kind.value} {problem.where}: {problem.detail}" for problem in report.problems]


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("source", "service_", "said"),
    [
        (table(WORKSPACE, "main.sales.orders"), "dbx", "adb-111.1.azuredatabricks.net:443 while events say adb-222.2"),
        (table(GLUE, "table/web/clicks"), "glue", "AWS region eu-west-1 and no account while events say AWS account"),
    ],
)
def test_a_match_that_addresses_leave_in_doubt_is_reported_once_with_its_rule(
    client: OpenMetadataClient, source: Dataset, service_: str, said: str
) -> None:
    history, target = KeptHistory(), table(OWN, "main.sales.totals")
    [line] = lines(client, history, source, target)
    assert line.startswith(f"matched_by_name {source.namespace} -> {service_}: ")
    assert said in line
    assert f'{{namespace: "{source.namespace}", service: {service_}}}' in line
    assert lines(client, history, source, target) == []
    rules = [{"namespace": source.namespace, "service": service_}]
    assert lines(client, KeptHistory(), source, target, namespaces=rules) == []


def test_a_match_at_the_address_of_the_service_is_not_reported(client: OpenMetadataClient) -> None:
    assert lines(client, KeptHistory(), table(OWN, "main.sales.orders"), table(OWN, "main.sales.totals")) == []
