"""Finds runs whose pipeline changes because a run above them is read only in a later batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from openmetadata_ol_provider.lineage.job_hierarchy import Level, is_dag_run, parent_of, resolve_root
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_identity import ids_above, is_unnamed, parent_id
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
    below = _below(before, index, above, changed) if before and above else []
    if not below:
        return {}
    moved: dict[str, tuple[JobId, JobId]] = {}
    earlier = RunIndex(with_ancestors(before, index, below))
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


def _below(before: Mapping[str, Run], index: RunIndex, run_ids: set[str], changed: Collection[str]) -> list[str]:
    """Return the keys of the parts below some runs, directly or through parts among them, as earlier batches tell."""
    # What the batch has changed may have had another parent before.
    doubtful = {
        part: before[part]
        for key in (*changed, *index.forgotten)
        for part in index.members(key)
        if part in before and (part not in index.parts or before[part].run_facets is not index.parts[part].run_facets)
    }
    by_parent: dict[str, list[str]] = {}
    for part, run in doubtful.items():
        by_parent.setdefault(parent_id(run.run_facets) or "", []).append(part)
    found: dict[str, None] = {}
    while run_ids:
        parts = {part: None for key in index.below(run_ids) for part in index.members(key) if part in before}
        parts.update(dict.fromkeys(part for run_id in run_ids for part in by_parent.get(run_id, ())))
        more = [part for part in parts if part not in found and parent_id(before[part].run_facets) in run_ids]
        found.update(dict.fromkeys(more))
        run_ids = {before[part].run_id for part in more}
    return index.parts_in_order(found)


def with_ancestors(before: Mapping[str, Run], index: RunIndex, parts: Iterable[str]) -> Mapping[str, Run]:
    """Return all that earlier batches tell of some runs and of those above them: parts by key, in their order."""
    forgotten: dict[str, list[str]] = {}
    for key, run in index.forgotten.items():
        forgotten.setdefault(run.run_id, []).extend(index.members(key))
    known: dict[str, None] = {}
    passed, ids = set[str](), {before[part].run_id for part in parts}
    while ids:
        passed |= ids
        keys = [key for run_id in ids for key in (*index.parts_of_id(run_id), *forgotten.get(run_id, ()))]
        known.update(dict.fromkeys(key for key in keys if key in before))
        ids = {above for key in keys if key in before for above in ids_above(before[key])} - passed
    return {key: before[key] for key in index.parts_in_order(known)}


def late_parent_problems(moved: Mapping[str, tuple[JobId, JobId]], index: RunIndex) -> Iterator[Problem]:
    """Yield a problem for each run that earlier plans have put below another pipeline."""
    for key, (before, now) in moved.items():
        run = index.runs[key]
        parent = parent_of(run)
        detail = (
            f"it was put below {before}, because the events of its parent "
            f"{parent.job.name if parent else None} were not read yet; it belongs to {now}, where it is put now, and "
            "the status that was published before stays. Let one lane read both, the parent first"
        )
        yield Problem(ProblemKind.ASSUMED_PIPELINE, run.job_label, detail)
