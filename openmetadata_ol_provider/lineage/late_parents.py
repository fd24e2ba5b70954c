"""Finds runs whose pipeline changes because a run above them is read only in a later batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from openmetadata_ol_provider.lineage.job_hierarchy import Level, is_dag_run, parent_of, resolve_root
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_identity import is_unnamed, parent_id
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run


def moved_runs(
    before: Mapping[str, Run], index: RunIndex, changed: Collection[str], new: Collection[str], level: Level
) -> Mapping[str, tuple[JobId, JobId]]:
    """Return the runs that belong to another pipeline than earlier plans have said, each with both pipelines.

    :param before: parts of runs after earlier batches, by key
    :param index: the runs with those of the batch
    :param changed: keys of the runs with events in the batch
    :param new: keys of the runs that no earlier batch has shown
    """
    above = {index.runs[key].run_id for key in new if key in index.runs} | _changed_above(before, index, changed)
    below = _below(before, above) if before and above else []
    if not below:
        return {}
    moved: dict[str, tuple[JobId, JobId]] = {}
    earlier = RunIndex(before)
    for key in dict.fromkeys(index.key_of(part) for part in below):
        run, known = index.runs.get(key), earlier.runs.get(earlier.key_of(key))
        if run is None or known is None or is_unnamed(known):
            continue
        was, now = (resolve_root(*pair).pipeline(level).job for pair in ((known, earlier), (run, index)))
        if was != now:
            moved[key] = was, now
    return moved


def _changed_above(before: Mapping[str, Run], index: RunIndex, changed: Collection[str]) -> set[str]:
    """Return the ids of the runs that now tell another parent, or that they are DAGs, which earlier events did not."""
    ids: set[str] = set()
    for key in changed:
        run, known = index.runs.get(key), before.get(key)
        if run is None or known is None or run is known:
            continue
        facets = known.run_facets, run.run_facets
        if facets[0] is facets[1] and known.is_dag == run.is_dag and known.job_facets is run.job_facets:
            continue
        if parent_of(known) != parent_of(run) or is_dag_run(known) != is_dag_run(run):
            ids.add(run.run_id)
    return ids


def _below(runs: Mapping[str, Run], run_ids: set[str]) -> list[str]:
    """Return the keys of the runs below some others, directly or through runs among them."""
    found: dict[str, None] = {}
    while run_ids:
        more = {key: run for key, run in runs.items() if key not in found and parent_id(run.run_facets) in run_ids}
        found.update(dict.fromkeys(more))
        run_ids = {run.run_id for run in more.values()}
    return list(found)


def late_parent_problems(moved: Mapping[str, tuple[JobId, JobId]], index: RunIndex) -> Iterator[Problem]:
    """Yield a problem for each run that earlier plans have put below another pipeline."""
    for key, (before, now) in moved.items():
        run = index.runs[key]
        parent = parent_of(run)
        detail = (
            f"it was put below {before.namespace} {before.name}, because the events of its parent "
            f"{parent.job.name if parent else None} were not read yet; it belongs to {now.namespace} {now.name}, where "
            "it is put now, and the status that was published before stays. Let one lane read both, the parent first"
        )
        yield Problem(ProblemKind.ASSUMED_PIPELINE, f"job {run.namespace} {run.name}", detail)
