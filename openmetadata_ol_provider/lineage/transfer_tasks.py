"""Recognises the tasks of Airflow's transfer operators by the names of their classes."""

from __future__ import annotations

import re
from functools import lru_cache

from openmetadata_ol_provider.openlineage.run_state import Run

# Those of FTP take lists of files, and those of BigQuery's transfer service lists of tables, each copied to its own.
_TRANSFER = re.compile(
    r"GenericTransfer|(?:Python)?[A-Z]\w*?To[A-Z]\w*(?:Operator|Transfer)"
    r"|(?:SFTP|FTPS?FileTransmit|\w*DataTransferService\w*)Operator"
)
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
