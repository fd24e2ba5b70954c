"""The cache of what was used recently: bounded by number or weight, and what is used stays."""

from __future__ import annotations

import sys

from openmetadata_ol_provider.lineage.recent import Recent


def test_what_was_put_is_returned_and_anything_else_is_not() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("one", 1)
    recent.put("one", 2)
    assert recent.get("one") == 2
    assert recent.get("two") is None


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    recent: Recent[object, int] = Recent(10)
    recent.put("always", 0)
    for number in range(100):
        recent.put(number, number)
        assert recent.get("always") == 0
    assert recent.get(99) == 99
    assert [number for number in range(90) if recent.get(number) is not None] == []


def test_heavy_entries_take_the_room_of_many() -> None:
    recent: Recent[object, int] = Recent(100)
    for number in range(10):
        recent.put(number, number)
    for number in range(10, 13):
        recent.put(number, number, weight=50)
    assert recent.get(0) is None
    assert recent.get(12) == 12


def test_what_would_take_more_than_half_of_the_room_is_not_kept() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("light", 1)
    recent.put("heavy", 2, weight=6)
    assert recent.get("heavy") is None
    assert recent.get("light") == 1


def test_what_comes_only_once_displaces_nothing() -> None:
    recent: Recent[object, int] = Recent(10)
    for _ in range(2):
        recent.put_if_repeated("job", 1)
    for number in range(10_000):
        recent.put_if_repeated(number, number)
        assert recent.get(number) is None
    assert recent.get("job") == 1


def test_what_is_used_again_is_held_once() -> None:
    recent: Recent[object, list[int]] = Recent(4)
    value = [1]
    recent.put("used", value)
    held = sys.getrefcount(value)
    recent.put("a", [])
    recent.put("b", [])
    assert recent.get("used") is value
    assert sys.getrefcount(value) == held
