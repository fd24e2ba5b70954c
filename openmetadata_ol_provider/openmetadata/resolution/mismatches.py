"""Says how the services that have a dataset's name differ from the system that the dataset is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.resolution.address_comparison import (
    AddressComparison,
    compare_addresses,
    doubt,
)
from openmetadata_ol_provider.openmetadata.resolution.address_hints import AddressMismatch
from openmetadata_ol_provider.openmetadata.resolution.catalog_services import compare_catalogs
from openmetadata_ol_provider.openmetadata.resolution.database_comparison import (
    compare_accounts,
    compare_databases,
    compare_workspaces,
)
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope
from openmetadata_ol_provider.openmetadata.resolution.own_names import is_own
from openmetadata_ol_provider.openmetadata.resolution.service_types import is_path

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.services import Service


def address_mismatches(
    dataset: Dataset, identity: Identity, scope: LookupScope, entities: list[Entity]
) -> Iterator[AddressMismatch]:
    """Yield how each entity's service differs from what a dataset's namespace and name say.

    :param dataset: dataset whose name is only in services with another address
    :param identity: identity that has that name
    :param scope: scope in which the entities were found, among its ``others``
    :param entities: the entities
    """
    namespace = dataset.namespace if is_own(dataset, identity) and "@" not in dataset.namespace else identity.namespace
    services = {service.name: service for service in scope.others}
    for entity in entities:
        service = services[entity.service]
        comparison = compare_account(entity, scope) or compare_databases(service, scope.namespace, identity.name)
        front, dot, _ = dataset.name.partition(".")
        in_name = comparison is not None and dot and comparison.event.endswith(f" {front}")
        comparison = comparison or _compare(service, dataset, scope)
        database = (front, service.own_database) if in_name else ()
        if not comparison.service:
            namespace = identity.namespace
        yield AddressMismatch(entity.fqn, service.name, comparison.service, namespace, comparison.event, *database)


def address_doubts(
    dataset: Dataset, identity: Identity, scope: LookupScope, entity: Entity
) -> tuple[AddressMismatch, ...]:
    """Return how the service of a resolved dataset differs from what its namespace says, as far as that is in doubt.

    :param scope: scope in which the entity was found
    """
    service = next((item for group in scope.services for item in group if item.name == entity.service), None)
    if service is None or scope.by not in {"name", "address"}:
        return ()
    if scope.by == "address" and scope.namespace.account in split(entity.fqn):
        return ()
    comparison = doubt(service, scope.namespace, is_guessed=scope.by == "name")
    if comparison is None:
        return ()
    namespace = dataset.namespace if is_own(dataset, identity) and "@" not in dataset.namespace else identity.namespace
    return (AddressMismatch(entity.fqn, service.name, comparison.service, namespace, comparison.event, is_other=False),)


def compare_account(entity: Entity, scope: LookupScope) -> AddressComparison | None:
    """Return how the account or workspace of an entity differs from that of the namespace, ``None`` unless it does.

    A rule that names the service settles it.
    """
    if scope.by == "rule" or entity.type != "table":
        return None
    services = (item for group in (*scope.services, scope.others) for item in group)
    service = next((item for item in services if item.name == entity.service), None)
    if service is None:
        return None
    of_account = compare_accounts(entity.fqn, service.service_type, scope.namespace)
    return of_account or compare_workspaces(entity.fqn, service, scope.namespace)


def _compare(service: Service, dataset: Dataset, scope: LookupScope) -> AddressComparison:
    in_lake = is_path(scope.namespace)
    of_catalog = compare_catalogs(service, dataset) if in_lake or dataset.catalog is not None else None
    return of_catalog or compare_addresses(service, scope.namespace, scope.kind)
