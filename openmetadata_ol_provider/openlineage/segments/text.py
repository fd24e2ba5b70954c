"""Converts segments to the text of a Variable and back: MessagePack, compressed, in base64 of harmless characters.

Airflow makes a regular expression of every Variable that is read, in search of secrets. For a text without characters
that are special there, that takes a thirtieth of the time: hence ``_`` in place of ``+``.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, Final, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection

_T = TypeVar("_T")
#: Most bytes of MessagePack that are unpacked; a state is bounded far below.
MAX_UNPACKED: Final = 1 << 30
_ALPHABET: Final = b"_/"
_LEVEL: Final = 1

_encode = msgspec.msgpack.Encoder().encode


def to_text(value: object) -> str:
    """Return a value as text."""
    return base64.b64encode(zlib.compress(_encode(value), _LEVEL), _ALPHABET).decode("ascii")


def from_text(text: str, kind: type[_T]) -> _T:
    """Return the value of a text.

    :raises ValueError: if it is damaged, of another type, or larger than :data:`MAX_UNPACKED`
    """
    try:
        packed = base64.b64decode(text, _ALPHABET, validate=True)
        unpacker: Any = zlib.decompressobj()
        data = unpacker.decompress(packed, MAX_UNPACKED)
        if not unpacker.eof:
            raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
        with without_collection():
            return msgspec.msgpack.decode(data, type=kind)
    except (binascii.Error, zlib.error, msgspec.MsgspecError) as error:
        raise ValueError(f"damaged: {error}") from None
