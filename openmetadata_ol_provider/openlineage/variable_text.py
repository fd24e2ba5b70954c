"""Converts values to the text of a Variable and back: MessagePack, compressed, in base64 of harmless characters.

Airflow makes a regular expression of every Variable that is read, in search of secrets. For a text without characters
that are special there, that takes a thirtieth of the time: hence ``_`` in place of ``+``. Earlier releases wrote JSON,
compressed with xz, which is read as well: that takes twenty times as long, for texts of about the same length.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.serialization import MAX_UNPACKED, unpack

_T = TypeVar("_T")
#: The beginning of every text that is compressed with xz.
_XZ: Final = "/Td6WFo"
_ALPHABET: Final = b"_/"
_LEVEL: Final = 1
#: For texts of which few are written: half as long, for a third more time. What Airflow does with a text takes seven
#: times its memory.
_SMALL_LEVEL: Final = 6
#: Compressed bytes that are unpacked at a time: usually to some hundred kilobytes, at most to a thousand times as many.
_CHUNK: Final = 16 * 1024

#: Converts a value to MessagePack.
encode: Final = msgspec.msgpack.Encoder().encode


def to_text(value: object) -> str:
    """Return a value as text."""
    return packed_text(encode(value))


def packed_text(data: bytes) -> str:
    """Return the text of a value's MessagePack."""
    return base64.b64encode(zlib.compress(data, _LEVEL), _ALPHABET).decode("ascii")


def pack_lines(lines: Iterable[bytes]) -> str:
    """Return lines, of which none has a line break, as text, without ever holding all of them."""
    compressor = zlib.compressobj(_SMALL_LEVEL)
    packed = [compressor.compress(b"%b\n" % line) for line in lines]
    return base64.b64encode(b"".join((*packed, compressor.flush())), _ALPHABET).decode("ascii")


def unpacked_lines(text: str) -> Iterator[bytes]:
    """Yield the lines of a text that :func:`pack_lines` has made, without ever holding all of them.

    :raises ValueError: if it is damaged, or larger than ``MAX_UNPACKED`` bytes
    """
    unpacker = zlib.decompressobj()
    # The beginning of a line, of which the end is not unpacked yet.
    begun = list[bytes]()
    size = 0
    try:
        packed = base64.b64decode(text, _ALPHABET, validate=True)
        for start in range(0, len(packed), _CHUNK):
            data = unpacker.decompress(packed[start : start + _CHUNK])
            size += len(data)
            if size > MAX_UNPACKED:
                break
            end, *lines = data.split(b"\n")
            begun.append(end)
            if lines:
                yield b"".join(begun)
                yield from lines[:-1]
                begun = lines[-1:]
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"damaged: {error}") from None
    if any(begun) or size > MAX_UNPACKED or not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")


def from_text(text: str, kind: type[_T]) -> _T:
    """Return the value of a text, also of one that an earlier release has written.

    :raises ValueError: if it is damaged, of another type, or larger than ``MAX_UNPACKED`` bytes
    """
    return unpack(text, kind) if text.startswith(_XZ) else decode(unpacked(text), kind)


def unpacked(text: str) -> bytes:
    """Return the MessagePack of a text that :func:`to_text` has made.

    :raises ValueError: if it is damaged, or larger than ``MAX_UNPACKED`` bytes
    """
    return decompressed(compressed(text))


def compressed(text: str) -> bytes:
    """Return what is compressed in a text that :func:`to_text` has made.

    :raises ValueError: if it is damaged
    """
    try:
        return base64.b64decode(text, _ALPHABET, validate=True)
    except binascii.Error as error:
        raise ValueError(f"damaged: {error}") from None


def decompressed(packed: bytes) -> bytes:
    """Return the MessagePack that is compressed in a text.

    :param packed: result of :func:`compressed`
    :raises ValueError: if it is damaged, or larger than ``MAX_UNPACKED`` bytes
    """
    unpacker: Any = zlib.decompressobj()
    try:
        data: bytes = unpacker.decompress(packed, MAX_UNPACKED)
    except zlib.error as error:
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
