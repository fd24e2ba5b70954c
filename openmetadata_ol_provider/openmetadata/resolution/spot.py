"""The services in which a dataset is looked for first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openmetadata_ol_provider.config import NamespaceRule
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset
    from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScopes
    from openmetadata_ol_provider.openmetadata.resolution.services import Service


class Spot(NamedTuple):
    """The services in which a dataset is looked for first, under one of its identities.

    :param identity: identity of the dataset
    :param services: first group of services that may hold it
    :param is_certain: ``True`` if a rule or their address chose them, and not just their type
    :param rule: the configuration's rule for its namespace
    """

    identity: Identity
    services: tuple[Service, ...]
    is_certain: bool
    rule: NamespaceRule | None = None


def spots_of(dataset: Dataset, scopes: LookupScopes) -> Iterator[Spot]:
    """Yield the services in which a dataset is looked for first, under each of its identities."""
    for identity in dataset.identities:
        scope = next(scopes.for_identity(dataset, identity))
        yield Spot(identity, next(iter(scope.services), ()), scope.is_certain, scope.rule)
