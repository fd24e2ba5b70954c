"""Statuses of mapped tasks: each instance has its tries, and the task's status is the sum of its instances."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import run
from tests.openmetadata.publishing.runs.test_status_writer import publish, states, status


def instance(state: str, minute: int, index: int | None, **facts: Any) -> RunRecord:
    ended = f"2026-01-01T00:{minute + 1:02d}:00Z" if state != "START" else None
    return run(state, task="a", started=f"2026-01-01T00:{minute:02d}:00Z", ended_at=ended, map_index=index, **facts)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("step", [1, -1])
def test_an_instance_that_succeeds_later_does_not_hide_one_that_failed(
    client: OpenMetadataClient, server: CatalogueServer, together: bool, step: int
) -> None:
    records = [instance("FAIL", 1, 0), instance("COMPLETE", 5, 1)][::step]
    for batch in [records] if together else [[record] for record in records]:
        publish(client, *batch)
    assert states(server)[1] == {"a": "Failed"}
    (task,) = status(server)["taskStatus"]
    assert (task["endTime"] - task["startTime"]) == 5 * 60_000


def test_a_further_try_of_the_failed_instance_makes_up_for_it(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, instance("COMPLETE", 0, 1), instance("FAIL", 1, 0), instance("COMPLETE", 5, 0))
    assert states(server)[1] == {"a": "Successful"}


def test_tries_that_overlap_another_instance_are_still_tries(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    long = run("COMPLETE", task="a", started="2026-01-01T00:00:00Z", ended_at="2026-01-01T00:30:00Z", map_index=1)
    publish(client, instance("FAIL", 1, 0), instance("COMPLETE", 5, 0), long)
    assert states(server)[1] == {"a": "Successful"}


def test_a_later_try_of_a_task_that_is_not_mapped_replaces_the_earlier_one(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, instance("FAIL", 1, None))
    publish(client, instance("COMPLETE", 5, None))
    assert states(server)[1] == {"a": "Successful"}
