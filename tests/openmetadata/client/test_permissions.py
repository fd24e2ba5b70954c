"""The permissions that a request needs."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.permissions import permissions_for
from openmetadata_ol_provider.openmetadata.client.transport import Request
from tests.openmetadata.client.support import EDGE


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("PUT", "v1/lineage", EDGE, ["EditLineage on topic", "EditLineage on table"]),
        ("PUT", "v1/lineage", None, ["EditLineage on table", "EditLineage on topic", "EditLineage on container"]),
        ("DELETE", "v1/lineage/table/1-2/container/3-4", None, ["EditLineage on table", "EditLineage on container"]),
        ("PATCH", "v1/lineage/table/name/s.d.x/table/name/s.d.y", [], ["EditLineage on table"]),
        ("PUT", "v1/pipelines", {}, ["Create on pipeline", "EditAll on pipeline"]),
        ("PUT", "v1/pipelines/bulk", [], ["Create on pipeline", "EditAll on pipeline"]),
        ("PUT", "v1/pipelines/ol.dag/status", {}, ["EditStatus on pipeline"]),
        ("PUT", "v1/pipelines/ol.dag/status/bulk", [], ["EditStatus on pipeline"]),
        ("PUT", "v1/services/pipelineServices", {}, ["Create on pipelineService", "EditAll on pipelineService"]),
        ("POST", "v1/tags", {}, ["Create on tag"]),
        ("PUT", "v1/tags/1/assets/add", {}, ["EditAll on tag"]),
        ("POST", "v1/queries", {}, ["Create on query"]),
        ("PUT", "v1/tables/1/tableProfile", {}, ["EditDataProfile on table"]),
        ("GET", "v1/tables/a.b.c.d/tableProfile/latest", None, ["ViewDataProfile on table"]),
        ("GET", "v1/tables/a.b.c.d/systemProfile", None, ["ViewDataProfile on table"]),
        ("POST", "v1/entity/profiles/id/table/1", {}, ["EditDataProfile on table"]),
        ("GET", "v1/dataQuality/testCases/name/a.b.c.d.e", None, ["ViewTests on table"]),
        ("POST", "v1/dataQuality/testCases/testCaseResults/a.b.c.d.e", {}, ["EditTests on table"]),
        ("GET", "v1/dataQuality/testDefinitions/name/a", None, ["ViewBasic on testDefinition"]),
        ("POST", "v1/dataQuality/testDefinitions", {}, ["Create on testDefinition"]),
        ("PATCH", "v1/dataQuality/testDefinitions/1", [], ["EditAll on testDefinition"]),
        ("POST", "v1/usage/pipeline/1", {}, ["EditUsage on pipeline"]),
        ("DELETE", "v1/tables/1", None, ["Delete on table"]),
        ("GET", "v1/searchIndexes/name/x", None, ["ViewBasic on searchIndex"]),
        ("GET", "v1/services/databaseServices", None, ["ViewBasic on databaseService"]),
        ("GET", "v1/search/query", None, []),
        (
            "PATCH",
            "v1/tables/1",
            [
                {"op": "test", "path": "/version", "value": 1},
                {"op": "add", "path": "/description", "value": "d"},
                {"op": "add", "path": "/tags/-", "value": {}},
                {"op": "add", "path": "/owners", "value": []},
                {"op": "add", "path": "/columns/0/description", "value": ""},
            ],
            ["EditDescription on table", "EditTags on table", "EditOwners on table", "EditAll on table"],
        ),
    ],
)
def test_the_right_that_a_call_needs_follows_from_it(method: str, path: str, body: Any, expected: list[str]) -> None:
    assert [str(permission) for permission in permissions_for(Request(method, path, json=body))] == expected
