"""Reports jobs whose edges are every input times every output although some of them may be false.

A Flink job may be several statements (``EXECUTE STATEMENT SET``), each with sources and sinks of its own. Its events
list the sources and sinks of the whole job and, without column lineage, not which of them belong together. So do those
of Beam and NiFi for a graph of several flows, and those of Airflow for what the hooks of a Python function read and
write, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from openmetadata_ol_provider.lineage.plan import Edge, Job, JobId
from openmetadata_ol_provider.openlineage.integration_names import integration_name
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

#: Engines of which one job may be several flows.
_OF_SEVERAL_FLOWS: Final = frozenset({"AIRFLOW", "BEAM", "DATAFLOW", "FLINK", "NIFI"})


def assumed_products(edges: Iterable[Edge], jobs: Mapping[JobId, Job]) -> tuple[Problem, ...]:
    """Return a problem for each job of such an engine with several inputs that all go to several outputs.

    :param edges: edges of the plan
    :param jobs: jobs of the plan
    """
    by_job: dict[JobId, list[Edge]] = {}
    for edge in edges:
        job = jobs.get(edge.job) if edge.job is not None and edge.basis == "product" else None
        if job is not None and integration_name(job.integration) in _OF_SEVERAL_FLOWS:
            by_job.setdefault(job.id, []).append(edge)
    return tuple(problem for job, products in by_job.items() for problem in _problem(job, products))


def _problem(job: JobId, edges: Sequence[Edge]) -> Iterable[Problem]:
    inputs, outputs = len({edge.source for edge in edges}), len({edge.target for edge in edges})
    if min(inputs, outputs) < 2 or len(edges) < inputs * outputs:
        return
    yield Problem(
        ProblemKind.ASSUMED_PRODUCT,
        job.label,
        f"{counted(inputs, 'input')} x {counted(outputs, 'output')}: the events do not say which input goes to which "
        "output, so all of them are connected. If the job is several flows (a statement set of Flink, a function of an "
        "Airflow task), make them jobs of their own, pair datasets by their names (lineage.pair_by_name), or state "
        "their lineage (lineage facet of a JobEvent)",
    )
