"""Lists the facts by which the runs that concern a batch are found among all that are remembered.

One function lists all of them, because every remembered run is visited for them when a task begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.lineage.pairing_rules import is_paired_by_itself
from openmetadata_ol_provider.lineage.run_completion import ends_with_its_events, is_streaming
from openmetadata_ol_provider.openlineage.run_groups import Facts
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run, name_key
from openmetadata_ol_provider.openlineage.run_table import Aspect

#: What a run is found by: its ``job``, or that it has read something and ``writes only`` a dataset, by their keys.
Fact = tuple[str, str]
#: Fact of the runs that have ended, by what they say themselves or because others do.
ENDED: Final[Fact] = ("ended", "")
#: Fact of the runs whose end is not simply that of their own events.
ENDS_OTHERWISE: Final[Fact] = ("ends otherwise", "")
#: Fact of the runs whose own end may still come after that of a run above them.
WAITS: Final[Fact] = ("waits", "")
#: Fact of the streams that have only started: their lineage is final once they have had the time to fail.
STARTED_ONLY: Final[Fact] = ("started only", "")
#: Fact of the runs that go on and are paired by name whatever the configuration says.
PAIRED: Final[Fact] = ("paired", "")

_TRANSFER = re.compile(r"GenericTransfer|(?:Python)?[A-Z]\w*?To[A-Z]\w*(?:Operator|Transfer)")
#: Longest class name that is looked at, in characters.
_LONGEST = 250


def of_job(namespace: str, name: str) -> Fact:
    """Return the fact of all runs of a job."""
    return "job", name_key(namespace, name)


def facts_of(run: Run) -> list[Fact]:
    """Return the facts by which a run is found; they are those of all runs of its kind."""
    facts: list[Fact] = [of_job(run.namespace, run.name)]
    if run.root_end is not None and _waits(run):
        facts.append(WAITS)
    if run.state in TERMINAL or run.presumed_end is not None:
        facts.append(ENDED)
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


FACTS: Final = Facts(facts_of, Aspect.KIND)


def task_states(dag: Run) -> Mapping[str, str | None]:
    """Return the states of tasks that an ended DAG run tells."""
    facet = dag.run_facets.airflowState if dag.run_facets and dag.state in TERMINAL else None
    return (facet.tasksState or {}) if facet is not None and not facet.deleted else {}


def is_transfer(run: Run) -> bool:
    """Tell whether a run is that of a task whose operator moves data from one place to another."""
    facet = run.run_facets.airflow if run.run_facets else None
    name = facet.task.operator_class if facet and facet.task else None
    return name is not None and _is_transfer(name)


@lru_cache(4096)
def _is_transfer(operator: str) -> bool:
    return _TRANSFER.fullmatch(operator.rpartition(".")[2][:_LONGEST]) is not None


def _waits(run: Run) -> bool:
    return run.state not in TERMINAL and (run.presumed_end is None or not run.presumed_end.certain)
