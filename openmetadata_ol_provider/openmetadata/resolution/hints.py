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
    from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope

#: Most candidates that are listed.
MAX_CANDIDATES: Final = 10
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
    return f"{'service' if len(names) == 1 else 'services'} {listed(names, MAX_CANDIDATES)}"


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


def wrong_rule_hint(attempts: str, scopes: Iterable[LookupScope]) -> Hint | None:
    """Return the hint for a dataset whose rule names a service that does not exist, ``None`` if none does.

    Another rule would not help: the first one that matches counts.

    :param attempts: how it was looked for
    :param scopes: where it was looked for
    """
    for scope in scopes:
        if scope.by == "rule" and not scope.services and scope.rule is not None:
            end = "" if scope.why.endswith("?") else "."
            remedy = f"Correct `service` in the rule of `namespaces` for {yaml_text(scope.rule.namespace)}"
            return Hint(f"{attempts}. {remedy}", f"{scope.why}{end} {remedy}", None, attempts)
    return None


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
            f"{{namespace: {yaml_text(namespace)}, service: <its service>}}, with the name of the service in place of "
            "<its service>"
        )
    rules = " or ".join(namespace_rule(namespace, service).entry for service in candidates[:_MAX_RULES])
    others = listed(candidates[_MAX_RULES:], MAX_CANDIDATES)
    return f"{rules} (or with another service of that type: {others})" if others else rules


def exclusion_rule(id_: DatasetId) -> Rule:
    """Return the rule that leaves out one dataset and no other."""
    return Rule("datasets.exclude", yaml_text(glob.escape(str(id_))), "leave out just these")


def namespace_rule(namespace: str, service: str) -> Rule:
    """Return the rule that maps a namespace to a service."""
    entry = f"{{namespace: {yaml_text(namespace)}, service: {_word(service)}}}"
    return Rule("namespaces", entry, f"look for the namespace in service {service}")


def ambiguous_hint(name: DatasetId | Identity, entities: Iterable[Entity]) -> Hint:
    """Return the hint for a dataset with several matching entities.

    :param name: namespace and name for the rule in the configuration
    :param entities: the candidates
    """
    fqns = sorted(entity.fqn for entity in entities)
    candidates = listed(fqns, MAX_CANDIDATES)
    service, *rest = split(fqns[0])
    services = sorted({split(fqn)[0] for fqn in fqns})
    rule = None
    if len(services) > 1:
        rule = namespace_rule(name.namespace, service)
        remedy = f"in `namespaces`, e.g. {rule.entry}"
        cause = f"each is in several services: {', '.join(services[:MAX_CANDIDATES])}"
    elif len(rest) == 3:
        rule = _rename_rule(name, rest)
        remedy = f"in `datasets.rename`, e.g. {rule.entry}"
        cause = f"each has several candidates in service {service}"
    else:
        remedy = f"in OpenMetadata, where {service} has it twice"
        cause = f"service {service} has them twice; settle it in OpenMetadata"
    finding = f"{name} may be {candidates}"
    return Hint(f"{finding}; settle it {remedy}", cause, rule, finding)


def _rename_rule(name: DatasetId | Identity, path: Sequence[str]) -> Rule:
    # A rule for the namespace would apply to all of its datasets.
    to = re.sub(r"\\", r"\\\\", f"{name.namespace} {join(*path)}")
    match = f"/^{re.escape(str(name))}$/"
    return Rule("datasets.rename", f"{{match: {yaml_text(match)}, to: {yaml_text(to)}}}", "take the first candidate")


def _edges(edges: int) -> str:
    return counted(edges, "edge waits", "edges wait")


def _word(service: str) -> str:
    return service if _WORD.fullmatch(service) else yaml_text(service)


def yaml_text(text: str) -> str:
    """Return a scalar that YAML reads as this text."""
    return json.dumps(text, ensure_ascii=False)
