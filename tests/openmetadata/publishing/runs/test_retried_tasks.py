"""The statuses of a task that was tried again are the same for any order and any batches of its events."""

from __future__ import annotations

from itertools import permutations

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.histories import KeptHistory
from tests.support import BASE, Json, parent, run_event, stored, translated

START_OF_SECOND = 20_000 + int(BASE.timestamp() * 1000)


def one(state: str, number: int, seconds: float) -> Json:
    facets = {"parent": parent("dag", "r-dag")}
    return run_event(state, job="dag.load", run_id=f"try-{number}", seconds=seconds, run_facets=facets)


EVENTS = [one("START", 1, 0), one("FAIL", 1, 10), one("START", 2, 20), one("COMPLETE", 2, 30)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_second_try_that_succeeded_counts_in_any_order(
    client: OpenMetadataClient, server: CatalogueServer, size: int
) -> None:
    for number, order in enumerate(permutations(EVENTS)):
        history, state, config = KeptHistory(), None, Config.model_validate({"pipelines": {"service": f"s{number}"}})
        for start in range(0, len(order), size):
            plan, state = translated(*order[start : start + size], state=state and stored(state), config=config)
            history.publish(plan, client, config)
        (status,) = server.statuses(f"s{number}.ns:dag")
        (task,) = status["taskStatus"]
        assert (status["executionStatus"], task["executionStatus"]) == ("Successful", "Successful"), order
        assert (task["startTime"], task["endTime"]) == (START_OF_SECOND, START_OF_SECOND + 10_000), order
