"""Says in the demo what happened, what is in the catalogue now, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import convert

from openmetadata_ol_provider.cli.demo_measurements import measured_lines
from openmetadata_ol_provider.openlineage.listing import counted

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

#: Tasks of the bundled DAG, in their order.
TASKS = ("check", "wait", "consume", "translate", "publish")
#: Width of the first column.
_INDENT = " " * 18


def task_lines(state: str, results: Mapping[str, tuple[str, Any]], *, verbose: bool) -> Iterator[str]:
    """Yield what became of the DAG and its tasks.

    :param state: state of the DAG run
    :param results: task -> its state, and what it returned
    :param verbose: ``True`` for a line for each task, and the problems of the publication
    """
    yield f"DAG openlineage_to_openmetadata        {state}"
    if not verbose:
        yield f"  {', '.join(f'{task} {state}' for task, (state, _) in results.items())}"
        return
    for task, (of_task, result) in results.items():
        yield f"  {task:<10} {of_task:<10} {_DESCRIPTIONS[task](result) if result else ''}".rstrip()
    report = results["publish"][1]
    if report:
        from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines

        yield from (f"    {kind}: {text}" for kind, text in problem_lines(_report(report)))


def _describe_check(seen: dict[str, Any]) -> str:
    return f"OpenMetadata {seen['version']} answers"


def _describe_wait(backlog: dict[str, Any]) -> str:
    return counted(backlog["events"], "new message")


def _describe_batch(batch: dict[str, Any]) -> str:
    ranges = ", ".join(f"[{r['partition']}] {r['start']}-{r['end']}" for r in batch["origin"]["ranges"])
    return f"{counted(batch['count'], 'event')} ({ranges}), {counted(batch['dead_letters'], 'dead letter')}"


def _describe_plan(plan: dict[str, Any]) -> str:
    runs, jobs, edges, datasets = (len(plan[key]) for key in ("runs", "jobs", "edges", "datasets"))
    return f"{counted(runs, 'run')} of {counted(jobs, 'job')}, {counted(edges, 'edge')}, {counted(datasets, 'dataset')}"


def _describe_report(report: dict[str, Any]) -> str:
    edges, datasets = report["edges"], report["datasets"]
    requests = ", ".join(f"{number} {method}" for method, number in sorted(report["requests"].items()))
    return (
        f"edges: {edges['published']} published, {edges['unchanged']} unchanged, {edges['failed']} failed; datasets: "
        f"{datasets['resolved']} resolved, {datasets['unresolved']} unresolved; {report['parked']} parked; requests: "
        f"{requests}"
    )


_DESCRIPTIONS = {
    "check": _describe_check,
    "wait": _describe_wait,
    "consume": _describe_batch,
    "translate": _describe_plan,
    "publish": _describe_report,
}


def catalogue_lines(catalogue: CatalogueServer) -> Iterator[str]:
    """Yield what the catalogue contains, and how much of it this run has written."""
    from openmetadata_ol_provider.sandbox.picture import column_pairs

    edges = catalogue.edges()
    pairs = sum(len(column_pairs(details)) for details in edges.values())
    pipelines = catalogue.entities("pipeline")
    tasks = sum(len(pipeline.get("tasks") or ()) for pipeline in pipelines)
    statuses = sum(len(catalogue.statuses(pipeline["fullyQualifiedName"])) for pipeline in pipelines)
    tables = [table["fullyQualifiedName"] for table in catalogue.entities("table")]
    filled = sum(1 for table in tables if catalogue.observability(table))
    yield (
        f"in the catalogue: {counted(len(edges), 'edge')} with {counted(pairs, 'column pair')}; "
        f"{counted(len(pipelines), 'pipeline')} with {counted(tasks, 'task')}"
    )
    ends = counted(statuses, "run status", "run statuses")
    yield f"{_INDENT}and {ends}; {counted(filled, 'table')} with the newest run that wrote them"
    yield from (f"{_INDENT}{line}" for line in measured_lines(catalogue))
    yield f"{_INDENT}write calls of this run: {len(catalogue.writes())}"


def waiting_lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield what is parked and what was left out, and why.

    :param report: report of the publication; empty if there was none
    """
    if not report:
        return
    problems = _report(report).problems
    if report["parked"]:
        missing = [problem for problem in problems if problem.kind == "unresolved"]
        namespaces = Counter(problem.namespace for problem in missing if problem.namespace)
        where = ", ".join(f"{number} in namespace {namespace}" for namespace, number in namespaces.most_common(3))
        yield (
            f"parked:           {counted(report['parked'], 'item')} until the catalogue has their datasets"
            f"{f' ({where})' if where else ''}"
        )
    kinds = Counter(str(problem.kind) for problem in problems if problem.kind != "unresolved")
    if kinds:
        yield f"left out:         {', '.join(f'{number} {kind}' for kind, number in sorted(kinds.items()))}"


def _report(report: dict[str, Any]) -> PublishReport:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

    return convert(report, PublishReport)
