"""What a system is to naming, and the few ways of reading names that systems share.

A system says which schemes are its, what kind of catalogue entity its datasets are, and how a name in it is read:
``read(address, name)`` returns the identities, the canonical one first. Two laws hold for every system: an identity
read again is itself, and two datasets that differ never share an identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity, Kind
from openmetadata_ol_provider.lineage.names.namespaces import Address

Read = Callable[[Address, str], tuple[Identity, ...]]


def _same(address: Address) -> Address:
    return address


@dataclass(frozen=True)
class System:
    """One naming convention.

    :param title: what it is the convention of
    :param kind: what its datasets are in a catalogue
    :param schemes: canonical scheme -> default port; the first one names the system
    :param aliases: other spellings of a scheme -> the canonical one
    :param namespaces: the namespaces that are understood, for people
    :param names: the names that are understood, for people
    :param read: how a name in it is read
    :param fold: brings addresses of one place to one spelling, for comparison only
    """

    title: str
    kind: Kind
    schemes: Mapping[str, int | None]
    namespaces: str
    names: str
    read: Read
    aliases: Mapping[str, str] = field(default_factory=dict)
    fold: Callable[[Address], Address] = _same

    @property
    def name(self) -> str:
        """The first of its schemes."""
        return next(iter(self.schemes))


def table(namespace: str, name: str) -> tuple[Identity, ...]:
    """Return the identity of a table."""
    return (Identity(namespace, name, "table"),)


def dotted(address: Address, name: str) -> tuple[Identity, ...]:
    """Read a dotted name as it is, in a namespace that is taken whole."""
    return table(address.whole, spell_identifier(name))


def within(depth: int) -> Read:
    """Return a reader of dotted names in a server, whose namespace may name the database: ``postgres://db:5432/shop``.

    :param depth: parts of a full name; a shorter one is completed with what the namespace's path says
    """

    def read(address: Address, name: str) -> tuple[Identity, ...]:
        place = without_user(address).place
        if not address.segments:
            return table(place, spell_identifier(name))
        front, parts = address.segments, split_identifier(name)
        if len(parts) < depth and parts[0].casefold() != front[0].casefold():
            parts = (*front[: depth - len(parts)], *parts)
        return table(place, join_identifier(parts))

    return read


def topic(address: Address, name: str) -> tuple[Identity, ...]:
    """Read a topic's name, which is what it is."""
    return (Identity(address.place, name, "topic"),)


def asset(kind: Kind) -> Read:
    """Return a reader of names that are taken as they are, without slashes around them.

    :param kind: what they name
    """

    def read(address: Address, name: str) -> tuple[Identity, ...]:
        return (Identity(without_user(address).whole, name.strip("/") or ROOT, kind),)

    return read


def other(address: Address, name: str) -> tuple[Identity, ...]:
    """Read a name of which OpenMetadata has no entity."""
    return (Identity(address.whole, name, "other"),)


def objects(address: Address, name: str) -> tuple[Identity, ...]:
    """Read the key of an object, or a prefix of keys, in a bucket: without slashes around it."""
    return (Identity(address.place, joined(address.path, name).strip("/") or ROOT, "container"),)


def files(address: Address, name: str) -> tuple[Identity, ...]:
    """Read a path in a file system: with a slash before it and none after it."""
    return (Identity(address.place, "/" + joined(address.path, name).strip("/"), "container"),)


#: The name of a bucket as a whole.
ROOT: Final = "/"


def joined(directory: str, name: str) -> str:
    """Return a name below the directory that is in the namespace; an absolute one may repeat the directory."""
    directory = directory.rstrip("/")
    if not directory or name == directory or (name.startswith(f"{directory}/")):
        return name
    return f"{directory}/{name.lstrip('/')}"


def without_user(address: Address) -> Address:
    """Return the address without user and password."""
    return address._replace(authority=address.authority.rpartition("@")[2])


def last(parts: tuple[str, ...], count: int) -> str:
    """Return the name that the last parts make."""
    return join_identifier(parts[-count:])
