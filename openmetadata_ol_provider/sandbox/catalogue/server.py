"""The stand-in as a server: start it, point a client at its URL, look at what it holds and what it was asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue import state
from openmetadata_ol_provider.sandbox.catalogue.api import Api
from openmetadata_ol_provider.sandbox.catalogue.faults import Fault, Recorded, Sent
from openmetadata_ol_provider.sandbox.catalogue.graph import named_edges
from openmetadata_ol_provider.sandbox.catalogue.seed import load_seed
from openmetadata_ol_provider.sandbox.catalogue.store import Store
from openmetadata_ol_provider.sandbox.catalogue.wire import HttpServer

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_ACCEPT_POLL = 0.02


class CatalogueServer:
    """A stand-in for OpenMetadata on 127.0.0.1; a context manager, or :meth:`start` and :meth:`close`.

    :param seed: what it holds at first: a mapping, or a JSON or YAML file; see :mod:`.seed`
    :param version: version to play, 1.8 to 2.0; it decides which fields, routes and refusals there are
    :param token: the one JWT that is let in; ``None`` lets everyone in
    :param port: port to listen on; 0 takes a free one
    :param latency: seconds that every answer takes longer
    :param state_file: keeps the content over restarts: read at start if it exists (then ``seed`` is not loaded again),
        written after each change
    :param deny: operations refused with 403, e.g. ``EditLineage``, ``EditStatus``, ``Create``, ``EditAll``
    :raises SeedError: if the seed is refused
    :raises OSError: if the port is taken
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
    ) -> None:
        path = Path(state_file) if state_file is not None else None
        self._api = Api(version, token, deny, saved=None if path is None else lambda store: state.save(store, path))
        if path is not None and path.exists():
            state.load(self.store, path)
        elif seed is not None:
            load_seed(self.store, seed)
        self._http = HttpServer(port, self._api, latency)
        self._thread: threading.Thread | None = None
        #: base URL without ``/api``
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def store(self) -> Store:
        """What the catalogue holds."""
        return self._api.store

    @property
    def requests(self) -> list[Recorded]:
        """The requests so far: (method, path with query, status); status 0 where the connection was closed instead."""
        return self._http.log.all()

    @property
    def bodies(self) -> list[Sent]:
        """The requests so far that had a body, with it."""
        return self._http.log.bodies()

    def calls(self) -> dict[str, int]:
        """Return the number of requests by method."""
        return self._http.log.calls()

    def writes(self) -> list[Recorded]:
        """Return the PUT, POST, PATCH and DELETE requests so far."""
        return self._http.log.writes()

    def reset_requests(self) -> None:
        """Forget the requests so far."""
        self._http.log.clear()

    def edges(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return lineageDetails by (FQN of the source, FQN of the target)."""
        return named_edges(self.store)

    def entities(self, entity_type: str) -> list[dict[str, Any]]:
        """Return the entities of a type, e.g. ``table``, that are not deleted, in order of their names."""
        with self.store.lock:
            return [item for item in self.store.collection(entity_type).after(None) if not item["deleted"]]

    def statuses(self, pipeline_fqn: str) -> list[dict[str, Any]]:
        """Return the statuses of a pipeline, oldest first."""
        with self.store.lock:
            found = self.store.statuses.get(self.store.by_name("pipeline", pipeline_fqn)["id"], {})
            return [found[timestamp] for timestamp in sorted(found)]

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
        :param path_regex: searched in the decoded path with its query
        :param status: status to answer; 0 closes the connection without an answer; ``None`` answers as always
        :param times: how many requests it hits
        :param message: ``message`` of the error body
        :param after_effect: whether the request is carried out before it fails, or before the delay
        :param headers: header fields of the answer, e.g. Retry-After
        :param delay: seconds to wait before
        :param reset: close by a reset (status 0)
        :param half: answer as always, but close after half of the body (status ``None``)
        :param pinned: once it has hit a request, it hits only that one again, when it is repeated
        """
        fault = Fault(method, re.compile(path_regex), status, times, message, after_effect, headers or {}, delay)
        fault.reset, fault.half, fault.pinned = reset, half, pinned
        self._http.faults.add(fault)

    def clear_faults(self) -> None:
        """Plan no faults any more."""
        self._http.faults.clear()

    def start(self) -> Self:
        """Begin to answer, in a thread."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._http.serve_forever, kwargs={"poll_interval": _ACCEPT_POLL}, daemon=True, name="catalogue"
            )
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and end every open connection; calling it twice is allowed."""
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
        return f"CatalogueServer({self.url!r}, version={self._api.version_text!r})"
