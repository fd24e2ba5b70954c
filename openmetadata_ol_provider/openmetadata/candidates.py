"""Which tables a dataset's name may mean: forms of (database, schema, table), in tiers. Pure.

A tier is a set of readings of equal rank: all are tried, and two that exist are two too many. A later tier is looked at
only when no reading of the earlier ones exists. ``None`` in a form is "whatever it is, if there is only one".
"""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.systems.identifiers import split_identifier
from openmetadata_ol_provider.openmetadata.names import stored_name
from openmetadata_ol_provider.openmetadata.schemes import DEFAULT_SCHEMA, SINGLE_DATABASE
from openmetadata_ol_provider.openmetadata.services import Service


class Form(NamedTuple):
    """One reading of a table name; ``None`` where the name does not say."""

    database: str | None
    schema: str | None
    table: str

    @property
    def exact(self) -> bool:
        """Whether nothing is left open, so that it is one FQN."""
        return self.database is not None and self.schema is not None


Tiers = tuple[tuple[Form, ...], ...]


def name_parts(name: str) -> tuple[str, ...]:
    """Return the parts of a table name: dotted with quotes, or Glue's ``table/db/tbl`` and ``db/tbl``."""
    if "/" in name and "." not in name:
        parts = tuple(part for part in name.split("/") if part)
        parts = parts[1:] if len(parts) > 2 and parts[0] == "table" else parts
    else:
        parts = split_identifier(name)
    return tuple(stored_name(part) for part in parts if part)


def table_forms(parts: tuple[str, ...], service: Service, rule: NamespaceRule | None) -> Tiers:
    """Return the readings of a name in a service that is known to be the one.

    :param parts: of :func:`name_parts`
    :param rule: the configuration's rule, whose database and schema override what the name says
    """
    tiers = _known(parts, service)
    if rule is None or not (rule.database or rule.db_schema):
        return tiers
    overridden = (
        tuple(Form(rule.database or form.database, rule.db_schema or form.schema, form.table) for form in tier)
        for tier in tiers
    )
    return tuple(tuple(dict.fromkeys(tier)) for tier in overridden)


def _known(parts: tuple[str, ...], service: Service) -> Tiers:
    single = service.service_type in SINGLE_DATABASE
    default_schema = DEFAULT_SCHEMA.get(service.service_type)
    databases = service.databases
    if not parts:
        return ()
    *front, table = parts
    if not front:
        defaults = tuple(Form(database, default_schema, table) for database in databases if default_schema)
        return _tiers(defaults, (Form(None, None, table),))
    if len(front) == 1:
        as_schema = tuple(Form(database, front[0], table) for database in databases)
        as_database = () if single or not default_schema else (Form(front[0], default_schema, table),)
        return _tiers((*as_schema, *as_database), (Form(None, front[0], table),), _any_schema(front[0], table, single))
    database, schema = front[0], ".".join(front[1:])
    # Catalogs such as spark_catalog are not part of the FQN where a service has one database.
    local = tuple(Form(name, front[-1], table) for name in databases) if single else ()
    last = (Form(front[-2], front[-1], table),) if len(front) > 2 else ()
    whole = tuple(Form(name, ".".join(front), table) for name in databases) if len(front) > 2 else ()
    return _tiers((Form(database, schema, table),), last, whole, local)


def _any_schema(database: str, table: str, single: bool) -> tuple[Form, ...]:
    return () if single else (Form(database, None, table),)


def free_forms(parts: tuple[str, ...], service_types: frozenset[str], *, single: bool) -> Tiers:
    """Return the readings of a name when the service has to be found by the name.

    One part alone names nothing: some table of that name is nearly always there.

    :param service_types: types that fit, empty for any
    :param single: the service has one database, so that what stands before the schema is a catalog's name
    """
    if len(parts) < 2:
        return ()
    *front, table = parts
    if len(front) == 1:
        defaults = {DEFAULT_SCHEMA.get(type_) for type_ in service_types} - {None}
        as_database = tuple(Form(front[0], schema, table) for schema in sorted(filter(None, defaults)))
        return _tiers((Form(None, front[0], table),), as_database)
    whole = Form(front[0], ".".join(front[1:]), table)
    last = (Form(front[-2], front[-1], table),) if len(front) > 2 else ()
    return _tiers((whole,), last, (Form("default", front[-1], table),) if single else ())


def _tiers(*tiers: tuple[Form, ...]) -> Tiers:
    """Return the tiers without repetitions and without empty ones."""
    seen: set[Form] = set()
    result = []
    for tier in tiers:
        fresh = tuple(form for form in dict.fromkeys(tier) if form not in seen)
        seen.update(fresh)
        if fresh:
            result.append(fresh)
    return tuple(result)
