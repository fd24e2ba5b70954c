"""Tells which datasets the COMPLETE events of a batch show to be written, each once for each run.

Only what a run itself has said counts: not an end that follows from other runs, and not lineage that a job declares. A
dataset that a run names after its COMPLETE is written, too; it counts in the batch that brings its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.lineage.run_completion import effective_state, lineage_is_final
from openmetadata_ol_provider.lineage.run_datasets import is_lasting, single_topics
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated, repeated
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.run_state_merge import merge_runs

#: A job and the id of its run.
RunId = tuple[JobId, str]


class Writing(NamedTuple):
    """What a batch shows a run to have written.

    :param datasets: datasets, sorted
    :param replayed: whether its COMPLETE event was read again
    """

    datasets: tuple[DatasetId, ...]
    replayed: bool = False


#: Of most runs a batch does not show that they have written something.
NOT_WRITTEN: Final = Writing(())


class BatchRuns(NamedTuple):
    """The runs of a batch, and what was remembered of them before.

    :param changed: runs with events in the batch, by key
    :param remembered: all runs that are remembered
    :param before: parts of runs after earlier batches, by key
    :param replayed: runs whose COMPLETE event was read again: namespace and name of the job, id of the run
    """

    changed: Mapping[str, Run]
    remembered: RunIndex
    before: Mapping[str, Run]
    replayed: Collection[tuple[str, str, str]] = ()


def newly_written(runs: BatchRuns, on: Collection[str]) -> dict[RunId, Writing]:
    """Return the datasets that a batch shows to be written, by the runs that wrote them.

    :param on: states whose runs are published (``lineage.on``)
    """
    written: dict[RunId, Writing] = {}
    again = frozenset(runs.replayed)
    for key, run in runs.changed.items():
        datasets = _written_by(run, on)
        if not datasets:
            continue
        members = runs.remembered.members(key)
        replayed = bool(again) and not again.isdisjoint(map(_name_of, map(runs.remembered.parts.__getitem__, members)))
        # What is read again counts again: whether it may is not decided here.
        parts = [] if replayed else [runs.before[part] for part in members if part in runs.before]
        earlier = _written_by(reduce(merge_runs, parts), on) if parts else frozenset()
        if new := tuple(sorted(datasets - earlier)):
            written[JobId(run.namespace, run.name), run.run_id] = Writing(new, replayed)
    return written


def _name_of(run: Run) -> tuple[str, str, str]:
    return run.namespace, run.name, run.run_id


def _written_by(run: Run, on: Collection[str]) -> frozenset[DatasetId]:
    """Return the datasets that a run has written for certain."""
    # Merged by an earlier version, nobody knows which dataset is whose. The time matters to streams that run on only.
    if not run.outputs or run.other_names or not (run.state == "COMPLETE" or run.instances):
        return frozenset()
    if not lineage_is_final(run, on, 0):
        return frozenset()
    if is_repeated(run):
        complete = [one for one in repeated(run).instances if one.state == "COMPLETE"]
        outputs = [run.outputs[key] for key in {key for one in complete for key in one.outputs} if key in run.outputs]
    elif run.state == "COMPLETE" and effective_state(run).state == "COMPLETE":
        outputs = list(run.outputs.values())
    else:
        return frozenset()
    return frozenset(DatasetId(one.namespace, one.name) for one in single_topics(outputs) if is_lasting(one))
