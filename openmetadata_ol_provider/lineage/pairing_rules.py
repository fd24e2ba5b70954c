"""Decides whose inputs and outputs are paired by name: those of connectors, of copy jobs, and those configured."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache
from typing import Final, Literal

from openmetadata_ol_provider.lineage.connector_names import is_connector
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.transfer_tasks import is_transfer, runs_copy_tool
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.copy_tools import is_copy_tool
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.integration_names import integration_name
from openmetadata_ol_provider.openlineage.job_types import STREAMING
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, Run

Kind = Literal["connector", "copy", "transfer"]
#: Microseconds of event time after which a connector that runs on is presumed to have shown all of its datasets.
SETTLED_AFTER = 3_600 * 1_000_000


class Pairing(Value, frozen=True):
    """How inputs and outputs of a run are paired by name.

    :param kind: ``connector`` and ``copy``, which never multiply several by several; ``transfer``, as ``copy``, but all
        that it has read goes to its only output, since its query may join
    :param together: whether one event had all datasets
    :param settled: whether no further dataset is expected
    :param may_lack_start: whether a copy job has sent no START, which may come later and name more datasets
    """

    kind: Kind
    together: bool
    settled: bool
    may_lack_start: bool = False

    @property
    def complete(self) -> bool:
        """Whether all datasets are known, as far as one can tell."""
        return self.together or self.settled

    @property
    def is_copy(self) -> bool:
        """Whether each dataset is copied to one of its own."""
        return self.kind != "connector"


#: How the queries of a transfer task are paired, all of which have ended.
TRANSFER: Final = Pairing("transfer", together=True, settled=True)


class PairingRules:
    """Decides which runs are paired by name.

    :param patterns: integrations, or globs of jobs, that are treated as copy jobs (``lineage.pair_by_name``)
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._patterns = [re.compile(translate(pattern.lower())) for pattern in patterns]

    def of(self, source: Run | Declaration, job: JobId, latest_at: int) -> Pairing | None:
        """Return how a run or a declared job is paired, ``None`` if it is not.

        :param latest_at: time of the latest event of any run, in microseconds
        """
        kind = self._kind(source, job)
        if kind is None:
            return None
        if isinstance(source, Declaration):
            return Pairing(kind, together=True, settled=True)
        settled = source.terminal or settled_at(source) <= latest_at
        may_lack_start = kind == "copy" and source.started_at is None
        return Pairing(kind, _are_together(source), settled, may_lack_start)

    def settles(self, run: Run, earlier_at: int, latest_at: int) -> bool:
        """Tell whether a run that is paired has only become settled since an earlier time.

        :param earlier_at: time of the latest event of any run, before this batch, in microseconds
        :param latest_at: the same with this batch
        """
        if run.terminal or not run.inputs or not run.outputs or not earlier_at < settled_at(run) <= latest_at:
            return False
        return self._kind(run, JobId(run.namespace, run.name)) is not None

    @property
    def has_patterns(self) -> bool:
        """Whether the configuration names jobs that are paired."""
        return bool(self._patterns)

    def _kind(self, source: Run | Declaration, job: JobId) -> Kind | None:
        kind, job_type = _own_kind(source), _job_type(source.job_facets)
        if kind is not None:
            return kind
        if self._patterns:
            names = (*job_type.integrations, job.name.lower(), str(job).lower())
            if any(pattern.match(name) for pattern in self._patterns for name in names if name):
                return "copy"
        return None


def _own_kind(source: Run | Declaration) -> Kind | None:
    """Return how a run or a declared job is paired whatever the configuration says."""
    job_type = _job_type(source.job_facets)
    if job_type.tool == "connector":
        return "connector"
    if isinstance(source, Run):
        if job_type.processing in STREAMING and job_type.kind == "TASK" and not source.has_paired_event:
            return "connector"
        if source.from_copy_tool or (job_type.tool is None and runs_copy_tool(source)):
            return "copy"
        if job_type.tool is None and is_transfer(source):
            return "transfer"
    return job_type.tool


def is_paired_by_itself(run: Run) -> bool:
    """Return whether a run that goes on may be paired whatever the configuration says; transfers are when they end."""
    return _own_kind(run) not in (None, "transfer")


class _JobType(Value, frozen=True):
    """What a job's facet says, in one letter case.

    :param integrations: the integration with its version and without
    :param tool: kind of pairing that the integration or type of job stands for, ``None`` if there is none
    """

    processing: str = ""
    kind: str = ""
    integrations: tuple[str, ...] = ()
    tool: Kind | None = None


def _job_type(facets: JobFacets | None) -> _JobType:
    facet = facets.jobType if facets else None
    return _read(facet.processingType, facet.jobType, facet.integration) if facet else _JobType()


@lru_cache(1024)
def _read(processing: str | None, kind: str | None, integration: str | None) -> _JobType:
    tool: Kind | None = None
    if is_connector(integration, kind):
        tool = "connector"
    elif is_copy_tool(integration or ""):
        tool = "copy"
    names = dict.fromkeys(((integration or "").lower(), integration_name(integration).lower()))
    return _JobType((processing or "").upper(), (kind or "").upper(), tuple(names), tool)


def settled_at(run: Run) -> int:
    """Return the event time from which a run that runs on is presumed to have shown all of its datasets."""
    return max((dataset.first_at or 0 for dataset in _datasets(run)), default=run.first_at) + SETTLED_AFTER


def _are_together(run: Run) -> bool:
    """Tell whether all datasets of a run came with one event, as far as their times tell."""
    datasets = _datasets(run)
    if not run.has_paired_event:
        return False
    return (len(run.inputs) == len(run.outputs) == 1) or len({dataset.first_at for dataset in datasets}) == 1


def _datasets(run: Run) -> list[DatasetState]:
    return [*run.inputs.values(), *run.outputs.values()]
