"""Joins the child runs of Airflow's transfer operators, some of which only read and some only write.

``GenericTransfer`` and the ``...To...Operator`` classes move data. The SQL that their hooks run is reported by child
runs (``task.query.N``), reads and writes apart. For other tasks, reads and writes in different queries prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from openmetadata_ol_provider.lineage.runs_below import key_of_parent
from openmetadata_ol_provider.lineage.transfer_tasks import is_transfer
from openmetadata_ol_provider.openlineage.run_identity import parent_id
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run
from openmetadata_ol_provider.openlineage.run_state_merge import merge_datasets


def transfers(changed: Mapping[str, Run], index: RunIndex) -> Iterator[tuple[Run, list[Run]]]:
    """Yield the transfer tasks that a batch has changed, each with its child runs.

    :param changed: runs with events in the batch, by key
    :param index: all runs that are remembered
    """
    tasks = {key: run for key, run in changed.items() if is_transfer(run)}
    for key, run in changed.items():
        above = parent_id(run.run_facets)
        if above is None or key not in index.runs or not any(map(is_transfer, index.of_id(above))):
            continue
        parent = key_of_parent(run, index)
        if parent and is_transfer(task := index.runs[parent]):
            tasks[parent] = task
    children: dict[str, list[Run]] = {key: [] for key in tasks}
    for key in index.below({run.run_id for run in tasks.values()}):
        run = index.runs[key]
        if run.state != "FAIL" and (parent := key_of_parent(run, index)) in children:
            children[parent].append(run)
    for key in sorted(tasks):
        yield tasks[key], children[key]


def transfer_lineage(task: Run, children: Iterable[Run]) -> Declaration:
    """Return a task with its own inputs and outputs and those of its children."""
    inputs, outputs = dict(task.inputs), dict(task.outputs)
    for child in children:
        for side, more in ((inputs, child.inputs), (outputs, child.outputs)):
            for key, dataset in more.items():
                side[key] = merge_datasets(side[key], dataset) if key in side else dataset
    return Declaration(job_facets=task.job_facets, inputs=inputs, outputs=outputs)
