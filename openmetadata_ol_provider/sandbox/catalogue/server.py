"""Runs the stand-in as a server, and gives access to its content, its request log and its faults."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue import state_file as state_files
from openmetadata_ol_provider.sandbox.catalogue.application import Application
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.faults import Fault
from openmetadata_ol_provider.sandbox.catalogue.http_server import HttpServer
from openmetadata_ol_provider.sandbox.catalogue.lineage_graph import named_edges
from openmetadata_ol_provider.sandbox.catalogue.request_log import Recorded, Sent
from openmetadata_ol_provider.sandbox.catalogue.routes_observability import stored_rows
from openmetadata_ol_provider.sandbox.catalogue.seed import load_seed

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_ACCEPT_POLL = 0.02


class CatalogueServer:
    """A stand-in for OpenMetadata on 127.0.0.1; a context manager, or :meth:`start` and :meth:`close`.

    :param seed: initial content: a mapping, or the path of a JSON or YAML file; see :mod:`.seed`
    :param version: version to play, 1.8 to 2.1; it decides which fields and routes exist and what is refused
    :param token: the only JWT that is accepted; ``None`` accepts every caller
    :param port: port to listen on; 0 for a free one
    :param latency: delay of every response in seconds
    :param state_file: file that keeps the content across restarts: read at the start if it exists, in which case
        ``seed`` is not loaded, and written after each change
    :param deny: operations refused with 403, e.g. ``EditLineage``, ``EditStatus``, ``Create``, ``EditAll``; with a
        type of entities, ``EditLineage:topic``, only on entities of that type
    :param behaviours: behaviours that are on or off whatever the version, by name; see :mod:`.behaviours`
    :raises SeedError: if the seed is invalid
    :raises ValueError: if the version, a behaviour or the state file is invalid
    :raises OSError: if the port is in use
    """

    def __init__(
        self,
        seed: str | Path | dict[str, Any] | None = None,
        version: str = "1.12.0",
        token: str | None = None,
        port: int = 0,
        latency: float = 0.0,
        *,
        state_file: str | Path | None = None,
        deny: Collection[str] = (),
        behaviours: Mapping[str, bool] | None = None,
    ) -> None:
        path = Path(state_file) if state_file is not None else None
        self._catalogue = Catalogue(version, deny, behaviours)
        if path is not None and path.exists():
            state_files.load(self.store, path)
        elif seed is not None:
            load_seed(self.store, seed)
        save = None if path is None else partial(state_files.save, path=path)
        self._http = HttpServer(port, Application(self._catalogue, token, save), latency)
        self._thread: threading.Thread | None = None
        #: base URL without ``/api``
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def store(self) -> CatalogueStore:
        """The content of the catalogue."""
        return self._catalogue.store

    @property
    def requests(self) -> list[Recorded]:
        """All requests so far; their status is 0 if the connection was closed instead of a response."""
        return self._http.log.all()

    @property
    def bodies(self) -> list[Sent]:
        """All requests so far that had a body, with the body."""
        return self._http.log.bodies()

    def calls(self) -> dict[str, int]:
        """Return the number of requests by method."""
        return self._http.log.calls()

    def writes(self) -> list[Recorded]:
        """Return the PUT, POST, PATCH and DELETE requests so far."""
        return self._http.log.writes()

    def reset_requests(self) -> None:
        """Drop the recorded requests."""
        self._http.log.clear()

    def edges(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the lineageDetails of all edges by (FQN of the source, FQN of the target)."""
        return named_edges(self.store)

    def entities(self, entity_type: str) -> list[dict[str, Any]]:
        """Return the entities of a type, e.g. ``table``, that are not deleted, sorted by FQN."""
        with self.store.lock:
            return [item for item in self.store.collection(entity_type).after(None) if not item["deleted"]]

    def statuses(self, pipeline_fqn: str) -> list[dict[str, Any]]:
        """Return the statuses of a pipeline, oldest first."""
        with self.store.lock:
            statuses = self.store.statuses.get(self.store.by_name("pipeline", pipeline_fqn)["id"], {})
            return [statuses[timestamp] for timestamp in sorted(statuses)]

    def observability(self, table_fqn: str) -> list[dict[str, Any]]:
        """Return the rows of a table's pipeline observability."""
        with self.store.lock:
            return stored_rows(self.store, self.store.by_name("table", table_fqn)["id"])

    def profiles(self, kind: str, fqn: str) -> list[dict[str, Any]]:
        """Return the rows of a profile, oldest first.

        :param kind: ``table``, ``column`` or ``system``
        :param fqn: FQN of the table, or of the column
        """
        with self.store.lock:
            return sorted(self.store.profiles.get((kind, fqn), ()), key=lambda row: int(row["timestamp"]))

    def test_results(self) -> dict[str, list[dict[str, Any]]]:
        """Return the results of all test cases by FQN, oldest first; a test case may have none."""
        with self.store.lock:
            stored = self.store.test_results
            return {
                fqn: [results[timestamp] for timestamp in sorted(results)]
                for fqn in sorted(self.store.test_cases)
                for results in (stored.get(fqn, {}),)
            }

    def latest_test_results(self) -> dict[str, dict[str, Any]]:
        """Return the latest result of each test case that has any, by the FQN of the test case."""
        return {fqn: results[-1] for fqn, results in self.test_results().items() if results}

    def end_patch_sessions(self) -> None:
        """Make the next PATCH of each entity stand alone, as if ten minutes had passed since the last one."""
        self.store.sessions.clear()

    def fail(  # noqa: PLR0917
        self,
        method: str,
        path_regex: str,
        status: int | None,
        times: int = 1,
        message: str = "Injected by the sandbox",
        after_effect: bool = False,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        *,
        reset: bool = False,
        half: bool = False,
        pinned: bool = False,
    ) -> None:
        """Plan a fault for the next requests of a kind.

        :param method: HTTP method, or ``*``
        :param path_regex: regular expression, searched in the decoded path and query
        :param status: status of the response; 0 closes the connection without a response; ``None`` responds as usual
        :param times: number of requests that are affected
        :param message: ``message`` of the error body
        :param after_effect: ``True`` if the request is carried out before it fails or before the delay
        :param headers: header fields of the response, e.g. Retry-After
        :param delay: seconds to wait before the response
        :param reset: ``True`` if the connection is closed by a reset (status 0)
        :param half: ``True`` if the connection is closed after half of the usual body (status ``None``)
        :param pinned: ``True`` if the fault, once it has affected a request, affects only repetitions of that request
        """
        fault = Fault(method, re.compile(path_regex), status, times, message, after_effect, headers or {}, delay)
        fault.reset, fault.half, fault.pinned = reset, half, pinned
        self._http.faults.add(fault)

    def clear_faults(self) -> None:
        """Drop all planned faults."""
        self._http.faults.clear()

    def start(self) -> Self:
        """Start to respond to requests, in a thread."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._http.serve_forever, kwargs={"poll_interval": _ACCEPT_POLL}, daemon=True, name="catalogue"
            )
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and close every open connection; may be called more than once."""
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()
        self._http.close_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CatalogueServer({self.url!r}, version={self._catalogue.version_text!r})"
