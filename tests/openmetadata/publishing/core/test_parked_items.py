"""Parked items are held packed, and are the same as if they were not."""

from __future__ import annotations

import tracemalloc

import msgspec

from openmetadata_ol_provider.lineage.plan import Dataset, Job, JobId
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import (
    PackedItem,
    ParkedItems,
    json_of,
    packed_changes,
    packed_json,
    sampled_dictionary,
    size_of,
)


def item(number: int) -> Parked:
    """Return an item with what most of them have."""
    name = JobId("ns", f"job_{number}")
    job = Job(name.namespace, name.name, pipeline=name, description=f"What job {number} does")
    datasets = tuple(
        Dataset("postgres://warehouse:5432", f"shop.public.table_{number}_{side}", identities=()) for side in range(2)
    )
    return Parked(f"edge:{number:x}", "unresolved", f"where {number}", "why", number, datasets=datasets, jobs=(job,))


def test_packed_or_not_they_are_the_same_items_and_the_same_json() -> None:
    items = {parked.key: parked for parked in map(item, range(5))}
    packed = ParkedItems(packed_changes(items))
    assert dict(packed) == items
    assert packed == ParkedItems(items)
    for held in (packed, ParkedItems(items)):
        assert list(map(json_of, held.outlines.values())) == list(map(msgspec.json.encode, items.values()))


def test_changes_replace_add_and_release_items_and_leave_the_value_as_it_was() -> None:
    before = ParkedItems(packed_changes({parked.key: parked for parked in map(item, range(3))}))
    again = msgspec.structs.replace(item(1), tries=4, next_try=9)
    after = before.updated({"edge:0": None, "edge:1": PackedItem.of(again), "edge:3": item(3), "edge:9": None})
    assert dict(after) == {"edge:1": again, "edge:2": item(2), "edge:3": item(3)}
    assert dict(before) == {parked.key: parked for parked in map(item, range(3))}


def test_what_decides_on_the_next_try_is_known_without_unpacking() -> None:
    parked = msgspec.structs.replace(item(7), first_seen=3, next_try=5)
    outline = PackedItem.of(parked)
    assert msgspec.structs.astuple(outline)[:5] == (parked.key, parked.reason, parked.digest, 3, 5)
    assert size_of(outline) == size_of(parked) == len(msgspec.json.encode(parked))


def test_a_packed_item_takes_a_fraction_of_the_memory() -> None:
    def taken(packs: bool) -> int:
        tracemalloc.start()
        try:
            # Items of one batch hardly share anything.
            items = {str(n): msgspec.json.decode(msgspec.json.encode(item(n)), type=Parked) for n in range(200)}
            held = ParkedItems(packed_changes(items) if packs else items)
            del items
            assert len(held) == 200
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    assert taken(packs=True) < taken(packs=False) / 2


def test_items_of_many_batches_are_compressed_with_a_few_dictionaries_of_one_another() -> None:
    items = {parked.key: parked for parked in map(item, range(200))}
    held = ParkedItems({})
    for start in range(0, 200, 5):
        batch = dict(list(items.items())[start : start + 5])
        held = held.updated(packed_changes(batch, held))
    assert dict(held) == items
    outlines = [outline for outline in held.outlines.values() if isinstance(outline, PackedItem)]
    assert len({outline.dictionary for outline in outlines}) == 6
    alone = sum(len(PackedItem.of(parked).packed) for parked in items.values())
    assert sum(len(outline.packed) for outline in outlines) < alone / 2
    stored = {key: msgspec.Raw(msgspec.json.encode(parked)) for key, parked in items.items()}
    assert dict(packed_json(stored)) == items
    assert packed_json({}) == {}


def test_a_dictionary_of_many_items_is_made_of_items_of_all_ages() -> None:
    stored = [msgspec.Raw(msgspec.json.encode(item(number))) for number in range(1000)]
    for count in (0, 1, 16, 40, 1000):
        dictionary = sampled_dictionary(stored[:count])
        assert dictionary.items == count
        assert (count < 16) == (len(dictionary.content) < 1000)
    assert all(b"job_%d" % number in dictionary.content for number in (0, 512, 960))
