"""Finds the tables that a model of dbt reads by its compiled SQL, which its event may not list as inputs.

From its artifacts, ``dbt-ol`` lists only models and sources as inputs, and so do dbt Cloud and Cosmos: not seeds, not
snapshots, not what is behind an ephemeral model. dbt writes every table of a model with all parts of its name, so those
after FROM and JOIN are certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.lineage.dbt_jobs import has_sql_of_model
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.names.identifiers import join_identifier
from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.lineage.query_tables import tables_of
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.sql_tokens import Name, folded, parts_of, readings
from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run

# Models may be written in Python, too, where FROM imports.
_PYTHON: Final = re.compile(r"^\s*def\s+model\s*\(", re.MULTILINE)
#: Parts of the names of tables with a database, and without one.
_FULL, _WITHOUT_DATABASE = 3, 2
#: Most tables that a problem names.
_MAX_NAMED: Final = 3


def unlisted_sources(
    source: Run | Declaration, sql: str | None, inputs: Sequence[Side], outputs: Sequence[Side], naming: Naming
) -> list[Side]:
    """Return the tables that the SQL of a model reads and its event does not list; none for other jobs.

    :param source: run or declared job
    :param sql: its compiled SQL
    """
    if not sql or len(outputs) != 1 or outputs[0].identities[0].kind != "table" or not has_sql_of_model(source):
        return []
    (output,) = outputs
    names_of_event = [folded(parts_of(side.id.name)) for side in (output, *inputs)]
    depth, places = len(names_of_event[0]), {name[0] for name in names_of_event if len(name) > 1}
    event_sides = (output, *inputs, *_in_columns(output, naming))
    found: list[Side] = []
    for name in _tables(sql):
        if len(name) != depth or depth not in (_FULL, _WITHOUT_DATABASE) or folded(name)[0] not in places:
            continue
        id_ = DatasetId(output.id.namespace, join_identifier(name))
        side = Side(id_, naming.identities(id_.namespace, id_.name))
        if not any(naming.same(side.identities, one.identities) for one in (*event_sides, *found)):
            found.append(side)
    return found


def _in_columns(output: Side, naming: Naming) -> Iterator[Side]:
    """Yield the datasets that an output's column lineage names."""
    facet = output.column_lineage
    if facet is None:
        return
    fields = (ref for field in (facet.fields or {}).values() for ref in field.inputFields or ())
    for id_ in dict.fromkeys(
        DatasetId(ref.namespace or "", ref.name) for ref in (*fields, *(facet.dataset or ())) if ref.name
    ):
        yield Side(id_, naming.identities(id_.namespace, id_.name))


def unlisted_problems(job: JobId, sources: Iterable[Side]) -> Iterator[Problem]:
    """Yield the report of sources that :func:`unlisted_sources` returns, if there are any."""
    names = [f"{side.id.namespace} {side.id.name}" for side in sources]
    if names:
        detail = (
            f"its SQL reads {counted(len(names), 'table')} that its event does not list as inputs, "
            f"{listed(names, _MAX_NAMED)}: they count as inputs"
        )
        yield Problem(ProblemKind.SQL_SOURCE, f"job {job.namespace} {job.name}", detail)


@lru_cache(maxsize=256)
def _tables(sql: str) -> tuple[Name, ...]:
    """Return the names of tables that are read, each once, as far as all ways to read the SQL agree."""
    if _PYTHON.search(sql):
        return ()
    first, *others = [tables_of(tokens) for tokens in readings(sql)] or [()]
    return tuple(name for name in first if all(name in other for other in others))
