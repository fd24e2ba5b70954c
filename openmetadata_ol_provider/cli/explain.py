"""``openmetadata-ol explain``: what the events say, which rule gave each edge, where each dataset was looked for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.files import FileEvents, write_result
from openmetadata_ol_provider.cli.ingest import TOKEN_VARIABLE
from openmetadata_ol_provider.cli.translate import plan_of
from openmetadata_ol_provider.cli.unread_facets import Survey
from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, LineagePlan
from openmetadata_ol_provider.openlineage.sanitize import printable
from openmetadata_ol_provider.openlineage.serialization import to_builtins
from openmetadata_ol_provider.openlineage.times import iso

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

_BASIS = {
    "explicit": "the producer's lineage facet says so",
    "columns": "the output's columnLineage names the source",
    "product": "no column lineage for this pair: inputs x outputs of the run",
}


class Story(NamedTuple):
    """What there is to tell: the plan, the events that made up each run, the facets that are not read."""

    plan: LineagePlan
    events: dict[tuple[str, str], list[str]]
    survey: Survey


def _events_of_runs(found: FileEvents) -> dict[tuple[str, str], list[str]]:
    """Return, by job namespace and run id, a line for each event, in eventTime order."""
    lines: dict[tuple[str, str], list[str]] = {}
    for event, place in sorted(zip(found.events, found.places, strict=True), key=lambda item: item[0].eventTime):
        if event.run is not None and event.job is not None:
            counts = f"{len(event.inputs or ())} inputs, {len(event.outputs or ())} outputs"
            line = f"{event.eventType or 'no type'} {iso(event.eventTime)} ({place}): {counts}"
            lines.setdefault((event.job.namespace, event.run.runId), []).append(line)
    return lines


def explain_command(arguments: Any) -> int:
    """Print the explanation; exit code 1 when some lines were no events or an edge's end did not resolve."""
    config = load_config(arguments.config)
    survey = Survey()
    plan, found = plan_of(arguments, survey)
    story = Story(plan, _events_of_runs(found), survey)
    resolutions = _resolve(plan, config, arguments.host) if arguments.host else None
    if arguments.json:
        text = json.dumps(_as_json(story, resolutions), indent=2) + "\n"
    else:
        text = "".join(f"{printable(line)}\n" for line in _as_text(story, resolutions))
    write_result(text, arguments.output)
    ends = {end for edge in plan.edges for end in (edge.source, edge.target)}
    missing = resolutions is not None and any(resolutions[end].outcome in ("unresolved", "ambiguous") for end in ends)
    return FAILED if found.malformed or missing else DONE


def _resolve(plan: LineagePlan, config: Config, host: str) -> dict[DatasetId, Resolution]:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver

    with OpenMetadataClient(host, os.environ.get(TOKEN_VARIABLE)) as client:
        return Resolver(client, config).resolve_all(plan.datasets)


def _as_json(story: Story, resolutions: dict[DatasetId, Resolution] | None) -> dict[str, Any]:
    document = story.plan.to_dict()
    for run in document["runs"]:
        run["events"] = story.events[run["job"]["namespace"], run["run_id"]]
    document["unread_facets"] = [
        {"section": section, "facet": name, "producer": producer, "count": count}
        for (section, name, producer), count in sorted(story.survey.unread.items())
    ]
    for edge in document["edges"]:
        edge["why"] = _BASIS[edge["basis"]]
    if resolutions is not None:
        for dataset in document["datasets"]:
            resolution = resolutions[DatasetId(dataset["namespace"], dataset["name"])]
            dataset["outcome"] = resolution.outcome
            dataset["detail"] = resolution.detail
            if resolution.entity is not None:
                dataset["entity"] = {"type": resolution.entity.type, "fqn": resolution.entity.fqn}
                dataset["identity"] = to_builtins(resolution.identity)
    return document


def _as_text(story: Story, resolutions: dict[DatasetId, Resolution] | None) -> Iterator[str]:
    plan = story.plan
    yield f"RUNS ({len(plan.runs)})"
    for run in plan.runs:
        place = f"task {run.task!r} of {run.pipeline.name!r}" if run.task else f"pipeline {run.pipeline.name!r}"
        yield f"  {run.state:<9} {run.job.namespace} {run.job.name}  run {run.run_id}, {place}"
        yield f"            {run.started_at} to {run.ended_at or '?'}{'; error: ' + run.error if run.error else ''}"
        for event in story.events[run.job.namespace, run.run_id]:
            yield f"            {event}"
    yield f"EDGES ({len(plan.edges)})"
    for edge in plan.edges:
        yield from _edge(edge)
    yield f"DATASETS ({len(plan.datasets)})"
    for dataset in plan.datasets:
        yield f"  {dataset.namespace} {dataset.name}{'  (left out by the configuration)' if dataset.ignored else ''}"
        for identity in dataset.identities:
            yield f"    candidate {identity.kind:<9} {identity.namespace} {identity.name}"
        if resolutions is not None:
            yield f"    {_outcome(resolutions[DatasetId(dataset.namespace, dataset.name)])}"
    yield f"PROBLEMS ({len(plan.problems)})"
    for problem in plan.problems:
        yield f"  {problem.kind}: {problem.where}: {problem.detail}"
    yield f"FACETS THAT ARE NOT READ ({len(story.survey.unread)})"
    for (section, name, producer), count in sorted(story.survey.unread.items()):
        yield f"  {section} {name}: {count} times, by {producer}"


def _edge(edge: Edge) -> Iterator[str]:
    yield f"  {edge.source.namespace} {edge.source.name} -> {edge.target.namespace} {edge.target.name}"
    job = f"job {edge.job.namespace} {edge.job.name}" if edge.job else "stated by the dataset itself"
    yield f"    {job}; {_BASIS[edge.basis]}"
    for pair in edge.columns:
        how = ", ".join(f"{t.type}{'/' + t.subtype if t.subtype else ''}" for t in pair.transformations)
        yield f"    column {pair.source.field} -> {pair.target_field}{'  ' + how if how else ''}"


def _outcome(resolution: Resolution) -> str:
    if resolution.entity is None:
        return f"{resolution.outcome}: {resolution.detail}"
    assert resolution.identity is not None
    by = f"{resolution.identity.namespace} {resolution.identity.name}"
    return f"{resolution.outcome}: {resolution.entity.type} {resolution.entity.fqn} (by {by})"
