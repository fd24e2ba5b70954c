"""JSON objects of responses, with the state in which they were read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.endpoints import endpoint_of
from openmetadata_ol_provider.openmetadata.client.transport import Request


class Document(dict[str, Any]):
    """A JSON object of a response.

    A field that every answer of its kind has, and that is not there, is an error of the catalogue: what answered is
    something else, such as a proxy.

    :param body: the object
    :param etag: ETag of the state that it shows, for ``If-Match``; ``None`` if the server gave none, or a weak one
    :param request: request that it answers, for errors; ``None``: unknown
    :param optional: ``True`` if an unknown request was to an endpoint that only decorates lineage
    """

    __slots__ = ("etag", "optional", "request")

    def __init__(
        self,
        body: Mapping[str, Any],
        etag: str | None = None,
        request: Request | None = None,
        *,
        optional: bool = False,
    ) -> None:
        super().__init__(body)
        # A proxy that compresses makes an ETag weak, or appends how it did so; neither matches any more.
        self.etag = None if etag is None or etag.startswith("W/") or etag.endswith('gzip"') else etag
        self.request = request
        self.optional = optional

    def __missing__(self, key: str) -> NoReturn:
        """Raise an error that names the request.

        :raises CatalogueRequestError: always
        """
        shown, request = ", ".join(list(self)[:10]) or "none", self.request
        source = f"{request.method} {request.path}" if request else "a request"
        error = CatalogueRequestError(
            f"the answer to {source} has no {key!r}, so it is not OpenMetadata's (its fields: {shown}); is there"
            " a proxy or a gateway that answers for it?"
        )
        error.optional = endpoint_of(request).optional if request else self.optional
        raise error


def shown(answer: dict[str, Any] | None, key: str) -> dict[str, Any]:
    """Return an answer of an endpoint that only decorates lineage, if it has the field that shows whose it is.

    :param answer: answer; ``None`` if what was asked for does not exist
    :raises CatalogueRequestError: if it has not, so that nobody knows what was done
    """
    document = answer if isinstance(answer, Document) else Document(answer or {}, optional=True)
    document[key]
    return document


def confirm(answer: Mapping[str, Any] | None, *fields: str) -> None:
    """Check that an answer to a write is OpenMetadata's, which has no content or at least one of some fields.

    :param answer: answer to the write
    :param fields: fields of the entity, or of the change, that some versions of OpenMetadata show in it
    :raises CatalogueRequestError: if it has other fields only, so that nobody knows whether anything was written
    """
    if answer and not any(field in answer for field in fields):
        shown(dict(answer) if not isinstance(answer, Document) else answer, fields[0])


def etag_of(body: Mapping[str, Any]) -> str | None:
    """Return the ETag of the state that an object shows, if it is known."""
    return body.etag if isinstance(body, Document) else None


def updated(body: Mapping[str, Any], answer: Mapping[str, Any]) -> Document:
    """Return an object after a write, including fields that the answer to the write leaves out.

    :param body: the object before
    :param answer: answer to the write, which shows the entity
    :raises CatalogueRequestError: if it does not, so that nobody knows whether it was written
    """
    answer["id"]
    return Document({**body, **answer}, etag_of(answer))
