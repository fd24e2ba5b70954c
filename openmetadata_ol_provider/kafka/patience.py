"""Trying again what a broker refuses only while it is getting ready, for as long as one request may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from openmetadata_ol_provider.kafka.settings import REQUEST_TIMEOUT, error_of

T = TypeVar("T")

_PAUSE = 0.25


def is_passing(error: object) -> bool:
    """Tell an error that passes: a group's first use makes its coordinator, a leader is being elected."""
    from confluent_kafka import KafkaError as Code

    cause = error_of(error)
    return cause is not None and cause.code() in {
        Code.NOT_COORDINATOR,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.LEADER_NOT_AVAILABLE,
    }


def patiently(function: Callable[[], T]) -> T:
    """Call a function again while the broker gets ready.

    :raises KafkaException: what it raises last
    """
    from confluent_kafka import KafkaException

    deadline = time.monotonic() + REQUEST_TIMEOUT
    while True:
        try:
            return function()
        except KafkaException as error:
            if not is_passing(error) or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
