"""The readings of a table name as (database, schema, table), in tiers.

The readings of a tier have equal rank: all are tried, and if two of them exist, the name is ambiguous. A later tier
counts only if no reading of the earlier ones exists. ``None`` stands for any value, as long as only one table matches.
"""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openmetadata.fqn import stored_name
from openmetadata_ol_provider.openmetadata.resolution.service_types import DEFAULT_SCHEMA
from openmetadata_ol_provider.openmetadata.resolution.services import Service


class Form(NamedTuple):
    """One reading of a table name; ``None`` for a part that the name leaves open."""

    database: str | None
    schema: str | None
    table: str

    @property
    def exact(self) -> bool:
        """Whether no part is left open, so that it is one FQN."""
        return self.database is not None and self.schema is not None


Tiers = tuple[tuple[Form, ...], ...]


def name_parts(name: str, *, slashes: bool = True) -> tuple[str, ...]:
    """Split a table name: dotted with quotes, or Glue's ``table/db/tbl`` and ``db/tbl``.

    An empty part between two others is the schema that the name leaves open: ``shop..orders``.

    :param slashes: ``True`` if slashes separate parts; default: ``True``
    """
    if slashes and "/" in name and "." not in name:
        parts = tuple(part for part in name.split("/") if part)
        parts = parts[1:] if len(parts) > 2 and parts[0] == "table" else parts
    else:
        parts = split_identifier(name)
    if len(parts) == 3 and parts[0] and not parts[1] and parts[2]:
        return stored_name(parts[0]), "", stored_name(parts[2])
    return tuple(stored_name(part) for part in parts if part)


def table_forms(
    parts: tuple[str, ...], service: Service, rule: NamespaceRule | None, account: str | None = None
) -> Tiers:
    """Return the readings of a name in the service that is known to hold the table.

    :param parts: parts of the name, from :func:`name_parts`
    :param service: service that holds the table
    :param rule: the configuration's rule, whose database and schema take precedence over the name
    :param account: AWS account, which is the database of tables that Glue's crawlers have found; default: none
    """
    tiers = _forms_in(parts, service, _databases(service, account))
    if parts and "." in parts[-1].strip("."):
        # Flink has schema and table as one object of its catalog: `public.orders`.
        front = tuple(part for part in parts[:-1] if part)
        inner = tuple(stored_name(part) for part in split_identifier(parts[-1]))
        front = front[:-1] if front and front[-1].casefold() == inner[0].casefold() else front
        tiers = _tiers(*tiers, *_forms_in((*front, *inner), service, _databases(service, account)))
    if rule is None or not (rule.database or rule.db_schema):
        return tiers
    overridden = (
        tuple(Form(rule.database or form.database, rule.db_schema or form.schema, form.table) for form in tier)
        for tier in tiers
    )
    return _tiers(*overridden)


def _databases(service: Service, account: str | None) -> tuple[str, ...]:
    """Return the databases that a name without a database may be in, the likeliest first."""
    databases = service.databases
    of_account = (account,) if account and service.service_type == "Glue" else ()
    return tuple(dict.fromkeys((*databases[:-1], *of_account, *databases[-1:])))


def _forms_in(parts: tuple[str, ...], service: Service, databases: tuple[str, ...]) -> Tiers:
    default_schema = DEFAULT_SCHEMA.get(service.service_type)
    if not parts:
        return ()
    *front, table = parts
    if not front:
        defaults = ((Form(database, default_schema, table),) for database in databases if default_schema)
        return _tiers(*defaults, (Form(None, None, table),))
    if front[-1] == "":
        return _in_open_schema(front[0], table, service, default_schema)
    if len(front) == 1:
        as_schema: list[tuple[Form, ...]] = [(Form(database, front[0], table),) for database in databases]
        first, *others = as_schema or [()]
        as_database = () if service.single or not default_schema else (Form(front[0], default_schema, table),)
        any_schema = () if service.single else (Form(front[0], None, table),)
        return _tiers((*first, *as_database), *others, (Form(None, front[0], table),), any_schema)
    # Catalogs such as spark_catalog are not part of the FQN if the service has one database.
    local = ((Form(name, front[-1], table),) for name in databases) if service.single else ()
    last = (Form(front[-2], front[-1], table),) if len(front) > 2 else ()
    whole = tuple(Form(name, ".".join(front), table) for name in databases) if len(front) > 2 else ()
    return _tiers((Form(front[0], ".".join(front[1:]), table),), last, whole, *local)


def _in_open_schema(database: str, table: str, service: Service, default_schema: str | None) -> Tiers:
    """Return the readings of a name whose database is certain and whose schema is open."""
    default = (Form(database, default_schema, table),) if default_schema else ()
    # A service with one database has what events call a database as schemas.
    local = (Form("default", database, table),) if service.single else ()
    return _tiers((*default, *local), (Form(database, None, table),))


def free_forms(
    parts: tuple[str, ...],
    service: Service,
    service_types: frozenset[str],
    *,
    all_single: bool,
    account: str | None = None,
) -> Tiers:
    """Return the readings of a name in a service of a fitting type, which the name itself has to confirm.

    A name of one part has none: some table of that name nearly always exists.

    :param parts: parts of the name, from :func:`name_parts`
    :param service: service of a fitting type
    :param service_types: types that fit, empty for any
    :param all_single: ``True`` if every service has one database only, so that no other one has to be searched
    :param account: AWS account, see :func:`table_forms`; default: none
    """
    if len(parts) < 2:
        return ()
    *front, table = parts
    if front[-1] == "":
        default = DEFAULT_SCHEMA.get(service.service_type) if service.service_type in service_types else None
        return _in_open_schema(front[0], table, service, default)
    if len(front) == 1:
        exact = [(Form(name, front[0], table),) for name in _databases(service, account)] if all_single else []
        default = DEFAULT_SCHEMA.get(service.service_type) if service.service_type in service_types else None
        as_database = (Form(front[0], default, table),) if default else ()
        return _tiers(*exact, (Form(None, front[0], table),), as_database)
    whole = Form(front[0], ".".join(front[1:]), table)
    last = (Form(front[-2], front[-1], table),) if len(front) > 2 else ()
    # The part before the schema is the name of a catalog.
    return _tiers((whole,), last, (Form("default", front[-1], table),) if service.single else ())


def _tiers(*tiers: tuple[Form, ...]) -> Tiers:
    """Remove repeated forms and empty tiers."""
    seen: set[Form] = set()
    result = []
    for tier in tiers:
        unseen = tuple(form for form in dict.fromkeys(tier) if form not in seen)
        seen.update(unseen)
        if unseen:
            result.append(unseen)
    return tuple(result)
