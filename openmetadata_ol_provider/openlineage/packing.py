"""Values as plain JSON, and packed (zlib in base64) where they would be too large for XCom and Variables."""

from __future__ import annotations

import base64
import zlib
from typing import Any, TypeVar

import msgspec

_T = TypeVar("_T")
#: Refuses what would unpack to more than this: a batch and a state are both bounded far below.
MAX_UNPACKED = 1 << 30


def plain(value: object) -> Any:
    """Return ``value`` as plain JSON values: lists where it has tuples, which Airflow would mark in XCom."""
    return msgspec.json.decode(msgspec.json.encode(value))


def pack(value: object) -> str:
    """Return ``value`` as text: JSON, compressed, base64."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(value), 6)).decode("ascii")


def unpack(text: str, kind: type[_T]) -> _T:
    """Read what :func:`pack` wrote.

    :raises ValueError: if it is damaged, of another type, or larger than :data:`MAX_UNPACKED`
    """
    if not isinstance(text, str):
        raise ValueError(f"damaged: text is expected, not {type(text).__name__}")  # noqa: TRY004 - as documented
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text, validate=True), MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from None
    if not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
    return msgspec.json.decode(data, type=kind)
