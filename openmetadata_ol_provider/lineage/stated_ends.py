"""Reads what Airflow's DAG runs say of the ends of their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.run_facts import TELLING, task_states
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.run_identity import parent_id
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, PresumedEnd, Run

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


def _task_id(run: Run, dag: Run) -> str | None:
    """Return the id of a task in a DAG by the name of its job, ``None`` if it is none of that DAG."""
    if run.namespace != dag.namespace or not run.name.startswith(f"{dag.name}."):
        return None
    return run.name[len(dag.name) + 1 :]


def _tasks_of(
    dags: Mapping[str, Sequence[Run]], index: RunIndex, others: Mapping[str, Run]
) -> Mapping[tuple[str, str, str, str], list[tuple[str, Run]]]:
    """Return the runs of the tasks of DAG runs, by the DAG run's id, namespace and name, and the task's id.

    :param dags: DAG runs by run id
    :param others: runs that are not remembered, by key
    """
    tasks: dict[tuple[str, str, str, str], list[tuple[str, Run]]] = {}
    runs = [(key, index.runs[key]) for key in index.below(dags.keys())]
    for key, run in (*runs, *others.items()):
        for dag in dags.get(parent_id(run.run_facets) or "", ()):
            if task_id := _task_id(run, dag):
                tasks.setdefault((dag.run_id, dag.namespace, dag.name, task_id), []).append((key, run))
    return tasks


def telling_dags(index: RunIndex, others: Mapping[str, Run], keys: Iterable[str]) -> Mapping[str, Sequence[Run]]:
    """Return the DAG runs that say what became of some runs, or that are among them, by run id.

    :param others: runs that are not remembered, by key; they are among them
    :param keys: keys of the runs that are remembered
    """
    if True not in index.grouped(TELLING):
        return dags_that_tell(others.values())
    runs = (*(index.runs[key] for key in keys), *others.values(), *index.forgotten.values())
    ids = {run_id for run in runs for run_id in (run.run_id, parent_id(run.run_facets)) if run_id}
    telling = [key for run_id in ids for key in index.keys_of_id(run_id) if task_states(index.runs[key])]
    return dags_that_tell((*(index.runs[key] for key in index.in_order(telling)), *others.values()))


def stated_by_dags(
    dags: Mapping[str, Sequence[Run]], index: RunIndex, others: Mapping[str, Run]
) -> dict[str, PresumedEnd | None]:
    """Return what DAG runs say of the ends of their tasks' runs, by the key of these; ``None`` if it is nothing.

    :param dags: DAG runs by run id
    :param others: runs that are not remembered, by key
    """
    if not dags:
        return {}
    telling = {(dag.run_id, dag.namespace, dag.name): dag for those in dags.values() for dag in those}
    ends: dict[str, PresumedEnd | None] = {}
    for (*which, task_id), group in _tasks_of(dags, index, others).items():
        dag = telling[which[0], which[1], which[2]]
        ends.update(dict.fromkeys(key for key, _ in group))
        ends.update(_ends_of_tries(group, _ENDS.get(task_states(dag).get(task_id) or ""), dag.ended_at or 0))
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
    seen = _tasks_of(dags, index, {}).keys() if dags else ()
    unseen = []
    for dag in (dag for those in dags.values() for dag in those):
        ends = [
            TaskEnd(task_id, end)
            for task_id, state in sorted(task_states(dag).items())
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
        if task_states(run):
            dags.setdefault(run.run_id, []).append(run)
    return dags


def is_reported_by_dag(task: Run, dags: Iterable[Run]) -> bool:
    """Return whether one of some DAG runs has reported the end of a task."""
    return any((task_id := _task_id(task, dag)) is not None and task_id in task_states(dag) for dag in dags)
