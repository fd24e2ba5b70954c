"""What single values have to be: texts, numbers, names, values of enumerations, lists."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.validation import (
    Check,
    Marks,
    Rules,
    Shape,
    Version,
    is_uuid,
    marks,
    reached,
    unreadable,
)

MAX_NAME = 256
MAX_FQN = 3072
_SINCE_2 = marks("2.0")
_NAME = re.compile(r"((?!::).)*\Z", re.DOTALL)
_NAME_SINCE_2 = re.compile(r'((?!::)[^>"\x00-\x1f])*\Z')
_URI = re.compile(r"(?!(?:https?|wss?|ftp):(?!//[^/]))[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f]+\Z")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+\Z")


def _is_date(text_: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text_):
        return False
    try:
        dt.date.fromisoformat(text_)
    except ValueError:
        return False
    return True


def _is_time(text_: str) -> bool:
    match = re.fullmatch(
        r"(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})", text_
    )
    return match is not None and _is_date(match[1])


_FORMATS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "uuid": ("`java.util.UUID`", is_uuid),
    "uri": ("`java.net.URI`", lambda text_: _URI.match(text_) is not None),
    "date": ("`java.time.LocalDate`", _is_date),
    "date-time": ("`java.util.Date`", _is_time),
    "email": ("`java.lang.String`", lambda text_: _EMAIL.match(text_) is not None),
}


@dataclass(frozen=True)
class Text:
    """A string.

    :param low: fewest characters
    :param high: most characters
    :param form: ``uuid``, ``uri``, ``date``, ``date-time`` or ``email``; any string if empty
    """

    low: int = 0
    high: int | None = None
    form: str = ""

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value."""
        kind, test = _FORMATS.get(self.form, ("`java.lang.String`", None))
        if not isinstance(value, str) or (test is not None and not test(value)):
            raise unreadable(kind, value, path)
        _check_length(value, path, rules, self.low, self.high)


@dataclass(frozen=True)
class Name:
    """A name: no ``::`` in it, and from 2.0 on no ``>``, quote or control character either.

    :param high: most characters
    :param unbounded_since: versions from which it may be longer
    :param checked_since: versions before which it may be any text
    """

    high: int | None = MAX_NAME
    unbounded_since: Marks = ()
    checked_since: Marks = ()

    def bounds(self, version: Version) -> tuple[int, int | None]:
        """Return the fewest and most characters a version takes."""
        if self.checked_since and not reached(version, self.checked_since):
            return 0, None
        return 1, None if reached(version, self.unbounded_since) else self.high

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value."""
        text(value, path, rules)
        _check_length(value, path, rules, *self.bounds(rules.version))
        if self.checked_since and not reached(rules.version, self.checked_since):
            return
        pattern = _NAME_SINCE_2 if reached(rules.version, _SINCE_2) else _NAME
        if not pattern.match(value):
            rules.violations.append(f'{path} must match "{pattern.pattern}"')
        elif '"' in value:
            # It could not be quoted as a part of a fully qualified name.
            raise ApiError(400, f"Invalid name {value}")


@dataclass(frozen=True)
class Number:
    """A number.

    :param low: smallest value
    :param high: largest value
    :param whole: whether it must be a whole one
    """

    low: float | None = None
    high: float | None = None
    whole: bool = False

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            raise unreadable("`java.lang.Long`" if self.whole else "`java.lang.Double`", value, path)
        if self.low is not None and value < self.low:
            rules.violations.append(f"{path} must be greater than or equal to {self.low}")
        if self.high is not None and value > self.high:
            rules.violations.append(f"{path} must be less than or equal to {self.high}")


@dataclass(frozen=True)
class ListOf:
    """An array.

    :param item: what each of its values has to be
    """

    item: Check

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value."""
        if not isinstance(value, list):
            raise unreadable("`java.util.ArrayList`", value, path)
        for index, item in enumerate(value):
            if item is None:
                rules.violations.append(f"{path}[{index}] must not be null")
            else:
                self.item(item, f"{path}[{index}]", rules)


class OneOf:
    """A value of an enumeration.

    :param allowed: the values, any number of them in a string
    :param spaced: values with blanks in them
    :param since: further values that older versions refuse, and the versions they came with, separated by blanks
    :param until: values that newer versions refuse, and the versions they went with
    """

    def __init__(
        self,
        *allowed: str,
        spaced: tuple[str, ...] = (),
        since: Mapping[str, str] | None = None,
        until: Mapping[str, str] | None = None,
    ) -> None:
        self._since: dict[str, Marks] = dict.fromkeys((*" ".join(allowed).split(), *spaced), ())
        self._since |= {name: marks(*versions.split()) for name, versions in (since or {}).items()}
        self._until = {name: marks(*versions.split()) for name, versions in (until or {}).items()}

    def changes(self) -> list[tuple[str, Marks, Marks]]:
        """Return the values that came or went: the value, since when it is known, and since when no more."""
        return [
            (name, since, self._until.get(name, ()))
            for name, since in self._since.items()
            if since or name in self._until
        ]

    def values(self, version: Version) -> list[str]:
        """Return the values that a version knows."""
        return [
            name
            for name, since in self._since.items()
            if (not since or reached(version, since)) and not reached(version, self._until.get(name, ()))
        ]

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value."""
        known = self.values(rules.version)
        if not isinstance(value, str) or value not in known:
            raise ApiError(
                400,
                f"Cannot deserialize value of type `{path}` from {value!r}: "
                f"not one of the values accepted for Enum class: [{', '.join(known)}]",
            )


class AnyOf:
    """An object of one of several shapes; it has to be of the first whose required fields it has.

    :param shapes: the shapes
    """

    def __init__(self, *shapes: Shape) -> None:
        self.shapes = shapes

    def __call__(self, value: Any, path: str, rules: Rules) -> None:
        """Check a value."""
        mapping(value, path, rules)
        for shape in self.shapes:
            needed = [key for key, field in shape.fields.items() if field.is_required(rules.version)]
            if all(value.get(key) is not None for key in needed):
                return shape(value, path, rules)
        return self.shapes[0](value, path, rules)


text = Text()
uuid = Text(form="uuid")
uri = Text(1, form="uri")
date = Text(form="date")
date_time = Text(form="date-time")
fqn = Text(1, MAX_FQN)
integer = Number(whole=True)
number = Number()
entity_name = Name()


def anything(_value: Any, _path: str, _rules: Rules) -> None:
    """Accept every value."""


def boolean(value: Any, path: str, _rules: Rules) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        raise unreadable("`java.lang.Boolean`", value, path)


def mapping(value: Any, path: str, _rules: Rules) -> None:
    """Accept an object with any content."""
    if not isinstance(value, dict):
        raise unreadable("`java.util.LinkedHashMap`", value, path)


def _check_length(value: str, path: str, rules: Rules, low: int, high: int | None) -> None:
    if len(value) < low or (high is not None and len(value) > high):
        most = 2**31 - 1 if high is None else high
        rules.violations.append(f"{path} size must be between {low} and {most}")
