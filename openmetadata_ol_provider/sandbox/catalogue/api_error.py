"""The error responses of the stand-in: an HTTP status with the message that OpenMetadata would give."""

from __future__ import annotations

NO_SUCH_ROUTE = "HTTP 404 Not Found"


class ApiError(Exception):
    """Raised to answer a request with an error.

    :param status: HTTP status
    :param message: text of the body's ``message``
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found(entity_type: str, identifier: str) -> ApiError:
    """Return the 404 of an entity that does not exist."""
    return ApiError(404, f"{entity_type} instance for {identifier} not found")
