"""Tasks in processes of their own: ``python -m tests.faults.worker SOCKET`` forks one for each connection.

The server has imported everything and opened nothing, so a task starts in no time and may be killed at any. A task is
told in one line of JSON what to do, and says in lines of JSON who it is, where it waits or is killed, and how it ended.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import traceback
from typing import Any, TextIO

import openmetadata_ol_provider
from openmetadata_ol_provider.state import chain, ledger_store, segment_store
from openmetadata_ol_provider.version_compat import get_variable, set_variable
from tests.faults.points import Stop, Stops
from tests.faults.tasks import PATIENCE
from tests.operators import steps_support
from tests.real_kafka.cluster import _die_with_parent

#: Constants of the package that say how many seconds it waits for a broker.
WAITING = (
    ("kafka.retry", "REQUEST_TIMEOUT"),
    ("kafka.group_offsets", "REQUEST_TIMEOUT"),
    ("kafka.cluster", "REQUEST_TIMEOUT"),
    ("kafka.reader", "REQUEST_TIMEOUT"),
    ("kafka.reader", "STALL_TIMEOUT"),
    ("kafka.producer", "_DELIVERY_TIMEOUT"),
)
#: What is imported only when it is needed, by Airflow 3 and by us; each task needs it.
_LATE = (
    "airflow.sdk.definitions.connection",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.observability.stats",
    "requests",
)


def main(path: str) -> None:
    """Serve until the process that started this one ends."""
    _die_with_parent()
    _warm_up()
    # Nobody waits for the children; their connections tell how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)  # noqa: T201 - what the harness waits for
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _die_with_parent()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _serve(connection)
                os._exit(0)
            connection.close()


def _warm_up() -> None:
    """Import whatever tasks import, lest each of them do it, and open nothing that a fork would share."""
    import confluent_kafka
    from airflow import settings

    for module in pkgutil.walk_packages(openmetadata_ol_provider.__path__, f"{openmetadata_ol_provider.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Few events fit into the head of the state, and few into a piece, so that small states have several of them, too.
    segment_store.MAX_TAIL = ledger_store.MAX_TAIL = 500
    chain.MAX_PIECE = 300
    confluent_kafka.libversion()
    set_variable("warm", get_variable("warm") or "")
    settings.engine.dispose()
    # What is shared with the children stays shared.
    gc.collect()
    gc.freeze()


def _serve(connection: socket.socket) -> None:
    lines = connection.makefile("r", encoding="utf-8")
    order = json.loads(lines.readline())
    with open(order["log"], "ab", buffering=0) as log:  # noqa: PTH123 - a descriptor is what is needed
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    _say(connection, pid=os.getpid())
    os.environ.update(order["environment"])

    def act(stop: Stop) -> None:
        _act(stop, connection, lines)
        # Not before: a broker that is only slow has to be waited for.
        _wait_for_brokers(order["patience"])

    stops = Stops([Stop(*item) for item in order["stops"]], act)
    try:
        _wait_for_brokers(PATIENCE)
        _set_up(stops)
        result = getattr(steps_support, order["task"])(*order["inputs"], **order["parameters"])
        stops.reach("done")
        _say(connection, result=result)
    except Exception as error:  # noqa: BLE001 - whatever it is, the harness wants to know
        traceback.print_exc()
        _say(connection, error=[type(error).__name__, str(error)])


def _wait_for_brokers(seconds: float) -> None:
    for module, name in WAITING:
        setattr(importlib.import_module(f"openmetadata_ol_provider.{module}"), name, seconds)


def _set_up(stops: Stops) -> None:
    client: Any = importlib.import_module("openmetadata_ol_provider.openmetadata.client.client")
    client.RetryPolicy = lambda: steps_support.FAST
    stops.install()


def _act(stop: Stop, connection: socket.socket, lines: TextIO) -> None:
    if not stop.wait:
        _say(connection, killed=stop.point)
        os.kill(os.getpid(), signal.SIGKILL)
    _say(connection, at=stop.point)
    lines.readline()


def _say(connection: socket.socket, **what: Any) -> None:
    connection.sendall(json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
