"""Closes runs that send no end of their own: by what Airflow says of its tasks, else with the run at the top.

A presumed end is kept apart from what the run's own events say, so that an end that comes later replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.ended_above import Ended
from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN, RunOf, is_dag_run, parent_of, resolve_root
from openmetadata_ol_provider.lineage.run_completion import effective_state, is_streaming
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.run_identity import parent_id
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, PresumedEnd, Run

#: Microseconds of event time between the end of a run at the top and the presumed end of what runs below it: other
#: events may be late, or in another lane.
END_GRACE = 600 * 1_000_000
#: Airflow's task states and the ends that they are.
_ENDS: Mapping[str, PresumedEnd] = {
    "success": PresumedEnd(at=0, state="COMPLETE", certain=True),
    "failed": PresumedEnd(at=0, state="FAIL", certain=True),
    "skipped": PresumedEnd(at=0, state="COMPLETE", skipped=True, certain=True),
    "upstream_failed": PresumedEnd(at=0, state="COMPLETE", skipped=True, certain=True),
    "removed": PresumedEnd(at=0, state="ABORT", certain=True),
}


class TaskEnd(NamedTuple):
    """The end of a task that no event is about, but of which its DAG run says what became of it."""

    task_id: str
    end: PresumedEnd


def close_runs(index: RunIndex, changed: Mapping[str, Run], latest_at: int) -> Mapping[str, Run]:
    """Close runs whose own end was not sent, and return the runs that the batch has changed with these among them.

    :param index: all runs that are remembered; those that are closed are changed in it
    :param changed: runs with events in the batch, by key
    :param latest_at: time of the latest event of any run, in microseconds
    """
    closed = _presumed_ends({**index.runs, **changed}, index, latest_at)
    if not closed:
        return changed
    before = {key: run.presumed_end for key, run in index.runs.items() if key in closed}
    for key, run in closed.items():
        index.note_ends(key, run.presumed_end, run.root_end)
    # One that only knows more of its top is not reported again.
    return {**changed, **{key: run for key, run in closed.items() if key in changed or run.presumed_end != before[key]}}


def _presumed_ends(runs: Mapping[str, Run], index: RunIndex, latest_at: int) -> dict[str, Run]:
    """Return the runs of whose presumed end, or of the end above them, more is known than before, by key."""
    stated = _stated_by_dags(runs, index)
    ended = Ended(runs.values())
    closed: dict[str, Run] = {}
    for key, run in runs.items():
        end, root_end = run.presumed_end, run.root_end
        if end is None and run.state in TERMINAL and key not in stated:
            continue
        if key in stated or (end is not None and not end.certain):
            # What a DAG run has said stays when that is forgotten; everything else is decided again each time.
            end = stated.get(key)
        if run.state in TERMINAL:
            end = end if end is not None and end.skipped and run.state == "COMPLETE" else None
        elif end is None:
            if ended.is_above(run) and (parent := parent_of(run)) is not None:
                root_end = _end_above(run, parent, index) or root_end
            end = _below(root_end, run, latest_at)
        if end != run.presumed_end or root_end != run.root_end:
            closed[key] = replace(run, presumed_end=end, root_end=root_end)
    return closed


def _end_above(run: Run, parent: RunOf, index: RunIndex) -> PresumedEnd | None:
    """Return the end that closes a run: of a run above it that failed, else of the run at the top."""
    if is_dag_run(run):
        return None
    above: RunOf | None = parent
    for _ in range(MAX_CHAIN):
        known = index.lookup(above.job.namespace, above.job.name, above.run_id) if above is not None else None
        if known is None or known is run:
            break
        if _has_failed(known) and _ends_with(run, known):
            return _end_of(known)
        above = parent_of(known)
    top = resolve_root(run, index).top("root")
    root = index.lookup(top.job.namespace, top.job.name, top.run_id)
    return _end_of(root) if root is not None and root is not run and _ends_with(run, root) else None


def _end_of(run: Run) -> PresumedEnd | None:
    end = effective_state(run)
    if end.ended_at is None or run.state not in TERMINAL:
        return None
    return PresumedEnd(at=end.ended_at, state="COMPLETE" if end.state == "COMPLETE" else "ABORT")


def _has_failed(run: Run) -> bool:
    return run.state in ("FAIL", "ABORT") and effective_state(run).state in ("FAIL", "ABORT")


def _ends_with(run: Run, root: Run) -> bool:
    """Return whether a run cannot outlive another: streams outlive the orchestrator that has started them."""
    return not is_streaming(run) or _integration(run) == _integration(root)


def _below(root_end: PresumedEnd | None, run: Run, latest_at: int) -> PresumedEnd | None:
    """Return the presumed end of a run below one that has ended, once its own end has had the time to arrive."""
    if root_end is None:
        return None
    at = max(root_end.at, run.first_at)
    # What still sends events has outlived the run at the top.
    return replace(root_end, at=at) if latest_at - max(at, run.name_at) >= END_GRACE else None


def _integration(run: Run) -> str:
    kind = run.job_facets.jobType if run.job_facets else None
    return (kind.integration or "").upper() if kind else ""


# -- what Airflow says of its tasks --------------------------------------------------------------------------------


def _states(dag: Run) -> Mapping[str, str | None]:
    """Return the states of tasks that an ended DAG run tells."""
    facet = dag.run_facets.airflowState if dag.run_facets and dag.state in TERMINAL else None
    return (facet.tasksState or {}) if facet is not None and not facet.deleted else {}


def _task_id(run: Run, dag: Run) -> str | None:
    """Return the id of a task in a DAG by the name of its job, ``None`` if it is none of that DAG."""
    if run.namespace != dag.namespace or not run.name.startswith(f"{dag.name}."):
        return None
    return run.name[len(dag.name) + 1 :]


def _tasks_of(
    runs: Mapping[str, Run], dags: Mapping[str, Sequence[Run]], index: RunIndex
) -> Mapping[tuple[str, str, str, str], list[tuple[str, Run]]]:
    """Return the runs of the tasks of DAG runs, by the DAG run's id, namespace and name, and the task's id.

    :param dags: DAG runs by run id
    """
    tasks: dict[tuple[str, str, str, str], list[tuple[str, Run]]] = {}
    keys = index.below(dags)
    if len(runs) > len(index.runs):
        # Some were forgotten because there were too many, although the batch has changed them.
        keys += [key for key, run in runs.items() if key not in index.runs and parent_id(run.run_facets) in dags]
    for key in keys:
        run = runs[key]
        for dag in dags[parent_id(run.run_facets) or ""]:
            if task_id := _task_id(run, dag):
                tasks.setdefault((dag.run_id, dag.namespace, dag.name, task_id), []).append((key, run))
    return tasks


def _stated_by_dags(runs: Mapping[str, Run], index: RunIndex) -> dict[str, PresumedEnd | None]:
    """Return what DAG runs say of the ends of their tasks' runs, by the key of these; ``None`` if it is nothing."""
    dags = dags_that_tell(runs.values())
    if not dags:
        return {}
    telling = {(dag.run_id, dag.namespace, dag.name): dag for those in dags.values() for dag in those}
    ends: dict[str, PresumedEnd | None] = {}
    for (*which, task_id), group in _tasks_of(runs, dags, index).items():
        dag = telling[which[0], which[1], which[2]]
        ends.update(dict.fromkeys(key for key, _ in group))
        ends.update(_ends_of_tries(group, _ENDS.get(_states(dag).get(task_id) or ""), dag.ended_at or 0))
    return ends


def _ends_of_tries(
    group: Iterable[tuple[str, Run]], stated: PresumedEnd | None, dag_ended_at: int
) -> Iterator[tuple[str, PresumedEnd]]:
    """Yield the ends of the tries of one task: the DAG run's word is about the last, those before it were lost.

    Of mapped instances, which run at the same time, one word for all of them says nothing.
    """
    tries = sorted(group, key=lambda item: (_start(item[1]), item[1].run_id))
    starts = [_start(run) for _, run in tries]
    followed = zip(tries, starts[1:], strict=False)
    if any(is_repeated(run) for _, run in tries) or any(
        run.ended_at is not None and run.ended_at > start for (_, run), start in followed
    ):
        return
    if len({index for _, run in tries for index in _map_indexes(run)}) > 1:
        return
    for (key, run), start in zip(tries, starts[1:], strict=False):
        if run.state not in TERMINAL:
            yield key, PresumedEnd(at=start, state="ABORT", certain=True)
    key, last = tries[-1]
    if stated is not None:
        yield key, replace(stated, at=max(dag_ended_at, last.first_at))


def _start(run: Run) -> int:
    return run.first_at if run.started_at is None else run.started_at


def _map_indexes(run: Run) -> Iterator[int]:
    return (instance.map_index for instance in run.instances if instance.map_index is not None)


def unseen_tasks(changed: Iterable[Run], index: RunIndex) -> list[tuple[Run, list[TaskEnd]]]:
    """Return the ended DAG runs that say what became of tasks that have sent nothing, each with these.

    :param changed: runs of the batch
    :param index: all runs that are remembered
    """
    dags = dags_that_tell(changed)
    seen = _tasks_of(index.runs, dags, index).keys() if dags else ()
    unseen = []
    for dag in (dag for those in dags.values() for dag in those):
        ends = [
            TaskEnd(task_id, end)
            for task_id, state in sorted(_states(dag).items())
            if state != "removed"
            and (end := _ENDS.get(state or ""))
            and (dag.run_id, dag.namespace, dag.name, task_id) not in seen
        ]
        if ends:
            unseen.append((dag, ends))
    return unseen


def dags_that_tell(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Return the ended DAG runs that say what became of their tasks, by run id, which several of them may share."""
    dags: dict[str, list[Run]] = {}
    for run in runs:
        if run.run_facets is not None and run.run_facets.airflowState is not None and _states(run):
            dags.setdefault(run.run_id, []).append(run)
    return dags


def is_told_by_dag(task: Run, dags: Iterable[Run]) -> bool:
    """Return whether one of some DAG runs has told the end of a task."""
    return any((task_id := _task_id(task, dag)) is not None and task_id in _states(dag) for dag in dags)


# -- lines ---------------------------------------------------------------------------------------------------------


def presumed_end_problems(closed: Iterable[tuple[Run, RunOf]]) -> Iterator[Problem]:
    """Yield one problem for each job with runs that were closed without an end of their own.

    :param closed: runs that have been closed, each with the run at the top of its chain
    """
    counts: dict[tuple[str, str], int] = {}
    for run, top in closed:
        effective, end = effective_state(run), run.presumed_end
        if end is None:
            continue
        state = "skipped" if effective.skipped else effective.state
        by = "its airflowState says so" if end.certain else "it has ended, and their own ends did not follow"
        detail = (
            f"runs sent no end of their own: taken to have ended as {state} with "
            f"{top.job.namespace} {top.job.name}, because {by}. An end that comes later replaces it"
        )
        where = f"job {run.namespace} {run.name}"
        counts[where, detail] = counts.get((where, detail), 0) + 1
    for (where, detail), count in sorted(counts.items()):
        yield Problem(ProblemKind.PRESUMED_END, where, detail, count)


def late_end_problem(run: Run, before: Run) -> Problem:
    """Return the problem that reports a run that gave edges, but has failed or was skipped, as is only known now.

    :param before: the run as it was known when it gave edges
    """
    was, now = effective_state(before), effective_state(run)
    presumed = ", together with the run at the top of its chain," if was.presumed and before.presumed_end else ""
    became = "was skipped" if now.skipped else "failed" if now.state in TERMINAL else "has not ended"
    detail = (
        f"it was taken to have ended well{presumed} but {became}: its edges stay until its next run shows others, or "
        "until you remove them"
    )
    return Problem(ProblemKind.LATE_END, run.label, detail)
