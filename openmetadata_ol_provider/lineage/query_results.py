"""Recognises where Athena stores the results of queries, which its operators list next to the table that is written.

A query that writes a table leaves nothing of use there, so the place has no part in that table's lineage. For a query
that writes no table, the place of its results is all that it writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from openmetadata_ol_provider.lineage.identities import scheme_of
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

_SCHEMES: Final = frozenset({"awsathena", "athena"})
#: What SQL says that names a place of its own; the place itself may have been redacted.
_OWN_PLACE: Final = re.compile(r"\b(?:external_)?location\s*(?:=\s*)?['\"?]|\bunload\b", re.IGNORECASE)


def without_results(outputs: Sequence[Side], sql: str | None) -> tuple[Sequence[Side], Sequence[Side]]:
    """Return the outputs that a query writes, and those where Athena keeps results of queries.

    :param sql: SQL of the job; without it, all outputs are written
    """
    if not sql or len(outputs) == 1 or not any(scheme_of(side.id.namespace) in _SCHEMES for side in outputs):
        return outputs, ()
    results = [side for side in outputs if _is_place(side)]
    if not results or _OWN_PLACE.search(sql):
        return outputs, ()
    return [side for side in outputs if not _is_place(side)], results


def results_problem(job: JobId, results: Sequence[Side]) -> Problem:
    """Return the problem that names the places of results."""
    names = [str(side.id) for side in results]
    detail = f"{listed(names)}: Athena stores results of queries there, and this one writes a table, so no edges"
    return Problem(ProblemKind.TOOL_DATASET, job.label, detail)


def _is_place(side: Side) -> bool:
    return bool(side.identities) and side.identities[0].kind == "container"
