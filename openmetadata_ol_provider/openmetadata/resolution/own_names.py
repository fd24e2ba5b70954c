"""Tells the names of a dataset that are its own, in any spelling, from its symlinks, and where they say that it is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.names.parameters import connection_of
from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.lineage.systems.sqlserver import connection_with_instance
from openmetadata_ol_provider.openmetadata.resolution.service_types import region_of, scheme_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.names.namespaces import Namespace
    from openmetadata_ol_provider.lineage.plan import Dataset


def is_own(dataset: Dataset, identity: Identity) -> bool:
    """Return whether an identity is the dataset's own name in another spelling, and not a symlink."""
    return len(dataset.identities) == 1 or _server(dataset.namespace) == _server(identity.namespace)


def address_of(dataset: Dataset, identity: Identity) -> Namespace:
    """Return the namespace of an identity, with the AWS account that the canonical form of Redshift leaves out.

    A name that a rule has changed is at the address that the rule says.
    """
    namespace = parse_namespace(identity.namespace)
    if namespace.scheme != "redshift":
        return namespace
    stated = parse_namespace(dataset.namespace).without_user()
    if stated.scheme != namespace.scheme or stated.hosts != namespace.hosts:
        return namespace
    return namespace._replace(authority=stated.authority, raw=dataset.namespace)


@lru_cache(maxsize=4096)
def _server(namespace: str) -> tuple[object, ...]:
    """Return what tells one server from another, which parameters of a URL may say, too."""
    parsed = parse_namespace(namespace)
    if parsed.scheme == "sqlserver":
        at = parse_namespace(connection_with_instance(parsed).namespace.canonical)
    else:
        at = connection_of(parsed).namespace
    return scheme_of(parsed), at.hosts, region_of(parsed), parsed.account
