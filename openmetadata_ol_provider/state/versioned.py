"""Decodes the JSON of Variables that says in which version of its format it is."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.serialization import decode_json

_T = TypeVar("_T")


class _Version(msgspec.Struct):
    version: int


def version_of(text: str) -> int:
    """Return the version of a Variable's JSON.

    :raises ValueError: if it has none, or is not JSON
    """
    return decode_json(text, _Version).version


def decode_version(text: str, kind: type[_T], version: int) -> _T:
    """Return the value of a Variable's JSON.

    :param version: the only version that is read
    :raises ValueError: if it is of another version, or damaged
    """
    stored = version_of(text)
    if stored != version:
        raise ValueError(f"version {stored!r}, supported: {version}")
    return decode_json(text, kind)
