"""Finds the schema of tables that SQL renames: ``ALTER TABLE mart.orders_new RENAME TO orders`` makes ``mart.orders``.

Airflow's parser of SQL completes the new name with the default schema, as it does with all names that have none. In
most systems, though, a table stays in its schema, and its new name cannot even have one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.identities import Naming, scheme_of
from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.sql_renames import Rename, read_rename
from openmetadata_ol_provider.lineage.sql_statement import split_statements
from openmetadata_ol_provider.lineage.sql_statements import MAX_STATEMENTS
from openmetadata_ol_provider.lineage.sql_tokens import Name, folded, readings
from openmetadata_ol_provider.lineage.systems import system_of

#: Systems in which a new name without a schema is in that of the old one; in MySQL and Snowflake, in the session's.
_STAYING: Final = frozenset({
    "bigquery", "databricks", "duckdb", "oracle", "postgres", "redshift", "spark", "trino", "vertica",
})  # fmt: skip


def in_schema_of_old(
    inputs: Sequence[Side], outputs: Sequence[Side], sql: str | None, naming: Naming
) -> tuple[list[Side], list[Side]]:
    """Return inputs and outputs, those that SQL renames in the schema that they are in, each once.

    Tables that only SQL shows to get another name are outputs, too.

    :param sql: SQL of the job
    :param naming: normaliser of dataset names
    """
    if not sql or not _may_rename(sql):
        return list(inputs), list(outputs)
    renamed = _renamed(sql)
    moving = _moving((*inputs, *outputs), renamed)
    sources, targets = _moved(inputs, moving, naming), _moved(outputs, moving, naming)
    return sources, [*targets, *_unlisted((*targets, *sources), targets, renamed, naming)]


class _Renamed(NamedTuple):
    """The names in SQL, in lower case.

    :param full: full name of each table that gets a new name without a schema, by the latter
    :param names: all names of several parts
    :param renames: all names that tables get
    :param spellings: names as they are written
    """

    full: Mapping[str, Name]
    names: frozenset[Name]
    renames: Sequence[Rename]
    spellings: Mapping[Name, Name]


@lru_cache(maxsize=256)
def _may_rename(sql: str) -> bool:
    return "rename" in sql.lower()


def _moving(sides: Iterable[Side], renamed: _Renamed) -> Mapping[DatasetId, Name]:
    """Return the datasets that are in another schema than their event says, with their names in SQL.

    If several have the last part of a new name, nobody knows which of them it is: others need not be from the SQL.
    """
    by_name: dict[Name, set[DatasetId]] = {}
    for side in sides:
        parts = split_identifier(side.id.name)
        full = renamed.full.get(parts[-1].casefold())
        if full is None or not 1 < len(full) <= len(parts):
            continue
        system = system_of(scheme_of(side.id.namespace))
        named = renamed.names | {folded(full)}
        if system is not None and system.name in _STAYING and named.isdisjoint(_endings(side)):
            by_name.setdefault(full, set()).add(side.id)
    return {id_: (*full[:-1], split_identifier(id_.name)[-1]) for full, (id_, *more) in by_name.items() if not more}


def _moved(sides: Iterable[Side], moving: Mapping[DatasetId, Name], naming: Naming) -> list[Side]:
    moved: dict[DatasetId, Side] = {}
    for side in sides:
        own = _named(side, moving[side.id], naming) if side.id in moving else side
        if own.id not in moved or moved[own.id].column_lineage is None:
            moved[own.id] = own
    return list(moved.values())


def _named(side: Side, name: Name, naming: Naming) -> Side:
    """Return a side under another name, with what the name lacks in front from the present one."""
    parts = split_identifier(side.id.name)
    id_ = DatasetId(side.id.namespace, join_identifier((*parts[: len(parts) - len(name)], *name)))
    return msgspec.structs.replace(side, id=id_, identities=naming.identities(id_.namespace, id_.name))


def _unlisted(sides: Iterable[Side], outputs: Iterable[Side], renamed: _Renamed, naming: Naming) -> Iterator[Side]:
    """Yield the tables that get their names from others, and that the event does not list as outputs."""
    by_name: dict[Name, dict[DatasetId, Side]] = {}
    for side in sides:
        for name in _endings(side):
            by_name.setdefault(name, {})[side.id] = side
    listed = {name for side in outputs for name in _endings(side)}
    for rename in renamed.renames:
        if len(rename.old) != len(rename.new) or rename.new in listed:
            continue
        # If there are several, nobody knows in which schema the name is.
        old, *others = by_name.get(rename.old, {}).values() or (None,)
        if old is not None and not others:
            yield _named(old, renamed.spellings[rename.new], naming)


def _endings(side: Side) -> Iterator[Name]:
    """Yield the name of a dataset in lower case, with all its parts, without the first one, and so on."""
    parts = folded(split_identifier(side.id.name))
    return (parts[start:] for start in range(len(parts)))


@lru_cache(maxsize=256)
def _renamed(sql: str) -> _Renamed:
    """Return the names in SQL; a new name that has several meanings is left out."""
    written = readings(sql)
    ways = [list(split_statements(tokens)) for tokens in written]
    if not ways or any(way != ways[0] for way in ways) or len(ways[0]) > MAX_STATEMENTS:
        return _Renamed({}, frozenset(), (), {})
    spellings = {folded(name): name for name, _ in written[0] if name is not None}
    tokens = Counter(token for statement in ways[0] for token in statement)
    renames = [rename for statement in ways[0] if (rename := read_rename(statement)) is not None]
    full = {
        rename.new[0]: (*spellings[rename.old][:-1], *rename.new)
        for rename in renames
        if rename.is_in_schema_of_old and tokens[rename.new] == 1
    }
    return _Renamed(full, frozenset(token for token in tokens if len(token) > 1), renames, spellings)
