"""Servers to test against; their client is in ``catalogue_http``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import SEED, Http

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def http() -> Iterator[Http]:
    """Start a seeded server that plays 1.12, and yield a client of it."""
    with CatalogueServer(SEED) as server:
        client = Http(server)
        yield client
        client.session.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Http]]:
    """Yield a function that starts a server with options and returns a client of it."""
    started: list[tuple[CatalogueServer, Http]] = []

    def start(seed: Any = SEED, **options: Any) -> Http:
        server = CatalogueServer(seed, **options).start()
        client = Http(server)
        started.append((server, client))
        return client

    yield start
    for server, client in started:
        client.session.close()
        server.close()
