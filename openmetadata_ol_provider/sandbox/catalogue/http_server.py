"""Serves HTTP/1.1 on a socket: keep-alive connections, one thread each, every response sent in one piece."""

from __future__ import annotations

import gzip
import re
import socket
import struct
import sys
import threading
import time
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from socketserver import StreamRequestHandler
from typing import Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.application import SANDBOX_HEADER, SANDBOX_TEXT, Application
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.faults import Fault, FaultPlan
from openmetadata_ol_provider.sandbox.catalogue.http_types import (
    COMPRESSED_MARK,
    JSON,
    Request,
    Response,
    error_response,
)
from openmetadata_ol_provider.sandbox.catalogue.request_log import RequestLog, Sent
from openmetadata_ol_provider.sandbox.catalogue.request_reader import (
    ReceivedRequest,
    RequestReader,
    UnreadableRequestError,
)

_JOIN_TIMEOUT = 5.0
#: Methods that the API has.
_METHODS = frozenset({"GET", "PUT", "POST", "PATCH", "DELETE"})
_GZIP_SINCE = (2,)
_GZIP_FROM_BYTES = 256
_NO_FAULT = Fault("", re.compile(""), None)


class HttpServer(ThreadingHTTPServer):
    """Listens on a socket and keeps track of its open connections.

    :param port: port on 127.0.0.1; 0 for a free one
    :param application: application that responds to requests
    :param latency: delay of every response in seconds
    """

    request_queue_size = 256

    def __init__(self, port: int, application: Application, latency: float) -> None:
        self.application = application
        self.latency = latency
        self.faults = FaultPlan()
        self.log = RequestLog(application.catalogue.version)
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._resets: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        application.catalogue.base_url = f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread, and keep track of both."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self._lock:
            self._connections.pop(request, None)
            is_reset = request in self._resets
            self._resets.discard(request)
        if is_reset:
            # Without a shutdown, which would end the connection in an orderly way.
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def reset(self, request: socket.socket) -> None:
        """Make a connection end with a reset once its handler has finished."""
        # A linger time of zero makes close() discard unsent data and send a reset.
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._lock:
            self._resets.add(request)

    def close_connections(self) -> None:
        """End every open connection and wait for the threads behind them."""
        with self._lock:
            open_now = dict(self._connections)
        for connection in open_now:
            _shut(connection)
        for thread in open_now.values():
            thread.join(_JOIN_TIMEOUT)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnected, but report bugs of the stand-in."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(StreamRequestHandler):
    disable_nagle_algorithm = True
    server: HttpServer
    connection: socket.socket
    #: Request that is answered now.
    received: ReceivedRequest

    def handle(self) -> None:
        """Answer the requests of the connection, one after the other."""
        reader = RequestReader(self.connection)
        self.close_connection = False
        while not self.close_connection:
            try:
                received = reader.next_request()
            except UnreadableRequestError as error:
                self.close_connection = True
                self.received = ReceivedRequest(error.method, error.target, {}, b"", keep_alive=False)
                self._send(error_response(error.status, error.message))
                return
            if received is None:
                return
            self.received = received
            self.close_connection = not received.keep_alive
            self._serve(received)

    def _serve(self, received: ReceivedRequest) -> None:
        if received.method not in _METHODS:
            self.close_connection = True
            self._send(error_response(501, f"Unsupported method ({received.method})"))
            return
        fault = self.server.faults.take(received.method, received.target, received.content) or _NO_FAULT
        request = Request(received.method, received.target, received.headers, received.content)
        early_response = self.server.application.respond(request) if fault.after_effect else None
        wait = self.server.latency + fault.delay
        if wait:
            time.sleep(wait)
        if fault.status is None:
            self._send(early_response or self.server.application.respond(request), half=fault.half)
        else:
            self._fail(fault, fault.status)

    def _fail(self, fault: Fault, status: int) -> None:
        if status == 0:
            self._record(0)
            self.close_connection = True
            if fault.reset:
                self.server.reset(self.connection)
            else:
                _shut(self.connection)
            return
        self._send(error_response(status, fault.message, fault.headers))

    def _record(self, status: int) -> None:
        method, target, headers, content, _ = self.received
        if not method:
            # Not HTTP, so no request: a client of a Kafka broker that had this port before, for example.
            return
        content_type, agent = headers.get("content-type", ""), headers.get("user-agent", "")
        self.server.log.add(Sent(method, target, status, content_type, agent, content))

    def _send(self, response: Response, *, half: bool = False) -> None:
        body = response.body
        if body is None:
            payload = b""
        else:
            payload = msgspec.json.encode(body) if response.content_type == JSON else str(body).encode()
        head = [
            f"HTTP/1.1 {response.status} {_reason(response.status)}",
            f"{SANDBOX_HEADER}: {SANDBOX_TEXT}",
        ]
        headers = dict(response.headers)
        if len(payload) > _GZIP_FROM_BYTES and self._sends_gzip():
            payload = gzip.compress(payload, compresslevel=1)
            if "ETag" in headers and Behaviour.MARKS_COMPRESSED_ETAGS in self.server.application.catalogue.behaviours:
                headers["ETag"] = headers["ETag"].removesuffix('"') + COMPRESSED_MARK
            head.append("Content-Encoding: gzip")
        head += [f"{name}: {value}" for name, value in headers.items()]
        head.append(f"Content-Length: {len(payload)}")
        if body is not None:
            head.append(f"Content-Type: {response.content_type}")
        if half:
            self.close_connection = True
            payload = payload[: len(payload) // 2]
        elif self.close_connection:
            head.append("Connection: close")
        self._record(response.status)
        # A single write: a second one would wait until the first is acknowledged.
        self.connection.sendall("\r\n".join((*head, "", "")).encode("latin-1") + payload)

    def _sends_gzip(self) -> bool:
        version = self.server.application.catalogue.version
        return version >= _GZIP_SINCE and "gzip" in self.received.headers.get("accept-encoding", "")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Sandbox"


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client has closed it already
