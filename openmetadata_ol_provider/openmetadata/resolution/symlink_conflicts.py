"""Decides between the table names of one dataset: the surest comes first; if they are different tables, none counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.resolution.hints import Hint, namespace_rule

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScopes


def by_certainty(dataset: Dataset, scopes: LookupScopes) -> Iterable[Identity]:
    """Return the identities of a dataset: a table whose service is only guessed comes after one at an address."""
    tables = [identity for identity in dataset.identities if identity.kind == "table"]
    if len({identity.namespace for identity in tables}) < 2:
        return dataset.identities
    guessed = {identity: not next(scopes.for_identity(dataset, identity)).is_certain for identity in tables}
    ordered = iter(sorted(tables, key=guessed.__getitem__))
    return [next(ordered) if identity.kind == "table" else identity for identity in dataset.identities]


def rival_names(dataset: Dataset, own: Sequence[Identity], chosen: Identity) -> list[Identity]:
    """Return the other tables that TABLE symlinks of a dataset name, none if its own name confirms the chosen one.

    :param own: identities of the dataset's own name, which come after those of its TABLE symlinks
    :param chosen: identity of the dataset that has resolved
    """
    first = dataset.identities.index(own[0]) if own[0] in dataset.identities else 0
    linked = [identity for identity in dataset.identities[:first] if identity.kind == "table"]
    stored = {identity.name.casefold() for identity in own if identity.kind == "table"}
    if chosen not in linked or chosen.name.casefold() in stored:
        return []
    return [identity for identity in linked if identity != chosen]


def conflict_hint(dataset: Dataset, entity: Entity, rivals: Iterable[tuple[Identity, Entity]]) -> Hint:
    """Return the hint for a dataset whose symlinks are different tables of the catalogue.

    :param entity: the table that one of its symlinks is
    :param rivals: its other symlinks, and the tables that they are
    """
    rivals = list(rivals)
    other, rival = rivals[0]
    fqns = ", ".join(dict.fromkeys((entity.fqn, *(one.fqn for _, one in rivals))))
    finding = f"the symlinks of {dataset.id} are different tables: {fqns}"
    cause = "the symlinks of each are different tables"
    if rival.service == entity.service:
        remedy = "rename one to the other in `datasets.rename`, or let the producer send the right one only"
        return Hint(f"{finding}; {remedy}", f"{cause}; {remedy}", None, finding)
    rule = namespace_rule(other.namespace, entity.service)
    return Hint(f"{finding}; settle it in `namespaces`, e.g. {rule.entry}", cause, rule, finding)
