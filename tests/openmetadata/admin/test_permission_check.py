"""Permissions: which ones a configuration needs, and how each is checked on the server."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.openmetadata.admin.permission_check import (
    is_granted,
    permission_steps,
    required_permissions,
)
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.permissions import Permission
from openmetadata_ol_provider.openmetadata.client.version import Version
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.admin.support import Web, answering, failed, named
from tests.openmetadata.builders import SEED, TOKEN, config

NOTHING = {
    "descriptions": "never", "owners": "never", "tags": "never", "status": "never", "usage": "never",
    "create_pipelines": False, "create_services": False, "observability": False, "exposures": False,
}  # fmt: skip


LEAST = {
    *(f"ViewBasic on {kind}" for kind in ("table", "topic", "container")),
    *(f"EditLineage on {kind}" for kind in ("table", "topic", "container")),
    *(f"ViewBasic on {kind}Service" for kind in ("database", "messaging", "storage", "pipeline")),
    "ViewBasic on pipeline",
    "EditAll on pipeline",
}  # fmt: skip


def rights(**write: Any) -> set[str]:
    return {str(permission) for permission in required_permissions(config(write={**NOTHING, **write}))}


def test_what_is_not_written_needs_no_permission() -> None:
    assert rights() == LEAST


@pytest.mark.parametrize(
    ("write", "more"),
    [
        ({"status": "always"}, {"EditStatus on pipeline"}),
        ({"usage": "always"}, {"EditUsage on pipeline"}),
        ({"create_pipelines": True}, {"Create on pipeline"}),
        ({"create_services": True}, {"Create on pipelineService"}),
        ({"descriptions": "always"}, {f"EditDescription on {x}" for x in ("table", "topic", "container", "pipeline")}),
        (
            {"owners": "if_empty"},
            {f"EditOwners on {x}" for x in ("table", "topic", "container", "pipeline")}
            | {"ViewBasic on user", "ViewBasic on team"},
        ),
        (
            {"tags": "if_ours", "create_tags": True},
            {f"EditTags on {x}" for x in ("table", "topic", "container", "pipeline")}
            | {"ViewBasic on tag", "Create on tag", "Create on classification"},
        ),
        (
            {"create_datasets": True},
            {f"Create on {x}" for x in ("table", "topic", "container", "database", "databaseSchema")}
            | {f"EditAll on {x}" for x in ("table", "topic", "container")},
        ),
        ({"lifecycle": "if_ours"}, {f"Delete on {x}" for x in ("table", "topic", "container")}),
        ({"queries": True}, {"Create on query"}),
        ({"exposures": True}, {"ViewBasic on dashboard", "EditLineage on dashboard"}),
        ({"observability": True}, {"ViewAll on table", "EditAll on table"}),
        ({"profile": True}, {"ViewDataProfile on table", "EditDataProfile on table"}),
        ({"tests": "existing"}, {"ViewTests on table", "EditTests on table"}),
        (
            {"tests": "create"},
            {"ViewTests on table", "EditTests on table"}
            | {f"{x} on testDefinition" for x in ("ViewBasic", "Create", "EditAll")},
        ),
    ],
)
def test_each_policy_needs_its_permissions(write: dict[str, Any], more: set[str]) -> None:
    assert rights(**write) == LEAST | more


def test_what_an_older_server_does_not_store_needs_no_permission() -> None:
    found = required_permissions(config(write={**NOTHING, "observability": True}), Version((1, 10, 0)))
    assert {str(permission) for permission in found} == LEAST


def test_pipelines_as_nodes_need_lineage_on_pipelines() -> None:
    found = required_permissions(config(write=NOTHING, lineage={"pipeline_nodes": True}))
    assert {str(permission) for permission in found} == LEAST | {"EditLineage on pipeline"}


def listing(resource: str, *permissions: tuple[str, str, dict[str, Any]]) -> tuple[int, Any]:
    found = [{"operation": name, "access": access, **more} for name, access, more in permissions]
    return 200, {"resource": resource, "permissions": found}


DECIDED = {"role": "R", "policy": "P", "rule": {"name": "Rule-1"}}


@pytest.mark.parametrize(
    ("permissions", "passed", "said"),
    [
        ([("EditLineage", "allow", DECIDED)], True, "granted"),
        ([("EditLineage", "conditionalAllow", DECIDED)], True, "if the condition of a rule is met (role R, policy P"),
        ([("EditLineage", "conditionalDeny", {"rule": None})], True, "warning: denied if the condition of a rule"),
        (
            [("EditLineage", "deny", DECIDED)],
            False,
            "denied by a rule (role R, policy P, rule Rule-1), which overrides",
        ),
        ([("EditLineage", "notAllow", {})], False, "operations [EditLineage]"),
        ([("EditLineage", "notAllow", {}), ("EditAll", "allow", {})], False, "not granted"),
        ([("EditAll", "allow", {})], True, "granted through EditAll"),
        ([("EditAll", "deny", {})], False, "denied by a rule"),
        ([("EditAll", "notAllow", {})], True, "warning: the server does not list it for table"),
        ([("Create", "allow", {})], True, "warning: the server does not list it for table"),
    ],
)  # fmt: skip
def test_what_the_server_says_of_a_permission(
    web: Web, permissions: list[tuple[str, str, dict[str, Any]]], passed: bool, said: str
) -> None:
    url = web(answering(permissions__table=listing("table", *permissions)))
    with OpenMetadataClient(url, TOKEN) as client:
        step = named(permission_steps(client, config(write=NOTHING)), "EditLineage on table")
    assert step.passed == passed
    assert said in step.detail


def test_a_server_that_cannot_be_asked_is_one_step_and_no_failure(web: Web) -> None:
    with OpenMetadataClient(web(answering()), TOKEN) as client:
        (step,) = permission_steps(client, Config())
    assert step.passed
    assert "does not list them" in step.detail


def test_a_resource_that_the_server_does_not_know_costs_only_its_steps(web: Web) -> None:
    allowed = [("ViewBasic", "allow", {}), ("EditLineage", "allow", {})]
    server = answering(
        permissions__table=listing("table", *allowed),
        permissions__topic=(400, {"message": "Resource type topic not found"}),
    )
    with OpenMetadataClient(web(server), TOKEN) as client:
        steps = permission_steps(client, config(write=NOTHING))
    assert named(steps, "EditLineage on table").detail == "granted"
    assert named(steps, "EditLineage on topic").is_warning
    assert failed(steps) == []


def test_each_resource_is_asked_about_once(server: CatalogueServer, client: OpenMetadataClient) -> None:
    permission_steps(client, Config())
    paths = [request.path for request in server.requests if "permissions" in request.path]
    assert len(paths) == len(set(paths)) == len({permission.resource for permission in required_permissions(Config())})


def test_a_server_that_fails_meanwhile_is_a_failed_step(server: CatalogueServer, client: OpenMetadataClient) -> None:
    server.fail("GET", "permissions/topic", 500, times=100)
    steps = permission_steps(client, Config())
    assert failed(steps) == ["permissions"]
    assert steps[0].name == "ViewBasic on table"


@pytest.mark.parametrize(
    ("permission", "granted"),
    [
        (Permission("ViewAll", "table"), True),
        (Permission("EditAll", "table"), False),
        (Permission("EditLineage", "topic"), None),
    ],
)
def test_one_permission_can_be_asked_for(permission: Permission, granted: bool | None) -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, deny=["EditAll"]) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        assert is_granted(client, permission) is granted
