"""Texts for people about datasets that did not resolve: what was tried, the candidates, and the rule to write."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.problems import Rule
from openmetadata_ol_provider.openmetadata.fqn import join, split

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import DatasetId
    from openmetadata_ol_provider.openmetadata.entities import Entity

#: Most candidates that are listed.
_MAX_CANDIDATES: Final = 10
#: Most services for which a rule is written out.
_MAX_RULES: Final = 3
# A string that YAML reads without quotes: neither a number nor one of its keywords.
_WORD: Final = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][\w-]*", re.IGNORECASE)


class Hint(NamedTuple):
    """What would help a dataset that did not resolve.

    :param detail: sentence about this dataset
    :param cause: what is so for all datasets of its namespace with the same cause
    :param rule: configuration that would settle it
    :param finding: the part of the detail that offers no rule
    """

    detail: str
    cause: str
    rule: Rule | None
    finding: str = ""


class Neighbours(NamedTuple):
    """The datasets of a namespace.

    :param resolved: number of those that resolve
    :param total: number of all
    :param waiting: number of edges that wait for the others
    :param services: names of services, for people
    """

    resolved: int
    total: int
    waiting: int
    services: Sequence[str] = ()


class AddressMismatch(NamedTuple):
    """An entity with the name of a dataset, in a service with another address than its namespace.

    :param fqn: fully qualified name of the entity
    :param service: name of its service
    :param at: address in the service's connection; empty if nothing connects the service with the path of a table
    :param namespace: namespace for a rule
    :param named: address that the namespace names
    :param database: database of the server with which the name begins, if it is what differs; default: none
    :param own: database in the service's connection; default: none
    """

    fqn: str
    service: str
    at: str
    namespace: str
    named: str
    database: str | None = None
    own: str | None = None

    @property
    def section(self) -> str:
        """The section of the configuration that the rule belongs to."""
        return "namespaces" if self.database is None else "datasets.rename"

    @property
    def rule(self) -> str:
        """The rule that says that both addresses are one system."""
        if self.database is None:
            return f"{{namespace: {_yaml(self.namespace)}, service: {_word(self.service)}}}"
        # A rule for the namespace would apply to all databases of the server.
        match = f"/^{re.escape(f'{self.namespace} {self.database}.')}/"
        return f"{{match: {_yaml(match)}, to: {_yaml(f'{self.namespace} {self.own}.')}}}"


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
    listed = "; ".join(texts[:_MAX_CANDIDATES])
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


def missing_hint(id_: DatasetId, attempts: str, neighbours: Neighbours) -> Hint:
    """Return the hint for a dataset that is missing where others of its namespace resolve.

    :param attempts: how it was looked for
    :param neighbours: all datasets of its namespace, and the services of those that resolve
    """
    rule = exclusion_rule(id_)
    where = f" in {_services(neighbours.services)}" if neighbours.services else ""
    share = f"{neighbours.resolved} of {counted(neighbours.total, 'dataset')}"
    return Hint(
        f"{attempts}. {share} of this namespace resolve{where}, so it is this one that OpenMetadata lacks: ingest it, "
        "or set `write.create_datasets: true` to create a stub, or leave just it out with `datasets.exclude`: "
        f"{rule.entry}",
        f"OpenMetadata lacks them, while {share} of the namespace resolve{where}; {_edges(neighbours.waiting)} for "
        "them: ingest them, or create stubs with `write.create_datasets: true`",
        rule,
        attempts,
    )


def _services(names: Sequence[str]) -> str:
    return f"{'service' if len(names) == 1 else 'services'} {listed(names, _MAX_CANDIDATES)}"


def unmatched_hint(
    id_: DatasetId, attempts: str, neighbours: Neighbours, chosen: Sequence[str], candidates: Sequence[str]
) -> Hint:
    """Return the hint for a dataset of a namespace of which no dataset resolves.

    :param attempts: how it was looked for
    :param neighbours: all datasets of its namespace, and the services in which this one was looked for
    :param chosen: names of the services that a rule or their address chose for it
    :param candidates: names of the services of its type that a rule could choose
    """
    where = f"not in {_services(neighbours.services)}" if neighbours.services else "there is no service to look in"
    cost = (
        f"the whole namespace: {counted(neighbours.total, 'dataset')} of these events with "
        f"{counted(neighbours.waiting, 'edge')}, and all that come later"
    )
    rule = service_choice(id_.namespace, candidates)
    return Hint(
        f"{attempts}. No dataset of this namespace resolves: {_remedy('it', 'its', chosen, candidates, rule)} (a rule "
        f"with `ignore: true` would give up {cost})",
        f"{where}, and no dataset of the namespace resolves; {_edges(neighbours.waiting)} for them: "
        f"{_remedy('them', 'their', chosen, candidates, rule)} (a rule with `ignore: true` would give up {cost})",
        # Only people know the service, and a rule that ignores the namespace is nothing to paste in passing.
        None,
        attempts,
    )


def _remedy(what: str, whose: str, chosen: Sequence[str], candidates: Sequence[str], rule: str) -> str:
    """Return what to do about datasets that are in none of the services where they were looked for.

    :param what: pronoun for the datasets, ``it`` or ``them``
    :param whose: its possessive
    """
    if not (chosen or candidates):
        return (
            f"OpenMetadata has no service of a fitting type: create {whose} service and ingest {what}; or, if a "
            f"service of another type has {what}, add to `namespaces`: {rule}"
        )
    if not chosen:
        return f"if OpenMetadata has {what}, add to `namespaces`: {rule}; else create {whose} service and ingest {what}"
    remedy = f"ingest {what} into {_services(chosen)}, or create stubs with `write.create_datasets: true`"
    return f"{remedy}; if another service has {what}, add to `namespaces`: {rule}" if candidates else remedy


def service_choice(namespace: str, candidates: Sequence[str]) -> str:
    """Return the rules that could give a namespace its service.

    :param candidates: names of the services that it may be, the likeliest first
    """
    if not candidates:
        return (
            f"{{namespace: {_yaml(namespace)}, service: <its service>}}, with the name of the service in place of "
            "<its service>"
        )
    rules = " or ".join(namespace_rule(namespace, service).entry for service in candidates[:_MAX_RULES])
    others = listed(candidates[_MAX_RULES:], _MAX_CANDIDATES)
    return f"{rules} (or with another service of that type: {others})" if others else rules


def exclusion_rule(id_: DatasetId) -> Rule:
    """Return the rule that leaves out one dataset and no other."""
    return Rule("datasets.exclude", _yaml(glob.escape(f"{id_.namespace} {id_.name}")), "leave out just these")


def namespace_rule(namespace: str, service: str) -> Rule:
    """Return the rule that maps a namespace to a service."""
    entry = f"{{namespace: {_yaml(namespace)}, service: {_word(service)}}}"
    return Rule("namespaces", entry, f"look for the namespace in service {service}")


def ambiguous_hint(name: DatasetId | Identity, entities: Iterable[Entity]) -> Hint:
    """Return the hint for a dataset with several matching entities.

    :param name: namespace and name for the rule in the configuration
    :param entities: the candidates
    """
    fqns = sorted(entity.fqn for entity in entities)
    candidates = listed(fqns, _MAX_CANDIDATES)
    service, *rest = split(fqns[0])
    services = sorted({split(fqn)[0] for fqn in fqns})
    rule = None
    if len(services) > 1:
        rule = namespace_rule(name.namespace, service)
        remedy = f"in `namespaces`, e.g. {rule.entry}"
        cause = f"each is in several services: {', '.join(services[:_MAX_CANDIDATES])}"
    elif len(rest) == 3:
        rule = _rename_rule(name, rest)
        remedy = f"in `datasets.rename`, e.g. {rule.entry}"
        cause = f"each has several candidates in service {service}"
    else:
        remedy = f"in OpenMetadata, where {service} has it twice"
        cause = f"service {service} has them twice; settle it in OpenMetadata"
    finding = f"{name.namespace} {name.name} may be {candidates}"
    return Hint(f"{finding}; settle it {remedy}", cause, rule, finding)


def _rename_rule(name: DatasetId | Identity, path: Sequence[str]) -> Rule:
    # A rule for the namespace would apply to all of its datasets.
    to = re.sub(r"\\", r"\\\\", f"{name.namespace} {join(*path)}")
    match = f"/^{re.escape(f'{name.namespace} {name.name}')}$/"
    return Rule("datasets.rename", f"{{match: {_yaml(match)}, to: {_yaml(to)}}}", "take the first candidate")


def _edges(edges: int) -> str:
    return counted(edges, "edge waits", "edges wait")


def _word(service: str) -> str:
    return service if _WORD.fullmatch(service) else _yaml(service)


def _yaml(text: str) -> str:
    """Return a scalar that YAML reads as this text."""
    return json.dumps(text, ensure_ascii=False)
