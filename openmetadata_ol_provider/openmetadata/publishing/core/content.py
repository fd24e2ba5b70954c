"""Digests of what is published of edges and jobs; their SQL counts without dates and times, which change each run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Edge, Job
from openmetadata_ol_provider.lineage.sql_times import without_times
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest

_WithSql = TypeVar("_WithSql", Edge, Job)


def edges_digest(edges: Iterable[Edge], ends: Sequence[Sequence[Identity]], job: Job | None) -> int:
    """Return the digest of a job's edges from one dataset to another.

    :param ends: identities of the two datasets
    :param job: the job, as far as the plan has it
    """
    plain = job and _without_times(job)
    shown = (plain.pipeline, plain.task, plain.sql) if plain else None
    return digest([_without_times(edge) for edge in edges], ends, shown)


def job_digest(job: Job) -> int:
    """Return the digest of a job, without the version of its source code, which is not published."""
    plain = _without_times(job)
    return digest(msgspec.structs.replace(plain, declared=False, branch=None, code_version=None, code_path=None))


def _without_times(item: _WithSql) -> _WithSql:
    return msgspec.structs.replace(item, sql=without_times(item.sql)) if item.sql else item
