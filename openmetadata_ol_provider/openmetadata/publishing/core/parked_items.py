"""Holds what is parked: each item as compressed JSON, and of it only what decides when it is tried again.

As objects, the ten thousand items that may wait would take most of a task's memory, and hardly any of them is looked at
in a publication. Items resemble one another, so each is compressed with a dictionary of others: to a fifth of what it
takes alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked, Reason

_LEVEL: Final = 6
#: Most bytes of a dictionary, and most items that are in it.
_MOST_BYTES: Final = 16 * 1024
_MOST_ITEMS: Final = 16
#: Time of the next try for items that are not to be tried, in seconds since 1970: far in the future.
_NEVER: Final = 1 << 40
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Parked).decode


class Dictionary(NamedTuple):
    """What the JSON of items is compared with when it is compressed.

    :param content: JSON of items that were parked then
    :param items: number of items that were parked then
    """

    content: bytes = b""
    items: int = 0

    @classmethod
    def of(cls, items: Sequence[bytes | msgspec.Raw]) -> Dictionary:
        """Return a dictionary of items, each as JSON: some of all ages, because those of one time are much alike."""
        sample = items[:: max(1, len(items) // _MOST_ITEMS)]
        return cls(b"".join(map(bytes, sample))[-_MOST_BYTES:], len(items))


#: No dictionary.
NO_DICTIONARY: Final = Dictionary()


class PackedItem(msgspec.Struct, frozen=True, gc=False):
    """An item as compressed JSON.

    :param size: bytes of its JSON
    :param dictionary: what it was compressed with
    """

    key: str
    reason: Reason
    digest: int
    first_seen: int
    next_try: int
    size: int
    packed: bytes
    dictionary: Dictionary = NO_DICTIONARY

    @classmethod
    def of(cls, item: Parked, dictionary: Dictionary = NO_DICTIONARY) -> PackedItem:
        """Pack an item."""
        return cls._of(item, _encode(item), dictionary)

    @classmethod
    def of_json(cls, data: msgspec.Raw, dictionary: Dictionary = NO_DICTIONARY) -> PackedItem:
        """Pack an item that comes as JSON.

        :raises msgspec.MsgspecError: if it is damaged
        """
        return cls._of(_decode(data), bytes(data), dictionary)

    @classmethod
    def _of(cls, item: Parked, data: bytes, dictionary: Dictionary) -> PackedItem:
        compressor = zlib.compressobj(_LEVEL, zdict=dictionary.content)
        packed = compressor.compress(data) + compressor.flush()
        since, next_try = _shared(item.first_seen), _shared(item.next_try)
        return cls(item.key, item.reason, item.digest, since, next_try, len(data), packed, dictionary)

    @property
    def json(self) -> bytes:
        """The item as JSON."""
        return zlib.decompressobj(zdict=self.dictionary.content).decompress(self.packed)


#: An item, or the same packed: both tell when it is tried again.
AnyItem = Parked | PackedItem


class ParkedItems(Mapping[str, Parked]):
    """Items by key; a value, which is replaced rather than changed.

    :param items: items by key, packed or not
    :param dictionary: what further items are compressed with
    """

    __slots__ = ("_items", "dictionary")

    def __init__(self, items: Mapping[str, Any], dictionary: Dictionary = NO_DICTIONARY) -> None:
        self._items: dict[str, AnyItem] = dict(items.outlines if isinstance(items, ParkedItems) else items)
        #: What further items are compressed with.
        self.dictionary = dictionary

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
        items, dictionary = dict(self._items), self.dictionary
        for key, item in changes.items():
            if item is None:
                items.pop(key, None)
                continue
            items[key] = item
            if isinstance(item, PackedItem) and item.dictionary.items > dictionary.items:
                dictionary = item.dictionary
        return ParkedItems(items, dictionary)

    def due_at_once(self, keys: Collection[str]) -> ParkedItems:
        """Return the items as if those with these keys, and no others, were due; they themselves stay as they are."""
        items = {key: _postponed(item, 0 if key in keys else _NEVER) for key, item in self._items.items()}
        return ParkedItems(items, self.dictionary)


def _postponed(item: AnyItem, next_try: int) -> AnyItem:
    return msgspec.structs.replace(item, next_try=next_try)


@lru_cache(256)
def _shared(time: int) -> int:
    """Return one and the same object for equal times, of which a publication has few: each takes 32 bytes."""
    return time


def size_of(item: AnyItem) -> int:
    """Return the bytes of an item's JSON."""
    return item.size if isinstance(item, PackedItem) else len(_encode(item))


def json_of(item: AnyItem) -> bytes:
    """Return an item as JSON."""
    return item.json if isinstance(item, PackedItem) else _encode(item)


def packed_changes(changes: Mapping[str, Parked | None], items: ParkedItems | None = None) -> dict[str, Any]:
    """Return changes whose items are packed.

    :param items: items that are parked already
    """
    dictionary = _dictionary(changes, items or ParkedItems({}))
    return {key: None if item is None else PackedItem.of(item, dictionary) for key, item in changes.items()}


def packed_json(items: Mapping[str, msgspec.Raw]) -> ParkedItems:
    """Return items that come as JSON.

    :raises msgspec.MsgspecError: if one is damaged
    """
    dictionary = Dictionary.of(list(items.values()))
    return ParkedItems({key: PackedItem.of_json(raw, dictionary) for key, raw in items.items()}, dictionary)


def sampled_dictionary(items: Iterable[msgspec.Raw]) -> Dictionary:
    """Return a dictionary of items that come as JSON, of which only a few of all ages are held at a time."""
    sample, step, count = list[bytes](), 1, 0
    for count, item in enumerate(items, 1):
        if (count - 1) % step == 0:
            sample.append(bytes(item))
        if len(sample) == 2 * _MOST_ITEMS:
            sample, step = sample[::2], 2 * step
    return Dictionary.of(sample)._replace(items=count)


def _dictionary(changes: Mapping[str, Parked | None], items: ParkedItems) -> Dictionary:
    """Return the dictionary for further items: another one whenever there are twice as many, of which it knows none."""
    added = [item for item in changes.values() if item is not None]
    if not added or len(items) + len(added) < 2 * items.dictionary.items:
        return items.dictionary
    step = max(1, len(items) // _MOST_ITEMS)
    sample = [json_of(item) for item in _each(items, step)]
    sample += map(_encode, added[:: max(1, len(added) // _MOST_ITEMS)])
    return Dictionary.of(sample)._replace(items=len(items) + len(added))


def _each(items: ParkedItems, step: int) -> Iterator[AnyItem]:
    return islice(items.outlines.values(), 0, None, step)
