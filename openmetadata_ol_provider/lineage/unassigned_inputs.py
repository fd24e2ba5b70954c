"""Knows the runs whose inputs belong to some of several outputs, which their events leave open.

Each model of dbt has one output. A task that runs several models, as those of Astronomer's Cosmos may, lists the inputs
and outputs of all of them; multiplying them would be false. So does Airflow's parser of SQL with several statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run

#: Most inputs that a problem names.
_MAX_NAMED: Final = 3


def share_columns(source: Run | Declaration, outputs: Sequence[Side]) -> bool:
    """Tell whether several outputs of a task of Airflow have one column lineage.

    It is that of all statements then, and only the SQL can tell which of it is whose.
    """
    if len(outputs) < 2 or not isinstance(source, Run) or not source.from_airflow:
        return False
    first = outputs[0].column_lineage
    return first is not None and all(output.column_lineage == first for output in outputs)


def unassigned(
    edges: Iterable[Edge],
    inputs: Iterable[Side],
    outputs: Sequence[Side],
    *,
    apart: Iterable[tuple[DatasetId, DatasetId]],
    naming: Naming,
) -> list[DatasetId]:
    """Return the inputs of which nobody knows to which of several outputs they belong.

    :param edges: edges of the run
    :param apart: pairs that are known not to belong together
    :param naming: normaliser of dataset names
    """
    if len(outputs) < 2:
        return []
    assigned = {edge.source for edge in edges} | {source for source, _ in apart}
    written = [identity for output in outputs for identity in output.identities]
    open_ = (side for side in inputs if side.id not in assigned)
    return [side.id for side in open_ if not naming.same(side.identities, written)]


def unassigned_problems(job: JobId, inputs: Sequence[DatasetId], outputs: Sequence[Side]) -> Iterator[Problem]:
    """Yield the report of inputs that :func:`unassigned` returns, if there are any."""
    if not inputs:
        return
    detail = (
        f"{counted(len(inputs), 'input')} without an edge, since nothing says for which of "
        f"{counted(len(outputs), 'output')}: {listed(list(map(str, inputs)), _MAX_NAMED)}. "
        "State the edges with a lineage facet, or let each output have a run of its own"
    )
    yield Problem(ProblemKind.UNASSIGNED_INPUT, job.label, detail)
