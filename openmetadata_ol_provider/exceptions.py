"""Everything this package raises on purpose.

::

    OpenLineageProviderError
    ├── ConfigError             a setting is wrong: the setting, the value seen, the remedy
    ├── MalformedEventError     a message is no OpenLineage event (it goes to the dead-letter topic)
    ├── KafkaError              the broker side failed
    │   ├── UnknownTopicError   the broker does not know the topic
    │   ├── DataLossError       events are gone before they were read, and on_data_loss is fail
    │   └── DeadLetterError     a message could not be put on the dead-letter topic (retriable)
    │       └── DeadLetterRefusedError  and never will be: rights, credentials, its size
    ├── CheckpointError         a batch does not start where the checkpoint stands
    │   └── OvertakenError      another task of the same state is at work (retriable)
    ├── PublicationError        more of a plan failed than is allowed
    └── CatalogueError          the OpenMetadata side failed
        ├── CatalogueUnavailableError  unreachable, timed out, or kept answering 429/5xx (retriable)
        ├── CatalogueAuthError         401 or 403: the token or its permissions
        └── CatalogueRequestError      another 4xx: the request is refused and will be refused again

``retriable`` is a property of the class: whether trying the same thing again later can help.
"""

from __future__ import annotations


class OpenLineageProviderError(Exception):
    """Base of all errors of this package. Messages end with the remedy and survive pickling."""

    retriable = False


class ConfigError(OpenLineageProviderError):
    """Raised when a setting, connection or parameter is wrong."""


class MalformedEventError(OpenLineageProviderError):
    """Raised when a message cannot be read as an OpenLineage event."""


class KafkaError(OpenLineageProviderError):
    """Raised when a broker cannot be reached, refuses, or does not know the topic."""

    retriable = True


class UnknownTopicError(KafkaError):
    """Raised when a topic does not exist, or nothing matches a topic pattern."""

    retriable = False


class DataLossError(KafkaError):
    """Raised when events are lost that were not read, and that is not to be passed over."""

    retriable = False


class DeadLetterError(KafkaError):
    """Raised when the dead-letter topic did not confirm a message."""


class DeadLetterRefusedError(DeadLetterError):
    """Raised when the dead-letter topic will not take a message: rights, credentials, or the message's size."""

    retriable = False


class CheckpointError(OpenLineageProviderError):
    """Raised when a batch does not start where the checkpoint stands."""


class OvertakenError(CheckpointError):
    """Raised when another task has moved the checkpoint of one that reads on from there by itself."""

    retriable = True


class PublicationError(OpenLineageProviderError):
    """Raised when more of a plan failed than ``max_failure_ratio`` allows."""

    retriable = True


class CatalogueError(OpenLineageProviderError):
    """Raised when OpenMetadata cannot be talked to or refuses.

    :param message: what happened and the remedy
    :param status: HTTP status, where there was an answer
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[type[CatalogueError], tuple[str, int | None]]:
        """Keep ``status`` when the error travels between processes."""
        return type(self), (str(self), self.status)


class CatalogueUnavailableError(CatalogueError):
    """Raised when OpenMetadata is unreachable or kept answering 429 or 5xx."""

    retriable = True


class CatalogueAuthError(CatalogueError):
    """Raised on 401 and 403."""


class CatalogueRequestError(CatalogueError):
    """Raised on any other 4xx: sending the same again cannot help."""
