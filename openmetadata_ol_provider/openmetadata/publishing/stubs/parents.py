"""Finds or creates the databases and schemas that stubs are placed in, each once, in the catalogue's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.client.creation import create_or_read
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.publishing.stubs.planner import Stub, suggested
from openmetadata_ol_provider.openmetadata.publishing.stubs.requests import parent_request
from openmetadata_ol_provider.openmetadata.resolution.service_types import SINGLE_DATABASE
from openmetadata_ol_provider.openmetadata.resolution.table_candidates import Form

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

#: REST collection of databases and schemas, and the field that names their parent.
_COLLECTIONS = {"database": ("v1/databases", "service"), "databaseSchema": ("v1/databaseSchemas", "database")}


class NotCreatedError(Exception):
    """Raised when a stub is not created; the message is the reason."""


class Parent(NamedTuple):
    """A database or schema.

    :param fresh: ``True`` if it was just created, so that it is empty
    """

    fqn: str
    fresh: bool = False


class Parents:
    """Finds and creates databases and schemas during one publication.

    :param client: client of the catalogue
    :param exact_case: ``True`` if letter case has to match the catalogue's
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, exact_case: bool, dry_run: bool) -> None:
        self._client = client
        self._exact = exact_case
        self._dry_run = dry_run
        self._once = QueryCache()

    def schema_of(self, stub: Stub) -> Parent:
        """Return the schema of a table's stub, created if it is missing.

        :raises NotCreatedError: if it is not clear which one, or if it may not be created
        :raises CatalogueError: if the catalogue does not answer, or refuses the token
        """
        reading = stub.readings[0] if stub.certain else self._decide(stub)
        assert reading.database is not None
        assert reading.schema is not None
        database = self._ensure("database", Parent(stub.service.fqn), self._database(stub, reading.database))
        return self._ensure("databaseSchema", database, reading.schema)

    def _decide(self, stub: Stub) -> Form:
        """Return the one reading that matches what the catalogue has."""
        fitting = [form for form in stub.readings if self._fits(stub.service, form)]
        if len(fitting) == 1:
            return fitting[0]
        places = " or ".join(f"{form.database}.{form.schema}.{form.table}" for form in stub.readings)
        raise NotCreatedError(
            f"{stub.identity.name} may be {places}; settle it in `namespaces`: "
            f"{suggested(stub.identity, stub.service, 'database', 'schema')}"
        )

    def _fits(self, service: Service, form: Form) -> bool:
        """Return whether the database exists, or the schema if the database is that of the service's connection."""
        database = self._find("database", Parent(service.fqn), str(form.database))
        if database is None:
            return False
        return form.database not in service.databases or (
            self._find("databaseSchema", database, str(form.schema)) is not None
        )

    def _database(self, stub: Stub, name: str) -> str:
        """Return the name of the database; a service with a single database has only that, whatever it is called."""
        service = stub.service
        if service.service_type not in SINGLE_DATABASE:
            return name
        names = self._names("database", service.fqn)
        if not names or any(self._same(name, other) for other in names):
            return name
        if len(names) == 1:
            return names[0]
        raise NotCreatedError(
            f"{service.name} has the databases {', '.join(sorted(names)[:10])}; name one in `namespaces`: "
            f"{suggested(stub.identity, service, 'database')}"
        )

    # -- finding and creating --------------------------------------------------------------------------------------

    def _ensure(self, type_: str, parent: Parent, name: str) -> Parent:
        key = ("ensure", type_, parent.fqn, name if self._exact else name.casefold())
        return self._once(key, lambda: self._find(type_, parent, name) or self._create(type_, parent, name))

    def _create(self, type_: str, parent: Parent, name: str) -> Parent:
        collection, key = _COLLECTIONS[type_]
        fqn = f"{parent.fqn}.{quote(name)}"
        if not self._dry_run:
            answer = create_or_find(self._client, collection, parent_request({key: parent.fqn}, name), fqn)
            fqn = str(answer.get("fullyQualifiedName") or fqn)
        return Parent(fqn, fresh=True)

    def _find(self, type_: str, parent: Parent, name: str) -> Parent | None:
        """Return the database or schema in the catalogue's spelling.

        :raises NotCreatedError: if it was deleted, or if several differ in letter case only
        """
        if parent.fresh:
            return None
        return self._once(("find", type_, parent.fqn, name), lambda: self._look(type_, parent, name))

    def _look(self, type_: str, parent: Parent, name: str) -> Parent | None:
        fqn = f"{parent.fqn}.{quote(name)}"
        body = self._client.get(path(_COLLECTIONS[type_][0], "name", fqn), {"include": "all"})
        if body is not None:
            refuse_deleted(body, fqn)
            return Parent(str(body["fullyQualifiedName"]))
        alike = [other for other in self._names(type_, parent.fqn) if self._same(name, other)]
        if len(alike) > 1:
            raise NotCreatedError(f"{fqn} may be any of {', '.join(sorted(alike))}, which differ in letter case only")
        return Parent(f"{parent.fqn}.{quote(alike[0])}") if alike else None

    def _same(self, mine: str, theirs: str) -> bool:
        return mine == theirs if self._exact else mine.casefold() == theirs.casefold()

    def _names(self, type_: str, parent_fqn: str) -> list[str]:
        """Return the names of all databases of a service, or schemas of a database."""
        collection, key = _COLLECTIONS[type_]
        return self._once(
            ("names", type_, parent_fqn),
            lambda: [str(item["name"]) for item in self._client.pages(collection, {key: parent_fqn})],
        )


def create_or_find(
    client: OpenMetadataClient, collection: str, request: dict[str, Any], fqn: str, fields: str = ""
) -> dict[str, Any]:
    """Create an entity and return it, or the one that another writer has created in the meantime.

    :param fields: fields to read of one that exists
    :raises NotCreatedError: if it exists, but was deleted
    :raises CatalogueError: if the catalogue refuses
    """
    body = create_or_read(client, collection, request, fqn, fields).body
    refuse_deleted(body, fqn)
    return body


def refuse_deleted(body: dict[str, Any], fqn: str) -> None:
    """Refuse an entity that was deleted: creating it again would restore it against somebody's will.

    :raises NotCreatedError: if the entity was deleted
    """
    if body.get("deleted"):
        raise NotCreatedError(f"{fqn} was deleted in OpenMetadata; restore it there, or ignore it in `namespaces`")
