"""The context that all routes share: the version played, the stored content, and the denied operations."""

from __future__ import annotations

from collections.abc import Collection

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request
from openmetadata_ol_provider.sandbox.catalogue.versions import parse_version


class Catalogue:
    """The context in which every route runs.

    :param version: version to play, e.g. ``1.12.0``; it decides which fields and routes exist
    :param deny: operations refused with 403, e.g. ``EditLineage``, ``EditStatus``, ``Create``, ``EditAll``
    :raises ValueError: if the version cannot be parsed
    """

    def __init__(self, version: str, deny: Collection[str] = ()) -> None:
        self.version_text = version
        self.version = parse_version(version)
        self.store = CatalogueStore(self.version)
        self.deny = frozenset(deny)
        #: prefix of the links in responses
        self.base_url = "http://localhost:8585"

    def authorise(self, request: Request, operation: str) -> None:
        """Check that the caller may carry out an operation.

        :raises ApiError: 403 if the operation is denied
        """
        if operation in self.deny:
            name = request.caller.name
            raise ApiError(403, f"Principal: CatalogPrincipal{{name='{name}'}} operations [{operation}] not allowed")
