"""Converts values to the text of a Variable and back: MessagePack, compressed, in base64 of harmless characters.

Airflow makes a regular expression of every Variable that is read, in search of secrets. For a text without characters
that are special there, that takes a thirtieth of the time: hence ``_`` in place of ``+``. Earlier releases wrote JSON,
compressed with xz, which is read as well: that takes twenty times as long, for texts of about the same length.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.serialization import MAX_UNPACKED, unpack

_T = TypeVar("_T")
#: The beginning of every text that is compressed with xz.
_XZ: Final = "/Td6WFo"
_ALPHABET: Final = b"_/"
_LEVEL: Final = 1
#: For what each batch adds little to, and writes whole: half as long, for a third more time. What Airflow does with a
#: text takes seven times its memory.
_SMALL_LEVEL: Final = 6

_encode = msgspec.msgpack.Encoder().encode


def to_text(value: object) -> str:
    """Return a value as text."""
    return base64.b64encode(zlib.compress(_encode(value), _LEVEL), _ALPHABET).decode("ascii")


def pack_json(pieces: Iterable[bytes]) -> str:
    """Return JSON that comes in pieces as text, without ever holding all of it; see ``serialization.unpack``."""
    compressor = zlib.compressobj(_SMALL_LEVEL)
    packed = [compressor.compress(piece) for piece in pieces]
    return base64.b64encode(b"".join((*packed, compressor.flush())), _ALPHABET).decode("ascii")


def from_text(text: str, kind: type[_T]) -> _T:
    """Return the value of a text, also of one that an earlier release has written.

    :raises ValueError: if it is damaged, of another type, or larger than ``MAX_UNPACKED`` bytes
    """
    return unpack(text, kind) if text.startswith(_XZ) else decode(unpacked(text), kind)


def unpacked(text: str) -> bytes:
    """Return the MessagePack of a text that :func:`to_text` has made.

    :raises ValueError: if it is damaged, or larger than ``MAX_UNPACKED`` bytes
    """
    try:
        packed = base64.b64decode(text, _ALPHABET, validate=True)
        unpacker: Any = zlib.decompressobj()
        data: bytes = unpacker.decompress(packed, MAX_UNPACKED)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"damaged: {error}") from None
    if not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
    return data


def decode(data: bytes, kind: type[_T]) -> _T:
    """Return the value of MessagePack.

    :raises ValueError: if it is damaged, or of another type
    """
    try:
        with without_collection():
            return msgspec.msgpack.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"damaged: {error}") from None
