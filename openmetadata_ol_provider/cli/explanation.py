"""The explanation of a lineage plan, as an outline for people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.cli.explained_problems import ExplainedProblems, Reason
from openmetadata_ol_provider.cli.terminal import OutlineNode
from openmetadata_ol_provider.cli.unread_facets import UnreadFacet
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.serialization import to_builtins

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

_RULES = {
    "explicit": "the producer's lineage facet says so",
    "columns": "the output's columnLineage names the source",
    "product": "no column lineage for this pair: inputs x outputs of the run",
}
#: How runs of a state, and datasets with an outcome, look on a terminal.
_RUN_STYLES = {"FAIL": "red", "ABORT": "yellow"}
_OUTCOME_STYLES = {"resolved": "green", "unresolved": "yellow", "ambiguous": "yellow"}
#: Spaces by which the lines of a run are indented, so that they line up behind its state.
_RUN_INDENT = 10


class Explanation(NamedTuple):
    """A plan, where it came from, and what became of its datasets.

    :param plan: the plan
    :param events_of_runs: a line for each event, by job and run id
    :param unread_facets: number of occurrences of each facet that the provider does not read
    :param resolutions: result of looking up each dataset, ``None`` if they were not looked up
    :param is_filtered: ``True`` if the plan is only the part that is to be shown
    """

    plan: LineagePlan
    events_of_runs: Mapping[tuple[JobId, str], Sequence[str]]
    unread_facets: Mapping[UnreadFacet, int]
    resolutions: Mapping[DatasetId, Resolution] | None
    is_filtered: bool = False

    @property
    def has_unresolved_edges(self) -> bool:
        """Whether datasets were looked up, and one at the end of an edge was not found or is ambiguous."""
        if self.resolutions is None:
            return False
        ends = {end for edge in self.plan.edges for end in (edge.source, edge.target)}
        return any(self.resolutions[end].outcome in ("unresolved", "ambiguous") for end in ends)


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the plan as JSON values, with the explanations added."""
    plan, problems = explanation.plan, _problems(explanation)
    document = {"summary": list(_summary(explanation)), **plan.to_dict()}
    for run, record in zip(document["runs"], plan.runs, strict=True):
        run["events"] = explanation.events_of_runs[record.job, record.run_id]
        run["problems"] = _problem_documents(problems.of_run(record))
    document["unread_facets"] = [
        {**facet._asdict(), "count": count} for facet, count in explanation.unread_facets.items()
    ]
    for edge, of_plan in zip(document["edges"], plan.edges, strict=True):
        edge["why"] = _RULES[edge["basis"]]
        edge["problems"] = _problem_documents(problems.of_edge(of_plan))
    for dataset, of_plan_dataset in zip(document["datasets"], plan.datasets, strict=True):
        dataset["problems"] = _problem_documents(problems.of_dataset(of_plan_dataset.id))
    if explanation.resolutions is not None:
        for dataset in document["datasets"]:
            resolution = explanation.resolutions[DatasetId(dataset["namespace"], dataset["name"])]
            dataset.update(_resolution_document(resolution))
    return document


def _problems(explanation: Explanation) -> ExplainedProblems:
    return ExplainedProblems(explanation.plan, explanation.events_of_runs, explanation.resolutions)


def _problem_documents(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [reason._asdict() for reason in reasons]


def _resolution_document(resolution: Resolution) -> dict[str, Any]:
    document: dict[str, Any] = {"outcome": resolution.outcome, "detail": resolution.detail}
    if resolution.entity is not None:
        document["entity"] = {"type": resolution.entity.type, "fqn": resolution.entity.fqn}
        document["identity"] = to_builtins(resolution.identity)
    return document


def explanation_outline(explanation: Explanation) -> list[OutlineNode]:
    """Return the sections of the explanation as an outline."""
    plan, problems = explanation.plan, _problems(explanation)
    runs = [_run(run, explanation.events_of_runs[run.job, run.run_id], problems.of_run(run)) for run in plan.runs]
    datasets = [
        _dataset(dataset, explanation.resolutions, problems.of_dataset(dataset.id)) for dataset in plan.datasets
    ]
    sections = [
        _section("EDGES", [_edge(edge, problems.of_edge(edge, is_brief=True)) for edge in plan.edges]),
        _section("DATASETS", datasets),
        _section(
            "PROBLEMS",
            [
                OutlineNode(f"{problem.kind}: {problem.where}: {problem.detail}", style="yellow")
                for problem in plan.problems
            ],
        ),
    ]
    if not explanation.is_filtered:
        facets = [
            OutlineNode(f"{section} {facet}: {counted(count, 'time')}, by {producer}")
            for (section, facet, producer), count in explanation.unread_facets.items()
        ]
        sections.append(_section("FACETS THAT ARE NOT READ", facets))
    summary = [OutlineNode(line) for line in _summary(explanation)]
    return [OutlineNode("SUMMARY", summary, style="bold"), *sections, _section("RUNS", runs)]


def _summary(explanation: Explanation) -> Iterator[str]:
    """Yield what there is, what is missing, and the problems by their kinds."""
    plan = explanation.plan
    bases: Counter[str] = Counter(edge.basis for edge in plan.edges)
    events = counted(plan.events, "event")
    what = f"shown, of {events}: " if explanation.is_filtered else f"{events}: "
    runs = f"{counted(len(plan.runs), 'run')} of {counted(len(plan.jobs), 'job')}"
    yield f"{what}{runs}, {counted(len(plan.edges), 'edge')}, {counted(len(plan.datasets), 'dataset')}"
    if bases:
        yield f"edges by rule: {_numbers(bases)}"
    if explanation.resolutions is not None:
        outcomes: dict[str, Counter[str]] = {}
        for dataset in plan.datasets:
            resolution = explanation.resolutions[dataset.id]
            outcomes.setdefault(dataset.namespace, Counter())[resolution.reason or resolution.outcome] += 1
        yield f"datasets: {_numbers(sum(outcomes.values(), Counter()))}"
        for namespace, counts in outcomes.items():
            if counts.keys() - {"resolved", "ignored"}:
                yield f"datasets of {namespace}: {_numbers(counts)}"
    kinds: Counter[str] = Counter()
    for problem in plan.problems:
        kind = problem.where if problem.kind == ProblemKind.MORE_PROBLEMS else str(problem.kind)
        kinds[kind] += problem.count
    if kinds:
        yield f"problems: {_numbers(kinds)}"


def _numbers(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common()) or "none"


def _section(title: str, nodes: Sequence[OutlineNode]) -> OutlineNode:
    return OutlineNode(f"{title} ({len(nodes)})", nodes, style="bold")


def _run(run: RunRecord, events: Sequence[str], reasons: Iterable[Reason]) -> OutlineNode:
    pipeline = f"task {run.task!r} of {run.pipeline.name!r}" if run.task else f"pipeline {run.pipeline.name!r}"
    error = f"; error: {run.error}" if run.error else ""
    assumed = "; the end was not sent" if run.presumed else "; skipped" if run.skipped else ""
    lines = [f"{run.started_at} to {run.ended_at or '?'}{assumed}{error}", *events, *map(str, reasons)]
    return OutlineNode(
        f"{run.state:<9} {run.job}  run {run.run_id}, {pipeline}",
        [OutlineNode(line) for line in lines],
        indent=_RUN_INDENT,
        style=_RUN_STYLES.get(run.state, ""),
    )


def _edge(edge: Edge, reasons: Iterable[Reason]) -> OutlineNode:
    job = edge.job.label if edge.job else "stated by the dataset itself"
    lines = [f"{job}; {_RULES[edge.basis]}"]
    for pair in edge.columns:
        kinds = ", ".join(f"{kind.type}{'/' + kind.subtype if kind.subtype else ''}" for kind in pair.transformations)
        lines.append(f"column {pair.source.field} -> {pair.target_field}{'  ' + kinds if kinds else ''}")
    lines += map(str, reasons)
    return OutlineNode(
        f"{edge.source} -> {edge.target}",
        [OutlineNode(line) for line in lines],
    )


def _dataset(
    dataset: Dataset, resolutions: Mapping[DatasetId, Resolution] | None, reasons: Iterable[Reason]
) -> OutlineNode:
    excluded = "  (left out by the configuration)" if dataset.ignored else ""
    nodes = [*_lookups(dataset, resolutions), *(OutlineNode(str(reason)) for reason in reasons)]
    return OutlineNode(f"{dataset.id}{excluded}", nodes)


def _lookups(dataset: Dataset, resolutions: Mapping[DatasetId, Resolution] | None) -> Iterator[OutlineNode]:
    for identity in dataset.identities:
        yield OutlineNode(f"candidate {identity.kind:<9} {identity}")
    if resolutions is not None:
        resolution = resolutions[dataset.id]
        yield OutlineNode(_outcome(resolution), style=_OUTCOME_STYLES.get(resolution.outcome, ""))


def _outcome(resolution: Resolution) -> str:
    if resolution.entity is None:
        return f"{resolution.reason or resolution.outcome}: {resolution.detail}"
    assert resolution.identity is not None
    identity = str(resolution.identity)
    return f"{resolution.outcome}: {resolution.entity.type} {resolution.entity.fqn} (by {identity})"
