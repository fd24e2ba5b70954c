"""Joins the child runs of Airflow's transfer operators, some of which only read and some only write.

``GenericTransfer`` and the ``...To...Operator`` classes move data. The SQL that their hooks run is reported by child
runs (``task.query.N``), reads and writes apart. For other tasks, reads and writes in different queries prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from openmetadata_ol_provider.lineage.job_hierarchy import parent_of
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run
from openmetadata_ol_provider.openlineage.run_state_merge import merge_datasets

_TRANSFER = re.compile(r"GenericTransfer|(?:Python)?[A-Z]\w*?To[A-Z]\w*(?:Operator|Transfer)")

#: Longest class name that is looked at, in characters.
_LONGEST = 250


def is_transfer(run: Run) -> bool:
    """Tell whether a run is that of a task whose operator moves data from one place to another."""
    facet = run.run_facets.airflow if run.run_facets else None
    name = facet.task.operator_class if facet and facet.task else None
    return name is not None and _is_transfer(name)


@lru_cache(4096)
def _is_transfer(operator: str) -> bool:
    return _TRANSFER.fullmatch(operator.rpartition(".")[2][:_LONGEST]) is not None


def transfers(changed: Mapping[str, Run], index: RunIndex) -> Iterator[tuple[Run, list[Run]]]:
    """Yield the transfer tasks that a batch has changed, each with its child runs.

    :param changed: runs with events in the batch, by key
    :param index: all runs that are remembered
    """
    tasks = {key: run for key, run in changed.items() if is_transfer(run)}
    below = index.below({run.run_id for run in index.runs.values() if is_transfer(run)})
    parents = {key: _key_of_parent(index.runs[key], index) for key in below}
    for key, parent in parents.items():
        if key in changed and parent and is_transfer(task := index.runs[parent]):
            tasks[parent] = task
    children: dict[str, list[Run]] = {key: [] for key in tasks}
    for key, parent in parents.items():
        if parent in children and index.runs[key].state != "FAIL":
            children[parent].append(index.runs[key])
    for key in sorted(tasks):
        yield tasks[key], children[key]


def _key_of_parent(run: Run, index: RunIndex) -> str:
    parent = parent_of(run)
    return (parent and index.lookup_key(parent.job.namespace, parent.job.name, parent.run_id)) or ""


def transfer_lineage(task: Run, children: Iterable[Run]) -> Declaration:
    """Return a task with its own inputs and outputs and those of its children."""
    inputs, outputs = dict(task.inputs), dict(task.outputs)
    for child in children:
        for side, more in ((inputs, child.inputs), (outputs, child.outputs)):
            for key, dataset in more.items():
                side[key] = merge_datasets(side[key], dataset) if key in side else dataset
    return Declaration(job_facets=task.job_facets, inputs=inputs, outputs=outputs)
