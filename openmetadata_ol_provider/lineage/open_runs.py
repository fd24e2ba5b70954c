"""Reports runs that have not ended where no more events will come: at the end of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from openmetadata_ol_provider.lineage.run_completion import effective_state, lineage_is_final
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run


def open_run_problems(runs: Iterable[Run], on: Collection[str], latest_at: int) -> Iterator[Problem]:
    """Yield a problem for each job with runs that name inputs and outputs, but give no edges because they are open.

    :param runs: all runs, in any order
    :param on: states whose runs are published (``lineage.on``)
    :param latest_at: time of the latest event of any run, in microseconds
    """
    waiting = Counter(
        run.job_label
        for run in runs
        if run.inputs
        and run.outputs
        and effective_state(run).state not in TERMINAL
        and not lineage_is_final(run, on, latest_at)
    )
    for job, count in sorted(waiting.items()):
        detail = (
            f"it has inputs and outputs, but no edges, because {counted(count, 'run')} did not end. If this "
            "producer sends no ends, add RUNNING to lineage.on"
        )
        yield Problem(ProblemKind.RUN_GIVEN_UP, job, detail)
