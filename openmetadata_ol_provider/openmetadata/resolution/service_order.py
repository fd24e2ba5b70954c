"""Orders services at one address by what a name says: its database, or the type of service in an AWS region."""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.openmetadata.resolution.service_types import is_path, regional_type
from openmetadata_ol_provider.openmetadata.resolution.services import Service, holding


def preferred(services: tuple[Service, ...], name: str, namespace: Namespace) -> tuple[tuple[Service, ...], ...]:
    """Group services: of several at one address, those whose connection is for that database come first.

    In a region, where Glue and Athena have the same tables, those of the type that the namespace itself names do.
    """
    own_type = regional_type(namespace)
    of_own_type = tuple(service for service in services if service.service_type == own_type)
    first = holding(services, first_words(name, namespace)) or of_own_type
    return tuple(filter(None, (first, tuple(service for service in services if service not in first))))


def first_words(name: str, namespace: Namespace) -> tuple[str, ...]:
    """Return the words of a name to which the connection of its service may be restricted (database, account)."""
    if is_path(namespace):
        # Azure's container@account.
        return tuple(filter(None, (namespace.user,)))
    return tuple(filter(None, (split_identifier(name)[0], namespace.account)))
