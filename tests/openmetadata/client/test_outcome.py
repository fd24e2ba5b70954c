"""What a response shows of the server's load."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openmetadata.client.outcome import Failure, classify_response
from openmetadata_ol_provider.openmetadata.client.server import Server
from openmetadata_ol_provider.openmetadata.client.transport import Request, Response


@pytest.mark.parametrize(
    ("status", "load"),
    [(400, "handled"), (408, "unknown"), (425, "unknown"), (429, "overloaded"), (503, "overloaded"), (520, "unknown")],
)
def test_what_a_gateway_answers_says_nothing_of_the_servers_load(status: int, load: str) -> None:
    response = Response(status, {"Content-Type": "text/plain"}, b"")
    failure = classify_response(Server("http://om/api"), Request("GET", "v1/x"), response, None, missing_ok=False)
    assert isinstance(failure, Failure)
    assert failure.load == load
