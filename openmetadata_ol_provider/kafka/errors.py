"""What librdkafka reports, sorted by what helps: other credentials, rights or certificates, or only time."""

from __future__ import annotations

from enum import Enum
from typing import Any


class Trouble(Enum):
    """What waiting cannot mend, in words for people."""

    CREDENTIALS = "the broker refuses the credentials"
    RIGHTS = "not allowed"
    CERTIFICATE = "TLS failed, the broker's certificate is not accepted"
    #: Or there is none, and it wants to see one.
    CLIENT_CERTIFICATE = "the broker refuses the client certificate"


REMEDIES = {
    Trouble.CREDENTIALS: (
        "check security.protocol, sasl.mechanism, sasl.username and sasl.password in the connection's extra"
    ),
    Trouble.CERTIFICATE: (
        "set ssl.ca.location (or ssl.ca.pem) in the connection's extra to the authority that signed the broker's "
        "certificate, and name the brokers in bootstrap.servers and advertised.listeners as their certificates do"
    ),
    Trouble.CLIENT_CERTIFICATE: (
        "set ssl.certificate.location and ssl.key.location in the connection's extra to a certificate that the broker "
        "trusts, and its key"
    ),
}


class BrokerErrors:
    """librdkafka's ``error_cb``: remembers the last telling error, for the message of the call that then fails.

    :param also: an ``error_cb`` of the user's connection, called as well
    """

    def __init__(self, also: Any = None) -> None:
        self.last: Any = None
        #: That the group may not be used. Kept apart: reading needs no group, only its committed offsets do.
        self.group: Any = None
        self._also = also

    def __call__(self, error: Any) -> None:
        """Take one error from librdkafka."""
        self.hear(error)
        if callable(self._also):
            self._also(error)

    def hear(self, error: Any) -> None:
        """Remember an error, unless it only says that another one happened to all brokers."""
        if error.name() == "GROUP_AUTHORIZATION_FAILED":
            self.group = error
        elif self.last is None or error.name() != "_ALL_BROKERS_DOWN":
            self.last = error

    @property
    def hopeless(self) -> bool:
        """Whether the last thing heard was a refusal: waiting longer cannot help."""
        return trouble_of(self.last) is not None


def trouble_of(error: Any) -> Trouble | None:
    """Tell what an error (of confluent_kafka, or ``None``) is about, if waiting cannot mend it."""
    if error is None:
        return None
    name, text = error.name(), error.str()
    if "AUTHENTICATION" in name or "SASL" in name:
        return Trouble.CREDENTIALS
    if "AUTHORIZATION" in name:
        return Trouble.RIGHTS
    # A handshake that breaks off may be a broker that is being restarted: only what names a certificate is final.
    if "SSL" not in text or "certificate" not in text:
        return None
    return Trouble.CLIENT_CERTIFICATE if "alert" in text else Trouble.CERTIFICATE


def error_of(error: object) -> Any:
    """Return the ``confluent_kafka.KafkaError`` that an exception carries or ``error`` itself is, else ``None``."""
    from confluent_kafka import KafkaError as LibraryError
    from confluent_kafka import KafkaException

    if isinstance(error, LibraryError):
        return error
    if isinstance(error, KafkaException) and error.args and isinstance(error.args[0], LibraryError):
        return error.args[0]
    return None
