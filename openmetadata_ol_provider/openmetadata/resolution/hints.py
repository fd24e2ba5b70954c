"""Texts for people about datasets that did not resolve: what was tried, the candidates, and the rule to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.openmetadata.fqn import join, split

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
    from openmetadata_ol_provider.openmetadata.entities import Entity

#: Most candidates that are listed.
_MAX_CANDIDATES: Final = 10
# A string that YAML reads without quotes: neither a number nor one of its keywords.
_WORD: Final = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][\w-]*", re.IGNORECASE)


class AddressMismatch(NamedTuple):
    """An entity with the name of a dataset, in a service with another address than its namespace.

    :param fqn: fully qualified name of the entity
    :param service: name of its service
    :param at: address in the service's connection
    :param namespace: namespace for a rule
    :param named: address that the namespace names
    """

    fqn: str
    service: str
    at: str
    namespace: str
    named: str

    @property
    def rule(self) -> str:
        """The rule for ``namespaces`` that says that both addresses are one system."""
        return f"{{namespace: {_yaml(self.namespace)}, service: {_word(self.service)}}}"


def other_address_hint(mismatches: Iterable[AddressMismatch]) -> str:
    """Return the hint for a dataset whose name is only in services with another address."""
    first, *more = mismatches
    texts = [
        f"found by its name as {item.fqn}, but the connection of service {item.service} says {item.at}"
        for item in (first, *more)
    ]
    rules = " or ".join(dict.fromkeys(item.rule for item in (first, *more)))
    return (
        f"{'; '.join(texts[:_MAX_CANDIDATES])} and the event says {first.named}: another address is another system, so "
        f"its edges wait. If it is the same system, add to `namespaces`: {rules}"
    )


def matched_by_name_hint(mismatch: AddressMismatch) -> str:
    """Return the hint for datasets that are matched by name in a service with another address."""
    return (
        f"matched by name with datasets of service {mismatch.service}, whose connection says {mismatch.at} while "
        f"events say {mismatch.named}: resolution.by_name is always. A rule in `namespaces` says it for good: "
        f"{mismatch.rule}"
    )


def matched_before_hint(mismatches: Iterable[AddressMismatch]) -> str:
    """Return the hint for a published edge of datasets whose names are only in services with another address."""
    items = list(dict.fromkeys(mismatches))
    texts = "; ".join(
        f"the connection of service {item.service} says {item.at} and the event says {item.named}" for item in items
    )
    rules = ", ".join(dict.fromkeys(item.rule for item in items))
    return (
        f"matching by name has made it, but {texts}. It stays in the catalogue. To keep it, add to `namespaces`: "
        f"{rules}; to take it back, run openmetadata-ol cleanup"
    )


def unresolved_hint(dataset: Dataset, attempts: Iterable[str]) -> str:
    """Return the hint for a dataset without a matching entity.

    :param dataset: the dataset
    :param attempts: how it was looked for under each identity
    """
    return (
        f"{'; '.join(attempts) or 'no identity to look for'}. If it is in OpenMetadata, add to `namespaces`: "
        f"{{namespace: {_yaml(dataset.namespace)}, service: <its service>}}, or `ignore: true` to leave it out"
    )


def ambiguous_hint(name: DatasetId | Identity, entities: Iterable[Entity]) -> str:
    """Return the hint for a dataset with several matching entities.

    :param name: namespace and name for the rule in the configuration
    :param entities: the candidates
    """
    fqns = sorted(entity.fqn for entity in entities)
    more = "" if len(fqns) <= _MAX_CANDIDATES else f" and {len(fqns) - _MAX_CANDIDATES} more"
    candidates = ", ".join(fqns[:_MAX_CANDIDATES]) + more
    return f"{name.namespace} {name.name} may be {candidates}; settle it {_remedy(name, fqns)}"


def _remedy(name: DatasetId | Identity, fqns: list[str]) -> str:
    service, *rest = split(fqns[0])
    if len({split(fqn)[0] for fqn in fqns}) > 1:
        return f"in `namespaces`, e.g. {{namespace: {_yaml(name.namespace)}, service: {_word(service)}}}"
    if len(rest) == 3:
        # A rule for the namespace would apply to all of its datasets.
        to = re.sub(r"\\", r"\\\\", f"{name.namespace} {join(*rest)}")
        match = f"/^{re.escape(f'{name.namespace} {name.name}')}$/"
        return f"in `datasets.rename`, e.g. {{match: {_yaml(match)}, to: {_yaml(to)}}}"
    return f"in OpenMetadata, where {service} has it twice"


def _word(service: str) -> str:
    return service if _WORD.fullmatch(service) else _yaml(service)


def _yaml(text: str) -> str:
    """Return a scalar that YAML reads as this text."""
    return json.dumps(text, ensure_ascii=False)
