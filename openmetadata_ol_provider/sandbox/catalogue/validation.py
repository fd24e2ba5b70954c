"""Validation of request bodies: shapes that know their fields, which are required, and in which versions they exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError

Version = tuple[int, ...]
MAX_NAME = 256
_NAME = re.compile(r"((?!::).)*\Z", re.DOTALL)
_NAME_SINCE_2 = re.compile(r'((?!::)[^>"\x00-\x1f])*\Z')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)


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
    """One field of a shape; it exists in versions from ``since`` up to but without ``until``."""

    check: Check
    required: bool = False
    since: Version = ()
    until: Version = (999,)


class Shape:
    """An object that refuses fields it does not know.

    :param name: name of the type, for messages
    :param fields: the fields by name: a :class:`Field`, or the check of an optional one
    """

    def __init__(self, name: str, fields: Mapping[str, Any]) -> None:
        self.name = name
        self.fields = {key: item if isinstance(item, Field) else Field(item) for key, item in fields.items()}
        self._by_version: dict[Version, tuple[dict[str, Check], tuple[str, ...]]] = {}

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value.

        :raises ApiError: 400 for what cannot even be read; what can is added to the violations
        """
        if not isinstance(value, dict):
            raise _unreadable(f"`{self.name}`", value, path)
        checks, required = self._for(rules.version)
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

    def _for(self, version: Version) -> tuple[dict[str, Check], tuple[str, ...]]:
        known = self._by_version.get(version)
        if known is None:
            fields = {key: field for key, field in self.fields.items() if field.since <= version < field.until}
            known = (
                {key: field.check for key, field in fields.items()},
                tuple(key for key, field in fields.items() if field.required),
            )
            self._by_version[version] = known
        return known


def required(check: Check) -> Field:
    """Return a field that must be there."""
    return Field(check, required=True)


def since(check: Check, *version: int) -> Field:
    """Return a field that older versions refuse."""
    return Field(check, since=version)


def until(check: Check, *version: int) -> Field:
    """Return a field that this and newer versions refuse."""
    return Field(check, until=version)


def anything(_value: Any, _path: str, _rules: Rules) -> None:
    """Accept every value."""


def text(value: Any, path: str, _rules: Rules) -> None:
    """Accept a string."""
    if not isinstance(value, str):
        raise _unreadable("`java.lang.String`", value, path)


def boolean(value: Any, path: str, _rules: Rules) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        raise _unreadable("`java.lang.Boolean`", value, path)


def integer(value: Any, path: str, _rules: Rules) -> None:
    """Accept a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _unreadable("`java.lang.Long`", value, path)


def number(value: Any, path: str, _rules: Rules) -> None:
    """Accept any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _unreadable("`java.lang.Double`", value, path)


def mapping(value: Any, path: str, _rules: Rules) -> None:
    """Accept an object with any content."""
    if not isinstance(value, dict):
        raise _unreadable("`java.util.LinkedHashMap`", value, path)


def uuid(value: Any, path: str, _rules: Rules) -> None:
    """Accept a UUID."""
    if not isinstance(value, str) or not _UUID.match(value):
        raise _unreadable("`java.util.UUID`", value, path)


def is_uuid(value: str) -> bool:
    """Tell whether a text is a UUID."""
    return bool(_UUID.match(value))


def entity_name(value: Any, path: str, rules: Rules) -> None:
    """Accept an entity's name: 1 to 256 characters, no ``::``; from 2.0 also no ``>``, quote, control character."""
    text(value, path, rules)
    if not 1 <= len(value) <= MAX_NAME:
        rules.violations.append(f"{path} size must be between 1 and {MAX_NAME}")
    pattern = _NAME_SINCE_2 if rules.version >= (2,) else _NAME
    if not pattern.match(value):
        rules.violations.append(f'{path} must match "{pattern.pattern}"')
    elif '"' in value:
        # It could not be quoted as a part of a fully qualified name.
        raise ApiError(400, f"Invalid name {value}")


def task_name(value: Any, path: str, rules: Rules) -> None:
    """Accept the name of a task: anything before 2.0, from then on an entity's name."""
    text(value, path, rules)
    if rules.version >= (2,):
        entity_name(value, path, rules)


def words(text_: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text_.split())


def one_of(*allowed: str, since: Mapping[str, Version] | None = None) -> Check:
    """Return a check for an enumeration.

    :param allowed: the values, any number of them in a string
    :param since: further values that older versions refuse, and the version they came with
    """
    first: dict[str, Version] = dict.fromkeys(" ".join(allowed).split(), ())
    first.update(since or {})

    def check(value: Any, path: str, rules: Rules) -> None:
        if not isinstance(value, str) or value not in first or rules.version < first[value]:
            known = ", ".join(name for name, version in first.items() if version <= rules.version)
            raise ApiError(
                400,
                f"Cannot deserialize value of type `{path}` from {value!r}: "
                f"not one of the values accepted for Enum class: [{known}]",
            )

    return check


def list_of(check: Check) -> Check:
    """Return a check for an array."""

    def check_all(value: Any, path: str, rules: Rules) -> None:
        if not isinstance(value, list):
            raise _unreadable("`java.util.ArrayList`", value, path)
        for index, item in enumerate(value):
            if item is None:
                rules.violations.append(f"{path}[{index}] must not be null")
            else:
                check(item, f"{path}[{index}]", rules)

    return check_all


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


def _unreadable(kind: str, value: Any, path: str) -> ApiError:
    seen = {dict: "Object", list: "Array", str: "String", bool: "Boolean", int: "Integer"}.get(type(value), "Number")
    return ApiError(400, f"Cannot deserialize value of type {kind} from {seen} value at {path or 'the body'}")
