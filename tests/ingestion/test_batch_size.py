"""The size of the next batch follows from the duration of the last one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.ingestion.batch_size import DURATION_SHARE, FIRST_SIZE, MAX_GROWTH, first_size, next_size


# -- sizes -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("size", "read", "seconds", "after"),
    [
        pytest.param(1000, 1000, 100, 250, id="four times too slow: a quarter"),
        pytest.param(1000, 400, 100, 100, id="what counts is what it had"),
        pytest.param(10, 10, 2500, 1, id="never below one"),
        pytest.param(1, 1, 2500, 1, id="one stays one"),
        pytest.param(1000, 1000, 25, 1000, id="just right: as it was"),
        pytest.param(1000, 1000, 12.5, 2000, id="twice as fast: twice as many"),
        pytest.param(100, 100, 0.1, 1000, id="growing ten times at most"),
        pytest.param(2000, 2000, 1, 5000, id="and to max_events at most"),
        pytest.param(100, 100, 0, 1000, id="no time at all"),
        pytest.param(1000, 10, 1, 1000, id="a batch that was not full does not let it grow"),
        pytest.param(1000, 0, 1000, 1000, id="an empty one tells nothing"),
    ],
)
def test_the_next_batch_is_as_large_as_a_quarter_of_the_time_allows(
    size: int, read: int, seconds: float, after: int
) -> None:
    assert next_size(size, read, seconds, 100, 5000) == after


def test_the_first_batch_is_small_since_nobody_knows_the_catalogue_yet() -> None:
    assert first_size(5000) == FIRST_SIZE
    assert first_size(7) == 7


@given(
    per_message=st.floats(1e-4, 50), fixed=st.floats(0, 5), most=st.integers(1, 10_000), duration=st.integers(30, 3600)
)
def test_at_any_speed_batches_soon_take_no_longer_than_their_share(
    per_message: float, fixed: float, most: int, duration: int
) -> None:
    size = first_size(most)
    for _ in range(12):
        assert 1 <= size <= most
        took = fixed + size * per_message
        before, size = size, next_size(size, size, took, duration, most)
        assert size <= MAX_GROWTH * before
    assert size == 1 or fixed + size * per_message <= DURATION_SHARE * duration * 1.01 + fixed
