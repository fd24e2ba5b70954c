"""Reports edges of datasets that only their names match, although the addresses differ.

There are two kinds: matches that the configuration asks for, and edges that were published before addresses counted.
Each is reported once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import MATCHING, UNVERIFIED, Ledger, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.selection import dataset_of
from openmetadata_ol_provider.openmetadata.resolution.address_hints import (
    assumed_service_hint,
    matched_before_hint,
    matched_by_name_hint,
    rule_namespace,
)
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, LineagePlan
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


def report_other_addresses(
    context: PublishContext, resolutions: Mapping[DatasetId, Resolution], remembered: LineagePlan | None
) -> None:
    """Report the datasets and the published edges that only their names match.

    :param resolutions: resolutions of the datasets of this publication
    :param remembered: plan of all remembered runs, for the first publication since addresses count; ``None``: no other
        edges than those of this publication
    """
    edges = context.selection.edges
    known = dict(resolutions)
    if remembered is not None and context.history.ledger.matching < MATCHING:
        # An edge that has been compared with the catalogue under this configuration was published by today's rules.
        facts = context.history.ledger.edges
        earlier = [
            edge
            for edge in remembered.edges
            if _is_published(edge, context.history.ledger) and facts[edge_key(edge)].digest == UNVERIFIED
        ]
        datasets = {dataset.id: dataset for dataset in remembered.datasets}
        unknown = dict.fromkeys(end for edge in earlier for end in (edge.source, edge.target) if end not in known)
        if unknown:
            resolver = Resolver(context.client, context.config)
            known |= resolver.resolve_all(dataset_of(end, datasets) for end in unknown)
        edges = (*edges, *earlier)
    problems = [*_matched(resolutions), *_matched_before(edges, known, context.history.ledger)]
    context.problems += [problem for problem in problems if context.recorder.report_once(problem)]


def _is_published(edge: Edge, ledger: Ledger) -> bool:
    fact = ledger.edges.get(edge_key(edge))
    return fact is not None and bool(fact.source)


def _matched(resolutions: Mapping[DatasetId, Resolution]) -> Iterator[Problem]:
    """Yield a problem for each namespace and service that ``resolution.by_name`` has matched."""
    for resolution in resolutions.values():
        if resolution.entity is None:
            continue
        for item in resolution.mismatches:
            where = f"{item.namespace} -> {item.service}"
            yield Problem(ProblemKind.MATCHED_BY_NAME, where, matched_by_name_hint(item))
        if resolution.by == "name" and not resolution.mismatches:
            names = rule_namespace(resolution.namespace, resolution.identity), resolution.entity.service
            yield Problem(ProblemKind.ASSUMED_SERVICE, " -> ".join(names), assumed_service_hint(*names))


def _matched_before(
    edges: Iterable[Edge], resolutions: Mapping[DatasetId, Resolution], ledger: Ledger
) -> Iterator[Problem]:
    """Yield a problem for each published edge with an end that is only at another address."""
    for edge in dict.fromkeys(edges):
        if not _is_published(edge, ledger):
            continue
        where = ledger.edges[edge_key(edge)].where
        mismatches = [
            item
            for end in (edge.source, edge.target)
            if resolutions[end].entity is None
            for item in resolutions[end].mismatches
            # Else the edge has led to another entity, which was deleted since.
            if where.startswith(f"{item.fqn} -> ") or where.endswith(f" -> {item.fqn}")
        ]
        if mismatches:
            yield Problem(ProblemKind.MATCHED_BY_NAME_BEFORE, where, matched_before_hint(mismatches))
