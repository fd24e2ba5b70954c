"""Many calls at once: parallel across keys, one after the other within one."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor


def test_items_of_one_key_never_overlap_and_keep_their_order() -> None:
    busy: Counter[int] = Counter()
    overlapped: set[int] = set()
    done: list[tuple[int, int]] = []

    def work(item: tuple[int, int]) -> None:
        busy[item[0]] += 1
        if busy[item[0]] > 1:
            overlapped.add(item[0])
        time.sleep(0.001)
        done.append(item)
        busy[item[0]] -= 1

    items = [(number % 3, number) for number in range(60)]
    Executor(8).run_grouped(items, work, str, key=lambda item: item[0])
    assert overlapped == set()
    assert [[n for key, n in done if key == wanted] for wanted in range(3)] == [list(range(k, 60, 3)) for k in range(3)]


def test_different_keys_are_worked_on_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=300)
    Executor(2).run([1, 2], lambda _: both.wait(), str)
    assert not both.broken


def test_outcomes_come_in_the_order_of_their_items() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise CatalogueRequestError("no good", 400)
        return item * 10

    outcomes = Executor(4).run(range(5), work, lambda item: f"item {item}")
    assert [outcome.value for outcome in outcomes] == [0, 10, None, 30, 40]
    assert [problem.where for outcome in outcomes for problem in outcome.problems] == ["item 2"]


def test_what_is_no_item_s_fault_stops_the_rest() -> None:
    seen: list[int] = []

    def work(item: int) -> None:
        seen.append(item)
        raise CatalogueAuthError("forbidden", 403)

    with pytest.raises(CatalogueAuthError):
        Executor(1).run(range(100), work, str)
    assert len(seen) < 100
