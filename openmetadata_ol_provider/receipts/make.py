"""Makes receipts of a plan and of what its publication did with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.run_state import TERMINAL
from openmetadata_ol_provider.openlineage.sanitize import safe_text, without_credentials
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import job_key
from openmetadata_ol_provider.receipts.receipt import (
    BatchReceipt,
    EdgeColumns,
    EdgeCounts,
    LetterNote,
    Note,
    PendingEdge,
    Receipt,
    TaskRef,
)
from openmetadata_ol_provider.receipts.record import MOST_DATASETS, MOST_LETTERS, MOST_RULES, Delivery

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import LineagePlan, RunRecord
    from openmetadata_ol_provider.openlineage.problems import Problem, Rule
    from openmetadata_ol_provider.openmetadata.publishing.core.outcomes import EdgeResult
    from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

#: Most edges of a run whose later outcome is followed.
MOST_PENDING = 200
#: Most reasons and most problems that one receipt has.
MOST_REASONS = 3
#: Longest reason and longest problem, in characters.
MAX_DETAIL = 400


class _JobEdges(NamedTuple):
    """What became of the edges of a job.

    :param pending: the first of the edges that are tried again
    :param reasons: why edges are parked or failed, the first few
    """

    counts: EdgeCounts = EdgeCounts()
    pending: tuple[PendingEdge, ...] = ()
    reasons: tuple[str, ...] = ()


_NO_EDGES = _JobEdges()


def make_delivery(
    plan: LineagePlan,
    publication: Publication,
    *,
    at: float,
    seconds: float = 0.0,
    task: TaskRef | None = None,
    most: int = 2_000,
) -> Delivery:
    """Return the receipts of a batch that was published.

    :param at: time of the end of the publication, in seconds since 1970
    :param seconds: duration of the publication
    :param task: task that published it
    :param most: most receipts of runs to make: of the runs that ended last
    """
    report, outcomes = publication.report, publication.outcomes
    letters = [
        LetterNote(problem.where, _short(problem.detail), int(at))
        for problem in report.problems
        if problem.kind == ProblemKind.MALFORMED
    ]
    datasets = [((id_.namespace, id_.name), outcome) for id_, outcome in outcomes.datasets.items()]
    return Delivery(
        batch=_batch_receipt(report, at, seconds, task),
        receipts=_receipts(plan, publication, int(at), most),
        outcomes={key: result.outcome for key, result in outcomes.edges.items()},
        letters=tuple(letters[-MOST_LETTERS:]),
        datasets=dict(datasets[-MOST_DATASETS:]),
        rules=_rules(report.problems),
        site=without_credentials(outcomes.site),
        columns=tuple(EdgeColumns(keys, pairs) for keys, pairs in outcomes.columns),
    )


def _batch_receipt(report: PublishReport, at: float, seconds: float, task: TaskRef | None) -> BatchReceipt:
    return BatchReceipt(
        number=0,
        at=int(at),
        seconds=round(seconds, 2),
        events=report.events,
        runs=report.runs,
        published=report.edges.published,
        unchanged=report.edges.unchanged,
        failed=report.failed,
        parked=report.parked,
        dead_letters=report.dead_letters,
        requests=sum(report.requests.values()),
        problems=_kinds(report.problems),
        task=task,
    )


def _receipts(plan: LineagePlan, publication: Publication, at: int, most: int) -> tuple[Receipt, ...]:
    """Return the receipts of the runs that ended last, at most so many."""
    edges, pipelines = _edges_by_job(publication.outcomes.edges), publication.outcomes.pipelines
    # Only these have lineage: a run that has just started has not, though an earlier run of its job may be in the plan.
    ended = {run.job for run in plan.runs if run.state in TERMINAL}
    runs = plan.runs[-most:]
    notes = _notes(publication.report.problems, {run.run_id for run in runs})
    receipts = []
    for run in runs:
        has_lineage = run.state == "COMPLETE" or (run.state not in TERMINAL and run.job not in ended)
        of_job = edges.get(job_key(run.job), _NO_EDGES) if has_lineage else _NO_EDGES
        receipts.append(_receipt(run, of_job, notes.get(run.run_id, ()), at, pipelines.get(run.pipeline, "")))
    return tuple(receipts)


def _edges_by_job(results: Mapping[int, EdgeResult]) -> dict[str, _JobEdges]:
    """Return what became of the edges of each job, by its key; all runs of a job in a batch share it.

    :param results: results by ledger key
    """
    by_job: dict[str, list[tuple[int, EdgeResult]]] = {}
    for key, result in results.items():
        by_job.setdefault(result.job, []).append((key, result))
    return {job: _job_edges(of_job) for job, of_job in by_job.items()}


def _job_edges(results: Sequence[tuple[int, EdgeResult]]) -> _JobEdges:
    waiting = [(key, result) for key, result in results if result.outcome in ("parked", "failed")]
    reasons = dict.fromkeys(_short(result.reason) for _, result in results if result.reason)
    return _JobEdges(
        EdgeCounts.of(result.outcome for _, result in results),
        tuple(PendingEdge(key, result.outcome) for key, result in waiting[:MOST_PENDING]),
        tuple(reasons)[:MOST_REASONS],
    )


def failed_delivery(error: str, *, at: float, seconds: float = 0.0, task: TaskRef | None = None) -> Delivery:
    """Return the receipt of a batch that was not committed and is going to be read again.

    :param error: what stopped it
    """
    batch = BatchReceipt(number=0, at=int(at), seconds=round(seconds, 2), task=task, error=safe_text(error, MAX_DETAIL))
    return Delivery(batch)


def _receipt(run: RunRecord, edges: _JobEdges, notes: tuple[Note, ...], at: int, pipeline_fqn: str) -> Receipt:
    return Receipt(
        run_id=run.run_id,
        namespace=run.job.namespace,
        name=run.job.name,
        state=run.state,
        at=at,
        batch=0,
        events=run.events,
        pipeline=run.pipeline.name,
        pipeline_fqn=pipeline_fqn,
        dag_run=run.dag_run or "",
        map_index=run.map_index,
        started_at=run.started_at,
        ended_at=run.ended_at,
        error=_short(run.error or ""),
        log_url=run.log_url or "",
        edges=edges.counts,
        pending=edges.pending,
        reasons=edges.reasons,
        notes=notes,
    )


def _notes(problems: Iterable[Problem], run_ids: set[str]) -> Mapping[str, tuple[Note, ...]]:
    """Return the problems that name a run, by its id."""
    notes: dict[str, list[Note]] = {}
    for problem in problems:
        for run_id in {word.strip(",;:()'\"") for word in problem.where.split()} & run_ids:
            listed = notes.setdefault(run_id, [])
            if len(listed) < MOST_REASONS:
                listed.append(Note(str(problem.kind), _short(problem.detail)))
    return {run_id: tuple(listed) for run_id, listed in notes.items()}


def _kinds(problems: Iterable[Problem]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for problem in problems:
        kind = problem.where if problem.kind == ProblemKind.MORE_PROBLEMS else str(problem.kind)
        counts[kind] += problem.count
    return dict(counts)


def _rules(problems: Iterable[Problem]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that would settle problems, by namespace."""
    rules: dict[str, dict[Rule, None]] = {}
    for problem in problems:
        if problem.namespace and problem.rule is not None:
            of_namespace = rules.setdefault(problem.namespace, {})
            if len(of_namespace) < MOST_RULES:
                of_namespace[problem.rule] = None
    return {namespace: tuple(of_namespace) for namespace, of_namespace in rules.items()}


def _short(text: str) -> str:
    return safe_text(text, MAX_DETAIL) if text else ""
