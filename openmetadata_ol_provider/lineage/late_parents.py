"""Finds runs whose pipeline changes because a run above them is read only in a later batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from openmetadata_ol_provider.lineage.job_hierarchy import Level, parent_of, resolve_root
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_identity import is_unnamed, parent_facet
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run


def moved_runs(
    before: Mapping[str, Run], index: RunIndex, new: Collection[str], level: Level
) -> Mapping[str, tuple[JobId, JobId]]:
    """Return the runs that belong to another pipeline than earlier plans have said, each with both pipelines.

    :param before: parts of runs after earlier batches, by key
    :param index: the runs with those of the batch
    :param new: keys of the runs that no earlier batch has shown
    """
    below = _below(before, {index.runs[key].run_id for key in new if key in index.runs}) if before and new else []
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


def _below(runs: Mapping[str, Run], run_ids: set[str]) -> list[str]:
    """Return the keys of the runs below some others, directly or through runs among them."""
    found: dict[str, None] = {}
    while run_ids:
        more = {key: run for key, run in runs.items() if key not in found and _parent_id(run) in run_ids}
        found.update(dict.fromkeys(more))
        run_ids = {run.run_id for run in more.values()}
    return list(found)


def _parent_id(run: Run) -> str | None:
    if run.run_facets is None:
        return None
    facet = parent_facet(run.run_facets)
    return facet.run.runId if facet is not None and facet.run is not None else None


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
