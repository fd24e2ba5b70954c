"""Closes runs that send no end of their own: by what Airflow says of its tasks, else with the run at the top.

A presumed end is kept apart from what the run's own events say, so that an end that comes later replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.ended_above import EndedAbove
from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN, RunOf, is_dag_run, parent_of, resolve_root
from openmetadata_ol_provider.lineage.run_completion import effective_state, is_streaming
from openmetadata_ol_provider.lineage.run_facts import CLOSED, ENDED, FACTS, TELLING, WAITS
from openmetadata_ol_provider.lineage.stated_ends import stated_by_dags, telling_dags
from openmetadata_ol_provider.openlineage.job_types import integration_of
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, PresumedEnd, Run

#: Microseconds of event time between the end of a run at the top and the presumed end of what runs below it: other
#: events may be late, or in another lane.
END_GRACE = 600 * 1_000_000


def close_runs(index: RunIndex, changed: Mapping[str, Run], latest_at: int) -> Mapping[str, Run]:
    """Close runs whose own end was not sent, and return the runs that the batch has changed with these among them.

    :param index: all runs that are remembered; those that are closed are changed in it
    :param changed: runs with events in the batch, by key
    :param latest_at: time of the latest event of any run, in microseconds
    """
    closed = _presumed_ends(index, changed, latest_at)
    if not closed:
        return changed
    before = {key: run.presumed_end for key in closed if (run := index.runs.get(key)) is not None}
    for key, run in closed.items():
        index.note_ends(key, run.presumed_end, run.root_end)
    # One that only knows more of its top is not reported again.
    return {**changed, **{key: run for key, run in closed.items() if key in changed or run.presumed_end != before[key]}}


def _presumed_ends(index: RunIndex, changed: Mapping[str, Run], latest_at: int) -> dict[str, Run]:
    """Return the runs of whose presumed end, or of the end above them, more is known than before, by key.

    :param changed: runs with events in the batch, by key; some may be forgotten already, because there were too many
    """
    others = {key: run for key, run in changed.items() if key not in index.runs}
    ended = EndedAbove(index, others.values())
    doubtful = _doubtful_ends(index, others, ended)
    stated = stated_by_dags(telling_dags(index, others, doubtful), index, others)
    closed: dict[str, Run] = {}
    for key in {**doubtful, **stated, **others}:
        run = index.runs[key] if key in index.runs else others[key]
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
    in_order = (*index.in_order(closed.keys() - others.keys()), *(key for key in others if key in closed))
    return {key: closed[key] for key in in_order}


def _doubtful_ends(index: RunIndex, others: Mapping[str, Run], ended: EndedAbove) -> dict[str, None]:
    """Return the keys of the runs whose presumed end may have to change.

    They are the runs that have changed, those below one that has ended or was forgotten, and those that wait for their
    own end after the run above them has ended.
    """
    touched, by_fact, table = index.take_touched(), index.grouped(FACTS), index.runs
    settled: set[int] = set()
    if touched is None:
        # Of stored runs that have ended by themselves the ids are enough: only DAG runs, which are looked at, may say
        # otherwise.
        stored_ended = set(by_fact.stored(ENDED))
        telling = stored_ended.intersection(index.grouped(TELLING).stored(True))
        settled = stored_ended.difference(by_fact.stored(CLOSED), telling)
        touched = [*by_fact.made(ENDED), *by_fact.keys(CLOSED), *map(table.rows.key, telling)]
    runs = (*(table[key] for key in touched if key in table), *others.values())
    ids = {run.run_id for run in runs if run.state in TERMINAL or ended.is_above(run)}
    ids |= {run.run_id for run in index.forgotten.values()} | set(map(table.rows.run_id, settled))
    doubtful = {**dict.fromkeys(touched), **dict.fromkeys(by_fact.keys(WAITS))}
    above, passed = index.grouped(PARENTS), set[str]()
    while ids:
        passed |= ids
        with_others_below = above.among(ids)
        stored = {number for run_id in with_others_below for number in above.stored(run_id)}
        made = {key for run_id in with_others_below for key in above.made(run_id)}
        doubtful.update(dict.fromkeys((*map(table.rows.key, stored - settled), *made)))
        ids = {*map(table.rows.run_id, stored), *(table[key].run_id for key in made)} - passed
    return {key: None for key in doubtful if key in table}


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
    return not is_streaming(run) or integration_of(run.job_facets) == integration_of(root.job_facets)


def _below(root_end: PresumedEnd | None, run: Run, latest_at: int) -> PresumedEnd | None:
    """Return the presumed end of a run below one that has ended, once its own end has had the time to arrive."""
    if root_end is None:
        return None
    at = max(root_end.at, run.first_at)
    # What still sends events has outlived the run at the top.
    return replace(root_end, at=at) if latest_at - max(at, run.name_at) >= END_GRACE else None


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
            f"{top.job}, because {by}. An end that comes later replaces it"
        )
        where = run.job_label
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
