"""Whatever events say: published a second time they write nothing, and every version ends up with the same lineage."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.picture import column_pairs
from tests.openmetadata.builders import FAST, TOKEN, config
from tests.openmetadata.histories import KeptHistory
from tests.support import CAPTURES, PACKAGED, WRITTEN, captured

SEED = PACKAGED / "catalogue.json"
VERSIONS = ("1.8.0", "1.12.0", "2.0.2")
#: Writes all that can be written.
EVERYTHING = {
    "lineage": {"indirect": True, "pipeline_nodes": True},
    "write": {
        "descriptions": "always",
        "owners": "always",
        "tags": "always",
        "create_tags": True,
        "create_datasets": True,
        "queries": True,
        "profile": True,
        "tests": "create",
        "lifecycle": "if_ours",
        "stale_edges": "remove",
    },
}
RULES = [pytest.param({}, id="defaults"), pytest.param(EVERYTHING, id="everything")]


def plan_of(capture: str, rules: dict[str, Any]) -> LineagePlan:
    events = [decode_event(value).event for value in captured(capture)]
    return translate(events, config(**rules), final=True).plan


def lineage(server: CatalogueServer) -> dict[Any, Any]:
    return {ends: (details["source"], column_pairs(details)) for ends, details in server.edges().items()}


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("capture", [*CAPTURES, *WRITTEN])
def test_a_second_publication_writes_nothing_and_all_versions_have_the_same_lineage(
    capture: str, rules: dict[str, Any]
) -> None:
    plan, found = plan_of(capture, rules), []
    for version in VERSIONS:
        with (
            CatalogueServer(SEED, version=version, token=TOKEN) as server,
            OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
        ):
            first = publish_plan(plan, client, config(**rules)).report
            assert first.failed == 0, first.problems
            found.append(lineage(server))
            server.reset_requests()
            second = publish_plan(plan, client, config(**rules)).report
            assert server.writes() == []
            assert second.edges.unchanged == first.edges.published + first.edges.unchanged
            assert lineage(server) == found[-1]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("rules", RULES)
def test_with_a_memory_the_second_time_costs_no_call_but_for_what_is_missing(rules: dict[str, Any]) -> None:
    plan, history = plan_of("airflow-scheduler", rules), KeptHistory()
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        history.publish(plan, client, config(**rules))
        server.reset_requests()
        history.publish(plan, client, config(**rules))
        assert server.requests == []
