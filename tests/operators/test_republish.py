"""What an overtaken or killed task has presumed of ends is corrected by the ends that were sent."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from steps_support import TOPIC, Sender, consume, holding, publish, run_event, run_steps, translate

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope
from openmetadata_ol_provider.ingestion.republish import republish
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import StateStore

KEY = f"openmetadata_ol.lineage.{TOPIC}"
pytestmark = pytest.mark.usefixtures("connections")
_ROOT = {"run": {"runId": "root"}, "job": {"namespace": "scheduler", "name": "nightly"}}
_CHILD: dict[str, Any] = {"job": "nightly.load", "parent": {**_ROOT, "root": _ROOT}}


_STATES = {"COMPLETE": "Successful", "FAIL": "Failed"}
_ENDS = pytest.mark.parametrize(("end", "root_end"), list(itertools.product(_STATES, _STATES)))


def send_presumed(send: Sender, root_end: str) -> None:
    """Send what makes a task's run end with the run above it, whose end came first."""
    send.events(run_event("child", "START", minute=0, **_CHILD))
    send.events(run_event("root", root_end, minute=5, job="nightly", inputs=(), outputs=()))
    send.events(run_event("later", minute=30, job="other.load", outputs=("shop.public.orders",)))


def publish_only(plan: Any) -> None:
    """Publish what a task publishes that does not come to its commit."""
    publish_plan(PlanEnvelope.from_dict(plan).plan, OpenMetadataHook().get_conn(), Config(), History())


def task_status(catalogue: CatalogueServer) -> tuple[str, int]:
    """Return the status of the task, and the minute of its end."""
    (status,) = catalogue.statuses("openlineage.scheduler:nightly")
    (task,) = status["taskStatus"]
    return task["executionStatus"], (task["endTime"] - task["startTime"]) // 60_000


@_ENDS
def test_an_end_that_was_presumed_gives_way_to_the_one_that_was_sent(
    send: Sender, catalogue: CatalogueServer, end: str, root_end: str
) -> None:
    send_presumed(send, root_end)
    presuming = translate(consume())
    publish(presuming)
    assert task_status(catalogue)[1] == 5
    send.events(run_event("child", end, minute=3, **_CHILD))
    publish(translate(consume()))
    sent = holding(catalogue)
    assert task_status(catalogue) == (_STATES[end], 3)
    # An overtaken task publishes the first batch once more.
    publish_only(presuming)
    assert holding(catalogue).statuses != sent.statuses
    republish(StateStore(KEY), OpenMetadataHook().get_conn(), Config())
    assert holding(catalogue) == sent


@_ENDS
def test_an_end_that_a_killed_task_presumed_gives_way_to_one_of_the_same_batch(
    send: Sender, catalogue: CatalogueServer, end: str, root_end: str
) -> None:
    send_presumed(send, root_end)
    publish_only(translate(consume()))
    StateStore(KEY).claim(History())
    assert task_status(catalogue)[1] == 5
    send.events(run_event("child", end, minute=3, **_CHILD))
    run_steps()
    assert task_status(catalogue) == (_STATES[end], 3)
