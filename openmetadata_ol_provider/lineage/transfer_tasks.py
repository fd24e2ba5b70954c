"""Recognises Airflow's tasks that move data, by the classes of their operators: transfers, and those of copy tools."""

from __future__ import annotations

import re
from functools import lru_cache

from openmetadata_ol_provider.openlineage.copy_tools import is_copy_tool
from openmetadata_ol_provider.openlineage.run_state import Run

# Those of FTP take lists of files, and those of BigQuery's transfer service and of AWS DMS lists of tables, each copied
# to its own.
_TRANSFER = re.compile(
    r"GenericTransfer|(?:Python)?[A-Z]\w*?To[A-Z]\w*(?:Operator|Transfer)"
    r"|(?:SFTP|FTPS?FileTransmit|\w*DataTransferService\w*|Dms\w+)Operator"
)
# Words of a class: Fivetran-Operator, Airbyte-Trigger-Sync-Operator.
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Longest class name that is looked at, in characters.
_LONGEST = 250


def is_transfer(run: Run) -> bool:
    """Tell whether a run is that of a task whose operator moves data from one place to another."""
    name = _operator_of(run)
    return name is not None and _is_transfer(name)


def runs_copy_tool(run: Run) -> bool:
    """Tell whether a run is that of a task whose operator runs a tool that copies datasets as they are."""
    name = _operator_of(run)
    return name is not None and _is_of_copy_tool(name)


def _operator_of(run: Run) -> str | None:
    """Return the class of a task's operator."""
    facet = run.run_facets.airflow if run.run_facets else None
    return facet.task.operator_class if facet and facet.task else None


@lru_cache(4096)
def _is_transfer(operator: str) -> bool:
    return _TRANSFER.fullmatch(operator.rpartition(".")[2][:_LONGEST]) is not None


@lru_cache(4096)
def _is_of_copy_tool(operator: str) -> bool:
    return is_copy_tool(_BOUNDARY.sub("-", operator.rpartition(".")[2][:_LONGEST]))
