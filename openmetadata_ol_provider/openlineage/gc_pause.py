"""Spares the garbage collector work: it pauses while values are made that cannot form cycles, and skips old objects."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from openmetadata_ol_provider.openlineage.nesting import Nesting

#: New objects after which Python looks for garbage; with its 700, it looks through a batch thirty times.
_COLLECT_AFTER = 10_000


def _pause() -> Callable[[], object]:
    is_enabled = gc.isenabled()
    gc.disable()
    return gc.enable if is_enabled else lambda: None


def _freeze() -> Callable[[], object]:
    after = gc.get_threshold()
    gc.freeze()
    # With 0, nothing is collected at all.
    if after[0]:
        gc.set_threshold(max(after[0], _COLLECT_AFTER), *after[1:])

    def restore() -> None:
        gc.set_threshold(*after)
        gc.unfreeze()

    return restore


_pauses, _freezes = Nesting(_pause), Nesting(_freeze)


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the garbage collector, which would spend much time on visiting new values again and again."""
    with _pauses.block():
        yield


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Exclude existing objects, mostly Airflow's own, from garbage collection, and collect more rarely.

    Without this, garbage collection takes up to a fifth of a task's time.
    """
    with _freezes.block():
        yield
