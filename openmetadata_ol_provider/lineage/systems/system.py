"""What defines a dataset system, and the ways of reading names that systems share.

A system lists its schemes, the kind of its datasets, how their names are read, and what OpenMetadata has for it. Its
``read(namespace, name)`` returns identities, the canonical one first. Two laws hold for every system: reading an
identity again returns the same identity, and two different datasets never share one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity, Kind
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.names.parameters import Connection, connection_of

Read = Callable[[Namespace, str], tuple[Identity, ...]]
#: What an address tells, see :class:`System`.
Addresses = Literal["server", "cluster", "brokers", "any"]

#: The name of a bucket as a whole.
ROOT: Final = "/"


class Scheme(NamedTuple):
    """One scheme of a system.

    :param port: default port; ``None`` if there is none
    :param services: OpenMetadata service types that may hold such datasets, the likeliest first, separated by spaces;
        empty for any that holds this kind. Types for manual entry (``CustomMessaging`` ...) need not be listed, except
        ``CustomDatabase``
    :param host_is_region: whether the authority is an AWS region: ``dynamodb://eu-west-1``
    :param family: scheme that addresses the same storage by another protocol
    :param addresses: what a differing address tells, see :class:`System`; default: as the system says
    """

    port: int | None = None
    services: str = ""
    host_is_region: bool = False
    family: str | None = None
    addresses: Addresses | None = None


@dataclass(frozen=True)
class System:
    """A naming convention of datasets, and what OpenMetadata has for them.

    :param name: name of the file with its examples, and of its module if it has one
    :param title: products that follow the convention, for the documentation
    :param kind: kind of catalogue entity
    :param schemes: canonical schemes
    :param aliases: canonical scheme of each other spelling
    :param namespaces: namespaces that are understood, in Markdown
    :param names: names that are understood, in Markdown
    :param read: reader of a name
    :param fold: reduces namespaces of one server to one spelling, for comparison only
    :param any_port: whether a service on the same host matches whatever its port
    :param addresses: what a differing address tells. ``server``: it is another system. ``cluster``: it may be another
        member. ``brokers``: it may be another member, or another port of the same one. ``any``: nothing, one system has
        many addresses
    :param default_schema: schema of unqualified tables, by service type
    :param single_database: service types whose tables are all in one database, which names omit, separated by spaces
    """

    name: str
    title: str
    kind: Kind
    schemes: Mapping[str, Scheme]
    namespaces: str
    names: str
    read: Read
    aliases: Mapping[str, str] = field(default_factory=dict)
    fold: Callable[[Namespace], Namespace] = lambda namespace: namespace
    any_port: bool = False
    addresses: Addresses = "server"
    default_schema: Mapping[str, str] = field(default_factory=dict)
    single_database: str = ""

    @property
    def service_types(self) -> tuple[str, ...]:
        """The OpenMetadata service types of all its schemes, each once."""
        return tuple(dict.fromkeys(name for scheme in self.schemes.values() for name in scheme.services.split()))


# -- readers: tables ---------------------------------------------------------------------------------------------


def table(namespace: str, name: str) -> tuple[Identity, ...]:
    """Return the identity of a table."""
    return (Identity(namespace, name, "table"),)


def dotted(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    """Read a dotted name as it is, in the whole namespace."""
    return table(namespace.canonical, spell_identifier(name))


def within(depth: int) -> Read:
    """Return a reader of dotted names in a server whose namespace may name the database: ``postgres://db:5432/shop``.

    :param depth: number of parts of a full name; shorter names are completed from the namespace's path or parameters
    """

    def read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
        connection = connection_of(namespace)
        server = connection.namespace.without_user().root
        if not (connection.namespace.segments or connection.database or connection.schema):
            return table(server, spell_identifier(name))
        return table(server, join_identifier(completed(split_identifier(name), connection, depth)))

    return read


def completed(parts: tuple[str, ...], connection: Connection, depth: int) -> tuple[str, ...]:
    """Return the parts of a table's name, completed from the connection if there are fewer than in a full name.

    Where the database is known and the schema is not, the schema is empty: ``shop..orders``.

    :param parts: parts of the name
    :param depth: number of parts of a full name
    """
    front = connection.namespace.segments
    if connection.database:
        front = (connection.database,)
    elif depth == 2 and not front and connection.schema:
        # Where there are two levels, drivers call the upper one a schema.
        front = (connection.schema,)
    if depth > 2 and connection.schema:
        front = (*front[:1], connection.schema)
        if len(front) == 1:
            return (*front, *parts) if len(parts) == 1 else parts
    missing = depth - len(parts)
    if missing <= 0 or not front or parts[0].casefold() == front[0].casefold():
        return parts
    # A front of one part is the database, and one that leaves out the schema has an empty one.
    gap = ("",) * (missing - len(front)) if missing > len(front) else ()
    return (*front[:missing], *gap, *parts)


# -- readers: everything else ------------------------------------------------------------------------------------


def topic(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    """Read the name of a topic as it is."""
    return (Identity(namespace.root, name, "topic"),)


def asset(kind: Kind) -> Read:
    """Return a reader of names that are taken as they are, without the slashes around them.

    :param kind: kind of catalogue entity
    """

    def read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
        return (Identity(namespace.without_user().canonical, name.strip("/") or ROOT, kind),)

    return read


def other(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    """Read the name of a dataset for which OpenMetadata has no kind of entity."""
    return (Identity(namespace.canonical, name, "other"),)


def objects(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    """Read the key of an object, or a prefix of keys, in a bucket: without the slashes around it."""
    return (Identity(namespace.root, _below(namespace.path, name).strip("/") or ROOT, "container"),)


def files(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    """Read a path in a file system: with a leading slash and no trailing one."""
    return (Identity(namespace.root, "/" + _below(namespace.path, name).strip("/"), "container"),)


def _below(directory: str, name: str) -> str:
    """Return a name below the namespace's directory, which an absolute name may repeat."""
    directory = directory.rstrip("/")
    if not directory or name == directory or name.startswith(f"{directory}/"):
        return name
    return f"{directory}/{name.lstrip('/')}"
