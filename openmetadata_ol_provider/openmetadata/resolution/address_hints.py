"""Texts for people about datasets whose name is in services with another address, and the rule to write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openlineage.problems import Rule
from openmetadata_ol_provider.openmetadata.resolution.hints import MAX_CANDIDATES, Hint, namespace_rule, yaml_text
from openmetadata_ol_provider.openmetadata.resolution.service_types import is_path

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity


class AddressMismatch(NamedTuple):
    """An entity with the name of a dataset, in a service with another address than its namespace.

    :param fqn: fully qualified name of the entity
    :param service: name of its service
    :param at: address in the service's connection; empty if nothing connects the service with the path of a table
    :param namespace: namespace for a rule
    :param named: address that the namespace names
    :param database: database of the server with which the name begins, if it is what differs; default: none
    :param own: database in the service's connection; default: none
    :param is_other: whether the addresses surely mean two systems; default: ``True``
    """

    fqn: str
    service: str
    at: str
    namespace: str
    named: str
    database: str | None = None
    own: str | None = None
    is_other: bool = True

    @property
    def section(self) -> str:
        """The section of the configuration that the rule belongs to."""
        return "namespaces" if self.database is None else "datasets.rename"

    @property
    def rule(self) -> str:
        """The rule that says that both addresses are one system."""
        if self.database is None:
            return namespace_rule(self.namespace, self.service).entry
        # A rule for the namespace would apply to all databases of the server.
        match = f"/^{re.escape(f'{self.namespace} {self.database}.')}/"
        return f"{{match: {yaml_text(match)}, to: {yaml_text(f'{self.namespace} {self.own}.')}}}"


def other_address_hint(mismatches: Iterable[AddressMismatch]) -> Hint:
    """Return the hint for a dataset whose name is only in services with another address."""
    first, *more = mismatches
    texts = [
        f"found by its name as {item.fqn}, but the connection of service {item.service} says {item.at}"
        if item.at
        else f"found by its name as {item.fqn}, but nothing says that service {item.service} has tables of that path"
        for item in (first, *more)
    ]
    rules = _rules((first, *more), " or ")
    listed = "; ".join(texts[:MAX_CANDIDATES])
    if not first.at:
        finding = f"{listed}: its edges wait"
        detail = f"{finding}. If it has, add to {rules}, or let the producer send the `catalog` facet"
    else:
        finding = f"{listed} and the event says {first.named}: another address is another system, so its edges wait"
        detail = f"{finding}. If it is the same system, add to {rules}"
    rule = Rule(first.section, first.rule, "make both one system")
    return Hint(detail, _other_address_cause((first, *more)), rule, finding)


def _other_address_cause(mismatches: Iterable[AddressMismatch]) -> str:
    """Return the cause that datasets share whose names are only in services with another address."""
    texts = dict.fromkeys(
        f"service {item.service}, whose connection says {item.at or 'nothing of paths'}" for item in mismatches
    )
    named = " and ".join(dict.fromkeys(item.named for item in mismatches))
    return f"their names are only in {', and in '.join(texts)} while events say {named}: that is another system"


def matched_by_name_hint(mismatch: AddressMismatch) -> str:
    """Return the hint for datasets that are matched by name in a service with another address."""
    if not mismatch.is_other:
        return (
            f"matched by name with datasets of service {mismatch.service}, whose connection says {mismatch.at} while "
            f"events say {mismatch.named}: these may be one system or two. If one, a rule in `namespaces` says it for "
            f"good: {mismatch.rule}; if two, name the right service there"
        )
    if not mismatch.at:
        return (
            f"matched by name with datasets of service {mismatch.service}, although nothing says that it has tables of "
            f"that path: resolution.by_name is always. A rule in `namespaces` says it for good: {mismatch.rule}"
        )
    return (
        f"matched by name with datasets of service {mismatch.service}, whose connection says {mismatch.at} while "
        f"events say {mismatch.named}: resolution.by_name is always. A rule in `{mismatch.section}` says it for good: "
        f"{mismatch.rule}"
    )


def rule_namespace(namespace: str, identity: Identity | None) -> str:
    """Return the namespace of a rule for a resolved dataset: that of its table if its own is a bucket or file system.

    :param namespace: namespace of the dataset in its events
    :param identity: identity that has resolved
    """
    if identity is None or identity.kind == "container" or not is_path(parse_namespace(namespace)):
        return namespace
    return identity.namespace


def assumed_service_hint(namespace: str, service: str) -> str:
    """Return the hint for datasets that only their names match with a service, as no address says more."""
    rule = namespace_rule(namespace, service).entry
    return (
        f"assumed to be in service {service} by their names alone, because no address connects them: the namespace "
        "has none, or the connection shows none (may the token see it?). A rule in `namespaces` says it for good: "
        f"{rule}; if it is another system, name its service there, or set resolution.by_name to never"
    )


def matched_before_hint(mismatches: Iterable[AddressMismatch]) -> str:
    """Return the hint for a published edge of datasets whose names are only in services with another address."""
    items = list(dict.fromkeys(mismatches))
    texts = "; ".join(
        f"the connection of service {item.service} says {item.at} and the event says {item.named}"
        if item.at
        else f"nothing says that service {item.service} has tables of that path"
        for item in items
    )
    rules = _rules(items, ", ")
    return (
        f"matching by name has made it, but {texts}. It stays in the catalogue. To keep it, add to "
        f"{rules}; to take it back, run openmetadata-ol cleanup"
    )


def _rules(mismatches: Iterable[AddressMismatch], between: str) -> str:
    """Return the rules of mismatches, each once, after their sections."""
    sections: dict[str, dict[str, None]] = {}
    for item in mismatches:
        sections.setdefault(item.section, {})[item.rule] = None
    return between.join(f"`{section}`: {between.join(rules)}" for section, rules in sections.items())
