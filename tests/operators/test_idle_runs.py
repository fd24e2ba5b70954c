"""A run without events asks the catalogue all the same: what could not be published is not green."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowException, AirflowFailException
from steps_support import Sender, ingest, run_event, run_steps

from openmetadata_ol_provider import CheckOpenMetadataOperator
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")


def check(**parameters: Any) -> Any:
    with DAG("lineage", schedule=None):
        task = CheckOpenMetadataOperator(task_id="check", **parameters)
    return task.execute({})


ASKING = pytest.mark.parametrize("work", [run_steps, ingest, check], ids=["steps", "ingest", "check"])


@pytest.mark.promise("A292")
@ASKING
def test_a_wrong_token_is_noticed_without_events(work: Any, openmetadata: Any, catalogue: CatalogueServer) -> None:
    openmetadata(password="wrong")
    with pytest.raises(AirflowFailException, match=r"OpenMetadata at \S+ refused the token"):
        work()


@pytest.mark.promise("A292")
@ASKING
def test_a_wrong_address_is_noticed_without_events(work: Any, openmetadata: Any, catalogue: CatalogueServer) -> None:
    openmetadata(host=f"{catalogue.url}/wrong/path")
    with pytest.raises(AirflowFailException, match="this is not an OpenMetadata API"):
        work()


@pytest.mark.promise("A292")
@ASKING
def test_a_dead_server_is_noticed_without_events_and_tried_again(work: Any, openmetadata: Any) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        openmetadata(host=f"http://127.0.0.1:{listener.getsockname()[1]}")
    with pytest.raises(AirflowException, match="cannot be reached") as error:
        work()
    assert not isinstance(error.value, AirflowFailException)


@pytest.mark.promise("A292")
@ASKING
def test_a_server_that_is_too_old_is_noticed_without_events(work: Any, openmetadata: Any) -> None:
    with CatalogueServer({}, token="t", version="1.2.0") as server:
        openmetadata(host=server.url, password="t")
        with pytest.raises(AirflowFailException, match=r"OpenMetadata 1\.2\.0 at .* is too old; upgrade it"):
            work()


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_two_requests_are_enough_and_are_counted(work: Any, send: Sender, catalogue: CatalogueServer) -> None:
    assert work()["requests"] == {"GET": 2}
    catalogue.reset_requests()
    send.message(run_event("a"))
    work()
    assert [request for request in catalogue.requests if "loggedInUser" in request.path] == []


def test_the_check_says_what_answers(catalogue: CatalogueServer) -> None:
    assert check() == {"version": "1.12.0", "user": "openlineage-bot"}
