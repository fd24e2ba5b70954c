"""Feeds captured events over and over, as new runs that happen now, for a sandbox that is to look alive."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.feed import CAPTURES, captured, client_event

if TYPE_CHECKING:
    from typing_extensions import Self

_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")


def events_of_round(number: int) -> Iterator[dict[str, Any]]:
    """Yield all captured events as those of new runs.

    :param number: number of the round; the same events have other run ids in each
    """
    for name in CAPTURES.values():
        for event in captured(name):
            yield as_new_run(event, number)


def as_new_run(event: dict[str, Any], number: int) -> dict[str, Any]:
    """Return an event with other run ids, its parents' included, that happens now."""
    text = _UUID.sub(lambda id_: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{id_[0]} {number}")), json.dumps(event))
    renewed: dict[str, Any] = json.loads(text)
    return {**renewed, "eventTime": dt.datetime.now(dt.timezone.utc).isoformat()}


class LiveFeed:
    """Sends events at a constant rate, in a thread, until it is stopped; a context manager.

    :param bootstrap: ``host:port`` of a broker
    :param topic: topic to send to
    :param rate: events per second
    :param failed: called with the error that ended the feed
    """

    def __init__(self, bootstrap: str, topic: str, rate: float, failed: Callable[[Exception], None]) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        #: events per second
        self.rate = rate
        self._failed = failed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="feed")
        #: number of events sent
        self.sent = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

        try:
            config = {"bootstrap.servers": self._bootstrap}
            transport = KafkaTransport(KafkaConfig(config=config, topic=self._topic, flush=False))
            number = 0
            while not self._stopped.is_set():
                for event in events_of_round(number):
                    if self._stopped.wait(1 / self.rate):
                        break
                    transport.emit(client_event(event))
                    self.sent += 1
                number += 1
            transport.wait_for_completion(timeout=5)
        except Exception as error:  # noqa: BLE001 - reported to the user; the rest keeps running
            self._failed(error)
