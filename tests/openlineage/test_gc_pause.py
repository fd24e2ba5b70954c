"""The garbage collector pauses in several threads at once, or skips old objects, and goes on afterwards."""

from __future__ import annotations

import gc

import pytest

from openmetadata_ol_provider.openlineage.gc_pause import frozen_heap, without_collection


def test_a_pause_that_begins_while_another_ends_lets_the_collector_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    is_enabled, other = gc.isenabled, without_collection()
    asked = []

    def ask() -> bool:
        answer = is_enabled()
        if asked:
            # What another thread may do at this very moment.
            other.__exit__(None, None, None)
        asked.append(answer)
        return answer

    monkeypatch.setattr(gc, "isenabled", ask)
    other.__enter__()
    with without_collection():
        pass
    if len(asked) == 1:
        other.__exit__(None, None, None)
    assert is_enabled()


def test_the_last_of_several_pauses_to_end_lets_the_collector_run_again() -> None:
    first, second = without_collection(), without_collection()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
    gc.disable()
    try:
        with without_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_within_a_block_that_skips_old_objects_another_one_changes_nothing() -> None:
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    with frozen_heap():
        during = gc.get_threshold()
        assert during[0] > threshold[0]
        assert gc.get_freeze_count() > frozen
        with frozen_heap():
            pass
        assert gc.get_threshold() == during
        assert gc.get_freeze_count() > frozen
    assert gc.get_threshold() == threshold
    assert not gc.get_freeze_count()


@pytest.mark.parametrize("threshold", [0, 50_000])
def test_a_collector_that_is_off_or_runs_more_rarely_is_left_so(threshold: int) -> None:
    before = gc.get_threshold()
    gc.set_threshold(threshold)
    try:
        with frozen_heap():
            assert gc.get_threshold()[0] == threshold
        assert gc.get_threshold()[0] == threshold
    finally:
        gc.set_threshold(*before)
