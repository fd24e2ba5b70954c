"""Repeats a request to a broker that is getting ready, within one request timeout; a refusal ends it immediately."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from openmetadata_ol_provider.kafka.errors import BrokerErrors, library_error

T = TypeVar("T")

#: Most seconds that a request to the broker may take, repetitions included.
REQUEST_TIMEOUT = 10.0
# One long request would hide refused credentials for its whole time: the first waits are short.
_FIRST_WAIT = 1.0
_PAUSE = 0.25


def is_transient(error: object) -> bool:
    """Return whether an error passes by itself: a coordinator is created, a leader elected, a broker restarted."""
    from confluent_kafka import KafkaError as Code

    cause = library_error(error)
    return cause is not None and cause.code() in {
        Code.NOT_COORDINATOR,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.LEADER_NOT_AVAILABLE,
        Code.FENCED_LEADER_EPOCH,
        Code.UNKNOWN_LEADER_EPOCH,
        Code._ALL_BROKERS_DOWN,  # noqa: SLF001 - their public names
        Code._RESOLVE,  # noqa: SLF001
        Code._TIMED_OUT,  # noqa: SLF001
        Code._TRANSPORT,  # noqa: SLF001
        Code._UNKNOWN_PARTITION,  # noqa: SLF001 - also a partition whose leader is not known yet
        Code._WAIT_COORD,  # noqa: SLF001
    }


def is_transient_while_reading(error: Any) -> bool:
    """Return whether the client recovers from an error by itself; if it cannot, the read ends because nothing comes.

    :param error: the ``confluent_kafka.KafkaError`` of a message
    """
    from confluent_kafka import KafkaError as Code

    return bool(error.retriable()) or error.code() in {
        Code._TRANSPORT,  # noqa: SLF001 - their public names
        Code._ALL_BROKERS_DOWN,  # noqa: SLF001
        Code._TIMED_OUT,  # noqa: SLF001
        Code._RESOLVE,  # noqa: SLF001
        Code._WAIT_COORD,  # noqa: SLF001
        Code.BROKER_NOT_AVAILABLE,
        Code.FENCED_LEADER_EPOCH,
        Code.KAFKA_STORAGE_ERROR,
        Code.LEADER_NOT_AVAILABLE,
        Code.NETWORK_EXCEPTION,
        Code.OFFSET_NOT_AVAILABLE,
        Code.REPLICA_NOT_AVAILABLE,
        Code.REQUEST_TIMED_OUT,
        Code.UNKNOWN_LEADER_EPOCH,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.NOT_COORDINATOR,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        # No group is joined, so reading does not need the right to use it; a call that needs it reports this itself.
        Code.GROUP_AUTHORIZATION_FAILED,
    }


def call_with_retry(request: Callable[[float], T | None], client: Any, errors: BrokerErrors) -> T:
    """Send a request, and send it again while the broker is getting ready.

    :param request: function that gets the seconds it may take, and returns ``None`` when there was no answer
    :param client: the consumer or producer that sends it
    :param errors: the errors that the client reports
    :raises KafkaException: the last error
    """
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    deadline = time.monotonic() + REQUEST_TIMEOUT
    wait = _FIRST_WAIT
    while True:
        # Before the request as well: OAUTHBEARER fetches its first token in a callback.
        serve_callbacks(client, errors)
        try:
            answer = request(max(0.1, min(wait, deadline - time.monotonic())))
            if answer is not None:
                return answer
            failure = KafkaException(Code(Code._TIMED_OUT))  # noqa: SLF001 - its public name
        except KafkaException as error:
            failure = error
        serve_callbacks(client, errors)
        if not is_transient(failure) or errors.is_fatal or time.monotonic() + _PAUSE > deadline:
            raise failure
        time.sleep(_PAUSE)
        wait *= 3


def serve_callbacks(client: Any, errors: BrokerErrors) -> None:
    """Run a client's pending callbacks; a consumer without assignment also delivers errors as messages."""
    event = client.poll(0)
    while event is not None and not isinstance(event, int):
        if event.error() is not None:
            errors.record(event.error())
        event = client.poll(0)
