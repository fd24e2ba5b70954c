"""Which tables a dataset's name may mean: forms of (database, schema, table), in tiers. Pure.

A tier is a set of readings of equal rank: all are tried, and two that exist are two too many. A later tier is looked at
only when no reading of the earlier ones exists. ``None`` in a form is "whatever it is, if there is only one".
"""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openmetadata.fqn import stored_name
from openmetadata_ol_provider.openmetadata.resolution.namespaces import DEFAULT_SCHEMA
from openmetadata_ol_provider.openmetadata.resolution.services import Service


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


def table_forms(
    parts: tuple[str, ...], service: Service, rule: NamespaceRule | None, account: str | None = None
) -> Tiers:
    """Return the readings of a name in a service that is known to be the one.

    :param parts: of :func:`name_parts`
    :param rule: the configuration's rule, whose database and schema override what the name says
    :param account: AWS account, which is the database of what Glue's crawlers have found there
    """
    tiers = _known(parts, service, _databases(service, account))
    if rule is None or not (rule.database or rule.db_schema):
        return tiers
    overridden = (
        tuple(Form(rule.database or form.database, rule.db_schema or form.schema, form.table) for form in tier)
        for tier in tiers
    )
    return _tiers(*overridden)


def _databases(service: Service, account: str | None) -> tuple[str, ...]:
    """Return the databases a name without one may be in, the likeliest first."""
    known = service.databases
    of_account = (account,) if account and service.service_type == "Glue" else ()
    return tuple(dict.fromkeys((*known[:-1], *of_account, *known[-1:])))


def _known(parts: tuple[str, ...], service: Service, databases: tuple[str, ...]) -> Tiers:
    default_schema = DEFAULT_SCHEMA.get(service.service_type)
    if not parts:
        return ()
    *front, table = parts
    if not front:
        defaults = ((Form(database, default_schema, table),) for database in databases if default_schema)
        return _tiers(*defaults, (Form(None, None, table),))
    if len(front) == 1:
        as_schema: list[tuple[Form, ...]] = [(Form(database, front[0], table),) for database in databases]
        first, *others = as_schema or [()]
        as_database = () if service.single or not default_schema else (Form(front[0], default_schema, table),)
        any_schema = () if service.single else (Form(front[0], None, table),)
        return _tiers((*first, *as_database), *others, (Form(None, front[0], table),), any_schema)
    # Catalogs such as spark_catalog are not part of the FQN where a service has one database.
    local = ((Form(name, front[-1], table),) for name in databases) if service.single else ()
    last = (Form(front[-2], front[-1], table),) if len(front) > 2 else ()
    whole = tuple(Form(name, ".".join(front), table) for name in databases) if len(front) > 2 else ()
    return _tiers((Form(front[0], ".".join(front[1:]), table),), last, whole, *local)


def free_forms(
    parts: tuple[str, ...],
    service: Service,
    service_types: frozenset[str],
    *,
    all_single: bool,
    account: str | None = None,
) -> Tiers:
    """Return the readings of a name in a service that only fits by its type: the service has to be found by the name.

    One part alone names nothing: some table of that name is nearly always there.

    :param service_types: types that fit, empty for any
    :param all_single: no service that is asked has more than one database, so that the database need not be looked for
    """
    if len(parts) < 2:
        return ()
    *front, table = parts
    if len(front) == 1:
        exact = [(Form(name, front[0], table),) for name in _databases(service, account)] if all_single else []
        default = DEFAULT_SCHEMA.get(service.service_type) if service.service_type in service_types else None
        as_database = (Form(front[0], default, table),) if default else ()
        return _tiers(*exact, (Form(None, front[0], table),), as_database)
    whole = Form(front[0], ".".join(front[1:]), table)
    last = (Form(front[-2], front[-1], table),) if len(front) > 2 else ()
    # What stands before the schema is a catalog's name.
    return _tiers((whole,), last, (Form("default", front[-1], table),) if service.single else ())


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
