"""Converts values to plain JSON, and packs them for XCom (compressed, in base64) where that would be too large.

Variables have a form of their own: see :mod:`~openmetadata_ol_provider.openlineage.variable_text`.
"""

from __future__ import annotations

import base64
import lzma
import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection

_T = TypeVar("_T")
#: Most bytes that are unpacked; a batch and a state are both bounded far below.
MAX_UNPACKED = 1 << 30
#: Most memory for unpacking, in addition to the value itself, in bytes.
_MEMORY = 64 << 20
_LEVEL = 3
_ZLIB = b"\x78"


def _mapping(value: object) -> object:
    """Return a mapping that is not a dictionary as one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"objects of type {type(value).__name__} have no JSON")


_encode = msgspec.json.Encoder(enc_hook=_mapping).encode


def encode_json(value: object) -> bytes:
    """Return a value as JSON; mappings of all types are objects."""
    return _encode(value)


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
    return msgspec.json.decode(_encode(value))


def pack(value: object) -> str:
    """Return a value as text: JSON, compressed, in base64."""
    return base64.b64encode(zlib.compress(_encode(value), _LEVEL)).decode("ascii")


def unpack(text: str, kind: type[_T]) -> _T:
    """Return the value that :func:`pack` has packed, or an earlier release, which used xz for Variables.

    :raises ValueError: if the text is damaged, of another type, or larger than :data:`MAX_UNPACKED`
    """
    if not isinstance(text, str):
        raise ValueError(f"damaged: expected text, got {type(text).__name__}")  # noqa: TRY004 - as documented
    packed = base64.b64decode(text.replace("_", "+"), validate=True)
    unpacker: Any = zlib.decompressobj() if packed[:1] == _ZLIB else lzma.LZMADecompressor(memlimit=_MEMORY)
    try:
        data = unpacker.decompress(packed, MAX_UNPACKED)
    except (zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"damaged: {error}") from None
    if not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
    with without_collection():
        return decode_json(data, kind)
