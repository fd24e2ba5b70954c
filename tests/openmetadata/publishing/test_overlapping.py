"""Stages overlap, and what has to come first still does: pipelines before edges, edges before what decorates them."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.exceptions import CatalogueAuthError
from openmetadata_ol_provider.lineage.plan import Dataset, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, PG, SEED, config, dataset, edge, job, plan

TABLES = [dataset(PG, f"shop.public.t{number}") for number in range(12)]
CATALOGUE = {**SEED, "tables": [{"fqn": f"pg.{table.name}", "columns": []} for table in TABLES]}


def made(pairs: list[tuple[int, int]]) -> LineagePlan:
    """Return a plan with a job and a run of it for each pair of tables."""
    names = [f"job_{number}" for number in range(len(pairs))]
    edges = [
        edge(TABLES[source], TABLES[target], job=name)
        for name, (source, target) in zip(names, pairs, strict=True)
        if source != target
    ]
    runs = [_run(JobId("prod", name), TABLES[target]) for name, (_, target) in zip(names, pairs, strict=True)]
    return plan(*edges, jobs=map(job, names), runs=runs, datasets=TABLES)


def _run(pipeline: JobId, written: Dataset) -> RunRecord:
    began = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    start, end = (at.isoformat().replace("+00:00", "Z") for at in (began, began + dt.timedelta(seconds=5)))
    return RunRecord(
        run_id=f"run-{pipeline.name}", job=pipeline, state="COMPLETE", pipeline=pipeline,
        pipeline_run_id=f"run-{pipeline.name}", pipeline_started_at=start, task=None, started_at=start, ended_at=end,
        writes=(written.id,),
    )  # fmt: skip


def kind_of(method: str, path: str) -> str:
    if path.endswith(("/status", "/status/bulk")) or "/usage" in path or "/pipelineObservability" in path:
        return "decoration"
    if "/lineage" in path:
        return "edge"
    return "pipeline" if method != "GET" and "/pipelines" in path else "other"


PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=1, max_size=25)


@settings(deadline=None, max_examples=25)
@given(PAIRS, st.sampled_from([1, 2, 8]), st.sampled_from([0.0, 0.002]))
def test_nothing_overtakes_what_it_needs_and_nothing_is_written_twice(
    pairs: list[tuple[int, int]], connections: int, latency: float
) -> None:
    with CatalogueServer(CATALOGUE, latency=latency) as server:
        with OpenMetadataClient(server.url, max_connections=connections, retries=FAST) as client:
            report = publish_plan(made(pairs), client, config()).report
        paths = [request.path for request in server.requests]
        kinds = [kind_of(request.method, request.path) for request in server.requests]
        edges, pipelines = server.edges(), server.entities("pipeline")
        writes = Counter((sent.method, sent.path, sent.content) for sent in server.bodies if sent.method != "GET")
    different = {pair for pair in pairs if pair[0] != pair[1]}
    assert (report.edges.failed, report.statuses.failed, len(edges)) == (0, 0, len(different))
    assert {details["pipeline"]["id"] for details in edges.values()} <= {one["id"] for one in pipelines}
    assert max(writes.values()) == 1
    last_pipeline = max(position for position, kind in enumerate(kinds) if kind == "pipeline")
    first_decoration = kinds.index("decoration")
    assert last_pipeline < first_decoration
    if different:
        assert last_pipeline < kinds.index("edge")
        # Only edges that were under way already, a read and a write for each: a thread takes all edges of one target.
        # The first one that is put is read once more.
        targets = Counter(target for source, target in pairs if source != target)
        under_way = sum(count for _, count in targets.most_common(client.threads))
        assert kinds[first_decoration:].count("edge") <= 2 * under_way + 1
        observed = [number for number, path in enumerate(paths) if path.endswith("/pipelineObservability")]
        assert min(observed) > max(number for number, kind in enumerate(kinds) if kind == "edge")


def test_the_report_is_the_same_for_any_number_of_connections() -> None:
    plan = made([(number % 12, (number * 5 + 1) % 12) for number in range(24)])
    reports = []
    for connections in (1, 3, 8):
        with (
            CatalogueServer(CATALOGUE, latency=0.001) as server,
            OpenMetadataClient(server.url, max_connections=connections, retries=FAST) as client,
        ):
            server.fail("PUT", "/status", 400, times=1000)
            server.fail("POST", "/usage/pipeline", 400, times=1000)
            server.fail("PUT", "/pipelineObservability", 400, times=1000)
            report = publish_plan(plan, client, config()).report
            reports.append([(problem.kind, problem.where) for problem in report.problems])
    assert reports[0] == reports[1] == reports[2]
    assert len(reports[0]) > 24


def test_edges_that_the_token_may_not_write_stop_what_would_decorate_them() -> None:
    pairs = [(number % 12, (number * 5 + 1) % 12) for number in range(24)]
    with (
        CatalogueServer(CATALOGUE, deny=["EditLineage"]) as server,
        OpenMetadataClient(server.url, max_connections=2, retries=FAST) as client,
    ):
        with pytest.raises(CatalogueAuthError):
            publish_plan(made(pairs), client, config())
        assert "decoration" not in [kind_of(request.method, request.path) for request in server.requests]
