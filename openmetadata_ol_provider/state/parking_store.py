"""Reads and changes the parking lot: a head and segments of its own, which stay when the state is deleted.

A change is a set of keys to park and to release. If another task has changed something meanwhile, it is made in what
that one has written, so nothing of it is lost. A task holds what it has read or written last, and reads segments again
only if the head says that there are others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.serialization import unpack
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import ParkedItems, packed_changes, packed_json
from openmetadata_ol_provider.openmetadata.publishing.core.parking import ParkingChanges
from openmetadata_ol_provider.state.chain import Chain, SegmentRef
from openmetadata_ol_provider.state.collisions import refuse_state
from openmetadata_ol_provider.state.keys import parked_key
from openmetadata_ol_provider.state.parked_text import items_of_texts, keys_of_texts, parked_text
from openmetadata_ol_provider.state.segment_store import SegmentStore
from openmetadata_ol_provider.state.segmented_variable import SegmentedVariable, StoredHead
from openmetadata_ol_provider.state.versioned import decode_version

#: Version that is written, and the one in which all items were one text, without a head.
_VERSION: Final = 2
_TEXT: Final = 1
#: What becomes of lineage that was parked, for people.
_AFTERWARDS: Final = "its lineage is then published with the next runs of its jobs"


class ParkingHead(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON of the parking lot's Variable.

    :param version: version of this format
    :param items: what is parked
    :param retired: slots of segments that are no longer needed, but were before the last write
    :param writes: number of writes
    """

    version: int
    items: Chain = Chain()
    retired: tuple[int, ...] = ()
    writes: int = 0

    @property
    def segments(self) -> tuple[SegmentRef, ...]:
        """All segments that it refers to."""
        return self.items.segments


class ParkingStore:
    """The parking lot of one state.

    :param state_key: key of the Variable that holds the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        self._key = parked_key(state_key)
        self._segments = SegmentStore(self._key, "parking lot", f"delete {self._key!r}: {_AFTERWARDS}")
        self._variable = SegmentedVariable(
            self._key, "Lineage that waits to be published", self._decode, self._segments
        )
        # The items that this task has read or written last, with the fingerprint of their texts.
        self._items = "", ParkedItems({})

    @property
    def size(self) -> int:
        """Characters of the Variables as they were read or written last."""
        return self._variable.size

    def read(self) -> ParkedItems:
        """Return the parked items by key.

        :raises CheckpointError: if a Variable was not written by this package
        """
        return self._variable.load(self._items_of)

    def write(self, items: Mapping[str, Parked]) -> None:
        """Write the parked items, whatever was parked before."""
        parked = items if isinstance(items, ParkedItems) else ParkedItems(packed_changes(items))
        self._variable.change(lambda stored: self._extended(stored, Chain(), parked, parked))

    def update(self, changes: ParkingChanges) -> None:
        """Park and release items; what another task changed meanwhile stays as it left it.

        :param changes: items to park by key, ``None`` for those to release
        """

        def changed(stored: StoredHead[ParkingHead]) -> ParkingHead | None:
            before = self._items_of(stored.head)
            if not any(item is not None or key in before for key, item in changes.items()):
                return None
            return self._extended(stored, stored.head.items, before.updated(changes), changes)

        if changes:
            self._variable.change(changed, whole=self._whole)

    def empty(self, description: str) -> None:
        """Leave an empty text in place of what is no longer needed.

        :param description: why it is empty, for people
        """
        self._variable.empty(description)

    def _extended(
        self, stored: StoredHead[ParkingHead], chain: Chain, after: ParkedItems, keys: Iterable[str]
    ) -> ParkingHead:
        """Return the head after a change.

        :param chain: what is parked before it
        :param after: what is parked after it
        :param keys: keys that it concerns
        """
        if after:
            join = partial(self._joined, after)
            text, protected = _text(after, keys), self._variable.protected(stored)
            chain = self._segments.extend(chain, text, join, protected)
        else:
            chain = Chain()
        self._items = chain.fingerprint, after
        return ParkingHead(_VERSION, chain)

    def _whole(self, stored: StoredHead[ParkingHead]) -> ParkingHead:
        """Return a head with the items that this task has written last."""
        after = self._items[1]
        return self._extended(stored, Chain(), after, after)

    def _joined(self, after: ParkedItems, texts: Iterable[str], *, whole: bool) -> str:
        """Return consecutive texts as one: of the items after them, which this task has."""
        try:
            return _text(after, after if whole else keys_of_texts(texts))
        except ValueError as error:
            raise self._damaged(error) from None

    def _items_of(self, head: ParkingHead) -> ParkedItems:
        fingerprint = head.items.fingerprint
        if fingerprint != self._items[0]:
            try:
                if head.version == _TEXT:
                    items = packed_json(unpack(head.items.tail, dict[str, msgspec.Raw]))
                else:
                    items = items_of_texts(list(self._segments.texts(head.items)))
            except (ValueError, msgspec.MsgspecError) as error:
                raise self._damaged(error) from None
            self._items = fingerprint, items
        return self._items[1]

    def _decode(self, text: str) -> ParkingHead:
        if not text:
            return ParkingHead(_VERSION)
        refuse_state(self._key, text)
        if not text.startswith("{"):
            return ParkingHead(_TEXT, Chain((), text))
        try:
            return decode_version(text, ParkingHead, _VERSION)
        except ValueError as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> CheckpointError:
        return CheckpointError(
            f"Variable {self._key!r} does not contain parked lineage ({error}). Restore it, or delete it: {_AFTERWARDS}"
        )


def _text(items: ParkedItems, keys: Iterable[str]) -> str:
    """Return what is parked under some keys as text."""
    return parked_text((key, items.outlines.get(key)) for key in keys)
