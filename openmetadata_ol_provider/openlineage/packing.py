"""Plain-JSON packing of event lists and run states: zlib in base64, so that they fit into XCom and Variables."""

from __future__ import annotations

import base64
import zlib
from typing import TypeVar

import msgspec

_T = TypeVar("_T")
#: Refuses what would unpack to more than this: a batch and a state are both bounded far below.
MAX_UNPACKED = 1 << 30


def pack(value: object) -> str:
    """Return ``value`` as text: JSON, compressed, base64."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(value), 6)).decode("ascii")


def unpack(text: str, kind: type[_T]) -> _T:
    """Read what :func:`pack` wrote.

    :raises ValueError: if it is damaged, of another type, or larger than :data:`MAX_UNPACKED`
    """
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text, validate=True), MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from None
    if not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
    return msgspec.json.decode(data, type=kind)
