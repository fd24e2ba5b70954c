"""A change of a Variable keeps what other tasks write at the same moment, and is not lost by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.state import shared_variable
from openmetadata_ol_provider.state.shared_variable import change_variable
from openmetadata_ol_provider.version_compat import get_variable, set_variable

KEY = "shared"


def add(letter: str) -> str:
    return change_variable(KEY, lambda text: "".join(sorted({*text, letter})), "letters")


@pytest.fixture
def accesses(monkeypatch: pytest.MonkeyPatch) -> dict[int, Callable[[], object]]:
    """Return what other tasks do after an access, by its number from 1; after each one if its number is 0."""
    others: dict[int, Callable[[], object]] = {}
    count = 0

    def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
        def access(*args: Any) -> Any:
            nonlocal count
            result = function(*args)
            count += 1
            others.get(count, others.get(0, int))()
            return result

        return access

    for name in ("get_variable", "set_variable"):
        monkeypatch.setattr(shared_variable, name, wrapped(getattr(shared_variable, name)))
    return others


def test_a_change_is_written_once_and_none_not_at_all(accesses: dict[int, Callable[[], object]]) -> None:
    assert (add("b"), get_variable(KEY)) == ("b", "b")
    accesses[0] = lambda: pytest.fail("nothing is to be written") if get_variable(KEY) != "b" else None
    assert add("b") == "b"


@pytest.mark.parametrize(("access", "expected"), [(1, "abc"), (3, "abc"), (4, "a")])
def test_what_another_task_writes_meanwhile_stays(
    accesses: dict[int, Callable[[], object]], access: int, expected: str
) -> None:
    set_variable(KEY, "a")
    # The last access is the one that reads back: what is written later is another change.
    accesses[access] = lambda: set_variable(KEY, "ac" if access < 4 else "a")
    assert add("b") == ("abc" if access < 4 else "ab")
    assert get_variable(KEY) == expected


def test_tasks_that_write_again_and_again_are_an_error(accesses: dict[int, Callable[[], object]]) -> None:
    texts = iter(range(100))
    accesses[0] = lambda: set_variable(KEY, str(next(texts)))
    with pytest.raises(CheckpointError, match="'shared' was written by another task each of 5 times"):
        add("b")
