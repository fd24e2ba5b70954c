"""Values as plain JSON, and packed (compressed, in base64) where they would be too large for XCom and Variables.

Variables are packed by xz. Runs of the same jobs are much alike, and far apart in a state of megabytes: xz looks back
far enough to see that, so it makes a state half as large as zlib does. That is worth its time, since Airflow looks at
each character of a Variable for secrets, several times whenever it is read (90 ms a megabyte). XCom is not looked at:
there zlib serves, which takes a fifth of the time (4 ms for a megabyte of JSON; xz takes 21 ms).
"""

from __future__ import annotations

import base64
import lzma
import zlib
from typing import Any, NamedTuple, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection

_T = TypeVar("_T")
#: Refuses what would unpack to more than this: a batch and a state are both bounded far below.
MAX_UNPACKED = 1 << 30
#: What packing and unpacking a value may need beside it, bytes.
_MEMORY = 64 << 20
_PRESET = 1
_QUICK_LEVEL = 3
_ZLIB = b"\x78"
# A sample of what is large: so many pieces, so many bytes each.
_PIECES = 16
_PIECE = 64 * 1024
#: How far a sample's estimate is trusted.
_TRUST = 0.8


class Size(NamedTuple):
    """How large a value is.

    :param raw: bytes of its JSON
    :param packed: bytes of what :func:`pack` makes of it
    """

    raw: int
    packed: int


def to_builtins(value: object) -> Any:
    """Return ``value`` as plain JSON values: lists where it has tuples, which Airflow would mark in XCom."""
    return msgspec.json.decode(msgspec.json.encode(value))


def pack(value: object, *, quick: bool = False) -> str:
    """Return ``value`` as text: JSON, compressed, base64.

    :param quick: for XCom: time matters more than size
    """
    data = msgspec.json.encode(value)
    return base64.b64encode(zlib.compress(data, _QUICK_LEVEL) if quick else _compress(data)).decode("ascii")


def packed_size(value: object, enough: int = 0) -> Size:
    """Return how large a value is, exactly where it matters: packing takes a second for each 50 to 100 MB of JSON.

    :param enough: what is no larger, by its JSON or by a sample of it, need not be measured: the answer is an estimate
    """
    data = msgspec.json.encode(value)
    most = _in_base64(len(data))
    if most <= enough:
        return Size(len(data), most)
    if len(data) > 2 * _PIECES * _PIECE:
        starts = range(0, len(data) - _PIECE, len(data) // _PIECES)
        # By zlib, and so little at a time, they become larger than all of it by xz: what fits so, fits.
        sample = sum(len(zlib.compress(data[start : start + _PIECE], _QUICK_LEVEL)) for start in starts)
        estimate = _in_base64(sample * len(data) // (len(starts) * _PIECE))
        if estimate <= enough * _TRUST:
            return Size(len(data), estimate)
    return Size(len(data), _in_base64(len(_compress(data))))


def unpack(text: str, kind: type[_T]) -> _T:
    """Read what :func:`pack` wrote.

    :raises ValueError: if it is damaged, of another type, or larger than :data:`MAX_UNPACKED`
    """
    if not isinstance(text, str):
        raise ValueError(f"damaged: text is expected, not {type(text).__name__}")  # noqa: TRY004 - as documented
    packed = base64.b64decode(text, validate=True)
    unpacker: Any = zlib.decompressobj() if packed[:1] == _ZLIB else lzma.LZMADecompressor(memlimit=_MEMORY)
    try:
        data = unpacker.decompress(packed, MAX_UNPACKED)
    except (zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"damaged: {error}") from None
    if not unpacker.eof:
        raise ValueError(f"damaged, or larger than {MAX_UNPACKED} bytes")
    with without_collection():
        return msgspec.json.decode(data, type=kind)


def _compress(data: bytes) -> bytes:
    return lzma.compress(data, check=lzma.CHECK_CRC32, preset=_PRESET)


def _in_base64(length: int) -> int:
    return 4 * ((length + 2) // 3)
