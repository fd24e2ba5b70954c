"""Recognises the jobs of dbt: those that run models, also tasks of Astronomer's Cosmos, and the nodes of a command."""

from __future__ import annotations

import re
from typing import Final

from openmetadata_ol_provider.openlineage.job_types import integration_of, job_type_of
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run

_DBT: Final = "DBT"
_NODES: Final = frozenset({"MODEL", "SNAPSHOT"})
#: Types of jobs that are not nodes of dbt's graph: the command, and a query of a node.
_NO_NODES: Final = frozenset({"", "JOB", "SQL"})
#: Tag in which OpenLineage's client, which has the version of its integrations, gives its version.
_CLIENT: Final = "openlineage_client_version"
_VERSION: Final = re.compile(r"(\d{1,4})\.(\d{1,4})")
_COUNTED_SINCE: Final = (1, 47)
#: How the names of Cosmos's operators begin.
_OPERATORS: Final = "Dbt"


def runs_models(source: Run | Declaration) -> bool:
    """Tell whether a run or a declared job is that of models, so that each output has inputs of its own."""
    return integration_of(source.job_facets) == _DBT or _is_of_cosmos(source)


def is_node(run: Run) -> bool:
    """Tell whether a run is that of a node of dbt's graph: a model, seed, snapshot or test."""
    return job_type_of(run.job_facets) not in _NO_NODES and integration_of(run.job_facets) == _DBT


def counts_failures(run: Run) -> bool:
    """Tell whether a run of dbt gives the number of failures of each test that was carried out."""
    tags = run.run_facets.tags if run.run_facets else None
    if tags is None or tags.deleted or integration_of(run.job_facets) != _DBT:
        return False
    versions = (_VERSION.match(str(tag.value)) for tag in tags.tags or () if tag.key == _CLIENT)
    return any(version and (int(version[1]), int(version[2])) >= _COUNTED_SINCE for version in versions)


def has_sql_of_model(source: Run | Declaration) -> bool:
    """Tell whether the SQL of a run or a declared job with one output is that of the model which writes it."""
    if integration_of(source.job_facets) == _DBT:
        return job_type_of(source.job_facets) in _NODES
    return _is_of_cosmos(source)


def _is_of_cosmos(source: Run | Declaration) -> bool:
    facet = source.run_facets.airflow if isinstance(source, Run) and source.run_facets else None
    name = facet.task.operator_class if facet and facet.task else None
    return (name or "").rpartition(".")[2].startswith(_OPERATORS)
