"""Keeps what was tried to resolve a dataset: what the report says of it, and where it can still be looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.identities import is_named_as_table
from openmetadata_ol_provider.openmetadata.resolution.containers import unreduced_path
from openmetadata_ol_provider.openmetadata.resolution.entity_lookup import PathHint

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.identities import Naming
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope


class Attempts:
    """What was tried to resolve a dataset.

    :param dataset: the dataset
    :param unstripped: normaliser of dataset names that leaves partitions in them
    """

    def __init__(self, dataset: Dataset, unstripped: Naming) -> None:
        self._dataset = dataset
        self._unstripped = unstripped
        self._is_table = is_named_as_table(dataset.identities)
        #: how each identity was looked for, and that it was not there
        self.texts: list[str] = []
        #: names of the services that were searched
        self.services: dict[str, None] = {}
        self.scopes: list[LookupScope] = []
        #: identities with scopes in which there are services at other addresses
        self.elsewhere: list[tuple[Identity, LookupScope]] = []
        self.has_ignored = False

    @property
    def is_ignored(self) -> bool:
        """Whether rules ignore every identity that there is a rule or a service for."""
        return self.has_ignored and not self.texts

    @property
    def detail(self) -> str:
        """All that was tried, for people."""
        return "; ".join(self.texts) or "no identity to look for"

    def path_hint(self, identity: Identity) -> PathHint:
        """Return what the dataset says about the path of one of its identities."""
        return PathHint(unreduced_path(self._dataset, identity, self._unstripped), self._is_table)

    def add(self, identity: Identity, scope: LookupScope, entities: list[Entity], attempt: str) -> None:
        """Note that an identity is not in the services of a scope.

        :param entities: entities of its name that are in other accounts of these services
        :param attempt: how it was looked for
        """
        accounts = {entity.service for entity in entities}
        services = (service for group in scope.services for service in group if service.name in accounts)
        if others := (*scope.others, *services):
            self.elsewhere.append((identity, scope._replace(others=others)))
        self.scopes.append(scope)
        self.services.update(dict.fromkeys(scope.service_names))
        self.texts.append(f"{scope.kind} {identity}: {attempt}")

    def add_elsewhere(self, identity: Identity, scope: LookupScope, attempt: str) -> None:
        """Note that an identity is not in services at other addresses either.

        :param attempt: how it was looked for
        """
        self.services.update(dict.fromkeys(service.name for service in scope.others))
        self.texts.append(f"{scope.kind} {identity}, at other addresses: {attempt}")
