"""Holds what is parked: each item as compressed JSON, and of it only what decides when it is tried again.

As objects, the ten thousand items that may wait would take most of a task's memory, and hardly any of them is looked at
in a publication.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked, Reason

_LEVEL: Final = 1
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Parked).decode


class PackedItem(NamedTuple):
    """An item as compressed JSON.

    :param size: bytes of its JSON
    """

    key: str
    reason: Reason
    digest: int
    first_seen: int
    next_try: int
    size: int
    packed: bytes

    @classmethod
    def of(cls, item: Parked) -> PackedItem:
        """Pack an item."""
        return cls._of(item, _encode(item))

    @classmethod
    def of_json(cls, data: msgspec.Raw) -> PackedItem:
        """Pack an item that comes as JSON.

        :raises msgspec.MsgspecError: if it is damaged
        """
        return cls._of(_decode(data), bytes(data))

    @classmethod
    def _of(cls, item: Parked, data: bytes) -> PackedItem:
        packed = zlib.compress(data, _LEVEL)
        return cls(item.key, item.reason, item.digest, item.first_seen, item.next_try, len(data), packed)

    @property
    def json(self) -> bytes:
        """The item as JSON."""
        return zlib.decompress(self.packed)


#: An item, or the same packed: both tell when it is tried again.
AnyItem = Parked | PackedItem


class ParkedItems(Mapping[str, Parked]):
    """Items by key; a value, which is replaced rather than changed.

    :param items: items by key, packed or not
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items: dict[str, AnyItem] = dict(items.outlines if isinstance(items, ParkedItems) else items)

    def __getitem__(self, key: str) -> Parked:
        """Return an item; a packed one is decoded each time."""
        item = self._items[key]
        return _decode(item.json) if isinstance(item, PackedItem) else item

    def __contains__(self, key: object) -> bool:
        """Return whether there is an item with a key."""
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def __repr__(self) -> str:
        """Return the items in the form of a dictionary."""
        return repr(dict(self.items()))

    @property
    def outlines(self) -> Mapping[str, AnyItem]:
        """The items as they are held: of packed ones, when they are tried again."""
        return self._items

    def updated(self, changes: Mapping[str, AnyItem | None]) -> ParkedItems:
        """Return the items with changes made, ``None`` for those to release."""
        items = dict(self._items)
        for key, item in changes.items():
            if item is None:
                items.pop(key, None)
            else:
                items[key] = item
        return ParkedItems(items)

    def json_pieces(self) -> Iterator[bytes]:
        """Yield the JSON of all items by key, in pieces."""
        opening = b"{"
        for key, item in self._items.items():
            yield opening + _encode(key) + b":" + (item.json if isinstance(item, PackedItem) else _encode(item))
            opening = b","
        yield b"}" if self._items else b"{}"


def size_of(item: AnyItem) -> int:
    """Return the bytes of an item's JSON."""
    return item.size if isinstance(item, PackedItem) else len(_encode(item))


def packed_changes(changes: Mapping[str, Parked | None]) -> dict[str, Any]:
    """Return changes whose items are packed."""
    return {key: None if item is None else PackedItem.of(item) for key, item in changes.items()}
