"""Lists of test cases: of a table, with those of its columns, page by page, each with its latest result."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.gates.cases import add_case, add_result

SEED: dict[str, Any] = {
    "databaseServices": [{"name": "pg", "serviceType": "Postgres"}],
    "tables": [
        {"fqn": f"pg.shop.public.{name}", "columns": [{"name": "id", "dataType": "INT"}]} for name in ("a_b", "aXb")
    ],
}


@pytest.fixture
def client() -> Any:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        yield client


def listed(client: OpenMetadataClient, **query: Any) -> list[str]:
    return [case["fullyQualifiedName"].removeprefix("pg.shop.public.") for case in client.pages(PATH, query)]


PATH = "v1/dataQuality/testCases"
LINK = "<#E::table::pg.shop.public.a_b>"


def test_a_table_has_its_own_test_cases_and_those_of_its_columns(client: OpenMetadataClient) -> None:
    for table, column in (("a_b", None), ("a_b", "id"), ("aXb", None)):
        add_case(client, f"pg.shop.public.{table}", "rows", column)
    assert listed(client) == ["aXb.rows", "a_b.id.rows", "a_b.rows"]
    assert listed(client, limit=1) == listed(client)
    assert listed(client, entityLink=LINK) == ["a_b.rows"]
    # An underscore is any character to the database.
    assert listed(client, entityLink=LINK, includeAllTests="true") == ["aXb.rows", "a_b.id.rows", "a_b.rows"]


def test_the_latest_result_is_shown_if_it_is_asked_for(client: OpenMetadataClient) -> None:
    fqn = add_case(client, "pg.shop.public.a_b", "rows")
    add_result(client, fqn, "Failed", at=1_767_225_600_000)
    add_result(client, fqn, "Success", at=1_767_225_700_000)
    (with_result,) = client.pages(PATH, {"fields": "testCaseResult"})
    assert with_result["testCaseResult"]["testCaseStatus"] == "Success"
    (without,) = client.pages(PATH)
    assert "testCaseResult" not in without
