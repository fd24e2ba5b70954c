"""Parked items as texts: a line for each key, with its item, or nothing if it is no longer parked.

The lines are compressed and unpacked one after the other: thousands of items as JSON take many times the memory of
their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from openmetadata_ol_provider.openlineage.variable_text import pack_lines, unpacked_lines
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import (
    AnyItem,
    PackedItem,
    ParkedItems,
    json_of,
    sampled_dictionary,
)

_RELEASED: Final = b"null"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, msgspec.Raw]).decode


def parked_text(items: Iterable[tuple[str, AnyItem | None]]) -> str:
    """Return items by key as text, ``None`` for those that are no longer parked."""
    return pack_lines(b"[%b,%b]" % (_encode(key), _RELEASED if item is None else json_of(item)) for key, item in items)


def keys_of_texts(texts: Iterable[str]) -> dict[str, None]:
    """Return the keys in texts, each once.

    :raises ValueError: if a text is damaged
    """
    return dict.fromkeys(key for text in texts for key, _ in _entries(text))


def items_of_texts(texts: Sequence[str]) -> ParkedItems:
    """Return what is parked according to texts: all items, then what has changed, one after the other.

    :raises ValueError: if a text is damaged
    """
    dictionary = sampled_dictionary(item for text in texts for _, item in _entries(text) if item is not None)
    items = dict[str, AnyItem]()
    try:
        for text in texts:
            for key, item in _entries(text):
                if item is None:
                    items.pop(key, None)
                else:
                    items[key] = PackedItem.of_json(item, dictionary)
    except msgspec.MsgspecError as error:
        raise ValueError(f"damaged: {error}") from None
    return ParkedItems(items, dictionary)


def _entries(text: str) -> Iterator[tuple[str, msgspec.Raw | None]]:
    try:
        for line in unpacked_lines(text):
            key, item = _decode(line)
            yield key, None if bytes(item) == _RELEASED else item
    except msgspec.MsgspecError as error:
        raise ValueError(f"damaged: {error}") from None
