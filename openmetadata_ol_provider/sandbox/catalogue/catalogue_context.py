"""The context that all routes share: the version played, the stored content, and the denied operations."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviours
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request
from openmetadata_ol_provider.sandbox.catalogue.versions import parse_version


class Catalogue:
    """The context in which every route runs.

    :param version: version to play, e.g. ``1.12.0``; it decides which fields and routes exist
    :param deny: operations refused with 403, e.g. ``EditLineage``, ``EditStatus``, ``Create``, ``EditAll``; with a
        type of entities, ``EditLineage:topic``, only on entities of that type
    :param behaviours: behaviours that are on or off whatever the version, by name; see :mod:`.behaviours`
    :raises ValueError: if the version cannot be parsed, or a behaviour does not exist
    """

    def __init__(self, version: str, deny: Collection[str] = (), behaviours: Mapping[str, bool] | None = None) -> None:
        self.version_text = version
        self.version = parse_version(version)
        self.behaviours = Behaviours(self.version, behaviours or {})
        self.store = CatalogueStore(self.version, self.behaviours)
        self.deny = frozenset(deny)
        #: prefix of the links in responses
        self.base_url = "http://localhost:8585"

    def is_denied(self, operation: str, entity_type: str) -> bool:
        """Tell whether an operation is denied on entities of a type."""
        return operation in self.deny or f"{operation}:{entity_type}" in self.deny

    def authorise(self, request: Request, operation: str, *entity_types: str) -> None:
        """Check that the caller may carry out an operation.

        :param entity_types: types of the entities that it concerns
        :raises ApiError: 403 if the operation is denied
        """
        if operation in self.deny or any(self.is_denied(operation, entity_type) for entity_type in entity_types):
            name = request.caller.name
            raise ApiError(403, f"Principal: CatalogPrincipal{{name='{name}'}} operations [{operation}] not allowed")
