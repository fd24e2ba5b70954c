"""Recognises the jobs that run models of dbt: those of dbt itself, and tasks of Astronomer's Cosmos."""

from __future__ import annotations

from typing import Final

from openmetadata_ol_provider.openlineage.integration_names import integration_of
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run

_DBT: Final = "DBT"
_NODES: Final = frozenset({"MODEL", "SNAPSHOT"})
#: How the names of Cosmos's operators begin.
_OPERATORS: Final = "Dbt"


def runs_models(source: Run | Declaration) -> bool:
    """Tell whether a run or a declared job is that of models, so that each output has inputs of its own."""
    return integration_of(source.job_facets) == _DBT or _is_of_cosmos(source)


def has_sql_of_model(source: Run | Declaration) -> bool:
    """Tell whether the SQL of a run or a declared job with one output is that of the model which writes it."""
    kind = source.job_facets.jobType if source.job_facets else None
    if integration_of(source.job_facets) == _DBT:
        return kind is not None and (kind.jobType or "").upper() in _NODES
    return _is_of_cosmos(source)


def _is_of_cosmos(source: Run | Declaration) -> bool:
    facet = source.run_facets.airflow if isinstance(source, Run) and source.run_facets else None
    name = facet.task.operator_class if facet and facet.task else None
    return (name or "").rpartition(".")[2].startswith(_OPERATORS)
