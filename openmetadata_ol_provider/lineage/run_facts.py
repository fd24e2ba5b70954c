"""Lists the facts by which the runs that concern a batch are found among all that are remembered.

One function lists all of them, because every remembered run is visited for them when a task begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openmetadata_ol_provider.lineage.pairing_rules import is_paired_by_itself
from openmetadata_ol_provider.lineage.run_completion import ends_with_its_events, is_streaming
from openmetadata_ol_provider.openlineage.run_groups import Facts
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run, name_key
from openmetadata_ol_provider.openlineage.stored_rows import Aspect

#: What a run is found by, for example that it has read something and ``writes only`` a dataset, by its key.
Fact = tuple[str, str]
#: Fact of the runs that have ended, by what they say themselves or because others do.
ENDED: Final[Fact] = ("ended", "")
#: Fact of the runs of which others say that they have ended.
CLOSED: Final[Fact] = ("closed", "")
#: Fact of the runs whose end is not simply that of their own events.
ENDS_OTHERWISE: Final[Fact] = ("ends otherwise", "")
#: Fact of the runs whose own end may still come after that of a run above them.
WAITS: Final[Fact] = ("waits", "")
#: Fact of the streams that have only started: their lineage is final once they have had the time to fail.
STARTED_ONLY: Final[Fact] = ("started only", "")
#: Fact of the runs that go on and are paired by name whatever the configuration says.
PAIRED: Final[Fact] = ("paired", "")


def _job_of(run: Run) -> tuple[str]:
    return (name_key(run.namespace, run.name),)


#: Keys of jobs, see ``name_key``.
JOBS: Final = Facts(_job_of, Aspect.JOB)


def facts_of(run: Run) -> list[Fact]:
    """Return the facts by which a run is found; they are those of all runs that have come as far."""
    facts: list[Fact] = []
    if run.root_end is not None and _waits(run):
        facts.append(WAITS)
    if run.state in TERMINAL or run.presumed_end is not None:
        facts.append(ENDED)
    if run.presumed_end is not None:
        facts.append(CLOSED)
    if not ends_with_its_events(run):
        facts.append(ENDS_OTHERWISE)
    if run.state in TERMINAL:
        if run.state == "COMPLETE" and run.inputs and len(run.outputs) == 1:
            facts += [("writes only", dataset) for dataset in run.outputs]
        return facts
    if run.state == "START" and not run.lineage_emitted and is_streaming(run):
        facts.append(STARTED_ONLY)
    if run.inputs and run.outputs and is_paired_by_itself(run):
        facts.append(PAIRED)
    return facts


FACTS: Final = Facts(facts_of, Aspect.PROGRESS)


def _tells(run: Run) -> tuple[bool, ...]:
    facet = run.run_facets.airflowState if run.run_facets else None
    return (True,) if facet is not None and facet.tasksState else ()


#: ``True`` for the runs that say what became of the tasks of a DAG.
TELLING: Final = Facts(_tells, Aspect.TASK_STATES)


def task_states(dag: Run) -> Mapping[str, str | None]:
    """Return the states of tasks that an ended DAG run tells."""
    facet = dag.run_facets.airflowState if dag.run_facets and dag.state in TERMINAL else None
    return (facet.tasksState or {}) if facet is not None and not facet.deleted else {}


def _waits(run: Run) -> bool:
    return run.state not in TERMINAL and (run.presumed_end is None or not run.presumed_end.certain)
