"""OpenMetadata versions, and marks for the versions in which a rule applies."""

from __future__ import annotations

import re
from functools import cache

Version = tuple[int, ...]
#: Versions from which a rule applies: the last one for good, the earlier ones only within their own minor version, to
#: which the change was ported back. ``1.11.12 1.12.2 1.13`` covers 1.11.14 and 1.14.0, but not 1.12.1.
Marks = tuple[Version, ...]


def parse_version(text: str) -> Version:
    """Return the numbers of a version such as ``1.12.0`` or ``2.1.0-SNAPSHOT``.

    :raises ValueError: if the text does not start with a version
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if match is None:
        raise ValueError(f"version {text!r} is not an OpenMetadata version; expected one such as '1.12.0'")
    return tuple(int(part or 0) for part in match.groups())


@cache
def parse_marks(text: str) -> Marks:
    """Return the marks in a text such as ``1.11.12 1.12.2 1.13``."""
    return tuple(tuple(int(part) for part in version.split(".")) for version in text.split())


def is_reached(marks: Marks, version: Version) -> bool:
    """Tell whether a version is covered by marks; no version is covered by empty ones."""
    return bool(marks) and (
        version >= marks[-1] or any(mark <= version and mark[:2] == version[:2] for mark in marks[:-1])
    )
