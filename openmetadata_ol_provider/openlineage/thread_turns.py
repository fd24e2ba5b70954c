"""Makes Python's threads take shorter turns while some of them compute and others wait for responses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from openmetadata_ol_provider.openlineage.nesting import Nesting

#: Seconds after which Python lets another thread run. With its default of 5 ms, each response of the catalogue would
#: wait that long for a thread that computes.
_SWITCH_INTERVAL = 0.0005


def _shorten() -> Callable[[], object]:
    before = sys.getswitchinterval()
    if before <= _SWITCH_INTERVAL:
        return lambda: None
    sys.setswitchinterval(_SWITCH_INTERVAL)
    return lambda: sys.setswitchinterval(before)


_turns = Nesting(_shorten)


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns more often than by default."""
    with _turns.block():
        yield
