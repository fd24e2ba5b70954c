"""The exceptions of this package.

::

    OpenLineageProviderError
    ├── ConfigError             a setting is wrong; names the setting, its value and the remedy
    ├── MalformedEventError     a message is not an OpenLineage event (it goes to the dead-letter topic)
    ├── KafkaError              the broker failed or refused (retriable)
    │   ├── UnknownTopicError   the topic does not exist
    │   ├── DataLossError       events were deleted before they were read, and on_data_loss is fail
    │   └── DeadLetterError     the dead-letter topic did not confirm a message (retriable)
    │       └── DeadLetterRefusedError  nor will it: rights, credentials, or the message's size
    ├── CheckpointError         the start of a batch differs from the checkpoint
    │   └── OvertakenError      another task works with the same state (retriable)
    ├── UnreadableVariableError  Airflow's API server does not return a Variable that exists (retriable)
    ├── PublicationError        more of a plan failed than is allowed (retriable)
    └── CatalogueError          OpenMetadata failed or refused
        ├── CatalogueUnavailableError  unreachable, timed out, or kept answering 429/5xx (retriable)
        ├── CatalogueAuthError         401 or 403: the token or its permissions
        └── CatalogueRequestError      another 4xx: the same request will be refused again

``retriable`` says whether the same attempt can succeed later; it is a property of the class.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class OpenLineageProviderError(Exception):
    """Base of all exceptions of this package. Messages end with the remedy, and instances can be pickled."""

    retriable = False
    #: report of what was published before the error (a ``PublishReport``); ``None`` if nothing was
    report: Any = None


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
    """Raised when unread events are lost and ``on_data_loss`` is ``fail``."""

    retriable = False


class DeadLetterError(KafkaError):
    """Raised when the dead-letter topic did not confirm a message."""


class DeadLetterRefusedError(DeadLetterError):
    """Raised when the dead-letter topic permanently refuses a message: rights, credentials, or the message's size."""

    retriable = False


class CheckpointError(OpenLineageProviderError):
    """Raised when the start of a batch differs from the checkpoint."""


class OvertakenError(CheckpointError):
    """Raised when another task has moved the checkpoint of a task whose retry will continue from the new one."""

    retriable = True


class UnreadableVariableError(OpenLineageProviderError):
    """Raised when Airflow's API server lists a Variable but does not return its value, as if it did not exist."""

    retriable = True


class PublicationError(OpenLineageProviderError):
    """Raised when more of a plan failed than ``max_failure_ratio`` allows."""

    retriable = True


class RefusalReason(Enum):
    """The reason why OpenMetadata refused a request, as far as its response shows it."""

    #: the server received no token
    TOKEN_NOT_RECEIVED = "token_not_received"  # noqa: S105 - not a password
    #: the token has expired
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    #: the bot has been given a newer token
    TOKEN_REPLACED = "token_replaced"  # noqa: S105
    #: no rule allows the operation
    PERMISSION_MISSING = "permission_missing"
    #: a rule denies the operation
    PERMISSION_DENIED = "permission_denied"
    #: the entity belongs to a domain that the bot or user does not
    OTHER_DOMAIN = "other_domain"
    #: a limit of the subscription is reached
    PLAN_LIMIT = "plan_limit"
    #: a pipeline has no task of the name that a status gives
    UNKNOWN_TASK = "unknown_task"


class CatalogueError(OpenLineageProviderError):
    """Raised when OpenMetadata cannot be reached or refuses a request.

    :param message: what happened and the remedy
    :param status: HTTP status; default: ``None``, there was no response
    :param reason: reason of a refusal; default: ``None``, the response gives none
    """

    #: what a publication had done when the error stopped it (a ``Publication``); ``None`` if it stopped none
    publication: Any = None
    #: whether the endpoint only decorates lineage, so that the failure costs no more than its own fact
    optional: bool = False
    #: calls of the endpoint that have failed in a row, this one included
    consecutive: int = 1

    def __init__(self, message: str, status: int | None = None, reason: RefusalReason | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    def __reduce__(self) -> tuple[type[CatalogueError], tuple[str, int | None, RefusalReason | None]]:
        """Keep ``status`` and ``reason`` when the error is pickled."""
        return type(self), (str(self), self.status, self.reason)


class CatalogueUnavailableError(CatalogueError):
    """Raised when OpenMetadata is unreachable or kept answering 429 or 5xx."""

    retriable = True


class CatalogueAuthError(CatalogueError):
    """Raised on 401 and 403."""


class CatalogueRequestError(CatalogueError):
    """Raised on any other 4xx: sending the same request again cannot help."""
