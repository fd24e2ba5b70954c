"""Asking a broker again while it is getting ready, for as long as one request may take; a refusal ends it at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from openmetadata_ol_provider.kafka.errors import BrokerErrors, error_of

T = TypeVar("T")

#: Seconds that a request to the broker may take.
REQUEST_TIMEOUT = 10.0
# One long request would hide refused credentials for its whole time: the first waits are short.
_FIRST_WAIT = 1.0
_PAUSE = 0.25


def is_passing(error: object) -> bool:
    """Tell an error that passes: a group's first use makes its coordinator, a leader is elected, a broker restarts."""
    from confluent_kafka import KafkaError as Code

    cause = error_of(error)
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
        Code._UNKNOWN_PARTITION,  # noqa: SLF001 - or one whose leader is not known yet
        Code._WAIT_COORD,  # noqa: SLF001
    }


def call_with_retry(ask: Callable[[float], T | None], client: Any, errors: BrokerErrors) -> T:
    """Ask again while the broker gets ready.

    :param ask: called with the seconds that it may take; ``None`` stands for no answer
    :param client: the consumer or producer that asks
    :param errors: what the client reports
    :raises KafkaException: what was raised last
    """
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    deadline = time.monotonic() + REQUEST_TIMEOUT
    wait = _FIRST_WAIT
    while True:
        # Before the question too: a token that OAUTHBEARER has to fetch first comes by a callback.
        serve(client, errors)
        try:
            answer = ask(max(0.1, min(wait, deadline - time.monotonic())))
            if answer is not None:
                return answer
            failure = KafkaException(Code(Code._TIMED_OUT))  # noqa: SLF001 - its public name
        except KafkaException as error:
            failure = error
        serve(client, errors)
        if not is_passing(failure) or errors.hopeless or time.monotonic() + _PAUSE > deadline:
            raise failure
        time.sleep(_PAUSE)
        wait *= 3


def serve(client: Any, errors: BrokerErrors) -> None:
    """Let a client call back what it has to say; a consumer that reads nothing yet says errors as messages too."""
    said = client.poll(0)
    while said is not None and not isinstance(said, int):
        if said.error() is not None:
            errors.hear(said.error())
        said = client.poll(0)
