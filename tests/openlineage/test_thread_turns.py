"""Threads take short turns as long as one block asks for it, whatever ends it."""

from __future__ import annotations

import sys

import pytest

from openmetadata_ol_provider.openlineage.thread_turns import short_turns


def test_the_last_of_several_blocks_to_end_restores_the_interval() -> None:
    before = sys.getswitchinterval()
    first, second = short_turns(), short_turns()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert sys.getswitchinterval() < before
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == before


def test_an_error_restores_the_interval() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(ValueError, match="refused"), short_turns():
        raise ValueError("refused")
    assert sys.getswitchinterval() == before


def test_turns_that_are_shorter_already_are_left_so() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    try:
        shorter = sys.getswitchinterval()
        with short_turns():
            assert sys.getswitchinterval() == shorter
        assert sys.getswitchinterval() == shorter
    finally:
        sys.setswitchinterval(before)
