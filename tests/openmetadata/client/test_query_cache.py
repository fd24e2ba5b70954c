"""The cache of queries: each runs once, and its error reaches everybody who asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache


def test_threads_that_ask_at_the_same_time_share_one_query() -> None:
    cache, runs, together = QueryCache(), [], threading.Barrier(4, timeout=300)

    def query() -> int:
        runs.append(1)
        return 7

    def ask(_: int) -> int:
        together.wait()
        return cache("key", query)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [7, 7, 7, 7]
    assert runs == [1]
    assert cache("another key", lambda: 8) == 8


def test_an_error_is_raised_to_everybody_and_the_query_is_not_run_again() -> None:
    cache, runs = QueryCache(), []

    def query() -> int:
        runs.append(1)
        raise ValueError("refused")

    for _ in range(2):
        with pytest.raises(ValueError, match="refused"):
            cache("key", query)
    assert runs == [1]
