"""Runs the sandbox's stand-in for OpenMetadata in its own process and measures its CPU time."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer


class StandIn(NamedTuple):
    """The running process.

    :param url: base URL
    :param pipe: connection to the process, for requests of its CPU time
    """

    url: str
    pipe: Connection

    def cpu(self) -> float:
        """Return the CPU seconds that it has used so far."""
        self.pipe.send("cpu")
        seconds: float = self.pipe.recv()
        return seconds


def _serve(seed: dict[str, Any] | Path, latency: float, pipe: Connection) -> None:
    with CatalogueServer(seed, latency=latency) as server:
        pipe.send(server.url)
        while True:
            asked = pipe.poll(1.0)
            # Otherwise the record of requests would grow without limit.
            server.reset_requests()
            if asked:
                if pipe.recv() is None:
                    return
                pipe.send(time.process_time())


@contextmanager
def standin(seed: dict[str, Any] | Path, latency: float = 0.0) -> Iterator[StandIn]:
    """Run the stand-in with a seed; each response is delayed by ``latency`` seconds."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(seed, latency, there), daemon=True)
    process.start()
    try:
        yield StandIn(here.recv(), here)
    finally:
        here.send(None)
        process.join()
