"""Tells how much is known of the other runs of a job, which may show the same edges as the run in question.

Runs that have ended are soon forgotten, and with several lanes some are read elsewhere. What follows from the runs that
are remembered holds only as far as those are all.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.run_facts import JOBS
from openmetadata_ol_provider.openlineage.run_ages import RunAges
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import name_key

#: Most runs of a job that are compared with one another.
MOST_RUNS: Final = 200
#: Microseconds by which a batch may be published later than it was consumed.
_PUBLISHED_WITHIN: Final = 10 * 60 * 1_000_000
#: Share of a limit from which on runs may have been forgotten because there were too many.
_ALMOST: Final = 0.9


class OtherRuns(NamedTuple):
    """The remembered runs of some jobs that earlier plans have had the lineage of.

    :param keys: keys of the runs
    :param too_many: jobs with further ones
    """

    keys: tuple[str, ...]
    too_many: frozenset[JobId]

    @classmethod
    def of(cls, jobs: Iterable[JobId], index: RunIndex) -> OtherRuns:
        """Return the runs of some jobs, of each job the latest."""
        by_job, keys, too_many = index.grouped(JOBS), list[str](), set[JobId]()
        for job in jobs:
            latest = reversed(index.in_order(by_job.keys(name_key(job.namespace, job.name))))
            own = list(islice((key for key in latest if index.runs[key].lineage_emitted), MOST_RUNS + 1))
            keys += own[:MOST_RUNS]
            if len(own) > MOST_RUNS:
                too_many.add(job)
        return cls(tuple(keys), frozenset(too_many))


def remembered_since(index: RunIndex, limits: Limits, seen_at: int, evicted_at: int = 0) -> int:
    """Return the time since which a publication has had no lineage but of runs that are remembered, in microseconds.

    :param limits: limits on what is remembered
    :param seen_at: time of consumption, in microseconds
    :param evicted_at: time at which the latest run was seen that was forgotten because of the state's size; default:
        there was none
    """
    ages = index.followed_by(RunAges)
    forgotten = max(seen_at - limits.closed_seconds * 1_000_000, evicted_at)
    if ages.ended >= _ALMOST * limits.max_ended or len(index.runs) >= _ALMOST * limits.max_runs:
        # Those that were seen longest ago are forgotten first.
        oldest = next(ages.by_age(terminal=True), [])
        forgotten = max([forgotten, *(index.runs[key].last_seen_at for key in oldest[:1])])
    return forgotten + _PUBLISHED_WITHIN


def may_be_in_other_lanes(placement: JobPlacement) -> bool:
    """Return whether other lanes may read runs of a job that write the same edges, under the same name.

    The message key of OpenLineage's clients is the job at the root of the chain. So a pipeline that is not that job may
    have its runs in several partitions.
    """
    names = placement.names
    root = names.root or names.parent or names.own
    return names.under_stable_name(root).job != placement.pipeline.job
