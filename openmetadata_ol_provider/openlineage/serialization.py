"""Converts values to plain JSON, and packs them (compressed, in base64) where that would be too large.

Variables are packed with xz. Runs of the same jobs are much alike, but far apart in a state of megabytes: xz looks back
far enough to see that, and makes a state half as large as zlib does. That is worth its time, because Airflow searches
every character of a Variable for secrets several times whenever it is read (90 ms per megabyte). XCom is not searched,
so it is packed with zlib, which takes a fifth of the time (4 ms for a megabyte of JSON; xz takes 21 ms).
"""

from __future__ import annotations

import base64
import lzma
import zlib
from typing import Any, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection

_T = TypeVar("_T")
#: Most bytes that are unpacked; a batch and a state are both bounded far below.
MAX_UNPACKED = 1 << 30
#: Most memory for unpacking, in addition to the value itself, in bytes.
_MEMORY = 64 << 20
_PRESET = 1
_QUICK_LEVEL = 3
_ZLIB = b"\x78"


def decode_json(text: str | bytes, kind: type[_T]) -> _T:
    """Return the value of JSON.

    :raises ValueError: if it is not JSON, or of another type (before msgspec 0.21 its errors are no ValueErrors)
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def convert(value: object, kind: type[_T]) -> _T:
    """Return plain JSON values as a value of a type.

    :raises ValueError: if they are of another type
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def to_builtins(value: object) -> Any:
    """Return a value as plain JSON values, with lists instead of tuples, which Airflow would mark in XCom."""
    return msgspec.json.decode(msgspec.json.encode(value))


def pack(value: object, *, quick: bool = False) -> str:
    """Return a value as text: JSON, compressed, in base64.

    :param quick: whether time matters more than size, as it does for XCom
    """
    data = msgspec.json.encode(value)
    return base64.b64encode(zlib.compress(data, _QUICK_LEVEL) if quick else _compress(data)).decode("ascii")


def unpack(text: str, kind: type[_T]) -> _T:
    """Return the value that :func:`pack` has packed.

    :raises ValueError: if the text is damaged, of another type, or larger than :data:`MAX_UNPACKED`
    """
    if not isinstance(text, str):
        raise ValueError(f"damaged: expected text, got {type(text).__name__}")  # noqa: TRY004 - as documented
    packed = base64.b64decode(text, validate=True)
    unpacker: Any = zlib.decompressobj() if packed[:1] == _ZLIB else lzma.LZMADecompressor(memlimit=_MEMORY)
    try:
        data = unpacker.decompress(packed, MAX_UNPACKED)
    except (zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"damaged: {error}") from None
    if not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
    with without_collection():
        return decode_json(data, kind)


def _compress(data: bytes) -> bytes:
    return lzma.compress(data, check=lzma.CHECK_CRC32, preset=_PRESET)
