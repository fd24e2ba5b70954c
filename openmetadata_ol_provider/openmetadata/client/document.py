"""JSON objects of responses, with the state in which they were read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Document(dict[str, Any]):
    """A JSON object of a response.

    :param body: the object
    :param etag: ETag of the state that it shows, for ``If-Match``; ``None`` if the server gave none, or a weak one
    """

    __slots__ = ("etag",)

    def __init__(self, body: Mapping[str, Any], etag: str | None = None) -> None:
        super().__init__(body)
        # A proxy that compresses makes an ETag weak, or appends how it did so; neither matches any more.
        self.etag = None if etag is None or etag.startswith("W/") or etag.endswith('gzip"') else etag


def etag_of(body: Mapping[str, Any]) -> str | None:
    """Return the ETag of the state that an object shows, if it is known."""
    return body.etag if isinstance(body, Document) else None


def updated(body: Mapping[str, Any], answer: Mapping[str, Any]) -> Document:
    """Return an object after a write, including fields that the answer to the write leaves out."""
    return Document({**body, **answer}, etag_of(answer))
