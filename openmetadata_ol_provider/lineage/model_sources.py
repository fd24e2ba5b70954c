"""Compares the inputs of a model of dbt with the tables that its compiled SQL reads, and lets the SQL decide.

From its artifacts, ``dbt-ol`` lists only models and sources as inputs, and so do dbt Cloud and Cosmos: not seeds, not
snapshots, not what is behind an ephemeral model. dbt writes every table of a model with all parts of its name, so those
after FROM and JOIN are certain. On the other hand, models are listed that a comment (``-- depends_on``) or a branch not
taken refers to, and a source by its name in dbt, which need not be that of its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.dbt_jobs import has_sql_of_model
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.names.identifiers import join_identifier
from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.lineage.query_tables import tables_of
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.sql_statement import read_statement, split_statements
from openmetadata_ol_provider.lineage.sql_tokens import Name, folded, parts_of, readings
from openmetadata_ol_provider.lineage.temporary_names import is_named_temporary
from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Declaration, Run

# Models may be written in Python, too, where FROM imports.
_PYTHON: Final = re.compile(r"^\s*def\s+model\s*\(", re.MULTILINE)
# What may stand for any table: a file, a stage, a variable, a function, a template that was not compiled.
_ANY_SOURCE: Final = re.compile(
    r"\b(?:from|join)\s+(?:['@$?]|(?:lateral\s+)?\w[\w.]*\s*\()|\b(?:read_\w+|\w+_scan)\s*\(|\{[{%]", re.IGNORECASE
)
# They begin comments in some dialects, and are operators in others.
_COMMENT_OR_OPERATOR: Final = re.compile(r"//|#")
#: Parts of the names of tables with a database, and without one.
_FULL, _WITHOUT_DATABASE = 3, 2
#: Most tables that a problem names.
_MAX_NAMED: Final = 3


class InputsBySql(NamedTuple):
    """The inputs of a job, corrected by the SQL of a model.

    :param unlisted: tables that only the SQL reads, which are among the inputs
    :param unread: inputs that only the event lists, which are not
    """

    inputs: list[Side]
    unlisted: Sequence[Side] = ()
    unread: Sequence[Side] = ()


def inputs_by_sql(
    source: Run | Declaration, sql: str | None, inputs: Sequence[Side], outputs: Sequence[Side], naming: Naming
) -> InputsBySql:
    """Return the inputs of a model as its SQL has them, those of any other job as they are.

    :param source: run or declared job
    :param sql: its compiled SQL
    """
    if not sql or len(outputs) != 1 or not has_sql_of_model(source):
        return InputsBySql(list(inputs))
    unlisted = _unlisted_sources(sql, inputs, outputs[0], naming)
    read, unread = _read_inputs(sql, inputs, outputs[0], naming)
    return InputsBySql([*read, *unlisted], unlisted, unread)


def difference_problems(job: JobId, unlisted: Sequence[Side], unread: Sequence[Side]) -> Iterator[Problem]:
    """Yield the reports of what :func:`inputs_by_sql` has corrected."""
    for sides, found in (
        (unlisted, "reads {} that its event does not list as inputs, {}: they count as inputs"),
        (unread, "does not read {} that its event lists as inputs, {}: no edges from them"),
    ):
        names = [str(side.id) for side in sides]
        if names:
            detail = f"its SQL {found.format(counted(len(names), 'table'), listed(names, _MAX_NAMED))}"
            yield Problem(ProblemKind.SQL_SOURCE, job.label, detail)


def _unlisted_sources(sql: str, inputs: Sequence[Side], output: Side, naming: Naming) -> list[Side]:
    """Return the tables that the SQL of a model reads and its event does not list."""
    if output.identities[0].kind != "table":
        return []
    names_of_event = [folded(parts_of(side.id.name)) for side in (output, *inputs)]
    depth, places = len(names_of_event[0]), {name[0] for name in names_of_event if len(name) > 1}
    event_sides = (output, *inputs, *_in_columns(output, naming))
    found: list[Side] = []
    for name in _tables(sql) or ():
        if len(name) != depth or depth not in (_FULL, _WITHOUT_DATABASE) or folded(name)[0] not in places:
            continue
        id_ = DatasetId(output.id.namespace, join_identifier(name))
        side = Side(id_, naming.identities(id_.namespace, id_.name))
        if not _is_one_of(side, (*event_sides, *found), naming):
            found.append(side)
    return found


def _read_inputs(
    sql: str, inputs: Sequence[Side], output: Side, naming: Naming
) -> tuple[Sequence[Side], Sequence[Side]]:
    """Return the inputs of a model that its SQL reads, and those that it does not; all are read if that is not certain.

    Ephemeral models are a part of the SQL, and what they read is among its tables. Where there is no SQL that can be
    read, as in the events that ``dbt-ol`` sends from dbt's logs, lineage goes through them.
    """
    names = _names(sql) if inputs else None
    if names is None:
        return inputs, ()
    known = [side for side in inputs if not _is_ephemeral(side) or folded(parts_of(side.id.name)) in names]
    if _ANY_SOURCE.search(sql):
        return known, ()
    certain = (output, *_in_columns(output, naming))
    unread = [side for side in known if not _is_named(side, names) and not _is_one_of(side, certain, naming)]
    return [side for side in known if side not in unread], unread


def _is_ephemeral(side: Side) -> bool:
    return side.temporary and not is_named_temporary(side.id.namespace, side.id.name)


def _is_named(side: Side, names: frozenset[Name]) -> bool:
    """Return whether SQL names a table by its last part: it may be read in another schema, as with ``--defer``."""
    last = folded(parts_of(side.id.name))[-1:]
    return any(name[-1:] == last for name in names)


def _is_one_of(side: Side, others: Iterable[Side], naming: Naming) -> bool:
    return any(naming.same(side.identities, other.identities) for other in others)


@lru_cache(maxsize=256)
def _names(sql: str) -> frozenset[Name] | None:
    """Return all names of several parts, and those of one part that are tables; ``None`` if SQL cannot be read."""
    if _tables(sql) is None:
        return None
    names = set[Name]()
    as_operators = _COMMENT_OR_OPERATOR.sub(" ", sql)
    for tokens in (*readings(sql), *(readings(as_operators) if as_operators != sql else ())):
        words = [folded(name) if name is not None else (text,) for name, text in tokens]
        names |= {name for name in words if len(name) > 1}
        names.update(*(read_statement(statement).tables for statement in split_statements(tokens)))
    return frozenset(names)


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


@lru_cache(maxsize=256)
def _tables(sql: str) -> tuple[Name, ...] | None:
    """Return the names of tables that are read, each once, as far as all ways to read the SQL agree.

    ``None`` if it cannot be read.
    """
    ways = [] if _PYTHON.search(sql) else [tables_of(tokens) for tokens in readings(sql)]
    if not ways:
        return None
    first, *others = ways
    return tuple(name for name in first if all(name in other for other in others))
