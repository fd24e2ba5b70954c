"""Validation of request bodies: shapes that know their fields, which are required, and in which versions they exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError

Version = tuple[int, ...]
#: Versions from which something holds: the last one for good, those before it only within their own minor version,
#: to which it was ported back. ``1.11.12 1.12.2 1.13`` holds for 1.11.14 and for 1.14.0, but not for 1.12.1.
Marks = tuple[Version, ...]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)


def marks(*versions: str) -> Marks:
    """Return versions such as ``1.11.12`` as numbers."""
    return tuple(tuple(int(part) for part in version.split(".")) for version in versions)


def reached(version: Version, since: Marks) -> bool:
    """Tell whether a version is one of those marked."""
    return bool(since) and (
        version >= since[-1] or any(mark <= version and mark[:2] == version[:2] for mark in since[:-1])
    )


class Rules:
    """The version that is played, and what was found wrong with one body so far.

    :param version: version of the catalogue
    """

    __slots__ = ("version", "violations")

    def __init__(self, version: Version) -> None:
        self.version = version
        self.violations: list[str] = []

    def finish(self) -> None:
        """Raise what was found, all of it in one message.

        :raises ApiError: 400 if anything was found
        """
        if self.violations:
            raise ApiError(400, f"[{', '.join(self.violations)}]")


Check = Callable[[Any, str, Rules], None]


class Field(NamedTuple):
    """One field of a shape.

    :param check: what its values have to be
    :param required: whether it must be there
    :param since: versions from which it exists; always if there are none
    :param until: versions from which it exists no more
    :param optional_since: versions from which a required one may be left out
    """

    check: Check
    required: bool = False
    since: Marks = ()
    until: Marks = ()
    optional_since: Marks = ()

    def exists(self, version: Version) -> bool:
        """Tell whether a version knows the field."""
        return (not self.since or reached(version, self.since)) and not reached(version, self.until)

    def is_required(self, version: Version) -> bool:
        """Tell whether a version asks for the field."""
        return self.required and not reached(version, self.optional_since)


class Shape:
    """An object that refuses fields it does not know.

    :param name: name of the type, for messages
    :param fields: the fields by name: a :class:`Field`, or the check of an optional one
    :param also: a check of the object as a whole, run once its fields are in order
    """

    def __init__(self, name: str, fields: Mapping[str, Field | Check], also: Check | None = None) -> None:
        self.name = name
        self.fields = {key: item if isinstance(item, Field) else Field(item) for key, item in fields.items()}
        self._also = also
        self._by_version: dict[Version, tuple[dict[str, Check], tuple[str, ...]]] = {}

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value.

        :raises ApiError: 400 for what cannot even be read; what can is added to the violations
        """
        if not isinstance(value, dict):
            raise unreadable(f"`{self.name}`", value, path)
        checks, required = self._for(rules.version)
        before = len(rules.violations)
        for key, item in value.items():
            check = checks.get(key)
            if check is None:
                raise ApiError(
                    400, f'Unrecognized field "{key}" (class {self.name}), not marked as ignorable (known: {[*checks]})'
                )
            if item is not None:
                check(item, f"{path}.{key}" if path else key, rules)
        for key in required:
            if value.get(key) is None:
                rules.violations.append(f"{path}.{key} must not be null" if path else f"{key} must not be null")
        if self._also is not None and len(rules.violations) == before:
            self._also(value, path, rules)

    def nest(self, key: str, around: Callable[[Check], Check]) -> Shape:
        """Add a field that holds more of this shape, and return the shape.

        :param around: makes the field's check of the shape's, e.g. that of a list
        """
        self.fields[key] = Field(around(self))
        return self

    def _for(self, version: Version) -> tuple[dict[str, Check], tuple[str, ...]]:
        known = self._by_version.get(version)
        if known is None:
            fields = {key: field for key, field in self.fields.items() if field.exists(version)}
            known = (
                {key: field.check for key, field in fields.items()},
                tuple(key for key, field in fields.items() if field.is_required(version)),
            )
            self._by_version[version] = known
        return known


def required(check: Check, *, optional_since: str = "") -> Field:
    """Return a field that must be there.

    :param optional_since: versions, separated by blanks, from which it may be left out
    """
    return Field(check, required=True, optional_since=marks(*optional_since.split()))


def since(check: Check, *versions: str) -> Field:
    """Return a field that exists from versions on; see :data:`Marks`."""
    return Field(check, since=marks(*versions))


def until(check: Check, *versions: str) -> Field:
    """Return a field that these and newer versions refuse; see :data:`Marks`."""
    return Field(check, until=marks(*versions))


def is_uuid(value: str) -> bool:
    """Tell whether a text is a UUID."""
    return bool(_UUID.match(value))


def words(text_: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text_.split())


def validate(shape: Check, body: Any, version: Version) -> None:
    """Check a whole body.

    :raises ApiError: 400 with everything that is wrong, or the first thing that cannot be read
    """
    rules = Rules(version)
    shape(body, "", rules)
    rules.finish()


def prune(value: Any) -> Any:
    """Return a copy without the nulls in objects: to a catalogue null and absent are the same."""
    if isinstance(value, dict):
        return {key: prune(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [prune(item) for item in value]
    return value


def unreadable(kind: str, value: Any, path: str) -> ApiError:
    """Return the error for a value of another type than is expected."""
    seen = {dict: "Object", list: "Array", str: "String", bool: "Boolean", int: "Integer"}.get(type(value), "Number")
    return ApiError(400, f"Cannot deserialize value of type {kind} from {seen} value at {path or 'the body'}")
