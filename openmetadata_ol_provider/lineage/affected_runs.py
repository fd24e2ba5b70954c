"""Finds the runs of earlier batches whose edges follow from runs that a batch has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.lineage.latest_runs import end_of
from openmetadata_ol_provider.lineage.run_datasets import is_between_jobs
from openmetadata_ol_provider.lineage.runs_below import sums_above
from openmetadata_ol_provider.lineage.transfers import transfers
from openmetadata_ol_provider.openlineage.run_identity import ids_above
from openmetadata_ol_provider.openlineage.run_index import PARENTS, RunIndex
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run


class AffectedRuns(NamedTuple):
    """Runs whose edges may follow from runs that a batch has changed, whether or not they have changed themselves.

    :param keys: keys of runs that sum up such runs, or read temporary datasets that they have used
    :param transfers: transfer tasks, each with the runs below it
    """

    keys: frozenset[str]
    transfers: tuple[tuple[Run, list[Run]], ...]

    @classmethod
    def by(cls, changed: Mapping[str, Run], index: RunIndex) -> AffectedRuns:
        """Return the runs that a batch affects.

        :param changed: runs with events in the batch, by key
        :param index: all runs that are remembered
        """
        keys = frozenset((*sums_above(changed, index), *_temporary_readers(changed, index)))
        return cls(keys, tuple(transfers(changed, index)))


def _temporary_readers(changed: Mapping[str, Run], index: RunIndex) -> Iterable[str]:
    """Return the keys of runs that read temporary datasets which runs of their chain in the batch have used.

    Those that read what these have written are among them: lineage may go through several temporary datasets. A run
    that had ended before these began is not: a task may have thousands of queries with the same few temporary tables.
    """
    readers: dict[str, None] = {}
    used = _temporary_of((run, (run.inputs, run.outputs)) for run in changed.values())
    while used:
        added = {
            key: index.runs[key]
            for run_id, datasets in used.items()
            for key in index.grouped(PARENTS).keys(run_id)
            if key not in readers and _may_follow(index.runs[key], datasets)
        }
        readers.update(dict.fromkeys(added))
        used = _temporary_of((run, (run.outputs,)) for run in added.values())
    return readers


def _temporary_of(runs: Iterable[tuple[Run, Iterable[Mapping[str, DatasetState]]]]) -> dict[str, dict[str, int]]:
    """Return the temporary datasets on some sides of runs, by the id of each run above these.

    :return: time at which the earliest of these runs began, in microseconds, by the key of the dataset
    """
    used: dict[str, dict[str, int]] = {}
    for run, sides in runs:
        keys = {key for side in sides for key, dataset in side.items() if is_between_jobs(dataset)}
        for run_id in ids_above(run) if keys else ():
            times = used.setdefault(run_id, {})
            times.update((key, min(run.first_at, times.get(key, run.first_at))) for key in keys)
    return used


def _may_follow(run: Run, used: Mapping[str, int]) -> bool:
    """Return whether a run reads one of some datasets, and had not ended before it was used."""
    times = [used[key] for key in run.inputs if key in used]
    return bool(times) and (not run.terminal or end_of(run) >= min(times))
