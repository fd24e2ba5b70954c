"""Finds what today's rules would not make: replays events, asks the catalogue, and judges what is stored there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.openmetadata.cleanup.expected import expect
from openmetadata_ol_provider.openmetadata.cleanup.finding import EdgeRef, Finding
from openmetadata_ol_provider.openmetadata.cleanup.judge_edges import EdgeJudge, writer_key
from openmetadata_ol_provider.openmetadata.cleanup.judge_pipelines import PipelineJudge
from openmetadata_ol_provider.openmetadata.cleanup.replay import replay
from openmetadata_ol_provider.openmetadata.cleanup.stored import own_pipelines, stored_edges
from openmetadata_ol_provider.openmetadata.cleanup.unseen_runs import UnseenRuns

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.event import Event
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openlineage.run_state import RunState
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Ledger


class Cleanup(NamedTuple):
    """What was found, and what could not be judged.

    :param findings: edges, tasks and pipelines that today's rules would not make
    :param jobs: number of jobs that the events cover
    :param edges_not_covered: number of edges of jobs that the events do not cover
    :param pipelines_not_covered: number of pipelines of ours whose jobs the events do not cover
    :param problems: what translating the events again has left out, and what the catalogue refused to show
    """

    findings: tuple[Finding, ...]
    jobs: int
    edges_not_covered: int
    pipelines_not_covered: int
    problems: tuple[Problem, ...]


def find(
    batches: Iterable[Sequence[Event]],
    state: RunState,
    facts: Iterable[EdgeFact],
    client: OpenMetadataClient,
    config: Config,
    *,
    now: float | None = None,
) -> Cleanup:
    """Find edges, tasks and pipelines of ours that today's rules would not make; nothing is written.

    :param batches: events to replay, in the order in which they were sent
    :param state: what is remembered of runs
    :param facts: edges as they were published, from the ledger
    :param now: current time, in seconds since 1970 (default: the clock)
    :raises OpenLineageProviderError: if the events give more edges than can be compared
    """
    now = now or time.time()
    facts = [fact for fact in facts if fact.source]
    replayed = replay(batches, state, config)
    if not replayed.is_complete:
        raise OpenLineageProviderError("the events give too many edges to compare; replay fewer of them at a time")
    expected = expect(replayed.plan, client, config, now)
    pipelines = own_pipelines(client)
    former = {name for name, _ in replayed.former}
    nodes = [("pipeline", ref.id) for ref in expected.pipelines.values() if ref.id]
    nodes += [
        ("pipeline", str(item["id"])) for item in pipelines if writer_key(item["fullyQualifiedName"])[0] in former
    ]
    nodes += sorted((entity.type, entity.id) for entity in expected.entities)
    edges, refused = stored_edges(client, nodes, facts)
    user = client.user or None
    unseen = UnseenRuns(client, replayed, int(now * 1000))
    own = {str(item["fullyQualifiedName"]) for item in pipelines}
    edge_judge = EdgeJudge(replayed, expected, user, config.lineage.stale_after, unseen=unseen, own_pipelines=own)
    verdicts = edge_judge.judge(edges.values())
    judge = PipelineJudge(client, replayed, expected, user, int(now * 1000), sees_all_edges=not refused)
    of_pipelines = judge.judge(pipelines, edges.values(), verdicts.findings)
    return Cleanup(
        findings=(*verdicts.findings, *of_pipelines.findings),
        jobs=len(replayed.covered),
        edges_not_covered=verdicts.not_covered,
        pipelines_not_covered=of_pipelines.not_covered,
        problems=(*expected.problems, *refused),
    )


def without_removed(ledger: Ledger, findings: Iterable[Finding]) -> dict[int, EdgeFact]:
    """Return the edges of a ledger without those that were removed."""
    gone = {"removed", "gone"}
    removed = {found.ref for found in findings if isinstance(found.ref, EdgeRef) and found.outcome in gone}
    return {
        key: fact for key, fact in ledger.edges.items() if EdgeRef(fact.source, fact.target, fact.writer) not in removed
    }
