"""Classifies librdkafka's errors: some need other credentials, rights or certificates, the rest may pass with time."""

from __future__ import annotations

from enum import Enum
from typing import Any


class FatalCause(Enum):
    """A cause that waiting cannot remove; its value is the wording for error messages."""

    CREDENTIALS = "the broker refuses the credentials"
    RIGHTS = "not allowed"
    CERTIFICATE = "TLS failed, the broker's certificate is not accepted"
    #: The certificate is refused, or the broker requires one and none was sent.
    CLIENT_CERTIFICATE = "the broker refuses the client certificate"


REMEDIES = {
    FatalCause.CREDENTIALS: (
        "check security.protocol, sasl.mechanism, sasl.username and sasl.password in the connection's extra"
    ),
    FatalCause.CERTIFICATE: (
        "set ssl.ca.location (or ssl.ca.pem) in the connection's extra to the authority that signed the broker's "
        "certificate, and use the host names of the brokers' certificates in bootstrap.servers and advertised.listeners"
    ),
    FatalCause.CLIENT_CERTIFICATE: (
        "set ssl.certificate.location and ssl.key.location in the connection's extra to a certificate that the broker "
        "trusts, and its key"
    ),
}


class BrokerErrors:
    """Serves as librdkafka's ``error_cb`` and keeps the last error that explains why a call failed.

    :param callback: the ``error_cb`` of the user's connection, which is called as well; default: none
    """

    def __init__(self, callback: Any = None) -> None:
        self.last: Any = None
        #: The refusal to use the consumer group, kept apart because only committed offsets need the group.
        self.group_error: Any = None
        self._callback = callback

    def __call__(self, error: Any) -> None:
        """Record one error reported by librdkafka."""
        self.record(error)
        if callable(self._callback):
            self._callback(error)

    def record(self, error: Any) -> None:
        """Remember an error, unless it only says that all brokers are down and the cause is already recorded."""
        if error.name() == "GROUP_AUTHORIZATION_FAILED":
            self.group_error = error
        elif self.last is None or error.name() != "_ALL_BROKERS_DOWN":
            self.last = error

    @property
    def is_fatal(self) -> bool:
        """Whether the last recorded error was a refusal, so that waiting longer cannot help."""
        return fatal_cause(self.last) is not None


def fatal_cause(error: Any) -> FatalCause | None:
    """Return the cause of an error that waiting cannot remove, ``None`` for all other errors.

    :param error: a ``confluent_kafka.KafkaError`` or ``None``
    """
    if error is None:
        return None
    name, text = error.name(), error.str()
    if "AUTHENTICATION" in name or "SASL" in name:
        return FatalCause.CREDENTIALS
    if "AUTHORIZATION" in name:
        return FatalCause.RIGHTS
    # A handshake that breaks off may be a broker that is restarting: only an error about a certificate is final.
    if "SSL" not in text or "certificate" not in text:
        return None
    return FatalCause.CLIENT_CERTIFICATE if "alert" in text else FatalCause.CERTIFICATE


def library_error(error: object) -> Any:
    """Return the ``confluent_kafka.KafkaError`` that ``error`` is or carries, ``None`` if there is none."""
    from confluent_kafka import KafkaError as LibraryError
    from confluent_kafka import KafkaException

    if isinstance(error, LibraryError):
        return error
    if isinstance(error, KafkaException) and error.args and isinstance(error.args[0], LibraryError):
        return error.args[0]
    return None
