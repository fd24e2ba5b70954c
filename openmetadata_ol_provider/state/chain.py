"""Chains of segments: a whole state, what has changed in it since, and which of these texts are joined when.

The newest changes stay in the head as long as they are short. Longer ones become segments, each in a Variable of its
own, or if it is long in several. A new segment takes in the newest ones that are not much longer than itself, and all
of them once the changes exceed half of what they change: so there are few segments, and each change is written again
only a few times. While a task goes on to write, new segments mostly wait for that: nobody reads them before its end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

#: Number of Variables for segments; their keys are fixed, because tasks of Airflow 3 cannot list Variables.
SLOTS: Final = 64
#: Most characters of a Variable, unless a text would need too many of them: Airflow takes seven times the memory of
#: what it writes at once.
MAX_PIECE: Final = 512 * 1024
#: Most Variables for one text: those of the texts before and after it, and of those before that, have to fit as well.
_MAX_PIECES: Final = 16
#: Most characters of the changes in the head, which is read much more often than the rest.
MAX_TAIL: Final = 16 * 1024
#: Most segments of a chain.
_MAX_SEGMENTS: Final = 8
#: A new segment takes in older ones up to this many times as long.
_GROWTH: Final = 2
#: Share of the first segment that the changes may reach.
_MAX_CHANGED: Final = 0.5
#: Characters that they may reach in any case while a task goes on to write: joining takes as much memory.
_MAX_WAITING: Final = 1_500_000


class SegmentRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A segment in one Variable, or a long one in several.

    :param slot: number of the first Variable, from 0
    :param digest: digest of its text
    :param size: characters of its text
    :param more: numbers of the Variables that hold the rest of its text, in order
    """

    slot: int
    digest: str
    size: int
    more: tuple[int, ...] = ()

    @property
    def slots(self) -> tuple[int, ...]:
        """Numbers of all of its Variables, in the order of its text."""
        return self.slot, *self.more


class Chain(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole state and what has changed in it since.

    :param segments: the whole state, then changes, the oldest first
    :param tail: changes since; the whole state if there are no segments
    """

    segments: tuple[SegmentRef, ...] = ()
    tail: str = ""

    @property
    def size(self) -> int:
        """Characters of all texts."""
        return sum(segment.size for segment in self.segments) + len(self.tail)

    @property
    def fingerprint(self) -> str:
        """Fingerprint of all texts; empty if there are none."""
        texts = [*(segment.digest for segment in self.segments), text_digest(self.tail) if self.tail else ""]
        return text_digest(" ".join(texts)) if any(texts) else ""


def text_digest(text: str) -> str:
    """Return the digest by which the text of a segment is recognized."""
    return pieces_digest((text,))


def pieces_digest(pieces: Iterable[str]) -> str:
    """Return the digest of a text that comes in pieces."""
    digest = hashlib.blake2b(digest_size=12)
    for piece in pieces:
        digest.update(piece.encode())
    return digest.hexdigest()


def in_pieces(text: str, free: int) -> Iterator[str]:
    """Yield a text in the pieces in which it is stored: short ones, unless they would need too many Variables.

    :param free: number of Variables that may be used
    """
    most = max(1, min(_MAX_PIECES, free // 2))
    size = max(MAX_PIECE, -(-len(text) // most))
    return (text[start : start + size] for start in range(0, len(text), size))


def slots_of(segments: Iterable[SegmentRef]) -> set[int]:
    """Return the numbers of all Variables of segments."""
    return {slot for segment in segments for slot in segment.slots}


def segments_to_join(segments: tuple[SegmentRef, ...], size: int, *, more: bool = False) -> tuple[SegmentRef, ...]:
    """Return the newest segments of a chain that are joined with a text that becomes a segment.

    :param size: characters of the text
    :param more: ``True`` if the task goes on to write
    """
    if not segments:
        return ()
    changed = sum(segment.size for segment in segments[1:]) + size
    if changed > max(_MAX_CHANGED * segments[0].size, _MAX_WAITING if more else 0):
        return segments
    if more and len(segments) < _MAX_SEGMENTS:
        return ()
    joined = 0
    for segment in reversed(segments[1:]):
        if segment.size > _GROWTH * size and len(segments) - joined < _MAX_SEGMENTS:
            break
        joined, size = joined + 1, size + segment.size
    return segments[len(segments) - joined :]
