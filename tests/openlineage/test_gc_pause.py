"""The garbage collector pauses in several threads at once, and goes on afterwards."""

from __future__ import annotations

import gc

import pytest

from openmetadata_ol_provider.openlineage.gc_pause import without_collection


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
